"""Why a value is missing: which fact it would take, and in which feed to enter it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.utils.translation import gettext as _

from metrics.cells import SMALLEST_GROUP
from metrics.columns import Floats, Table
from metrics.definition_words import definition
from metrics.frame import Frame, Positions
from metrics.parts import Part
from metrics.periods import EPOCH, Period
from metrics.records import ValueRecord
from metrics.registry import Metric, formulas
from portfolio.feeds import FEEDS

RATES_NAMED: Final = 5
"""So many missing rates are named one by one."""

NEEDED: Final = {
    # A pair served without an impact has 0 minutes; without a pair, or any incident, there is nothing to count.
    "customer_minutes_lost": ("incidents", "service_customers"),
    "customer_tenure": ("customers", "revenue_events"),
}
"""Feeds whose rows give a value where they are others than those that the entry names."""

OF_THE_COMPANY: Final = frozenset({"incidents"})
"""Needed feeds of which any row will do, whatever the scope."""


@dataclass(frozen=True)
class Question:
    """One value asked about: its part of the formula, over a frame of its one scope and period."""

    entry: Metric
    part: Part
    frame: Frame
    scope_kind: str
    scope: str
    period: Period

    @property
    def about(self) -> str:
        return f"{_(self.scope_kind.capitalize()).lower()} {self.scope}".strip()

    def feeds(self) -> list[str]:
        """Feeds that the entry names for numerator and denominator."""
        named = [feed.strip() for side in ("numerator", "denominator") for feed in self._declared(side).split("+")]
        return list(dict.fromkeys(feed for feed in named if feed in FEEDS))

    def _declared(self, side: str) -> str:
        declared: dict[str, str] = getattr(self.entry, side)
        return declared["feed"]

    def rows_behind(self, *, also_unknown: bool = True) -> Iterator[tuple[Table, Positions]]:
        """Rows of both sides, and of inputs that count rows without a rate."""
        unknown = [each for name, each in self.part.inputs.items() if also_unknown and "missing" in name]
        for explained in (*unknown, *self.part.behind("numerator"), *self.part.behind("denominator")):
            for piece in explained.pieces(self.frame, self.scope_kind):
                yield piece.rows, piece.at


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing for a value, and the feed in which to enter it (blank where nothing can be entered)."""

    feed: str
    text: str


def missing_facts(question: Question, record: ValueRecord) -> Iterator[Missing]:
    """What would give the value, most useful first; nothing for a value that is there."""
    match record.status:
        case "not_due":
            yield Missing("", _("The period has not begun yet."))
        case "no_data":
            yield from _no_data(question, record)
        case "suppressed":
            yield Missing(
                "",
                _("Fewer than %(fewest)s people stand behind it; figures of so few are never shown.")
                % {"fewest": SMALLEST_GROUP},
            )
        case "insufficient_n":
            feeds = question.feeds()
            yield Missing(
                feeds[0] if feeds else "",
                _("%(n)s of at least %(minimum)s items. Enter more rows in %(feed)s.")
                % {"n": record.n, "minimum": question.entry.minimum_n, "feed": " + ".join(feeds)},
            )
        case "undefined" if record.reason == "missing_rate":
            yield from _missing_rates(question)
        case "undefined":
            yield from _undefined(question, record)
        case _:
            return


def _no_data(question: Question, record: ValueRecord) -> Iterator[Missing]:
    entry, period = question.entry, question.period
    said = False
    if record.reason == "not_measurable":
        yield Missing(
            "contributions",
            _(
                "No claim of %(about)s is in force on an outcome that could be measured by the end of %(period)s. "
                "Enter one in contributions, and a measurement of its outcome in outcome_measurements."
            )
            % {"about": question.about, "period": period.code},
        )
    needed = NEEDED.get(entry.key, ())
    behind = {rows.feed for rows, at in question.rows_behind(also_unknown=not needed) if len(at)} | OF_THE_COMPANY
    rule = definition(entry.denominator["filter"] if needed else entry.period_rule)
    for feed in needed or question.feeds():
        if not len(question.frame.table(feed)):
            said = True
            yield Missing(
                feed, _("There are no rows in %(feed)s at all. Import the file %(feed)s.csv.") % {"feed": feed}
            )
        elif feed not in behind and record.reason != "not_measurable":
            said = True
            yield _no_row(question, feed, rule)
    for edge in entry.edges:
        if "no_data" in edge:
            said = True
            yield Missing("", _("By definition: %(edge)s") % {"edge": definition(edge)})
    if not said and record.reason != "not_measurable":
        # Rows of the scope are looked at, yet none of them counts.
        for feed in (needed or question.feeds())[:1]:
            yield _no_row(question, feed, definition(entry.denominator["filter"]) or rule)


def _no_row(question: Question, feed: str, rule: str) -> Missing:
    return Missing(
        feed,
        _("No row of %(feed)s belongs to %(about)s in %(period)s: %(rule)s. Enter one in %(feed)s.")
        % {"feed": feed, "about": question.about, "period": question.period.code, "rule": rule},
    )


def _undefined(question: Question, record: ValueRecord) -> Iterator[Missing]:
    """The formula has no result although there are rows."""
    feed = next(iter(question.feeds()), "")
    denominator = question.entry.denominator
    texts = {
        "zero_denominator": _("What it is divided by is 0 or less: %(filter)s. Enter such rows in %(feed)s.")
        % {"filter": definition(denominator["filter"]), "feed": denominator["feed"] or feed},
        "median_not_reached": _(
            "More than half of the items are still open, so they have no median yet. It comes when ends are entered "
            "in %(feed)s."
        )
        % {"feed": feed},
        "beyond_follow_up": _("Nobody has been followed for that long yet. It comes with time."),
        "no_sign_change": _("The flows never turn, so no rate balances them. Enter costs in project_months and "
                            "realised benefits in benefits."),
        "not_reached": _("What came back has not made up for the cost yet. Enter realised benefits in benefits."),
        "not_burning": _("No cash is burnt, so it does not run out."),
        "no_variation": _("All units are good, or all are bad: a level needs some of both in %(feed)s.")
        % {"feed": feed},
    }  # fmt: skip
    where = {
        "zero_denominator": (denominator["feed"] or feed).split("+")[0].strip(),
        "no_sign_change": "benefits",
        "not_reached": "benefits",
        "beyond_follow_up": "",
        "not_burning": "",
    }
    yield Missing(where.get(record.reason, feed), texts[record.reason])


def _missing_rates(question: Question) -> Iterator[Missing]:
    """Currencies and months without a rate, among the rows behind the value."""
    base = question.frame.base_currency
    behind = list(question.rows_behind())
    asked = list(dict.fromkeys(_unrated(question, [*behind, *_plans(question, behind)])))
    if not asked:
        asked = list(dict.fromkeys(_unrated(question, _rows_of_feeds(question))))
    for currency, month in sorted(asked)[:RATES_NAMED]:
        yield Missing(
            "fx_rates",
            _("No rate of %(currency)s to %(base)s in %(month)s. Enter it in fx_rates.")
            % {"currency": currency, "base": base, "month": month},
        )
    if len(asked) > RATES_NAMED:
        yield Missing(
            "fx_rates",
            _("And %(more)s more rates to %(base)s.") % {"more": len(asked) - RATES_NAMED, "base": base},
        )
    if not asked:
        yield Missing(
            "fx_rates",
            _("An exchange rate to %(base)s is missing for a currency and month used here. Enter it in fx_rates.")
            % {"base": base},
        )


def _plans(question: Question, behind: Iterable[tuple[Table, Positions]]) -> Iterator[tuple[Table, Positions]]:
    """All planned months of the projects whose months stand behind the value: a plan needs its rate as well."""
    rows = question.frame.table("project_months")
    projects = [table.project[at] for table, at in behind if table.feed == "project_months"]
    if projects and question.entry.key == "cost_performance_index":
        taking_part = np.isin(rows.project, np.concatenate(projects))
        yield rows, np.flatnonzero(taking_part & ~np.isnan(rows.planned_value))


def _rows_of_feeds(question: Question) -> Iterator[tuple[Table, Positions]]:
    """Rows of the formula's feeds that belong to the scope (all, where they name none), before T."""
    frame = question.frame
    for feed in formulas()[question.entry.key].feeds:
        if feed not in FEEDS or feed == "fx_rates":
            continue
        rows = frame.table(feed)
        levels = frame.scopes.members(rows, question.scope_kind)
        inside = np.logical_or.reduce([level >= 0 for level in levels]) if levels else np.ones(len(rows), np.bool_)
        days = _days(rows)
        if days is not None:
            yield rows, np.flatnonzero(inside & (days < frame.grain.cut[0]))


def _unrated(question: Question, found: Iterable[tuple[Table, Positions]]) -> Iterator[tuple[str, str]]:
    frame = question.frame
    for rows, at in found:
        days = _days(rows)
        if days is None or not len(at):
            continue
        if "currency" in rows:
            currency = rows.currency[at]
        elif "project" in rows:
            currency = frame.table("projects").currency[rows.project[at]]
        else:
            continue
        # Plan that lies in or after T counts at the rate of the day before T.
        day = np.minimum(days[at], frame.grain.cut[0] - 1) if rows.feed == "project_months" else days[at]
        for place in np.flatnonzero(np.isnan(frame.rate(currency, day)) & ~np.isnan(day)).tolist():
            yield currency[place].decode(), f"{_date(day[place]):%Y-%m}"


def _days(rows: Table) -> Floats | None:
    """The days whose months give the rates of rows."""
    for name in ("month", "effective_on", "ends_on", "actual_finish_on"):
        if name in rows:
            days: Floats = rows.columns[name]
            return days
    return None


def _date(day: float) -> date:
    return EPOCH + timedelta(days=int(day))
