"""Employment, hours, development and answers to surveys."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portfolio.models.constraints import feed_constraints
from portfolio.models.facts import Fact, number, reference, team_reference


class Person(Fact):
    """Employment spells; a re-hire is a new row with its own code."""

    code = models.CharField(_("code"), max_length=200)
    team = team_reference()
    role = models.TextField(_("role"), null=True, blank=True)
    hired_on = models.DateField(_("hired on"))
    left_on = models.DateField(_("left on"), null=True, blank=True)
    exit_reason = models.CharField(_("exit reason"), max_length=20, null=True, blank=True)
    regretted = models.BooleanField(_("regretted"), null=True, blank=True)
    fte = number(_("fte"), null=True)

    class Meta:
        db_table = "portfolio_people"
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = feed_constraints("people")

    def __str__(self) -> str:
        return self.code


class PersonMonth(Fact):
    """Hours worked."""

    person = reference("Person", _("person"), index=False)
    project = reference("Project", _("project"), null=True)
    month = models.DateField(_("month"))
    hours = number(_("hours"))

    class Meta:
        db_table = "portfolio_person_months"
        verbose_name = _("person month")
        verbose_name_plural = _("person months")
        constraints = feed_constraints("person_months")

    def __str__(self) -> str:
        return f"{self.person_id} | {self.project_id} | {self.month}"


class Capacity(Fact):
    """Hours available (contract hours less leave and holidays)."""

    person = reference("Person", _("person"), index=False)
    month = models.DateField(_("month"))
    hours = number(_("hours"))

    class Meta:
        db_table = "portfolio_capacity"
        verbose_name = _("capacity")
        verbose_name_plural = _("capacity")
        constraints = feed_constraints("capacity")

    def __str__(self) -> str:
        return f"{self.person_id} | {self.month}"


class DevelopmentPlan(Fact):
    """Individual development plans."""

    code = models.CharField(_("code"), max_length=200)
    person = reference("Person", _("person"))
    documented_on = models.DateField(_("documented on"), null=True, blank=True)
    goals = models.BigIntegerField(_("goals"), null=True, blank=True)
    measurable_goals = models.BigIntegerField(_("measurable goals"), null=True, blank=True)
    last_reviewed_on = models.DateField(_("last reviewed on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_development_plans"
        verbose_name = _("development plan")
        verbose_name_plural = _("development plans")
        constraints = feed_constraints("development_plans")

    def __str__(self) -> str:
        return self.code


class Idea(Fact):
    """Improvement ideas from teams."""

    code = models.CharField(_("code"), max_length=200)
    team = team_reference(null=True)
    submitted_on = models.DateField(_("submitted on"))
    implemented_on = models.DateField(_("implemented on"), null=True, blank=True)
    rejected_on = models.DateField(_("rejected on"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_ideas"
        verbose_name = _("idea")
        verbose_name_plural = _("ideas")
        constraints = feed_constraints("ideas")

    def __str__(self) -> str:
        return self.code


class SurveyResponse(Fact):
    """One answer of one respondent."""

    code = models.CharField(_("code"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20)
    customer = reference("Customer", _("customer"), null=True)
    project = reference("Project", _("project"), null=True)
    service = reference("Service", _("service"), null=True)
    team = team_reference(null=True)
    audience = models.CharField(_("audience"), max_length=20)
    respondent = models.TextField(_("respondent"), null=True, blank=True)
    score = number(_("score"))
    scale_min = number(_("scale min"))
    scale_max = number(_("scale max"))
    answered_on = models.DateField(_("answered on"))

    class Meta:
        db_table = "portfolio_survey_responses"
        verbose_name = _("survey response")
        verbose_name_plural = _("survey responses")
        constraints = feed_constraints("survey_responses")

    def __str__(self) -> str:
        return self.code
