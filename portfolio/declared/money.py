"""Contracts, recurring revenue, the ledger, rates, and own thresholds."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from portfolio.feed_types import Column, Feed, Rule, not_before

ZERO = Decimal(0)

FEEDS: tuple[Feed, ...] = (
    Feed(
        "contracts",
        "portfolio.Contract",
        ("code",),
        _("Contracts with an end."),
        (
            Column("code", "code", required=True),
            Column("customer", "ref", required=True, ref="customers"),
            Column("service", "ref", ref="services"),
            Column("starts_on", "date", required=True),
            Column("ends_on", "date", required=True, help=_("last day covered")),
            Column("annual_value", "number", required=True, minimum=ZERO, help=_("money >= 0")),
            Column("currency", "currency", required=True),
            Column("renewed_on", "date", help=_("day the renewal was signed")),
            Column("terminated_on", "date"),
        ),
        (not_before("ends_on", "starts_on"),),
    ),
    Feed(
        "revenue_events",
        "portfolio.RevenueEvent",
        (
            "customer",
            "code",
        ),
        _("Changes of annual recurring revenue."),
        (
            Column("customer", "ref", required=True, ref="customers"),
            Column("code", "code", required=True),
            Column("effective_on", "date", required=True),
            Column(
                "kind", "choice", required=True, choices=("new", "expansion", "contraction", "churn", "reactivation")
            ),
            Column(
                "delta_arr",
                "number",
                required=True,
                help=_("money a year; > 0 for new, expansion, reactivation; < 0 for contraction, churn (out_of_range)"),
            ),
            Column("currency", "currency", required=True),
        ),
        (Rule("sign_fits_kind", "delta_arr", ("kind",)),),
    ),
    Feed(
        "ledger",
        "portfolio.LedgerEntry",
        ("code",),
        _("Monthly amounts by account."),
        (
            Column("code", "code", required=True),
            Column("month", "month", required=True),
            Column(
                "account",
                "choice",
                required=True,
                choices=("revenue", "cogs", "opex", "operating_cash", "capex", "cash_balance"),
            ),
            Column(
                "amount",
                "number",
                required=True,
                help=_("money; revenue, cogs, opex, capex positive; cash_balance = at month end"),
            ),
            Column("currency", "currency", required=True),
            Column("customer", "ref", ref="customers"),
            Column("project", "ref", ref="projects"),
            Column("service", "ref", ref="services"),
        ),
    ),
    Feed(
        "fx_rates",
        "portfolio.FxRate",
        (
            "currency",
            "month",
        ),
        _("Average rate of a month: base currency for one unit."),
        (
            Column("currency", "currency", required=True),
            Column("month", "month", required=True),
            Column(
                "rate",
                "number",
                required=True,
                minimum=ZERO,
                exclusive_minimum=True,
                help=_("EUR per unit, > 0; EUR needs no rows"),
            ),
        ),
    ),
    Feed(
        "targets",
        "portfolio.Target",
        (
            "metric",
            "component",
            "scope_kind",
            "scope",
            "valid_from",
        ),
        _("Own thresholds instead of the catalogue defaults."),
        (
            Column(
                "metric",
                "text",
                required=True,
                vocabulary="metrics",
                help=_("metric name of the catalogue (unknown = unknown_reference)"),
            ),
            Column("component", "text"),
            Column(
                "scope_kind",
                "choice",
                choices=("enterprise", "portfolio", "program", "project", "customer", "initiative", "service", "team"),
                help=_("blank = everywhere"),
            ),
            Column("scope", "text", help=_("code within scope_kind; blank = all of that kind")),
            Column("green", "number", required=True),
            Column("amber", "number", required=True),
            Column("direction", "choice", choices=("higher", "lower"), help=_("blank = catalogue")),
            Column("valid_from", "date", required=True),
        ),
        (Rule("direction_of_range_metric", "direction", ("metric",)),),
    ),
)
