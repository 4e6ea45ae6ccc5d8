"""Projects and their plans, money and reports."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from portfolio.feed_types import Column, Feed, not_before

ZERO = Decimal(0)
HUNDRED = Decimal(100)

FEEDS: tuple[Feed, ...] = (
    Feed(
        "portfolios",
        "portfolio.Portfolio",
        ("code",),
        _("Portfolios and programs, the tree projects hang in."),
        (
            Column("code", "code", required=True),
            Column("name", "text", required=True),
            Column("kind", "choice", required=True, choices=("portfolio", "program")),
            Column("parent", "ref", ref="portfolios", help=_("blank = top; no cycles (error out_of_range)")),
        ),
    ),
    Feed(
        "projects",
        "portfolio.Project",
        ("code",),
        _("One row per project."),
        (
            Column("code", "code", required=True),
            Column("name", "text", required=True),
            Column(
                "portfolio",
                "ref",
                required=True,
                ref="portfolios",
                help=_("the portfolio or program it belongs to directly"),
            ),
            Column(
                "status",
                "choice",
                required=True,
                choices=("proposed", "active", "on_hold", "completed", "cancelled"),
                help=_("today's state, shown on pages; no metric reads it (metrics use the dates)"),
            ),
            Column("priority", "number", minimum=ZERO, help=_("weight >= 0; blank counts as 0 in alignment")),
            Column("manager", "text", help=_("person shown on pages")),
            Column("sponsor", "text"),
            Column(
                "currency",
                "currency",
                required=True,
                help=_("currency of every amount of this project (months, benefits, status reports)"),
            ),
            Column("budget", "number", minimum=ZERO, help=_("money >= 0; approved budget in the project currency")),
            Column("planned_start_on", "date", help=_("first approved plan")),
            Column("planned_finish_on", "date", help=_("first approved plan")),
            Column("actual_start_on", "date", help=_("blank = not started")),
            Column("actual_finish_on", "date", help=_("last day of work, completed or cancelled")),
            Column("description", "text"),
        ),
        (
            not_before("planned_finish_on", "planned_start_on"),
            not_before("actual_finish_on", "actual_start_on"),
        ),
    ),
    Feed(
        "project_months",
        "portfolio.ProjectMonth",
        (
            "project",
            "month",
        ),
        _("Plan, earned value and cost per month (not cumulative)."),
        (
            Column("project", "ref", required=True, ref="projects"),
            Column("month", "month", required=True),
            Column(
                "planned_value",
                "number",
                help=_("project currency; plan in force; a re-baselined project has its later months updated"),
            ),
            Column(
                "earned_value",
                "number",
                help=_("project currency; blank = not reported; a reported row has earned_value and actual_cost"),
            ),
            Column("actual_cost", "number", help=_("project currency; negative = reversal")),
        ),
    ),
    Feed(
        "status_reports",
        "portfolio.StatusReport",
        (
            "project",
            "reported_on",
        ),
        _("Periodic status report of a project."),
        (
            Column("project", "ref", required=True, ref="projects"),
            Column("reported_on", "date", required=True),
            Column("rag", "choice", choices=("red", "amber", "green"), help=_("blank = not rated")),
            Column(
                "rating",
                "text",
                help=_("the rating in the source's own words, e.g. Amber/Red; shown on pages, no metric reads it"),
            ),
            Column("percent_complete", "number", minimum=ZERO, maximum=HUNDRED, help=_("0 to 100")),
            Column("forecast_finish_on", "date"),
            Column("forecast_cost", "number", help=_("project currency; whole-life forecast")),
            Column("year_budget", "number", help=_("project currency; budget of the reporting year; shown on pages")),
            Column(
                "year_forecast", "number", help=_("project currency; forecast of the reporting year; shown on pages")
            ),
            Column("narrative", "text"),
        ),
    ),
    Feed(
        "milestones",
        "portfolio.Milestone",
        (
            "project",
            "code",
        ),
        _("Milestones with the first approved date."),
        (
            Column("project", "ref", required=True, ref="projects"),
            Column("code", "code", required=True),
            Column("name", "text", required=True),
            Column(
                "baseline_on", "date", required=True, help=_("first approved date; a re-plan changes forecast_on only")
            ),
            Column("forecast_on", "date"),
            Column("actual_on", "date"),
            Column("customer_facing", "bool", required=True),
            Column("cancelled_on", "date"),
        ),
    ),
    Feed(
        "benefits",
        "portfolio.Benefit",
        (
            "project",
            "code",
            "month",
        ),
        _("Money benefits of a project per month (not cumulative)."),
        (
            Column("project", "ref", required=True, ref="projects"),
            Column("code", "code", required=True, help=_("benefit line")),
            Column("month", "month", required=True),
            Column("planned", "number", help=_("project currency")),
            Column("realised", "number", help=_("project currency; blank = not known")),
            Column("validated", "bool", help=_("checked by finance")),
        ),
    ),
)
