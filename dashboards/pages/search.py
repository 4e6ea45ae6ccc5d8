"""Search: where is it?"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.parts import Action, Answer, Empty, strong
from metrics.index import KEY as INDEX
from metrics.registry import metrics
from portfolio.rights import Visibility
from portfolio.selectors.search import Group, Hit, folded, search

ON_PAGE = 20
SUGGESTED = 4


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One match: what it is called, its code, where it is."""

    name: str
    code: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Matches of one kind."""

    key: str
    name: str
    icon: str
    lines: tuple[FoundLine, ...]
    said: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """All that the page of a search shows."""

    text: str
    answer: Answer
    groups: tuple[FoundGroup, ...]
    total: int
    said: str
    empty: Empty | None
    more_url: str


def search_page(asked: str, *, visible_to: Visibility, most: int = ON_PAGE) -> SearchPage:
    """What a text finds, by kind. Cost: one query beyond log-in and rights."""
    asked = " ".join(asked.replace("\0", " ").split())[:100]
    groups = [*search(asked, visible_to=visible_to, most=most), *_metrics(asked, most)] if asked else []
    total = sum(g.total for g in groups)
    said = ngettext("%(n)s match", "%(n)s matches", total) % {"n": f.number(total)}
    return SearchPage(
        text=asked,
        answer=Answer(_sentence(asked, groups, total)),
        groups=tuple(_group(g) for g in groups),
        total=total,
        said=said,
        empty=None if total else _empty(asked),
        more_url=reverse("search"),
    )


def _metrics(asked: str, most: int) -> list[Group]:
    """Measures of the catalogue by their name in the reader's language, by key, and the index."""
    words = folded(asked).split()
    found = []
    for key in (INDEX, *metrics()):
        name = text.title(key)
        held = f"{folded(name)} {key} {key.replace('_', ' ')}"
        if all(word in held for word in words):
            found.append((not folded(name).startswith(folded(asked)), name, key))
    found.sort()
    hits = tuple(Hit("metric", key, name, "") for _later, name, key in found)
    return [Group("metric", hits[:most], len(hits))] if hits else []


def _group(group: Group) -> FoundGroup:
    name, icon = {
        "portfolio": (_("Portfolios and programs"), "portfolio"),
        "project": (_("Projects"), "projects"),
        "customer": (_("Customers"), "customers"),
        "initiative": (_("Initiatives"), "initiatives"),
        "outcome": (_("Outcomes"), "star"),
        "incident": (_("Incidents"), "incidents"),
        "metric": (_("Metric catalogue"), "metrics"),
    }[group.kind]
    said = _("%(shown)s of %(all)s") % {"shown": f.number(len(group.hits)), "all": f.number(group.total)}
    lines = tuple(FoundLine(h.name, h.code, _url(h)) for h in group.hits)
    return FoundGroup(group.kind, name, icon, lines, said if group.total > len(group.hits) else "")


def _url(hit: Hit) -> str:
    if hit.kind == "metric":
        return reverse("metric", args=[hit.code]) if hit.code != INDEX else reverse("overview")
    if hit.kind == "outcome":
        return reverse("initiative", args=[hit.context])
    return reverse(hit.kind, args=[hit.code])


def _sentence(asked: str, groups: list[Group], total: int) -> SafeString:
    if not asked:
        return format_html("{}", _("What are you looking for?"))
    if not total:
        return format_html(_("Nothing that you may see matches “{text}”."), text=asked)
    return format_html(
        ngettext("{n} match for “{text}”.", "{n} matches for “{text}”.", total),
        n=strong(f.number(total)),
        text=asked,
    )


def _empty(asked: str) -> Empty:
    if not asked:
        return Empty(
            _("Write a name or a code"),
            _("Projects, customers, initiatives, outcomes and measures are found by any part of their name or code, "
              "incidents by the beginning of their code. The key / leads to the search box."),
        )  # fmt: skip
    steps = [_("Write less: a part of a word is enough, and accents do not matter.")]
    if len(asked.split()) > 1:
        steps.append(_("Leave a word out: every word must occur."))
    steps.append(_("Look in the lists: what is outside your rights, or not imported yet, is not found."))
    return Empty(
        _("No match"),
        "",
        tuple(steps),
        (
            Action(_("Projects"), reverse("projects")),
            Action(_("Customers"), reverse("customers")),
            Action(_("Metric catalogue"), reverse("metrics")),
        ),
    )
