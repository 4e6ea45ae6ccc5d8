"""Plan against actual: the cumulative S-curve of a project, and its milestones as dumbbells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import (
    Dict,
    Event,
    band,
    by_month,
    labels_of,
    level,
    money_marks,
    month_ticks,
    months_on,
    name_axis,
    note,
    plain,
    round_steps,
    upright,
)
from dashboards.parts import Cell, Figure, Key, table


@dataclass(frozen=True, slots=True)
class Month:
    """Cumulative plan, earned value and cost at the end of a month; None = not known or not yet."""

    month: dt.date
    planned: float | None
    earned: float | None
    actual: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where cost ends: when, how much, and its range (None when there are too few like projects)."""

    finish_on: dt.date
    cost: float
    low: float | None = None
    high: float | None = None
    early_on: dt.date | None = None
    late_on: dt.date | None = None


def s_curve_figure(
    months: Sequence[Month],
    *,
    title: str,
    unit: str,
    currency: str,
    today: dt.date,
    budget: float | None = None,
    forecast: Forecast | None = None,
    events: Sequence[Event] = (),
    key: str = "progress",
    source: str = "",
) -> Figure:
    """Planned dashed, earned petrol, cost in ink, the forecast dotted to its end, the budget as a level."""
    series = (
        ("planned", _("Planned"), {"color": "$plan", "dash": "dash", "width": 1.5}),
        ("actual", _("Actual cost"), {"color": "$ink", "width": 2}),
        ("earned", _("Earned"), {"color": "$accent", "width": 2.5}),
    )
    data: list[Dict] = []
    ends: list[float] = [v for v in (budget, forecast.cost if forecast else None) if v is not None]
    if forecast is not None and forecast.high is not None:
        ends.append(forecast.high)
    for name, word, line in series:
        known = [(m.month, getattr(m, name)) for m in months if getattr(m, name) is not None]
        if not known:
            continue
        ends += [v for _m, v in known]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [_end(m) for m, _v in known],
                "y": [v for _m, v in known],
                "line": line,
                "hovertext": [f"{word}, {f.month_year(m)}: {f.money(v, currency)}" for m, v in known],
                "hoverinfo": "text",
            }
        )
    actual = [(m.month, m.actual) for m in months if m.actual is not None]
    reach = [m.month for m in months] or [today]
    dated = by_month(events, reach[0], max(reach[-1] + dt.timedelta(days=31), today))
    marked = months_on(dated)
    shapes, words = list(marked.shapes), list(marked.notes)
    if forecast is not None and actual:
        start_on, start = _end(actual[-1][0]), actual[-1][1]
        finish = forecast.finish_on.isoformat()
        if forecast.low is not None and forecast.high is not None and start is not None:
            early = (forecast.early_on or forecast.finish_on).isoformat()
            late = (forecast.late_on or forecast.finish_on).isoformat()
            data.insert(
                0,
                band(
                    [start_on, early if early > start_on else finish, late],
                    [start, forecast.low, forecast.low],
                    [start, forecast.high, forecast.high],
                    "$quiet-band",
                ),
            )
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [start_on, finish],
                "y": [start, forecast.cost],
                "line": {"color": "$ink", "dash": "dot", "width": 2},
                "marker": {"size": [0.1, 7], "color": "$page", "line": {"color": "$ink", "width": 1.5}},
                "hovertext": ["", f"{_('Forecast')}, {f.date(forecast.finish_on)}: {f.money(forecast.cost, currency)}"],
                "hoverinfo": "text",
            }
        )
        words.append(
            note(
                f.money(forecast.cost, currency),
                finish,
                forecast.cost,
                xanchor="left",
                xshift=8,
                font={"color": "$ink", "weight": 600},
            )
        )
    if budget is not None:
        shapes.append(level(budget, color="$rule-firm", dash="solid"))
        words.append(
            note(
                _("Budget %(money)s") % {"money": f.money(budget, currency)},
                0,
                budget,
                xref="paper",
                xanchor="left",
                yanchor="bottom",
            )
        )
    first = months[0].month if months else today
    last_days = [m.month for m in months] + ([forecast.late_on or forecast.finish_on] if forecast else [])
    last = max(last_days) if last_days else today
    if first <= today <= last:
        shapes.append(upright(today.isoformat(), color="$rule-firm"))
        words.append(note(_("Today"), today.isoformat(), 0, yref="paper", xanchor="left", yanchor="bottom", xshift=5))
    tick_at, tick_words = month_ticks(first, last)
    marks = round_steps(0, max([1.0, *ends]), 4)
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=data,
        layout={
            "xaxis": {"type": "date", "tickvals": tick_at, "ticktext": tick_words},
            "yaxis": {
                "range": [0, marks[-1]],
                "tickvals": marks,
                "ticktext": money_marks(marks, currency),
            },
            "shapes": shapes,
            "annotations": words,
            "margin": {"r": 76 if forecast else 16, "t": 22},
        },
        table=table(
            [_("Month"), _("Planned"), _("Earned"), _("Actual cost"), *[_("Events")] * bool(dated)],
            [
                (
                    Cell(f.month_year(m.month), m.month.isoformat()[:7]),
                    *(Cell(f.money(v, currency, decimals=2), v) for v in (m.planned, m.earned, m.actual)),
                    *[labels_of(dated, m.month)] * bool(dated),
                )
                for m in months
            ],
        ),
        legend=(
            Key("plan-line", _("Planned")),
            Key("ink", _("Actual cost")),
            Key("line", _("Earned")),
            *((Key("ink-dots", _("Forecast")),) if forecast else ()),
            *((Key("event", _("Event")),) if dated else ()),
        ),
        told=marked.told,
        height=320,
        narrow={"layout": {"margin": {"r": 56}}},
        source=source,
    )


def _end(month: dt.date) -> str:
    """The last day of a month, where its sum is reached."""
    following = dt.date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return (following - dt.timedelta(days=1)).isoformat()


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone: first approved date, and when it was reached or is expected."""

    name: str
    planned_on: dt.date
    done_on: dt.date | None = None
    forecast_on: dt.date | None = None

    @property
    def seen_on(self) -> dt.date:
        """When it was reached, else when it is expected."""
        return self.done_on or self.forecast_on or self.planned_on

    @property
    def slip_days(self) -> int:
        """Days after the plan; negative is early."""
        return (self.seen_on - self.planned_on).days


def milestone_figure(
    milestones: Sequence[Milestone],
    *,
    title: str,
    unit: str,
    today: dt.date,
    key: str = "milestones",
) -> Figure:
    """Hollow diamond = plan or forecast, filled = done, a line between them, the slip in words."""
    ordered = sorted(milestones, key=lambda m: (m.planned_on, m.name))
    shapes: list[Dict] = []
    words: list[Dict] = []
    for place, m in enumerate(ordered):
        late = m.slip_days > 0
        shapes.append(
            {
                "type": "line",
                "x0": m.planned_on.isoformat(),
                "x1": m.seen_on.isoformat(),
                "y0": place,
                "y1": place,
                "line": {"color": "$bad" if late and m.done_on is None else "$plan", "width": 2},
            }
        )
        words.append(
            note(
                f.slip(m.slip_days),
                max(m.seen_on, m.planned_on).isoformat(),
                place,
                xanchor="left",
                xshift=10,
                font={"color": "$bad" if late and m.done_on is None else "$ink-2"},
            )
        )
    places = list(range(len(ordered)))
    hover = [_spoken(m) for m in ordered]
    data: list[Dict] = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [m.planned_on.isoformat() for m in ordered],
            "y": places,
            "marker": {"symbol": "diamond", "size": 10, "color": "$page", "line": {"color": "$plan", "width": 1.5}},
            "hovertext": hover,
            "hoverinfo": "text",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [m.seen_on.isoformat() for m in ordered],
            "y": places,
            "marker": {
                "symbol": "diamond",
                "size": 11,
                "color": ["$actual" if m.done_on else "$page" for m in ordered],
                "line": {
                    "color": ["$actual" if m.done_on else "$bad" if m.slip_days > 0 else "$plan" for m in ordered],
                    "width": 1.75,
                },
            },
            "hovertext": hover,
            "hoverinfo": "text",
        },
    ]
    days = [d for m in ordered for d in (m.planned_on, m.seen_on)] or [today]
    first, last = min(days), max(days)
    if first <= today <= last:
        shapes.append(upright(today.isoformat(), color="$rule-firm"))
        words.append(note(_("Today"), today.isoformat(), 1, yref="paper", xanchor="left", yanchor="bottom", xshift=4))
    pad = dt.timedelta(days=max(6, (last - first).days // 12))
    tick_at, tick_words = month_ticks(first.replace(day=1), last)
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=data,
        layout={
            "xaxis": {
                "type": "date",
                "tickvals": tick_at,
                "ticktext": tick_words,
                "showgrid": True,
                "range": [(first - pad).isoformat(), (last + pad * 2).isoformat()],
            },
            "yaxis": name_axis([m.name for m in ordered], 28),
            "shapes": shapes,
            "annotations": words,
            "margin": {"t": 22, "r": 24},
        },
        table=table(
            [_("Milestone"), _("Planned"), _("Reached"), _("Expected"), _("Slip")],
            [
                (
                    Cell(m.name, m.name),
                    Cell(f.date(m.planned_on), m.planned_on.isoformat()),
                    Cell(f.date(m.done_on), m.done_on.isoformat() if m.done_on else ""),
                    Cell(
                        f.date(None if m.done_on else m.forecast_on),
                        m.forecast_on.isoformat() if m.forecast_on and not m.done_on else "",
                    ),
                    Cell(f.slip(m.slip_days), m.slip_days),
                )
                for m in ordered
            ],
        ),
        legend=(Key("diamond-plan", _("Planned")), Key("diamond", _("Done")), Key("diamond-bad", _("Forecast, late"))),
        height=min(
            (h for h in (160, 200, 240, 280, 320, 360, 420, 480, 560) if h >= 38 * len(ordered) + 50), default=560
        ),
        narrow={"labelsAbove": True},
    )


def _spoken(m: Milestone) -> str:
    reached = (
        _("reached %(date)s") % {"date": f.date(m.done_on)}
        if m.done_on
        else _("expected %(date)s") % {"date": f.date(m.seen_on)}
    )
    return f"{plain(m.name)}: {_('planned %(date)s') % {'date': f.date(m.planned_on)}}, {reached}"
