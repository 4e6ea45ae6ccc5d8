"""The metric catalogue, and one metric."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer
from dashboards.frame import Link
from dashboards.page_state import page_state, state_frame
from dashboards.pages.metric import metric_page
from dashboards.pages.metrics import metrics_page
from dashboards.views.start import start_answer


@require_GET
@login_required
def metrics(request: HttpRequest) -> HttpResponse:
    """The catalogue."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "metrics", _("Metric catalogue"))
    return answer(
        request,
        "dashboards/metrics.html",
        page=metrics_page(state, request.GET),
        frame=state_frame(request, state, section="metrics", here=_("Metric catalogue")),
    )


@require_GET
@login_required
def metric(request: HttpRequest, key: str) -> HttpResponse:
    """One metric; 404 for none of that name."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "metrics", _("Metric catalogue"))
    page = metric_page(state, key)
    return answer(
        request,
        "dashboards/metric.html",
        page=page,
        frame=state_frame(
            request,
            state,
            section="metrics",
            here=page.title,
            crumbs=(Link(_("Metric catalogue"), state.url("metrics")),),
        ),
    )
