"""What pages read is what `metrics.selectors` answers, and sums are the ledger's."""

import pytest

from dashboards.selectors.contribution import credits, ranges
from dashboards.selectors.measured import Want, headlines_of, published, readings
from metrics.contributions import UNATTRIBUTED, contribution_lines
from metrics.periods import Period
from metrics.registry import metrics
from metrics.selectors import ValueQuery, values
from portfolio.models import Customer, Initiative
from portfolio.rights import EVERYTHING
from portfolio.selectors.visibility import visibility_of

PERIODS = tuple(Period.parse(p) for p in ("2026-Q1", "2026-Q2", "2026-Q3", "2026-05", "2025"))


@pytest.mark.parametrize("kind", ["enterprise", "portfolio", "program", "project", "customer", "initiative", "service"])
def test_readings_are_the_records_of_the_engine(db, kind):
    keys = [(key, name) for key, e in metrics().items() if kind in e.scopes for name in e.component_names]
    found = readings([Want(kind, None, tuple(keys), PERIODS)], state=published(), visible_to=EVERYTHING)
    query = ValueQuery(components=None, scope_kinds=(kind,), periods=PERIODS)

    count = 0
    for r in values(query, visible_to=EVERYTHING):
        mine = found.get(kind, r.scope, r.metric, r.component, Period.parse(r.period))
        told = (mine.value, mine.numerator, mine.denominator, mine.n, mine.status, mine.reason, mine.colour, mine.unit)
        assert told == (r.value, r.numerator, r.denominator, r.n, r.status, r.reason, r.colour, r.unit), r
        count += 1
    assert count > 50 or kind in ("initiative", "service")


def test_readings_stay_inside_the_rights(users):
    visible = visibility_of(users["viewer"])
    wants = [
        Want(kind, None, headlines_of(kind), PERIODS) for kind in ("enterprise", "portfolio", "project", "customer")
    ]
    found = readings(wants, state=published(), visible_to=visible)

    assert set(found.codes("project")) == set(visible.codes["project"])
    assert found.codes("portfolio") == ["PF-CUST"]
    assert found.codes("customer") == []
    assert found.codes("enterprise") == []


@pytest.mark.parametrize("code", ["2026-Q1", "2026-Q2", "2026-05", "2025"])
def test_credits_are_the_sums_of_the_ledger(db, code):
    period = Period.parse(code)
    lines = contribution_lines(period, visible_to=EVERYTHING)
    found = credits(period, visible_to=EVERYTHING)

    assert found.unattributed == pytest.approx(sum(x.points for x in lines if x.project == UNATTRIBUTED))
    assert found.unattributed_change == pytest.approx(sum(x.change for x in lines if x.project == UNATTRIBUTED))
    for credit in found.projects:
        mine = [x for x in lines if x.project == credit.code]
        assert (credit.points, credit.change) == pytest.approx(
            (sum(x.points for x in mine), sum(x.change for x in mine))
        )


@pytest.mark.parametrize("of", [{}, {"customer": "C-ALFA"}, {"initiative": "I-1"}])
def test_a_range_holds_the_credit(db, of):
    period = Period.parse("2026-Q2")
    models = {"customer": Customer, "initiative": Initiative}
    found_of = {
        kind: (models[kind].objects.filter(code=code).first() or models[kind].objects.first()).pk
        for kind, code in of.items()
    }
    found = credits(period, visible_to=EVERYTHING, **found_of)
    spread = ranges([c.id for c in found.projects], period, cut=period.end, start=period.start, **found_of)

    assert found.projects
    for credit in found.projects:
        r = spread[credit.id]
        assert r.low - 1e-9 <= credit.change <= r.high + 1e-9


def test_what_a_reader_may_not_see_is_folded_and_sums_stay(users):
    visible = visibility_of(users["account"])
    customer = next(iter(visible.ids["customer"]))
    period = Period.parse("2026-Q2")
    mine, every = (credits(period, visible_to=v, customer=customer) for v in (visible, EVERYTHING))

    assert mine.projects == ()
    assert mine.hidden == len(every.projects)
    assert mine.hidden_change == pytest.approx(sum(c.change for c in every.projects))
