"""Projects and their plans, money and reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portfolio.models.constraints import feed_constraints
from portfolio.models.facts import Fact, number, reference


class Portfolio(Fact):
    """Portfolios and programs, the tree projects hang in."""

    code = models.CharField(_("code"), max_length=200)
    name = models.TextField(_("name"))
    kind = models.CharField(_("kind"), max_length=20)
    parent = reference("self", _("parent"), null=True)

    class Meta:
        db_table = "portfolio_portfolios"
        verbose_name = _("portfolio")
        verbose_name_plural = _("portfolios")
        constraints = feed_constraints("portfolios")

    def __str__(self) -> str:
        return self.code


class Project(Fact):
    """One row per project."""

    code = models.CharField(_("code"), max_length=200)
    name = models.TextField(_("name"))
    portfolio = reference("Portfolio", _("portfolio"))
    status = models.CharField(_("status"), max_length=20)
    priority = number(_("priority"), null=True)
    manager = models.TextField(_("manager"), null=True, blank=True)
    sponsor = models.TextField(_("sponsor"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    budget = number(_("budget"), null=True)
    planned_start_on = models.DateField(_("planned start on"), null=True, blank=True)
    planned_finish_on = models.DateField(_("planned finish on"), null=True, blank=True)
    actual_start_on = models.DateField(_("actual start on"), null=True, blank=True)
    actual_finish_on = models.DateField(_("actual finish on"), null=True, blank=True)
    description = models.TextField(_("description"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_projects"
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = feed_constraints("projects")

    def __str__(self) -> str:
        return self.code


class ProjectMonth(Fact):
    """Plan, earned value and cost per month (not cumulative)."""

    project = reference("Project", _("project"), index=False)
    month = models.DateField(_("month"))
    planned_value = number(_("planned value"), null=True)
    earned_value = number(_("earned value"), null=True)
    actual_cost = number(_("actual cost"), null=True)

    class Meta:
        db_table = "portfolio_project_months"
        verbose_name = _("project month")
        verbose_name_plural = _("project months")
        constraints = feed_constraints("project_months")

    def __str__(self) -> str:
        return f"{self.project_id} | {self.month}"


class StatusReport(Fact):
    """Periodic status report of a project."""

    project = reference("Project", _("project"), index=False)
    reported_on = models.DateField(_("reported on"))
    rag = models.CharField(_("rag"), max_length=20, null=True, blank=True)
    rating = models.TextField(_("rating"), null=True, blank=True)
    percent_complete = number(_("percent complete"), null=True)
    forecast_finish_on = models.DateField(_("forecast finish on"), null=True, blank=True)
    forecast_cost = number(_("forecast cost"), null=True)
    year_budget = number(_("year budget"), null=True)
    year_forecast = number(_("year forecast"), null=True)
    narrative = models.TextField(_("narrative"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_status_reports"
        verbose_name = _("status report")
        verbose_name_plural = _("status reports")
        constraints = feed_constraints("status_reports")

    def __str__(self) -> str:
        return f"{self.project_id} | {self.reported_on}"


class Milestone(Fact):
    """Milestones with the first approved date."""

    project = reference("Project", _("project"), index=False)
    code = models.CharField(_("code"), max_length=200)
    name = models.TextField(_("name"))
    baseline_on = models.DateField(_("baseline on"))
    forecast_on = models.DateField(_("forecast on"), null=True, blank=True)
    actual_on = models.DateField(_("actual on"), null=True, blank=True)
    customer_facing = models.BooleanField(_("customer facing"))
    cancelled_on = models.DateField(_("cancelled on"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_milestones"
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        constraints = feed_constraints("milestones")

    def __str__(self) -> str:
        return f"{self.project_id} | {self.code}"


class Benefit(Fact):
    """Money benefits of a project per month (not cumulative)."""

    project = reference("Project", _("project"), index=False)
    code = models.CharField(_("code"), max_length=200)
    month = models.DateField(_("month"))
    planned = number(_("planned"), null=True)
    realised = number(_("realised"), null=True)
    validated = models.BooleanField(_("validated"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_benefits"
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        constraints = feed_constraints("benefits")

    def __str__(self) -> str:
        return f"{self.project_id} | {self.code} | {self.month}"
