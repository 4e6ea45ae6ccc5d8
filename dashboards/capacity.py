"""Capacity against plan by team: a heat map of utilisation around its target band, or what is missing for one.

Facts hold the hours that people worked and the hours they had, but no planned hours of a team, so the plan is the
target band of `resource_utilisation`. Over-allocation would show one end of the band only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import units
from dashboards.figures.heat import HeatCell, HeatRow, heat_figure
from dashboards.page_state import PageState
from dashboards.parts import Action, Empty, Figure
from dashboards.selectors.capacity import UTILISATION, Capacity, capacity_of
from dashboards.selectors.remembered import remembered
from metrics.periods import Period
from metrics.records import ValueRecord

MONTHS = 12
TEAMS = 12
"""Teams that are drawn: those furthest outside their band in the last month."""


@dataclass(frozen=True, slots=True)
class CapacityPart:
    """The heat map, or what is missing; both None for readers without values of teams."""

    figure: Figure | None = None
    nothing: Empty | None = None


def capacity_part(state: PageState, *, portfolios: tuple[int, ...] | None = None) -> CapacityPart:
    """Of the whole enterprise, or of the teams that work on the projects of portfolios. Cost: none once remembered."""
    if not state.visible.sees_people_values:
        return CapacityPart()
    months = _months(state)
    if not months:
        return CapacityPart()
    found = remembered(
        "capacity",
        (portfolios, months),
        lambda: capacity_of(months, visible_to=state.visible, portfolios=portfolios),
        state=state.published,
        visible_to=state.visible,
        most=64,
    )
    return _part(found, months, state, portfolios is not None)


def _months(state: PageState) -> tuple[Period, ...]:
    """Twelve months up to the end of the shown period, without those that have not begun."""
    last = list(state.period.months())[-1]
    months = (last.shift(-i) for i in range(MONTHS - 1, -1, -1))
    return tuple(m for m in months if m.start < state.published.as_of)


def _part(found: Capacity, months: Sequence[Period], state: PageState, narrowed: bool) -> CapacityPart:
    if not found.found:
        return CapacityPart(nothing=_nothing(found, state))
    by_team: dict[str, dict[str, ValueRecord]] = {}
    for r in found.found:
        by_team.setdefault(r.scope, {})[r.period] = r
    spoken = _spoken_of(found.found, months)
    rows = [(name, tuple(_cell(cells.get(m.code), m, state) for m in months)) for name, cells in by_team.items()]
    at = months.index(spoken)
    rows.sort(key=lambda row: (-_outside(row[1][at]), row[0]))
    now = [cells[at] for _name, cells in rows if cells[at] is not None]
    unit = _("Hours on projects as a share of hours available, by team and month. Target %(band)s") % {
        "band": _bands(found.found)
    }
    if len(rows) > TEAMS:
        unit += ". " + ngettext(
            "%(n)s more team, nearer to its band, is not drawn",
            "%(n)s more teams, nearer to their band, are not drawn",
            len(rows) - TEAMS,
        ) % {"n": f.number(len(rows) - TEAMS)}
    return CapacityPart(
        heat_figure(
            [HeatRow(name, cells) for name, cells in rows[:TEAMS]],
            [_month_word(m, i) for i, m in enumerate(months)],
            key="capacity",
            title=_title([c.side for c in now if c is not None], spoken),
            unit=unit,
            row_word=_("Team"),
            words=(_("Below the band: room for more"), _("Inside the band"), _("Above the band: too much")),
            source=_note(found, narrowed),
        )
    )


def _cell(record: ValueRecord | None, month: Period, state: PageState) -> HeatCell | None:
    if record is None or record.value is None:
        return None
    low, high = _band(record)
    side = -1 if low is not None and record.value < low else 1 if high is not None and record.value > high else 0
    outside = (low or 0.0) - record.value if side < 0 else record.value - (high or 0.0) if side > 0 else 0.0
    return HeatCell(
        record.value,
        _share(record.value, low if side < 0 else high if side > 0 else None),
        side,  # type: ignore[arg-type]
        outside,
        {-1: _("below"), 0: "", 1: _("above")}[side],
        state.why(UTILISATION, "team", record.scope, period=month),
    )


def _share(value: float, limit: float | None) -> str:
    """A share; with a decimal where it would else read as the limit that it misses."""
    said = f.percent(value)
    return f.percent(value, 1) if limit is not None and said == f.percent(limit) else said


def _outside(cell: HeatCell | None) -> float:
    return cell.outside if cell is not None else -1.0


def _band(record: ValueRecord) -> tuple[float | None, float | None]:
    """The two ends of the target; a target with one end has no other."""
    if isinstance(record.green, tuple):
        return record.green
    if record.green is None:
        return None, None
    return (None, record.green) if record.direction == "lower" else (record.green, None)


def _bands(found: Sequence[ValueRecord]) -> str:
    """The band in words: one for all teams, or that each has its own."""
    different = {(r.green, r.direction) for r in found}
    if len(different) > 1:
        return _("of each team, as set for it")
    record = found[0]
    if record.green is None:
        return _("not set")
    return text.limit_text(
        lambda v: units.limit(v or 0.0, UTILISATION, "", record.unit, settings.EPMO_BASE_CURRENCY),
        record.green,
        record.direction,
    )


def _spoken_of(found: Sequence[ValueRecord], months: Sequence[Period]) -> Period:
    """The last month that is over and has values, else the last with any."""
    whole = {r.period for r in found if r.value is not None and r.status != "partial_period"}
    known = whole or {r.period for r in found if r.value is not None}
    return next(m for m in reversed(months) if m.code in known)


def _title(sides: Sequence[int], month: Period) -> str:
    above, below = sides.count(1), sides.count(-1)
    said = {
        "above": f.number(above),
        "below": f.number(below),
        "all": f.number(len(sides)),
        "month": f.period(month.code),
    }
    if not above and not below:
        return (
            ngettext(
                "Resource utilisation of %(all)s team was inside the target band in %(month)s",
                "Resource utilisation of all %(all)s teams was inside the target band in %(month)s",
                len(sides),
            )
            % said
        )
    return (
        ngettext(
            "Resource utilisation of %(all)s team in %(month)s: %(above)s above the target band, %(below)s below",
            "Resource utilisation of %(all)s teams in %(month)s: %(above)s above the target band, %(below)s below",
            len(sides),
        )
        % said
    )


def _month_word(month: Period, place: int) -> str:
    """`Mar`, with the year where it begins."""
    start = month.start
    year = f" ’{start.year % 100:02d}" if place == 0 or start.month == 1 else ""
    return f.month_name(start.month) + year


def _note(found: Capacity, narrowed: bool) -> str:
    told = [
        _(
            "Facts hold no planned hours of teams, so the plan is the target band of resource utilisation; "
            "over-allocation would show its upper end only."
        )
    ]
    if narrowed:
        told.append(_("All work of teams with at least five people on projects here."))
    if found.hidden:
        told.append(
            ngettext(
                "%(n)s team of fewer than five people is not shown.",
                "%(n)s teams of fewer than five people are not shown.",
                found.hidden,
            )
            % {"n": f.number(found.hidden)}
        )
    return " ".join(told)


def _nothing(found: Capacity, state: PageState) -> Empty:
    actions: Sequence[Action] = (Action(_("Import files"), state.url("data")),) if state.visible.may_write else ()
    why = _("Without them nobody sees which team has room and which has too much to do.")
    if not found.imported:
        return Empty(
            _("No capacity rows"),
            why,
            (
                _("Import capacity.csv: hours available by person and month."),
                _("Import person_months.csv: hours worked by person, project and month."),
            ),
            tuple(actions),
        )
    return Empty(
        _("No team of five people or more has hours in these twelve months"),
        why,
        (
            _("Import person_months.csv and capacity.csv of these months."),
            _("Choose another period above, if hours were imported for an earlier one."),
        ),
        tuple(actions),
    )
