"""Customers: the list and one customer."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashboards.answering import answer, rows_csv
from dashboards.frame import Link
from dashboards.page_state import page_state, state_frame
from dashboards.pages.customer import customer_page
from dashboards.pages.customers import customers_page, ordered_rows
from dashboards.views.start import start_answer


@require_GET
@login_required
def customers(request: HttpRequest) -> HttpResponse:
    """The list, or all its rows as CSV with `format=csv`."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "customers", _("Customers"))
    if request.GET.get("format") == "csv":
        return rows_csv("customers", *ordered_rows(state, request.GET))
    return answer(
        request,
        "dashboards/customers.html",
        page=customers_page(state, request.GET),
        frame=state_frame(request, state, section="customers", here=_("Customers")),
    )


@require_GET
@login_required
def customer(request: HttpRequest, code: str) -> HttpResponse:
    """One customer; 404 when it is not there or not visible."""
    state = page_state(request)
    if state is None:
        return start_answer(request, "customers", _("Customers"))
    page = customer_page(state, code)
    return answer(
        request,
        "dashboards/customer.html",
        page=page,
        frame=state_frame(
            request,
            state,
            section="customers",
            here=page.name,
            crumbs=(Link(_("Customers"), state.url("customers")),),
        ),
    )
