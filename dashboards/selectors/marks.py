"""Dated events for the charts of a page: launches, incidents, restatements, version breaks of one scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import Event
from dashboards.selectors.measured import Published
from dashboards.selectors.remembered import remembered
from metrics.events import Event as Dated
from metrics.events import events_of_many
from metrics.periods import Kind, Period
from portfolio.rights import Visibility

EACH = 4
"""Events of a kind on the charts of a page: the gravest incidents, the newest of the others."""
Components = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """Events of a scope, handed to each chart as it needs them."""

    found: tuple[Dated, ...] = ()
    project: str = ""
    """The one project that the charts are of: its code is not repeated before its milestones."""

    def _said(self, event: Dated) -> str:
        return said(event).removeprefix(f"{self.project}: ") if self.project else said(event)

    def of(self, metric: str = "", component: str = "") -> list[Dated]:
        """Launches and incidents, and what happened to the values of one measure."""
        return [
            e
            for e in self.found
            if not e.metric or (e.metric == metric and (e.kind == "version" or e.component == component))
        ]

    def on_periods(self, kind: Kind, metric: str = "", component: str = "") -> list[Event]:
        """For an axis of periods of a kind. A restated month stands in its quarter."""
        return [Event(Period.containing(kind, e.on).code, self._said(e)) for e in self.of(metric, component)]

    def on_days(self, metric: str = "", component: str = "") -> list[Event]:
        """For an axis of days."""
        return [Event(e.on.isoformat(), self._said(e)) for e in self.of(metric, component)]


def said(event: Dated) -> str:
    """An event in the reader's words: what is kept was read by somebody of either language."""
    words = {
        "releases": _("Release %(key)s"),
        "incidents": _("Incident %(key)s"),
        "restatement": _("%(key)s restated"),
        "version": _("Definition %(key)s"),
    }.get(event.feed or event.kind)
    if words is None:
        return event.label
    return words % {"key": f.period(event.key) if event.kind == "restatement" else event.key}


def marks_of(
    kind: str,
    code: str,
    components: Sequence[tuple[str, str]] = (),
    *,
    periods: Sequence[Period],
    state: Published,
    visible_to: Visibility,
) -> Marks:
    """Events of a scope in the time that its charts show. Cost: one query, or none for readers of everything."""
    first, last = periods[0].start, min(periods[-1].end, state.as_of)
    asked = tuple(components)
    found = remembered(
        "marks",
        (kind, code, asked, first, last),
        lambda: tuple(_read(kind, code, asked, first, last, visible_to)),
        state=state,
        visible_to=visible_to,
        most=256,
    )
    return Marks(found, code if kind == "project" else "")


def _read(
    kind: str, code: str, asked: Components, first: dt.date, last: dt.date, visible_to: Visibility
) -> list[Dated]:
    return events_of_many(kind, code, first=first, last=last, visible_to=visible_to, components=asked, most=EACH)
