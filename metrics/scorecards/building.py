"""The content of a scorecard from stored values: what a draft shows, and what publishing freezes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

from metrics.formulas.index import FACTORS
from metrics.index import KEY as INDEX
from metrics.index import index_entries
from metrics.models import Scorecard
from metrics.periods import Period
from metrics.records import USABLE
from metrics.registry import metrics
from metrics.rule360 import COMPLETE, rule_360
from metrics.scorecards.bridge import index_bridge, index_limits
from metrics.scorecards.content import INDEX_GROUP, Content, Notes, Row, Signature
from metrics.scorecards.credits import contribution_summary
from metrics.scorecards.reading import Place, Stored, described
from metrics.scorecards.restated import earlier_published, periods_of, restated_since
from metrics.scorecards.selection import in_order

QUARTERS: Final = 8
ENTERPRISE: Final[Place] = ("enterprise", "")
TABLES: Final = {
    "portfolio": "portfolio_portfolios",
    "program": "portfolio_portfolios",
    "customer": "portfolio_customers",
    "project": "portfolio_projects",
}


@dataclass(frozen=True, slots=True)
class Texts:
    """What people wrote: comments as (text, by) by metric."""

    notes: Notes
    comments: Mapping[str, tuple[str, str]]
    signatures: tuple[Signature, ...] = ()


def texts_of(card: Scorecard, signatures: Sequence[Signature] = ()) -> Texts:
    """The texts of a draft. Cost: one query, none when comments were prefetched."""
    comments = {comment.metric: (comment.text, comment.by) for comment in card.comments.all()}
    return Texts(Notes(card.happened, card.doing, card.unknown), comments, tuple(signatures))


def content_build(period: Period, kind: str, code: str, keys: Sequence[str], texts: Texts) -> Content:
    """The content as stored values have it now. Cost: about a dozen queries, whatever the number of projects."""
    own: Place = (kind, code)
    quarters = [period.shift(-back) for back in range(QUARTERS - 1, -1, -1)]
    earlier = earlier_published(period.code, kind, code)
    stored = Stored(list(dict.fromkeys((own, ENTERPRISE))), [*quarters, period.previous, *periods_of(earlier)])
    rows = [
        *(_row(stored, own, INDEX_GROUP, INDEX, name, quarters, texts) for name in ("", *FACTORS)),
        *(
            _row(
                stored,
                own if kind in metrics()[key].scopes else ENTERPRISE,
                metrics()[key].family,
                key,
                "",
                quarters,
                texts,
            )
            for key in in_order(keys)
        ),
    ]
    now, before = _inputs(stored, own, period), _inputs(stored, own, period.previous)
    low, high = index_limits(now, kind)
    shown = [row for row in rows if row.metric != INDEX]
    rule = rule_360(
        kind,
        [row.metric for row in shown if row.scope_kind == kind and row.status in USABLE],
        [row.metric for row in shown if row.scope_kind == "enterprise" and row.status in USABLE],
    )
    money = any(metrics()[row.metric].family == "financial" for row in shown)
    projects, customers, name = _counts(kind, code)
    return Content(
        period=period.code,
        previous_period=period.previous.code,
        scope_kind=kind,
        scope=code,
        scope_name=name,
        currency=settings.EPMO_BASE_CURRENCY,
        as_of=stored.as_of.isoformat(),
        run=stored.state.run.pk if stored.state.run else None,
        computed_at=_instant(stored),
        rows=tuple(rows),
        index_low=low,
        index_high=high,
        bridge=index_bridge(before, now, kind),
        index_inputs=now,
        index_inputs_previous=before,
        contribution=contribution_summary(kind, code, period),
        restated=restated_since(earlier, stored),
        notes=texts.notes,
        signatures=texts.signatures,
        definitions={INDEX: rows[0].version, **{row.metric: row.version for row in shown}},
        # Without money on it a scorecard is complete as it is.
        rule_360=rule.plain() if money else {"status": COMPLETE, "missing": []},
        projects=projects,
        customers=customers,
    )


def _row(
    stored: Stored, place: Place, group: str, metric: str, component: str, quarters: Sequence[Period], texts: Texts
) -> Row:
    period = quarters[-1]
    cell, before = (stored.cell(place, metric, component, p) for p in (period, period.previous))
    limits = stored.limits(place, metric, component, period)
    unit, direction, version = described(metric, component)
    comment, by = texts.comments.get(f"{metric}:{component}" if component else metric, ("", ""))
    return Row(
        group=group,
        metric=metric,
        component=component,
        version=version,
        scope_kind=place[0],
        scope=place[1],
        unit=unit,
        direction=limits.direction if limits is not None else direction,
        value=cell.value,
        numerator=cell.numerator,
        denominator=cell.denominator,
        n=cell.n,
        status=cell.status,
        reason=cell.reason,
        green=limits.green if limits is not None else None,
        amber=limits.amber if limits is not None else None,
        colour=limits.colour(cell.value) if limits is not None else "",
        run=cell.run,
        previous=before.value,
        previous_status=before.status,
        history=tuple(stored.value(place, metric, component, p) for p in quarters),
        comment=comment,
        comment_by=by,
    )


def _inputs(stored: Stored, place: Place, period: Period) -> dict[str, float | None]:
    """What the index of a period is made of."""
    return {
        entry.key: stored.value(place, entry.key, "", period) for entry in index_entries() if place[0] in entry.scopes
    }


def _instant(stored: Stored) -> str:
    run = stored.state.run
    return run.published_at.isoformat() if run is not None and run.published_at is not None else ""


def _counts(kind: str, code: str) -> tuple[int, int, str]:
    """Live projects and customers of the enterprise, and the scope's name. Cost: one query."""
    name = "''"
    params: list[str] = []
    if kind in TABLES:
        name = f"coalesce((SELECT name FROM {TABLES[kind]} WHERE code = %s AND deleted_at IS NULL LIMIT 1), '')"  # noqa: S608
        params.append(code)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM portfolio_projects WHERE deleted_at IS NULL), "  # noqa: S608
            f"(SELECT count(*) FROM portfolio_customers WHERE deleted_at IS NULL), {name}",
            params,
        )
        return cursor.fetchone()
