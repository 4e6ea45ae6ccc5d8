"""Customers, what they use and what they want to achieve."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portfolio.models.constraints import feed_constraints
from portfolio.models.facts import Fact, number, reference, team_reference


class Customer(Fact):
    """Who the portfolio serves."""

    code = models.CharField(_("code"), max_length=200)
    name = models.TextField(_("name"))
    segment = models.TextField(_("segment"), null=True, blank=True)
    country = models.TextField(_("country"), null=True, blank=True)
    acquired_on = models.DateField(_("acquired on"), null=True, blank=True)
    importance = number(_("importance"), null=True)

    class Meta:
        db_table = "portfolio_customers"
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = feed_constraints("customers")

    def __str__(self) -> str:
        return self.code


class Service(Fact):
    """Services that customers use."""

    code = models.CharField(_("code"), max_length=200)
    name = models.TextField(_("name"))
    team = team_reference(null=True)

    class Meta:
        db_table = "portfolio_services"
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = feed_constraints("services")

    def __str__(self) -> str:
        return self.code


class ServiceCustomer(Fact):
    """Which customer is served by which service, and when."""

    service = reference("Service", _("service"), index=False)
    customer = reference("Customer", _("customer"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_service_customers"
        verbose_name = _("service customer")
        verbose_name_plural = _("service customers")
        constraints = feed_constraints("service_customers")

    def __str__(self) -> str:
        return f"{self.service_id} | {self.customer_id} | {self.valid_from}"


class Initiative(Fact):
    """What a customer wants to achieve; the customer's goal, not ours."""

    code = models.CharField(_("code"), max_length=200)
    customer = reference("Customer", _("customer"))
    name = models.TextField(_("name"))
    objective = models.TextField(_("objective"), null=True, blank=True)
    factor = models.CharField(_("factor"), max_length=20)
    weight = number(_("weight"), null=True)
    start_on = models.DateField(_("start on"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_initiatives"
        verbose_name = _("initiative")
        verbose_name_plural = _("initiatives")
        constraints = feed_constraints("initiatives")

    def __str__(self) -> str:
        return self.code


class Outcome(Fact):
    """The measure by which an initiative is judged."""

    code = models.CharField(_("code"), max_length=200)
    initiative = reference("Initiative", _("initiative"))
    name = models.TextField(_("name"))
    unit = models.TextField(_("unit"))
    baseline = number(_("baseline"))
    target = number(_("target"))
    start_on = models.DateField(_("start on"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    weight = number(_("weight"), null=True)
    audience = models.CharField(_("audience"), max_length=20)

    class Meta:
        db_table = "portfolio_outcomes"
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        constraints = feed_constraints("outcomes")

    def __str__(self) -> str:
        return self.code


class OutcomeMeasurement(Fact):
    """Measured values of outcomes."""

    outcome = reference("Outcome", _("outcome"), index=False)
    measured_on = models.DateField(_("measured on"))
    value = number(_("value"))

    class Meta:
        db_table = "portfolio_outcome_measurements"
        verbose_name = _("outcome measurement")
        verbose_name_plural = _("outcome measurements")
        constraints = feed_constraints("outcome_measurements")

    def __str__(self) -> str:
        return f"{self.outcome_id} | {self.measured_on}"


class Contribution(Fact):
    """What a project claims to have changed on an outcome."""

    project = reference("Project", _("project"), index=False)
    outcome = reference("Outcome", _("outcome"))
    effect = number(_("effect"))
    evidence = models.CharField(_("evidence"), max_length=20)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        db_table = "portfolio_contributions"
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        constraints = feed_constraints("contributions")

    def __str__(self) -> str:
        return f"{self.project_id} | {self.outcome_id} | {self.valid_from}"


class Touchpoint(Fact):
    """Agreed meetings and reviews with a customer."""

    customer = reference("Customer", _("customer"), index=False)
    kind = models.TextField(_("kind"))
    due_on = models.DateField(_("due on"))
    held_on = models.DateField(_("held on"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_touchpoints"
        verbose_name = _("touchpoint")
        verbose_name_plural = _("touchpoints")
        constraints = feed_constraints("touchpoints")

    def __str__(self) -> str:
        return f"{self.customer_id} | {self.kind} | {self.due_on}"


class Adoption(Fact):
    """Users entitled and users active, per month."""

    customer = reference("Customer", _("customer"), index=False)
    service = reference("Service", _("service"), null=True)
    project = reference("Project", _("project"), null=True)
    month = models.DateField(_("month"))
    entitled_users = number(_("entitled users"))
    active_users = number(_("active users"))

    class Meta:
        db_table = "portfolio_adoption"
        verbose_name = _("adoption")
        verbose_name_plural = _("adoption")
        constraints = feed_constraints("adoption")

    def __str__(self) -> str:
        return f"{self.customer_id} | {self.service_id} | {self.project_id} | {self.month}"


class ReputationSignal(Fact):
    """Outside views of us, already on 0 to 100."""

    source = models.TextField(_("source"))
    observed_on = models.DateField(_("observed on"))
    score = number(_("score"))
    n = number(_("n"), null=True)

    class Meta:
        db_table = "portfolio_reputation_signals"
        verbose_name = _("reputation signal")
        verbose_name_plural = _("reputation signals")
        constraints = feed_constraints("reputation_signals")

    def __str__(self) -> str:
        return f"{self.source} | {self.observed_on}"
