"""People and culture."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer
from dashboards.page_state import page_state, state_frame
from dashboards.pages.people import people_page
from dashboards.views.start import start_answer


@require_GET
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """People and culture; 404 for roles that do not see people values."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "people", _("People and culture"))
    if not state.visible.sees_people_values:
        raise Http404
    return answer(
        request,
        "dashboards/people.html",
        page=people_page(state),
        frame=state_frame(request, state, section="people", here=_("People and culture")),
    )
