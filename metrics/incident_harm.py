"""Unplanned incidents by the harm they did to customers, beside how long they lasted.

An incident belongs to the period in which it starts, with all its minutes up to the as-of day. Figures count the
customers that the reader may see; how many others were hit is told, never what they lost or pay.
Money: recurring revenue of the customers hit at the start of the incident, each once; contracts of theirs that end
within 180 days of it, at the rate of the month in which it starts. A customer's minutes count while it was served.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from metrics.columns import copy_columns
from metrics.formulas.incidents import harm, ranks, ranks_disagree
from metrics.formulas.segments import Bools, Floats, Ints, sums_by
from metrics.frame import month_number
from metrics.periods import Period, instant_number
from portfolio.rights import Visibility

AT_STAKE_DAYS: Final = 180
MINUTE: Final = 60_000_000
_DAYS: Final = 1_000_000
"""More days than any date has: customer x _DAYS + day orders rows by customer, then day."""
_SECONDS: Final = 1 << 34
"""More seconds than any moment has since 2000."""
_NOTHING: Final = 1e-9
"""Share of all that was added up below which a rest is nothing."""

_ID, _INT, _AT, _DATE, _NUMBER = (np.dtype(t) for t in (">i8", ">i4", ">i8", ">i4", ">f8"))

HITS_SQL = """
SELECT n.id::int8, n.service_id::int4, n.started_at, coalesce(n.restored_at, {cut}),
       coalesce(n.severity, 0)::int4, (n.started_at AT TIME ZONE '{zone}')::date,
       coalesce(c.id, -1)::int4, coalesce(m.degradation, 1)::float8,
       coalesce(m.started_at, n.started_at), least(coalesce(m.ended_at, n.restored_at, {cut}), {cut})
  FROM portfolio_incidents n
  JOIN portfolio_services s ON s.id = n.service_id AND s.deleted_at IS NULL
  LEFT JOIN (portfolio_incident_impacts m JOIN portfolio_customers c ON c.id = m.customer_id AND c.deleted_at IS NULL)
       ON m.incident_id = n.id AND m.deleted_at IS NULL
 WHERE n.deleted_at IS NULL AND {which}
   AND NOT EXISTS (SELECT 1 FROM portfolio_deployments d JOIN portfolio_services e ON e.id = d.service_id
                    WHERE d.id = n.deployment_id AND (d.deleted_at IS NOT NULL OR e.deleted_at IS NOT NULL))
 ORDER BY n.id, m.customer_id
"""
"""Incidents with each customer hit; customer -1 where there is none. Rows that refer to a removed row do not count."""
SERVED_SQL = """
SELECT w.service_id::int4, w.customer_id::int4, w.valid_from::timestamp AT TIME ZONE '{zone}',
       least(coalesce(w.valid_to::timestamp AT TIME ZONE '{zone}', {cut}), {cut})
  FROM portfolio_service_customers w
 WHERE w.deleted_at IS NULL AND w.valid_from::timestamp AT TIME ZONE '{zone}' < {cut} AND w.{whom}
 ORDER BY w.service_id, w.customer_id, w.valid_from
"""
MONEY_SQL = """
SELECT 0::int2, r.customer_id::int4, r.effective_on, r.delta_arr::float8, r.currency::text, r.id::int8
  FROM portfolio_revenue_events r WHERE r.deleted_at IS NULL AND r.effective_on <= '{last}' AND r.{whom}
UNION ALL
SELECT 1::int2, k.customer_id::int4, k.ends_on, k.annual_value::float8, k.currency::text, k.id::int8
  FROM portfolio_contracts k
 WHERE k.deleted_at IS NULL AND k.ends_on BETWEEN '{first}' AND '{until}' AND k.{whom}
   AND NOT EXISTS (SELECT 1 FROM portfolio_services g WHERE g.id = k.service_id AND g.deleted_at IS NOT NULL)
UNION ALL
SELECT 2::int2, 0::int4, x.month, x.rate::float8, x.currency::text, x.id::int8
  FROM portfolio_fx_rates x WHERE x.deleted_at IS NULL
 ORDER BY 1, 2, 3, 6
"""
"""Revenue events, contracts and rates in one answer, each by customer and day."""


@dataclass(frozen=True, slots=True)
class Hits:
    """One row for each incident and customer that the reader may see; times are microseconds since 2000, UTC."""

    incident: NDArray[np.int64]  # place among the incidents
    customer: NDArray[np.int64]
    degradation: Floats
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    minutes: Floats
    revenue: Floats  # NaN where a rate is missing
    renewals: Floats


@dataclass(frozen=True, slots=True)
class Harm:
    """Incidents with what they did; arrays of one length. Money is NaN where a rate is missing.

    `hidden` counts customers hit that the reader may not see; `harm` is customer minutes x recurring revenue, summed.
    """

    id: NDArray[np.int64]
    service: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    severity: NDArray[np.int64]
    customers: Ints
    hidden: Ints
    minutes: Floats
    duration: Floats
    revenue: Floats
    renewals: Floats
    harm: Floats
    harm_rank: Ints
    duration_rank: Ints
    disagrees: Bools
    hits: Hits

    def __len__(self) -> int:
        return len(self.id)

    @property
    def ranked(self) -> bool:
        """Whether any harm is known: without recurring revenue all would be alike."""
        return bool(np.any(self.harm > 0))


def one_of(every: Harm, pk: int) -> Harm | None:
    """One incident out of several, with the ranks it has among them; None when it is not there."""
    at = np.flatnonzero(every.id == pk)
    if not len(at):
        return None
    mine = every.hits.incident == at[0]
    hits = {f.name: getattr(every.hits, f.name)[mine] for f in fields(Hits)}
    hits["incident"] = np.zeros(int(mine.sum()), dtype=np.int64)
    rest = {f.name: getattr(every, f.name)[at] for f in fields(Harm) if f.name != "hits"}
    return Harm(**rest, hits=Hits(**hits))


@dataclass(frozen=True, slots=True)
class Only:
    """Which incidents are shown, by ids; None takes all."""

    services: frozenset[int] | None = None
    customers: frozenset[int] | None = None
    severities: frozenset[int] | None = None


def harm_of_period(period: Period, as_of: dt.date, *, visible_to: Visibility, only: Only | None = None) -> Harm:
    """Unplanned incidents that start in a period and before the as-of day, ranked among those shown.

    Cost: three queries by COPY, over the incidents of the period only.
    """
    zone = ZoneInfo(str(settings.EPMO_TIME_ZONE))
    start, end = (_instant(day, zone) for day in (period.start, min(period.end, as_of)))
    which = f"NOT n.planned AND n.started_at >= {start} AND n.started_at < {end}"
    return _harm(which, as_of, zone, visible_to, only or Only())


def harm_of_incident(pk: int, as_of: dt.date, *, visible_to: Visibility) -> Harm:
    """One incident, planned or not; empty when the reader may see none of the customers it hit."""
    return _harm(f"n.id = {int(pk)}", as_of, ZoneInfo(str(settings.EPMO_TIME_ZONE)), visible_to, Only())


def _instant(day: dt.date, zone: ZoneInfo) -> str:
    return f"'{dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC).isoformat()}'::timestamptz"


def _harm(which: str, as_of: dt.date, zone: ZoneInfo, visible_to: Visibility, only: Only) -> Harm:
    words = {"which": which, "zone": str(zone), "cut": _instant(as_of, zone)}
    raw = copy_columns(HITS_SQL.format(**words), [_ID, _INT, _AT, _AT, _INT, _DATE, _INT, _NUMBER, _AT, _AT])
    _unique, first, place = np.unique(raw[0].astype(np.int64), return_index=True, return_inverse=True)
    pk, service, start, end, severity, day = (column[first].astype(np.int64) for column in raw[:6])
    hit = raw[6] >= 0
    place, customer = place.reshape(-1)[hit], raw[6][hit].astype(np.int64)
    raw = [column[hit] for column in raw[7:]]
    seen = np.ones(len(place), dtype=np.bool_)
    if not visible_to.reads_all:
        seen = np.isin(customer, _ids(visible_to.ids_of("customer")))
    kept = _kept(service, severity, place, customer, seen, only, all_seen=visible_to.reads_all)
    hidden = np.bincount(place[~seen], minlength=len(pk))[kept]
    number = np.cumsum(kept) - 1
    inside = seen & kept[place] if len(place) else seen
    at = number[place[inside]]
    pk, service, start, end, severity, day = (a[kept] for a in (pk, service, start, end, severity, day))
    degradation, whom = raw[0][inside].astype(np.float64), customer[inside]
    since, until = (raw[k][inside].astype(np.int64) for k in (1, 2))
    minutes = revenue = renewals = np.zeros(len(at))
    if len(at):
        windows = copy_columns(SERVED_SQL.format(whom=_whom(whom), **words), [_INT, _INT, _AT, _AT])
        minutes = served(service[at], whom, since, until, [w.astype(np.int64) for w in windows]) / MINUTE * degradation
        revenue, renewals = _money(whom, day[at])
    hits = Hits(at, whom, degradation, since, until, minutes, revenue, renewals)
    count = len(pk)
    total = harm(at, minutes, revenue, count)
    # What is not over yet has lasted until the as-of day.
    duration = np.maximum(np.minimum(end, instant_number(as_of, zone)) - start, 0) / MINUTE
    harm_rank, duration_rank = ranks(total), ranks(duration)
    return Harm(
        id=pk,
        service=service,
        start=start,
        end=end,
        severity=severity,
        customers=np.bincount(at, minlength=count),
        hidden=hidden,
        minutes=sums_by(at, minutes, count),
        duration=duration,
        revenue=sums_by(at, revenue, count),
        renewals=sums_by(at, renewals, count),
        harm=total,
        harm_rank=harm_rank,
        duration_rank=duration_rank,
        disagrees=ranks_disagree(harm_rank, duration_rank) if np.any(total > 0) else np.zeros(count, dtype=np.bool_),
        hits=hits,
    )


def _ids(ids: frozenset[int] | None) -> NDArray[np.int64]:
    return np.fromiter(sorted(ids or ()), dtype=np.int64)


def _kept(
    service: NDArray[np.int64],
    severity: NDArray[np.int64],
    place: NDArray[np.intp],
    customer: NDArray[np.int64],
    seen: Bools,
    only: Only,
    *,
    all_seen: bool,
) -> Bools:
    """Which incidents are shown: those of the filter, and for a reader with grants those that hit a customer of theirs.

    An incident that hit nobody is shown to those who read everything, with no harm.
    """
    kept = np.ones(len(service), dtype=np.bool_)
    if only.services is not None:
        kept &= np.isin(service, _ids(only.services))
    if only.severities is not None:
        kept &= np.isin(severity, _ids(only.severities))
    if not all_seen:
        kept &= np.bincount(place[seen], minlength=len(service)) > 0
    if only.customers is not None:
        hit = seen & np.isin(customer, _ids(only.customers))
        kept &= np.bincount(place[hit], minlength=len(service)) > 0
    return kept


def _money(customer: NDArray[np.int64], day: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Recurring revenue at the start of the day's incident, and value of the contracts that end within 180 days."""
    first, last = _date(int(day.min())), _date(int(day.max()))
    until = last + dt.timedelta(days=AT_STAKE_DAYS)
    sql = MONEY_SQL.format(whom=_whom(customer), first=first, last=last, until=until)
    kind, *columns, _row = copy_columns(sql, [np.dtype(">i2"), _INT, _DATE, _NUMBER, np.dtype("S3"), _ID])
    events, contracts, rates = (_rows(columns, kind == number) for number in (0, 1, 2))
    known: dict[bytes, dict[int, float]] = {}
    for month, rate, currency in zip(month_number(rates[1]).tolist(), rates[2].tolist(), rates[3], strict=True):
        known.setdefault(bytes(currency), {})[month] = rate
    return _revenue(customer, day, events, known), _renewals(customer, day, contracts, known)


def _whom(customer: NDArray[np.int64]) -> str:
    """Rows of these customers; of many all rows are read, which costs less than naming them."""
    ids = np.unique(customer).tolist()
    return f"customer_id = ANY('{{{','.join(map(str, ids))}}}'::int8[])" if len(ids) <= 500 else "customer_id > 0"


def served(
    service: NDArray[np.int64],
    customer: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    windows: Sequence[NDArray[np.int64]],
) -> Floats:
    """Time between start and end in which the service served the customer.

    `windows` are service, customer, begin and end in this order; those of one pair do not overlap. Example: from 2 to
    9, served from 0 to 4 and from 8 on: 3.
    """
    base = int(max(customer.max(initial=0), windows[1].max(initial=0))) + 1
    pair = windows[0] * base + windows[1]
    names, first = np.unique(pair, return_index=True)
    if not len(names):
        return np.zeros(len(service))
    place = np.searchsorted(names, service * base + customer)
    held = place < len(names)
    place[~held] = 0
    held &= names[place] == service * base + customer
    length = np.maximum(windows[3] - windows[2], 0)
    before = np.concatenate(([0], np.cumsum(length)))
    # A window begins at midnight, so whole seconds order them.
    key = np.searchsorted(names, pair) * _SECONDS + windows[2] // 1_000_000

    def upto(moment: NDArray[np.int64]) -> NDArray[np.int64]:
        """Served time of the pair until a moment."""
        last = np.searchsorted(key, place * _SECONDS + moment // 1_000_000, side="right") - 1
        inside = last >= first[place]
        last = np.maximum(last, 0)
        passed = before[last] - before[first[place]] + np.minimum(moment - windows[2][last], length[last])
        return np.where(inside, passed, 0)

    return np.where(held, np.maximum(upto(end) - upto(start), 0), 0).astype(np.float64)


def _date(day: int) -> dt.date:
    return dt.date(2000, 1, 1) + dt.timedelta(days=day)


Money = tuple[NDArray[np.int64], NDArray[np.int64], Floats, NDArray[Any]]
Rates = Mapping[bytes, Mapping[int, float]]


def _rows(columns: Sequence[NDArray[Any]], mine: Bools) -> Money:
    """Customer, day, amount and currency of one kind of rows."""
    customer, day, amount, currency = (column[mine] for column in columns)
    return customer.astype(np.int64), day.astype(np.int64), amount.astype(np.float64), np.ascontiguousarray(currency)


def rate_at(currency: bytes, day: NDArray[np.int64], rates: Rates) -> Floats:
    """The rate of the day's month; NaN where it is missing."""
    if currency == str(settings.EPMO_BASE_CURRENCY).encode():
        return np.ones(len(day))
    known = rates.get(currency, {})
    return np.array([known.get(m, np.nan) for m in month_number(day).tolist()], dtype=np.float64)


def _revenue(customer: NDArray[np.int64], day: NDArray[np.int64], events: Money, rates: Rates) -> Floats:
    """Sum of the changes up to the day, each at the rate of its month; an amount that cancels is exactly 0."""
    whom, since, delta, currency = events
    amount = np.full(len(delta), np.nan)
    for name in np.unique(currency):
        mine = currency == name
        amount[mine] = delta[mine] * rate_at(bytes(name), since[mine], rates)
    upto = np.searchsorted(whom * _DAYS + since, customer * _DAYS + day, side="right")
    begin = np.searchsorted(whom, customer)
    value, moved, missing = (
        _between(part, begin, upto)
        for part in (np.nan_to_num(amount), np.abs(np.nan_to_num(amount)), np.isnan(amount).astype(np.float64))
    )
    value = np.where(np.abs(value) <= _NOTHING * moved, 0.0, value)
    return np.where(missing > 0.5, np.nan, value)


def _renewals(customer: NDArray[np.int64], day: NDArray[np.int64], contracts: Money, rates: Rates) -> Floats:
    """Yearly value of the customer's contracts whose last day is the day or within 180 days after it."""
    total = np.zeros(len(customer))
    for name in np.unique(contracts[3]):
        mine = contracts[3] == name
        key = contracts[0][mine] * _DAYS + contracts[1][mine]
        begin = np.searchsorted(key, customer * _DAYS + day)
        upto = np.searchsorted(key, customer * _DAYS + day + AT_STAKE_DAYS, side="right")
        held = upto > begin
        value = _between(contracts[2][mine], begin, upto)
        total[held] += (value * rate_at(bytes(name), day, rates))[held]
    return total


def _between(value: Floats, begin: Sequence[int] | NDArray[np.intp], upto: NDArray[np.intp]) -> Floats:
    """Sum of value[begin:upto] of each pair."""
    run = np.concatenate(([0.0], np.cumsum(value)))
    return np.asarray(run[upto] - run[np.asarray(begin)], dtype=np.float64)
