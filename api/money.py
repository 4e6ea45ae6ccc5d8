"""Money is never shown alone: what an answer says beside values of the financial family."""

from collections.abc import Iterable, Sequence
from typing import Any

from metrics.periods import Period
from metrics.records import USABLE, ValueRecord
from metrics.registry import metrics
from metrics.rule360 import COMPLETE, INCOMPLETE, OTHERS, Rule360, context_keys, rule_360
from metrics.selectors import ValueQuery, values
from portfolio.rights import EVERYTHING, Visibility

MONEY = "financial"

Place = tuple[str, str, str]
"""Scope kind, scope, period."""
Usable = dict[Place, dict[str, ValueRecord]]


def only_money(query: ValueQuery) -> bool:
    """Whether a request names metrics of the financial family and no other."""
    families = {entry.family for entry in query.entries()}
    return families == {MONEY}


def places_of_money(records: Iterable[ValueRecord]) -> list[Place]:
    """Where an answer shows money, in its order."""
    money = (record for record in records if metrics()[record.metric].family == MONEY)
    return list(dict.fromkeys((record.scope_kind, record.scope, record.period) for record in money))


def usable_headlines(places: Sequence[Place], visible: Visibility) -> Usable:
    """Headlines with a value at the places, by metric."""
    if not places:
        return {}
    wanted = set(places)
    query = ValueQuery(
        scope_kinds=tuple({kind for kind, _scope, _period in places}),
        scopes=tuple({scope for _kind, scope, _period in places}),
        periods=tuple(Period.parse(code) for code in {period for _kind, _scope, period in places}),
        statuses=USABLE,
    )
    found: Usable = {}
    for record in values(query, visible_to=visible):
        place = (record.scope_kind, record.scope, record.period)
        if place in wanted:
            found.setdefault(place, {})[record.metric] = record
    return found


def enterprise_places(places: Iterable[Place]) -> list[Place]:
    return list(dict.fromkeys(("enterprise", "", period) for _kind, _scope, period in places))


def rule_answer(records: Sequence[ValueRecord], visible: Visibility) -> dict[str, Any] | None:
    """The rule over the answer, then for each scope and period in it; None where it shows no money.

    Longevity may be read at enterprise: whether it has a value there is all that is told of it.
    """
    places = places_of_money(records)
    if not places:
        return None
    here = usable_headlines(places, visible)
    enterprise = usable_headlines(enterprise_places(places), EVERYTHING)
    found: list[tuple[Place, Rule360]] = [
        (place, rule_360(place[0], here.get(place, ()), enterprise.get(("enterprise", "", place[2]), ())))
        for place in places
    ]
    missing = [family for family in OTHERS if any(family in rule.missing for _place, rule in found)]
    return {
        "status": INCOMPLETE if missing else COMPLETE,
        "missing": missing,
        "scopes": [
            {"scope_kind": kind, "scope": scope, "period": period, **rule.plain()}
            for (kind, scope, period), rule in found
        ],
    }


def context_records(records: Sequence[ValueRecord], visible: Visibility) -> list[ValueRecord]:
    """The headline of one metric of each other family for each scope and period that shows money.

    Where the scope has none, the enterprise's stands in for readers who may see it.
    """
    places = places_of_money(records)
    here = usable_headlines(places, visible)
    enterprise = usable_headlines(enterprise_places(places), visible) if visible.reads_all else {}
    found: dict[tuple[str, str, str, str], ValueRecord] = {}
    for place in places:
        chosen = headline_of_families(enterprise.get(("enterprise", "", place[2]), {}))
        chosen |= headline_of_families(here.get(place, {}))
        for record in chosen.values():
            found.setdefault((record.metric, record.scope_kind, record.scope, record.period), record)
    return list(found.values())


def headline_of_families(usable: dict[str, ValueRecord]) -> dict[str, ValueRecord]:
    """One record for each family but money."""
    keys = context_keys({key: record.value for key, record in usable.items()})
    return {family: usable[key] for family, key in keys.items()}
