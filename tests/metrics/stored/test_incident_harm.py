"""Harm of incidents against the published company's own files, counted row by row."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.conf import settings

from metrics.incident_harm import Only, harm_of_incident, harm_of_period, served
from metrics.periods import Period
from portfolio.models import Customer, Incident, RevenueEvent, Service
from portfolio.rights import EVERYTHING, Role, TokenScope, Visibility
from tests.metrics.stored.company import AS_OF, FOLDER

ZONE = ZoneInfo(str(settings.EPMO_TIME_ZONE))


def rows(feed):
    with (FOLDER / "facts" / f"{feed}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def moment(text):
    return datetime.fromisoformat(text) if text else None


def rate(currency, day):
    if currency == "EUR":
        return Decimal(1)
    month = f"{day:%Y-%m}"
    return next(Decimal(r["rate"]) for r in rows("fx_rates") if r["currency"] == currency and r["month"][:7] == month)


def counted(period):
    """Incident code to (customer minutes, revenue, renewals, duration, harm), by plain loops."""
    first, cut = (datetime.combine(day, datetime.min.time(), ZONE) for day in (period.start, AS_OF))
    last = min(cut, datetime.combine(period.end, datetime.min.time(), ZONE))
    found = {}
    for incident in rows("incidents"):
        begin, end = moment(incident["started_at"]), moment(incident["restored_at"]) or cut
        if incident["planned"] == "true" or not first <= begin < last:
            continue
        day = begin.astimezone(ZONE).date()
        minutes = revenue = renewals = harm = 0.0
        for hit in (r for r in rows("incident_impacts") if r["incident"] == incident["code"]):
            since, until = moment(hit["started_at"]) or begin, min(moment(hit["ended_at"]) or end, cut)
            lost = 0.0
            for row in rows("service_customers"):
                if (row["service"], row["customer"]) != (incident["service"], hit["customer"]):
                    continue
                opens = datetime.combine(date.fromisoformat(row["valid_from"]), datetime.min.time(), ZONE)
                closes = until
                if row["valid_to"]:
                    closes = datetime.combine(date.fromisoformat(row["valid_to"]), datetime.min.time(), ZONE)
                lost += max(0.0, (min(until, closes) - max(since, opens)).total_seconds() / 60)
            lost *= float(hit["degradation"] or 1)
            paid = sum(
                Decimal(e["delta_arr"]) * rate(e["currency"], date.fromisoformat(e["effective_on"]))
                for e in rows("revenue_events")
                if e["customer"] == hit["customer"] and date.fromisoformat(e["effective_on"]) <= day
            )
            ends = [
                Decimal(k["annual_value"]) * rate(k["currency"], day)
                for k in rows("contracts")
                if k["customer"] == hit["customer"]
                and timedelta(0) <= date.fromisoformat(k["ends_on"]) - day <= timedelta(180)
            ]
            minutes += lost
            revenue += float(paid)
            renewals += float(sum(ends))
            harm += lost * float(paid)
        found[incident["code"]] = (minutes, revenue, renewals, (end - begin).total_seconds() / 60, harm)
    return found


def codes(harm):
    texts = dict(Incident.objects.filter(pk__in=harm.id.tolist()).values_list("pk", "code"))
    return [texts[pk] for pk in harm.id.tolist()]


@pytest.mark.parametrize("code", ["2026-Q1", "2026-Q2", "2025", "2025-07", "2026-Q3", "2031"])
def test_figures_are_those_of_the_rows(company, code):
    period = Period.parse(code)
    harm = harm_of_period(period, AS_OF, visible_to=EVERYTHING)
    wanted = counted(period)

    assert sorted(codes(harm)) == sorted(wanted)
    for i, name in enumerate(codes(harm)):
        got = (harm.minutes[i], harm.revenue[i], harm.renewals[i], harm.duration[i], harm.harm[i])
        assert got == pytest.approx(wanted[name], abs=1e-6), name


def test_ranks_and_disagreement_are_those_of_the_rule(company):
    harm = harm_of_period(Period.parse("2025"), AS_OF, visible_to=EVERYTHING)

    for i in range(len(harm)):
        assert harm.harm_rank[i] == 1 + np.sum(harm.harm > harm.harm[i])
        assert harm.duration_rank[i] == 1 + np.sum(harm.duration > harm.duration[i])
        assert harm.disagrees[i] == (abs(harm.harm_rank[i] - harm.duration_rank[i]) > len(harm) / 4)
    assert 0 < np.count_nonzero(harm.disagrees) < len(harm)


def test_a_filter_ranks_among_what_it_shows(company):
    period = Period.parse("2025")
    cloud = Service.objects.get(code="S-CLOUD").pk
    harm = harm_of_period(period, AS_OF, visible_to=EVERYTHING, only=Only(services=frozenset({cloud})))
    every = harm_of_period(period, AS_OF, visible_to=EVERYTHING)

    assert set(harm.service.tolist()) == {cloud}
    assert len(harm) < len(every)
    assert harm.harm_rank.min() == 1
    assert harm.harm_rank.max() <= len(harm)
    alfa = Customer.objects.get(code="C-ALFA").pk
    of_alfa = harm_of_period(period, AS_OF, visible_to=EVERYTHING, only=Only(customers=frozenset({alfa})))
    wanted = {r["incident"] for r in rows("incident_impacts") if r["customer"] == "C-ALFA"}
    assert set(codes(of_alfa)) == wanted & set(counted(period))
    severe = harm_of_period(period, AS_OF, visible_to=EVERYTHING, only=Only(severities=frozenset({1})))
    assert set(severe.severity.tolist()) == {1}


def account(*customers):
    ids = {"customer": frozenset(Customer.objects.filter(code__in=customers).values_list("pk", flat=True))}
    return Visibility(1, Role.VIEWER, TokenScope.READ, ids, {"customer": frozenset(customers)})


def test_a_customer_grant_sees_its_own_rows_and_the_number_of_others(company):
    period = Period.parse("2026-Q1")
    mine = harm_of_period(period, AS_OF, visible_to=account("C-ALFA"))
    every = harm_of_period(period, AS_OF, visible_to=EVERYTHING)

    wanted = {r["incident"] for r in rows("incident_impacts") if r["customer"] == "C-ALFA"} & set(counted(period))
    assert set(codes(mine)) == wanted
    assert set(mine.customers.tolist()) == {1}
    assert set(mine.hits.customer.tolist()) == {Customer.objects.get(code="C-ALFA").pk}
    whole = dict(zip(every.id.tolist(), every.customers.tolist(), strict=True))
    assert [whole[pk] - 1 for pk in mine.id.tolist()] == mine.hidden.tolist()
    assert len(harm_of_period(period, AS_OF, visible_to=account())) == 0


def test_one_incident_is_as_in_its_list(company):
    every = harm_of_period(Period.parse("2026-Q1"), AS_OF, visible_to=EVERYTHING)
    for i, pk in enumerate(every.id.tolist()):
        one = harm_of_incident(pk, AS_OF, visible_to=EVERYTHING)
        assert (one.minutes[0], one.revenue[0], one.renewals[0]) == pytest.approx(
            (every.minutes[i], every.revenue[i], every.renewals[i])
        )
    hidden = Incident.objects.get(code="INC0010").pk
    assert len(harm_of_incident(hidden, AS_OF, visible_to=account("C-ALFA"))) == 0
    planned = Incident.objects.get(code="INC0020").pk
    assert harm_of_incident(planned, AS_OF, visible_to=EVERYTHING).customers[0] == 4


def test_a_missing_rate_leaves_money_unknown_and_minutes_known(company):
    RevenueEvent.objects.filter(customer__code="C-ALFA", code="E1").update(currency="CHF")
    harm = harm_of_period(Period.parse("2026-Q1"), AS_OF, visible_to=EVERYTHING)
    alfa = next(i for i, code in enumerate(codes(harm)) if code == "INC0004")

    assert np.isnan(harm.revenue[alfa])
    assert harm.minutes[alfa] == pytest.approx(counted(Period.parse("2026-Q1"))["INC0004"][0])


def test_of_one_customer_the_minutes_are_those_of_the_measure(company):
    """Where impacts do not overlap and end in the period, the sum is customer_minutes_lost:customer_minutes."""
    from metrics.selectors import ValueQuery, values

    period = Period.parse("2026-Q2")
    query = ValueQuery(components=None, scope_kinds=("enterprise",), periods=(period,))
    (stored,) = (v for v in values(query, visible_to=EVERYTHING) if v.component == "customer_minutes")
    harm = harm_of_period(period, AS_OF, visible_to=EVERYTHING)
    # INC0027 and INC0028 began before the quarter and overlap; what they lost of it is the rest.
    edge = datetime(2026, 4, 1, tzinfo=ZONE).astimezone(UTC)
    spill = max(0.0, (datetime(2026, 4, 1, 1, 30, tzinfo=UTC) - edge).total_seconds() / 60)
    assert harm.minutes.sum() + spill == pytest.approx(stored.value)


def test_served_time_is_that_of_the_windows_of_the_pair():
    windows = [np.array(w) * f for w, f in (([1, 1, 2], 1), ([7, 7, 7], 1), ([0, 8, 0], 10**6), ([4, 20, 3], 10**6))]
    service, customer = np.array([1, 1, 1, 2, 3, 1]), np.array([7, 7, 7, 7, 7, 9])
    start, end = np.array([2, 5, 9, 1, 0, 0]) * 10**6, np.array([9, 7, 30, 9, 9, 9]) * 10**6

    assert (served(service, customer, start, end, windows) / 1e6).tolist() == [3, 0, 11, 2, 0, 0]
