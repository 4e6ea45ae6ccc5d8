"""Addresses of scorecards, their states in words, and the choices that their forms share."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from dashboards.pages.scorecard_sheet import metric_name
from dashboards.parts import Status
from metrics.models import Scorecard

NOTES = ("happened", "doing", "unknown")


def scope_query(kind: str, code: str, **more: str) -> str:
    """The end of an address that names a scope; blank for the enterprise."""
    asked = {} if kind == "enterprise" else {"scope_kind": kind, "scope": code}
    asked |= {name: value for name, value in more.items() if value}
    return f"?{urlencode(asked)}" if asked else ""


def card_url(name: str, period: str, kind: str, code: str, *args: str, **more: str) -> str:
    """The address of a scorecard's page."""
    return reverse(name, args=[period, *args]) + scope_query(kind, code, **more)


def state_status(state: str) -> Status:
    """A state as icon and word."""
    return {
        Scorecard.State.DRAFT: Status("none", _("Draft")),
        Scorecard.State.REVIEW: Status("watch", _("In review")),
        Scorecard.State.PUBLISHED: Status("ok", _("Published")),
    }[Scorecard.State(state)]


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a form."""

    value: str
    label: str
    chosen: bool = False


def field_name(key: str) -> str:
    """A field of a scorecard in words."""
    if key.startswith("comment:"):
        metric, _colon, component = key.removeprefix("comment:").partition(":")
        return _("Comment on %(name)s") % {"name": metric_name(metric, component)}
    return {
        "happened": _("What happened"),
        "doing": _("What we will do"),
        "unknown": _("What we do not know"),
        "metrics": _("Measures"),
        "sign_off": _("Who signs"),
        "state": _("State"),
    }.get(key, key)
