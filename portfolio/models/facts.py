"""What every table of facts has: provenance, soft removal, and the types of its columns."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portfolio.feed_types import MAX_CODE, MAX_DECIMALS, MAX_INTEGER_DIGITS


class Team(models.Model):
    """A team exists as soon as a row names it; its name is case-sensitive."""

    name = models.CharField(_("name"), max_length=MAX_CODE, unique=True)

    class Meta:
        db_table = "portfolio_team"
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name


class Fact(models.Model):
    """A stored row of a feed. Written by `portfolio.services.facts` only; removed rows keep their place."""

    created_in = models.ForeignKey(
        "portfolio.ChangeSet",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    changed_in = models.ForeignKey(
        "portfolio.ChangeSet",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    line = models.IntegerField(_("line"), null=True, editable=False)
    deleted_at = models.DateTimeField(_("removed at"), null=True, editable=False)

    class Meta:
        abstract = True


def number(label: Any, *, null: bool = False) -> "models.DecimalField[Any, Any]":
    """A number of the contract: exact, 18 digits before the point and 10 after."""
    return models.DecimalField(
        label,
        max_digits=MAX_INTEGER_DIGITS + MAX_DECIMALS,
        decimal_places=MAX_DECIMALS,
        null=null,
        blank=null,
    )


def reference(
    to: str, label: Any, *, null: bool = False, index: bool = True, reverse: bool = True
) -> "models.ForeignKey[Any, Any]":
    """A reference to a row of another feed. Not indexed where the key of the table begins with it."""
    return models.ForeignKey(
        to,
        on_delete=models.PROTECT,
        verbose_name=label,
        null=null,
        blank=null,
        db_index=index,
        related_name=None if reverse else "+",
    )


def team_reference(*, null: bool = False) -> "models.ForeignKey[Any, Any]":
    """The team that a row names."""
    return models.ForeignKey("portfolio.Team", on_delete=models.PROTECT, verbose_name=_("team"), null=null, blank=null)
