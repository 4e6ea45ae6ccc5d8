"""Why this number? A fragment for the panel (htmx), a page for those who follow the link, a file of rows."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer, rows_csv
from dashboards.frame import Link
from dashboards.page_state import page_state, state_frame
from dashboards.pages.explain import explain_page, explain_rows


@require_GET
@login_required
def explain(request: HttpRequest, metric: str) -> HttpResponse:
    """One value explained; 404 outside the rights."""
    state = page_state(request)
    if state is None:
        raise Http404
    component, scope = request.GET.get("component", ""), request.GET.get("scope", "enterprise:")
    if request.GET.get("format") == "csv":
        return rows_csv(f"{metric}-rows", *explain_rows(state, metric, component, scope))
    query = request.GET.copy()
    query.pop("format", None)
    fragment = bool(getattr(request, "htmx", False))
    page = explain_page(state, metric, component, scope, query=query.urlencode(), shown=12 if fragment else 200)
    if fragment:
        return render(request, "dashboards/explain/_panel.html", {"page": page})
    return answer(
        request,
        "dashboards/explain/page.html",
        page=page,
        frame=state_frame(
            request,
            state,
            section="metrics",
            here=_("Why this number?"),
            crumbs=(Link(page.title, page.definition_url),),
            pick=True,
        ),
    )
