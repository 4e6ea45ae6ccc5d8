"""Customers, what they use and what they want to achieve."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from portfolio.feed_types import Column, Feed, Rule, not_before

ZERO = Decimal(0)
HUNDRED = Decimal(100)

FEEDS: tuple[Feed, ...] = (
    Feed(
        "customers",
        "portfolio.Customer",
        ("code",),
        _("Who the portfolio serves."),
        (
            Column("code", "code", required=True),
            Column("name", "text", required=True),
            Column("segment", "text"),
            Column("country", "text", help=_("ISO 3166-1 alpha-2")),
            Column("acquired_on", "date", help=_("first day as a customer")),
            Column("importance", "number", minimum=ZERO, help=_("weight >= 0; blank counts as 1")),
        ),
    ),
    Feed(
        "services",
        "portfolio.Service",
        ("code",),
        _("Services that customers use."),
        (
            Column("code", "code", required=True),
            Column("name", "text", required=True),
            Column("team", "team", help=_("team that runs it; a team exists as soon as a row names it")),
        ),
    ),
    Feed(
        "service_customers",
        "portfolio.ServiceCustomer",
        (
            "service",
            "customer",
            "valid_from",
        ),
        _("Which customer is served by which service, and when."),
        (
            Column("service", "ref", required=True, ref="services"),
            Column("customer", "ref", required=True, ref="customers"),
            Column("valid_from", "date", required=True, help=_("first day served")),
            Column(
                "valid_to",
                "date",
                help=_("first day no longer served; blank = still served; no overlap per service and customer"),
            ),
        ),
        (not_before("valid_to", "valid_from"),),
    ),
    Feed(
        "initiatives",
        "portfolio.Initiative",
        ("code",),
        _("What a customer wants to achieve; the customer's goal, not ours."),
        (
            Column("code", "code", required=True),
            Column("customer", "ref", required=True, ref="customers"),
            Column("name", "text", required=True),
            Column("objective", "text"),
            Column("factor", "choice", required=True, choices=("quality", "performance", "value", "compliance")),
            Column(
                "weight",
                "number",
                minimum=ZERO,
                help=_("weight >= 0; blank counts as 1; normalised inside the customer"),
            ),
            Column("start_on", "date"),
            Column("due_on", "date"),
        ),
        (not_before("due_on", "start_on"),),
    ),
    Feed(
        "outcomes",
        "portfolio.Outcome",
        ("code",),
        _("The measure by which an initiative is judged."),
        (
            Column("code", "code", required=True),
            Column("initiative", "ref", required=True, ref="initiatives"),
            Column("name", "text", required=True),
            Column("unit", "text", required=True, help=_("free text, e.g. percent, minutes, points")),
            Column("baseline", "number", required=True, help=_("unit of the outcome")),
            Column(
                "target",
                "number",
                required=True,
                help=_("unit of the outcome; equal to baseline = never measurable (listed, not rejected)"),
            ),
            Column("start_on", "date", help=_("not measurable before this day")),
            Column("due_on", "date"),
            Column(
                "weight",
                "number",
                minimum=ZERO,
                help=_("weight >= 0; blank counts as 1; normalised inside the initiative"),
            ),
            Column("audience", "choice", required=True, choices=("customer", "end_customer")),
        ),
        (not_before("due_on", "start_on"),),
    ),
    Feed(
        "outcome_measurements",
        "portfolio.OutcomeMeasurement",
        (
            "outcome",
            "measured_on",
        ),
        _("Measured values of outcomes."),
        (
            Column("outcome", "ref", required=True, ref="outcomes"),
            Column("measured_on", "date", required=True),
            Column("value", "number", required=True, help=_("unit of the outcome; level, not change")),
        ),
    ),
    Feed(
        "contributions",
        "portfolio.Contribution",
        (
            "project",
            "outcome",
            "valid_from",
        ),
        _("What a project claims to have changed on an outcome."),
        (
            Column("project", "ref", required=True, ref="projects"),
            Column("outcome", "ref", required=True, ref="outcomes"),
            Column(
                "effect",
                "number",
                required=True,
                help=_("unit of the outcome; change caused so far, signed like value minus baseline"),
            ),
            Column(
                "evidence",
                "choice",
                required=True,
                choices=("claimed", "correlated", "before_after", "customer_confirmed"),
            ),
            Column(
                "valid_from",
                "date",
                required=True,
                help=_("a later row for the same project and outcome replaces this one from its own valid_from"),
            ),
        ),
    ),
    Feed(
        "touchpoints",
        "portfolio.Touchpoint",
        (
            "customer",
            "kind",
            "due_on",
        ),
        _("Agreed meetings and reviews with a customer."),
        (
            Column("customer", "ref", required=True, ref="customers"),
            Column("kind", "text", required=True),
            Column("due_on", "date", required=True),
            Column("held_on", "date"),
        ),
    ),
    Feed(
        "adoption",
        "portfolio.Adoption",
        (
            "customer",
            "service",
            "project",
            "month",
        ),
        _("Users entitled and users active, per month."),
        (
            Column("customer", "ref", required=True, ref="customers"),
            Column("service", "ref", ref="services"),
            Column("project", "ref", ref="projects"),
            Column("month", "month", required=True),
            Column("entitled_users", "number", required=True, minimum=ZERO, help=_(">= 0")),
            Column(
                "active_users", "number", required=True, minimum=ZERO, help=_(">= 0, <= entitled_users (out_of_range)")
            ),
        ),
        (Rule("active_within_entitled", "active_users", ("entitled_users",)),),
    ),
    Feed(
        "reputation_signals",
        "portfolio.ReputationSignal",
        (
            "source",
            "observed_on",
        ),
        _("Outside views of us, already on 0 to 100."),
        (
            Column("source", "text", required=True),
            Column("observed_on", "date", required=True),
            Column("score", "number", required=True, minimum=ZERO, maximum=HUNDRED, help=_("0 to 100")),
            Column(
                "n", "number", minimum=ZERO, exclusive_minimum=True, help=_("count behind it > 0; blank counts as 1")
            ),
        ),
    ),
)
