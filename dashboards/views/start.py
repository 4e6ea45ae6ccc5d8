"""What an installation without values says."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer
from dashboards.frame import frame
from dashboards.pages.start import start_page


def start_answer(request: HttpRequest, section: str, here: str) -> HttpResponse:
    """The first steps, in place of a page that has nothing to show."""
    return answer(request, "dashboards/start.html", page=start_page(), frame=frame(request, section=section, here=here))


@require_GET
@login_required
def start(request: HttpRequest, **codes: str) -> HttpResponse:
    """The first steps."""
    return start_answer(request, "overview", _("Overview"))
