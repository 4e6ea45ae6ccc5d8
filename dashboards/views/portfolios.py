"""Portfolios and programs, and initiatives of customers."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer
from dashboards.frame import Link
from dashboards.page_state import page_state, state_frame
from dashboards.pages.initiatives import initiative_page, initiatives_page
from dashboards.pages.portfolio import portfolio_page
from dashboards.views.start import start_answer


@require_GET
@login_required
def portfolio(request: HttpRequest, code: str) -> HttpResponse:
    """One portfolio or program; 404 when it is not there or not visible."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "projects", _("Projects"))
    page = portfolio_page(state, code)
    return answer(
        request,
        "dashboards/portfolio.html",
        page=page,
        frame=state_frame(request, state, section="projects", here=page.name, crumbs=page.crumbs),
    )


@require_GET
@login_required
def initiatives(request: HttpRequest) -> HttpResponse:
    """What customers set out to reach."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "initiatives", _("Initiatives"))
    return answer(
        request,
        "dashboards/initiatives.html",
        page=initiatives_page(state, request.GET),
        frame=state_frame(request, state, section="initiatives", here=_("Initiatives")),
    )


@require_GET
@login_required
def initiative(request: HttpRequest, code: str) -> HttpResponse:
    """One initiative; 404 when it is not there or not visible."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "initiatives", _("Initiatives"))
    page = initiative_page(state, code)
    return answer(
        request,
        "dashboards/initiative.html",
        page=page,
        frame=state_frame(
            request,
            state,
            section="initiatives",
            here=page.name,
            crumbs=(Link(_("Initiatives"), state.url("initiatives")),),
        ),
    )
