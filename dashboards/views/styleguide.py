"""The style guide, for staff and on demo and test installations."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer
from dashboards.frame import frame
from dashboards.pages.styleguide import styleguide_page


@require_GET
@login_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with made-up values; 404 for others than staff in production."""
    if settings.PRODUCTION and not request.user.is_staff:
        raise Http404
    return answer(
        request,
        "dashboards/styleguide.html",
        page=styleguide_page(),
        frame=frame(request, section="", here=_("Style guide")),
    )
