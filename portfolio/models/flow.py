"""Work, releases, defects, incidents and standards."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portfolio.models.constraints import feed_constraints
from portfolio.models.facts import Fact, number, reference, team_reference


class WorkItem(Fact):
    """Pieces of work that flow through a team."""

    code = models.CharField(_("code"), max_length=200)
    project = reference("Project", _("project"), null=True)
    service = reference("Service", _("service"), null=True)
    team = team_reference(null=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_work_items"
        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        constraints = feed_constraints("work_items")

    def __str__(self) -> str:
        return self.code


class Release(Fact):
    """Releases of a service."""

    code = models.CharField(_("code"), max_length=200)
    service = reference("Service", _("service"))
    project = reference("Project", _("project"), null=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_releases"
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = feed_constraints("releases")

    def __str__(self) -> str:
        return self.code


class Defect(Fact):
    """Defects."""

    code = models.CharField(_("code"), max_length=200)
    project = reference("Project", _("project"), null=True)
    service = reference("Service", _("service"), null=True)
    severity = models.SmallIntegerField(_("severity"))
    validity = models.CharField(_("validity"), max_length=20)
    opened_at = models.DateTimeField(_("opened at"))
    fixed_at = models.DateTimeField(_("fixed at"), null=True, blank=True)
    found_phase = models.CharField(_("found phase"), max_length=20)
    release = reference("Release", _("release"), null=True, index=False)
    introduced_release = reference("Release", _("introduced release"), null=True, index=False, reverse=False)

    class Meta:
        db_table = "portfolio_defects"
        verbose_name = _("defect")
        verbose_name_plural = _("defects")
        constraints = feed_constraints("defects")

    def __str__(self) -> str:
        return self.code


class Deployment(Fact):
    """Changes put into production."""

    code = models.CharField(_("code"), max_length=200)
    service = reference("Service", _("service"))
    deployed_at = models.DateTimeField(_("deployed at"))
    first_committed_at = models.DateTimeField(_("first committed at"), null=True, blank=True)
    failed = models.BooleanField(_("failed"), null=True, blank=True)
    restored_at = models.DateTimeField(_("restored at"), null=True, blank=True)
    rework = models.BooleanField(_("rework"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_deployments"
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        constraints = feed_constraints("deployments")

    def __str__(self) -> str:
        return self.code


class Incident(Fact):
    """Interruptions of a service."""

    code = models.CharField(_("code"), max_length=200)
    service = reference("Service", _("service"))
    started_at = models.DateTimeField(_("started at"))
    detected_at = models.DateTimeField(_("detected at"), null=True, blank=True)
    restored_at = models.DateTimeField(_("restored at"), null=True, blank=True)
    severity = models.SmallIntegerField(_("severity"), null=True, blank=True)
    planned = models.BooleanField(_("planned"))
    deployment = reference("Deployment", _("deployment"), null=True, index=False)

    class Meta:
        db_table = "portfolio_incidents"
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = feed_constraints("incidents")

    def __str__(self) -> str:
        return self.code


class IncidentImpact(Fact):
    """Which customer an incident hit, when and how hard."""

    incident = reference("Incident", _("incident"), index=False)
    customer = reference("Customer", _("customer"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    degradation = number(_("degradation"), null=True)

    class Meta:
        db_table = "portfolio_incident_impacts"
        verbose_name = _("incident impact")
        verbose_name_plural = _("incident impacts")
        constraints = feed_constraints("incident_impacts")

    def __str__(self) -> str:
        return f"{self.incident_id} | {self.customer_id}"


class Standard(Fact):
    """Quality, value, compliance and service level standards."""

    code = models.CharField(_("code"), max_length=200)
    process = models.TextField(_("process"))
    kind = models.CharField(_("kind"), max_length=20)
    requirement = models.TextField(_("requirement"))
    unit = models.TextField(_("unit"), null=True, blank=True)
    target = number(_("target"), null=True)
    lower_limit = number(_("lower limit"), null=True)
    upper_limit = number(_("upper limit"), null=True)
    opportunities_per_unit = number(_("opportunities per unit"), null=True)
    owner = models.TextField(_("owner"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_standards"
        verbose_name = _("standard")
        verbose_name_plural = _("standards")
        constraints = feed_constraints("standards")

    def __str__(self) -> str:
        return self.code


class StandardCheck(Fact):
    """A check of a process against a standard."""

    code = models.CharField(_("code"), max_length=200)
    standard = reference("Standard", _("standard"))
    project = reference("Project", _("project"), null=True)
    service = reference("Service", _("service"), null=True)
    customer = reference("Customer", _("customer"), null=True)
    checked_on = models.DateField(_("checked on"))
    passed = models.BooleanField(_("passed"), null=True, blank=True)
    value = number(_("value"), null=True)
    expected_value = number(_("expected value"), null=True)
    units = number(_("units"), null=True)
    defects = number(_("defects"), null=True)

    class Meta:
        db_table = "portfolio_standard_checks"
        verbose_name = _("standard check")
        verbose_name_plural = _("standard checks")
        constraints = feed_constraints("standard_checks")

    def __str__(self) -> str:
        return self.code
