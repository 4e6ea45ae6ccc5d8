"""Employment, hours, development and answers to surveys."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from portfolio.feed_types import Column, Feed, Rule, not_before

ZERO = Decimal(0)
ONE = Decimal(1)

FEEDS: tuple[Feed, ...] = (
    Feed(
        "people",
        "portfolio.Person",
        ("code",),
        _("Employment spells; a re-hire is a new row with its own code."),
        (
            Column("code", "code", required=True, help=_("pseudonym is enough")),
            Column("team", "team", required=True),
            Column("role", "text"),
            Column("hired_on", "date", required=True, help=_("first day employed")),
            Column("left_on", "date", help=_("last day employed")),
            Column(
                "exit_reason",
                "choice",
                choices=("voluntary", "involuntary", "retired", "other"),
                help=_("blank with left_on counts as other"),
            ),
            Column("regretted", "bool"),
            Column("fte", "number", minimum=ZERO, maximum=ONE, help=_("0 to 1")),
        ),
        (not_before("left_on", "hired_on"),),
    ),
    Feed(
        "person_months",
        "portfolio.PersonMonth",
        (
            "person",
            "project",
            "month",
        ),
        _("Hours worked."),
        (
            Column("person", "ref", required=True, ref="people"),
            Column("project", "ref", ref="projects", help=_("blank = overhead")),
            Column("month", "month", required=True),
            Column("hours", "number", required=True, minimum=ZERO, help=_("hours >= 0")),
        ),
    ),
    Feed(
        "capacity",
        "portfolio.Capacity",
        (
            "person",
            "month",
        ),
        _("Hours available (contract hours less leave and holidays)."),
        (
            Column("person", "ref", required=True, ref="people"),
            Column("month", "month", required=True),
            Column("hours", "number", required=True, minimum=ZERO, help=_("hours >= 0")),
        ),
    ),
    Feed(
        "development_plans",
        "portfolio.DevelopmentPlan",
        ("code",),
        _("Individual development plans."),
        (
            Column("code", "code", required=True),
            Column("person", "ref", required=True, ref="people"),
            Column("documented_on", "date"),
            Column("goals", "integer", minimum=ZERO, help=_(">= 0")),
            Column("measurable_goals", "integer", minimum=ZERO, help=_(">= 0")),
            Column("last_reviewed_on", "date"),
            Column("closed_on", "date"),
        ),
    ),
    Feed(
        "ideas",
        "portfolio.Idea",
        ("code",),
        _("Improvement ideas from teams."),
        (
            Column("code", "code", required=True),
            Column("team", "team"),
            Column("submitted_on", "date", required=True),
            Column("implemented_on", "date"),
            Column("rejected_on", "date"),
        ),
        (
            not_before("implemented_on", "submitted_on"),
            not_before("rejected_on", "submitted_on"),
        ),
    ),
    Feed(
        "survey_responses",
        "portfolio.SurveyResponse",
        ("code",),
        _("One answer of one respondent."),
        (
            Column("code", "code", required=True),
            Column("kind", "choice", required=True, choices=("nps", "csat", "ces", "enps")),
            Column("customer", "ref", ref="customers"),
            Column("project", "ref", ref="projects"),
            Column("service", "ref", ref="services"),
            Column("team", "team"),
            Column("audience", "choice", required=True, choices=("customer", "end_customer", "employee")),
            Column("respondent", "text", help=_("pseudonym; blank = each row is its own respondent")),
            Column(
                "score",
                "number",
                required=True,
                help=_("scale_min <= score <= scale_max (out_of_range); whole number for nps and enps"),
            ),
            Column("scale_min", "number", required=True, help=_("nps and enps: 0 (else out_of_range)")),
            Column("scale_max", "number", required=True, help=_("nps and enps: 10; > scale_min")),
            Column("answered_on", "date", required=True),
        ),
        (
            Rule("whole_for_nps", "score", ("kind",)),
            Rule("score_in_scale", "score", ("scale_min", "scale_max")),
            Rule("scale_min_of_nps", "scale_min", ("kind",)),
            Rule("scale_max_of_nps", "scale_max", ("kind",)),
            Rule("scale_max_above_min", "scale_max", ("scale_min",)),
        ),
    ),
)
