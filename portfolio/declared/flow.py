"""Work, releases, defects, incidents and standards."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from portfolio.feed_types import Column, Feed, not_before

ZERO = Decimal(0)
ONE = Decimal(1)
FOUR = Decimal(4)

FEEDS: tuple[Feed, ...] = (
    Feed(
        "work_items",
        "portfolio.WorkItem",
        ("code",),
        _("Pieces of work that flow through a team."),
        (
            Column("code", "code", required=True),
            Column("project", "ref", ref="projects"),
            Column("service", "ref", ref="services"),
            Column("team", "team"),
            Column("started_at", "instant", help=_("first start")),
            Column("finished_at", "instant", help=_("last finish; clear it when re-opened")),
            Column("cancelled_at", "instant"),
        ),
        (
            not_before("finished_at", "started_at"),
            not_before("cancelled_at", "started_at"),
        ),
    ),
    Feed(
        "releases",
        "portfolio.Release",
        ("code",),
        _("Releases of a service."),
        (
            Column("code", "code", required=True),
            Column("service", "ref", required=True, ref="services"),
            Column("project", "ref", ref="projects"),
            Column("released_at", "instant", help=_("blank = not out")),
        ),
    ),
    Feed(
        "defects",
        "portfolio.Defect",
        ("code",),
        _("Defects."),
        (
            Column("code", "code", required=True),
            Column("project", "ref", ref="projects"),
            Column("service", "ref", ref="services"),
            Column("severity", "integer", required=True, minimum=ONE, maximum=FOUR, help=_("1 (worst) to 4")),
            Column(
                "validity",
                "choice",
                required=True,
                choices=("valid", "duplicate", "rejected"),
                help=_("only valid ones count"),
            ),
            Column("opened_at", "instant", required=True),
            Column(
                "fixed_at",
                "instant",
                help=_("fixed and verified; clear it when re-opened (clock runs from first opening)"),
            ),
            Column("found_phase", "choice", required=True, choices=("before_release", "after_release")),
            Column("release", "ref", ref="releases", help=_("release it must be fixed for")),
            Column("introduced_release", "ref", ref="releases", help=_("release that carried it")),
        ),
        (not_before("fixed_at", "opened_at"),),
    ),
    Feed(
        "deployments",
        "portfolio.Deployment",
        ("code",),
        _("Changes put into production."),
        (
            Column("code", "code", required=True),
            Column("service", "ref", required=True, ref="services"),
            Column("deployed_at", "instant", required=True),
            Column("first_committed_at", "instant", help=_("oldest commit in the deployment")),
            Column("failed", "bool", help=_("needed immediate intervention; blank = unknown, not counted")),
            Column("restored_at", "instant", help=_("when a failed one was put right")),
            Column("rework", "bool", help=_("unplanned, made because of an incident")),
        ),
        (not_before("restored_at", "deployed_at"),),
    ),
    Feed(
        "incidents",
        "portfolio.Incident",
        ("code",),
        _("Interruptions of a service."),
        (
            Column("code", "code", required=True),
            Column("service", "ref", required=True, ref="services"),
            Column("started_at", "instant", required=True),
            Column("detected_at", "instant"),
            Column("restored_at", "instant", help=_("blank = still running")),
            Column("severity", "integer", minimum=ONE, maximum=FOUR, help=_("1 to 4")),
            Column("planned", "bool", required=True),
            Column("deployment", "ref", ref="deployments"),
        ),
        (not_before("restored_at", "started_at"),),
    ),
    Feed(
        "incident_impacts",
        "portfolio.IncidentImpact",
        (
            "incident",
            "customer",
        ),
        _("Which customer an incident hit, when and how hard."),
        (
            Column("incident", "ref", required=True, ref="incidents"),
            Column("customer", "ref", required=True, ref="customers"),
            Column("started_at", "instant", help=_("blank = start of the incident")),
            Column("ended_at", "instant", help=_("blank = end of the incident")),
            Column(
                "degradation",
                "number",
                minimum=ZERO,
                exclusive_minimum=True,
                maximum=ONE,
                help=_("0 < x <= 1; blank counts as 1 (down)"),
            ),
        ),
        (not_before("ended_at", "started_at"),),
    ),
    Feed(
        "standards",
        "portfolio.Standard",
        ("code",),
        _("Quality, value, compliance and service level standards."),
        (
            Column("code", "code", required=True),
            Column("process", "text", required=True),
            Column("kind", "choice", required=True, choices=("quality", "value", "compliance", "sla")),
            Column("requirement", "text", required=True),
            Column("unit", "text"),
            Column("target", "number"),
            Column("lower_limit", "number"),
            Column("upper_limit", "number"),
            Column(
                "opportunities_per_unit",
                "number",
                minimum=ZERO,
                exclusive_minimum=True,
                help=_("> 0; blank counts as 1"),
            ),
            Column("owner", "text"),
        ),
        (not_before("upper_limit", "lower_limit"),),
    ),
    Feed(
        "standard_checks",
        "portfolio.StandardCheck",
        ("code",),
        _("A check of a process against a standard."),
        (
            Column("code", "code", required=True),
            Column("standard", "ref", required=True, ref="standards"),
            Column("project", "ref", ref="projects"),
            Column("service", "ref", ref="services"),
            Column("customer", "ref", ref="customers"),
            Column("checked_on", "date", required=True),
            Column("passed", "bool", help=_("blank = derived from value, see catalogue")),
            Column("value", "number"),
            Column("expected_value", "number"),
            Column("units", "number", minimum=ZERO, help=_(">= 0")),
            Column("defects", "number", minimum=ZERO, help=_(">= 0")),
        ),
    ),
)
