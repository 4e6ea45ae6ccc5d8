"""Incidents: the list and one incident."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer, rows_csv
from dashboards.frame import Link
from dashboards.page_state import page_state, state_frame
from dashboards.pages.incident import incident_page
from dashboards.pages.incidents import csv_rows, incidents_page
from dashboards.views.start import start_answer


@require_GET
@login_required
def incidents(request: HttpRequest) -> HttpResponse:
    """The list, or all its rows as CSV with `format=csv`."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "incidents", _("Incidents"))
    if request.GET.get("format") == "csv":
        return rows_csv("incidents", *csv_rows(state, request.GET))
    return answer(
        request,
        "dashboards/incidents.html",
        page=incidents_page(state, request.GET),
        frame=state_frame(request, state, section="incidents", here=_("Incidents")),
    )


@require_GET
@login_required
def incident(request: HttpRequest, code: str) -> HttpResponse:
    """One incident; 404 when it is not there or hit no customer that the reader may see."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "incidents", _("Incidents"))
    page = incident_page(state, code)
    return answer(
        request,
        "dashboards/incident.html",
        page=page,
        frame=state_frame(
            request,
            state,
            section="incidents",
            here=f"{page.name}, {page.code}",
            crumbs=(Link(_("Incidents"), state.url("incidents")),),
        ),
    )
