"""Search: a page, and suggestions for the box in the frame."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from dashboards.answering import answer
from dashboards.frame import frame
from dashboards.pages.search import SUGGESTED, search_page
from portfolio.selectors.visibility import visibility_for


@require_GET
@login_required
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """Matches of `q` on a page, or a few of each kind for the box when htmx asks."""
    visible, asked = visibility_for(request), request.GET.get("q", "")
    if request.headers.get("HX-Request"):
        page = search_page(asked, visible_to=visible, most=SUGGESTED)
        return render(request, "dashboards/search/_suggested.html", {"page": page})
    return answer(
        request,
        "dashboards/search.html",
        page=search_page(asked, visible_to=visible),
        frame=frame(request, section="", here=_("Search"), people=visible.sees_people_values),
    )
