"""Projects: the list and one project."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer, rows_csv
from dashboards.frame import Link
from dashboards.page_state import page_state, state_frame
from dashboards.pages.project import project_page
from dashboards.pages.projects import ordered_rows, projects_page
from dashboards.views.start import start_answer


@require_GET
@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """The list, or all its rows as CSV with `format=csv`."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "projects", _("Projects"))
    if request.GET.get("format") == "csv":
        return rows_csv("projects", *ordered_rows(state, request.GET))
    return answer(
        request,
        "dashboards/projects.html",
        page=projects_page(state, request.GET),
        frame=state_frame(request, state, section="projects", here=_("Projects")),
    )


@require_GET
@login_required
def project(request: HttpRequest, code: str) -> HttpResponse:
    """One project; 404 when it is not there or not visible."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "projects", _("Projects"))
    page = project_page(state, code)
    return answer(
        request,
        "dashboards/project.html",
        page=page,
        frame=state_frame(
            request,
            state,
            section="projects",
            here=page.name,
            crumbs=(Link(_("Projects"), state.url("projects")),),
        ),
    )
