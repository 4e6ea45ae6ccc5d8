"""The overview, or the first steps of an installation without values."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer
from dashboards.page_state import page_state, state_frame
from dashboards.pages.overview import overview_page
from dashboards.pages.overview_part import overview_part_page
from dashboards.views.start import start_answer


@require_GET
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Are customers succeeding, and what moved it?"""
    state = page_state(request)
    if state is None:
        return start_answer(request, "overview", _("Overview"))
    if not state.visible.reads_all:
        return answer(
            request,
            "dashboards/overview_part.html",
            page=overview_part_page(state),
            frame=state_frame(request, state, section="overview", here=_("Overview")),
        )
    page = overview_page(state)
    return answer(
        request,
        "dashboards/overview.html",
        page=page,
        frame=state_frame(request, state, section="overview", here=_("Overview")),
    )
