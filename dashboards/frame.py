"""What stands around every page: rail, breadcrumb, period, freshness, theme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboards import formatting as f
from portfolio.selectors.preferences import chosen_by

THEMES = ("light", "dark")
THEME_COOKIE = "epmo_theme"


@dataclass(frozen=True, slots=True)
class Link:
    """A word and where it leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class NavItem:
    """One line of the rail."""

    icon: str
    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class NavGroup:
    """A titled group of the rail."""

    head: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a select."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """A titled group of choices."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Picker:
    """Period and comparison, and the parameters that changing them keeps."""

    value: str
    period: str
    span: str
    against_value: str
    against: str
    groups: tuple[OptionGroup, ...]
    kept: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the figures are, and where to read more."""

    word: str
    detail: str
    url: str
    failed: str = ""
    """Said when a later computation broke off, so that these figures are the last good ones."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything of a page but its subject."""

    title: str
    here: str
    crumbs: tuple[Link, ...]
    groups: tuple[NavGroup, ...]
    theme: str
    picker: Picker | None = None
    fresh: Freshness | None = None
    foot: tuple[str, ...] = ()
    company: str = ""
    search_url: str = ""
    search_key: bool = True


def frame(
    request: HttpRequest,
    *,
    section: str,
    here: str,
    crumbs: Sequence[Link] = (),
    picker: Picker | None = None,
    fresh: Freshness | None = None,
    foot: Iterable[str] = (),
    people: bool = True,
) -> Frame:
    """The frame of one page; `section` is the rail's entry that is marked. No query."""
    chosen = chosen_by(request.user)
    theme = chosen.theme or request.COOKIES.get(THEME_COOKIE, "")
    return Frame(
        title=here,
        here=here,
        crumbs=tuple(crumbs),
        groups=navigation(section, query=_state(request), people=people),
        theme=theme if theme in THEMES else "",
        picker=picker,
        fresh=fresh,
        foot=tuple(foot),
        search_url=reverse("search"),
        search_key=chosen.search_key,
    )


def navigation(section: str, *, query: str = "", people: bool = True) -> tuple[NavGroup, ...]:
    """The rail, without what the reader may not see. No entry for finance, on purpose: money is read with the rest."""
    entries: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
        (
            _("Outcomes"),
            (
                ("overview", "home", _("Overview")),
                ("customers", "customers", _("Customers")),
                ("incidents", "incidents", _("Incidents")),
                ("scorecards", "scorecard", _("Scorecards")),
                ("decisions", "decisions", _("Decisions")),
            ),
        ),
        (
            _("Work"),
            (
                ("projects", "projects", _("Projects")),
                ("initiatives", "initiatives", _("Initiatives")),
                *((("people", "people", _("People and culture")),) if people else ()),
            ),
        ),
        (_("Trust"), (("metrics", "metrics", _("Metric catalogue")), ("data", "data", _("Data")))),
    )
    return tuple(
        NavGroup(
            head,
            tuple(NavItem(icon, label, reverse(name) + query, name == section) for name, icon, label in items),
        )
        for head, items in entries
    )


def _state(request: HttpRequest) -> str:
    """Period and comparison, carried along by the rail."""
    query = request.GET.copy()
    for name in [name for name in query if name not in {"period", "against"}]:
        del query[name]
    return f"?{query.urlencode()}" if query else ""


def picker(request: HttpRequest, *, period: str, against: str, periods: Sequence[str]) -> Picker:
    """The choice of period among those that hold facts, newest first, by kind."""
    kinds: tuple[tuple[str, list[str]], ...] = (
        (_("Quarters"), [p for p in periods if "Q" in p]),
        (_("Years"), [p for p in periods if len(p) == 4]),
        (_("Months"), [p for p in periods if "-" in p and "Q" not in p]),
    )
    return Picker(
        value=period,
        period=f.period(period),
        span=f.period_span(period),
        against_value=against,
        against=f.period(against) if against else "",
        groups=tuple(
            OptionGroup(label, tuple(Option(code, f.period(code)) for code in codes)) for label, codes in kinds if codes
        ),
        kept=tuple((k, v) for k, vs in request.GET.lists() if k not in {"period", "against", "page"} for v in vs),
    )
