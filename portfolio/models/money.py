"""Contracts, recurring revenue, the ledger, rates, and own thresholds."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portfolio.models.constraints import feed_constraints
from portfolio.models.facts import Fact, number, reference


class Contract(Fact):
    """Contracts with an end."""

    code = models.CharField(_("code"), max_length=200)
    customer = reference("Customer", _("customer"))
    service = reference("Service", _("service"), null=True)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    annual_value = number(_("annual value"))
    currency = models.CharField(_("currency"), max_length=3)
    renewed_on = models.DateField(_("renewed on"), null=True, blank=True)
    terminated_on = models.DateField(_("terminated on"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_contracts"
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = feed_constraints("contracts")

    def __str__(self) -> str:
        return self.code


class RevenueEvent(Fact):
    """Changes of annual recurring revenue."""

    customer = reference("Customer", _("customer"), index=False)
    code = models.CharField(_("code"), max_length=200)
    effective_on = models.DateField(_("effective on"))
    kind = models.CharField(_("kind"), max_length=20)
    delta_arr = number(_("delta arr"))
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        db_table = "portfolio_revenue_events"
        verbose_name = _("revenue event")
        verbose_name_plural = _("revenue events")
        constraints = feed_constraints("revenue_events")

    def __str__(self) -> str:
        return f"{self.customer_id} | {self.code}"


class LedgerEntry(Fact):
    """Monthly amounts by account."""

    code = models.CharField(_("code"), max_length=200)
    month = models.DateField(_("month"))
    account = models.CharField(_("account"), max_length=20)
    amount = number(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    customer = reference("Customer", _("customer"), null=True)
    project = reference("Project", _("project"), null=True)
    service = reference("Service", _("service"), null=True)

    class Meta:
        db_table = "portfolio_ledger"
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        constraints = feed_constraints("ledger")

    def __str__(self) -> str:
        return self.code


class FxRate(Fact):
    """Average rate of a month: base currency for one unit."""

    currency = models.CharField(_("currency"), max_length=3)
    month = models.DateField(_("month"))
    rate = number(_("rate"))

    class Meta:
        db_table = "portfolio_fx_rates"
        verbose_name = _("fx rate")
        verbose_name_plural = _("fx rates")
        constraints = feed_constraints("fx_rates")

    def __str__(self) -> str:
        return f"{self.currency} | {self.month}"


class Target(Fact):
    """Own thresholds instead of the catalogue defaults."""

    metric = models.TextField(_("metric"))
    component = models.TextField(_("component"), null=True, blank=True)
    scope_kind = models.CharField(_("scope kind"), max_length=20, null=True, blank=True)
    scope = models.TextField(_("scope"), null=True, blank=True)
    green = number(_("green"))
    amber = number(_("amber"))
    direction = models.CharField(_("direction"), max_length=20, null=True, blank=True)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        db_table = "portfolio_targets"
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = feed_constraints("targets")

    def __str__(self) -> str:
        return f"{self.metric} | {self.component} | {self.scope_kind} | {self.scope} | {self.valid_from}"
