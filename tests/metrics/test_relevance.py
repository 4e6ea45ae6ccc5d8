"""Relevance from stored values: a panel of customers, and what its verdicts mean for metrics and for feeds."""

import random
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from metrics import relevance, tasks
from metrics.activity import OUTCOMES, PATHS, STRUCTURE, feed_activity
from metrics.formulas.relevance import Association, Verdict, association, q_values, verdict
from metrics.models import Relevance, Run
from metrics.periods import Period, period_range
from metrics.registry import metrics
from metrics.relevance import is_due, relevance_compute, relevance_list
from portfolio.feeds import FEEDS
from portfolio.models import Customer
from portfolio.rights import EVERYTHING, NOBODY
from tests.metrics.written import compute, deliver

QUARTERS = period_range(Period.parse("2024-Q1"), Period.parse("2026-Q2"))
CUSTOMERS = [f"C{k}" for k in range(6)]
ASKED = ["outcome_attainment", "customer_satisfaction", "touchpoint_adherence", "sla_compliance_rate"]


@pytest.fixture
def panel(db: None, tmp_path: Path) -> dict[str, dict[str, list[float]]]:
    """Six customers over ten quarters. Satisfaction leads the outcome by a quarter; touchpoints are held at random;
    service levels are checked for two customers in two quarters only."""
    rng = random.Random(7)
    made: dict[str, dict[str, list[float]]] = {"y": {}, "satisfied": {}}
    feeds: dict[str, list[dict[str, Any]]] = {name: [] for name in ("survey_responses", "touchpoints", "measured")}
    for code in CUSTOMERS:
        satisfied = [rng.randint(1, 9) for _ in QUARTERS]
        y = [rng.uniform(0, 100), *(10 * share + rng.uniform(-4, 4) for share in satisfied[:-1])]
        made["y"][code], made["satisfied"][code] = y, [10.0 * share for share in satisfied]
        for at, quarter in enumerate(QUARTERS):
            day = f"{quarter.year}-{3 * quarter.number - 1:02d}-10"
            feeds["measured"].append({"outcome": f"O-{code}", "measured_on": day, "value": f"{y[at]:.4f}"})
            for answer in range(10):
                feeds["survey_responses"].append(
                    {
                        "code": f"{code}-{at}-{answer}",
                        "kind": "csat",
                        "audience": "customer",
                        "customer": code,
                        "answered_on": day,
                        "score": "5" if answer < satisfied[at] else "1",
                        "scale_min": "1",
                        "scale_max": "5",
                    }
                )
            held = day if rng.random() < 0.5 else ""
            feeds["touchpoints"].append({"customer": code, "kind": "review", "due_on": day, "held_on": held})
    checks = [
        {"code": f"K-{code}-{at}", "standard": "SLA", "customer": code, "checked_on": f"2025-0{3 * at + 2}-01",
         "passed": "true"}
        for code in CUSTOMERS[:2] for at in range(2)
    ]  # fmt: skip
    deliver(
        tmp_path / "facts",
        customers=[{"code": code} for code in CUSTOMERS],
        initiatives=[{"code": f"I-{code}", "customer": code, "factor": "value"} for code in CUSTOMERS],
        outcomes=[
            {"code": f"O-{code}", "initiative": f"I-{code}", "baseline": "0", "target": "100", "audience": "customer",
             "factor": "value"}
            for code in CUSTOMERS
        ],
        outcome_measurements=feeds["measured"],
        survey_responses=feeds["survey_responses"],
        touchpoints=feeds["touchpoints"],
        standards="code kind\nSLA sla",
        standard_checks=checks,
    )  # fmt: skip
    compute(metrics=ASKED)
    return made


def by_key(kind: str) -> dict[str, relevance.RelevanceRecord]:
    return {found.key: found for found in relevance_list(visible_to=EVERYTHING, kind=kind)}


def test_every_metric_and_every_feed_gets_a_verdict(panel: Any) -> None:
    relevance_compute()

    assert list(by_key("metric")) == list(metrics())
    assert list(by_key("feed")) == list(FEEDS)
    assert {found.seed for found in relevance_list(visible_to=EVERYTHING)} == {relevance.SEED}


def test_a_metric_that_leads_the_outcome_is_kept_with_its_lag(panel: dict[str, Any]) -> None:
    relevance_compute()

    found = by_key("metric")["customer_satisfaction"]
    outcome = np.array([panel["y"][code] for code in CUSTOMERS]) / 100
    metric = np.array([panel["satisfied"][code] for code in CUSTOMERS])
    direct = association(metric, np.round(outcome, 6), relevance.SEED)
    assert (found.advice, found.reason, found.lag) == ("keep", "relevant", 1)
    assert (found.n, found.rho, found.p) == (direct.n, pytest.approx(direct.rho), direct.p)
    assert found.as_expected is True
    assert (found.customers, found.first_quarter, found.last_quarter) == (6, "2024-Q1", "2026-Q2")


def test_a_metric_that_does_not_move_with_it_is_not_worth_collecting(panel: Any) -> None:
    relevance_compute()

    found = by_key("metric")["touchpoint_adherence"]
    assert (found.advice, found.reason) == ("stop", "not_shown")
    assert found.q is not None
    assert found.q > 0.10


def test_too_few_pairs_are_said_plainly_and_so_are_metrics_without_values_of_customers(panel: Any) -> None:
    relevance_compute()

    found = by_key("metric")
    few = found["sla_compliance_rate"]
    assert (few.advice, few.reason, few.n, few.pairs_missing) == ("not_enough_data", "insufficient_n", 4, 8)
    other = found["cost_performance_index"]
    assert (other.advice, other.reason, other.rho) == ("not_enough_data", "not_by_customer", None)
    assert found["outcome_attainment"].reason == "is_outcome"


def test_a_feed_is_kept_for_a_metric_made_from_it_and_stopped_only_when_all_were_tried(panel: Any) -> None:
    relevance_compute()

    found = by_key("feed")
    assert (found["survey_responses"].advice, found["survey_responses"].reason) == ("keep", "by_metrics")
    assert found["survey_responses"].by_metrics == ("customer_satisfaction",)
    assert found["touchpoints"].advice == "not_enough_data"  # as many in each quarter: the amount says nothing
    assert found["ideas"].reason == "not_by_customer"
    assert {found[feed].advice for feed in (*STRUCTURE, *OUTCOMES)} == {"keep"}


def test_the_same_values_and_seed_give_the_same_verdicts(panel: Any) -> None:
    def plain() -> list[Any]:
        return [(f.key, f.n, f.rho, f.p, f.q, f.advice) for f in relevance_list(visible_to=EVERYTHING)]

    relevance_compute()
    first = plain()
    relevance_compute()
    assert plain() == first


def test_it_makes_way_for_a_run_that_waits_and_never_holds_its_process(panel: Any) -> None:
    Run.objects.create(state=Run.State.PUBLISHED, published_at=timezone.now(), as_of="2026-07-10")
    waiting = Run.objects.create(state=Run.State.WANTED)

    tasks.compute_relevance(makes_way=True)
    assert not Relevance.objects.exists()

    tasks.compute_relevance()  # the weekly slot is not put off for ever
    assert Relevance.objects.exists()

    Relevance.objects.all().delete()
    waiting.delete()
    tasks.compute_relevance(makes_way=True)
    assert Relevance.objects.exists()


def test_it_is_due_at_first_after_a_full_run_and_after_a_week(panel: Any) -> None:
    assert not is_due()  # no whole run yet
    whole = Run.objects.create(
        state=Run.State.PUBLISHED, published_at=timezone.now(), as_of="2026-07-10", is_full=False
    )
    assert is_due()
    tasks.compute_relevance()
    assert Relevance.objects.exists()
    assert not is_due()
    assert relevance_compute(only_when_due=True) is None

    Run.objects.create(state=Run.State.PUBLISHED, published_at=timezone.now(), as_of="2026-07-10")
    assert not is_due()
    Relevance.objects.update(computed_at=timezone.now() - timedelta(days=8), run_id=whole.pk)
    assert is_due()
    Relevance.objects.update(computed_at=timezone.now())
    Run.objects.create(state=Run.State.PUBLISHED, published_at=timezone.now(), as_of="2026-07-10", is_full=True)
    assert is_due()


def test_only_readers_of_everything_see_it(panel: Any) -> None:
    relevance_compute()

    assert relevance_list(visible_to=NOBODY) == []


def test_the_command_prints_one_verdict_a_line_and_refuses_too_few_draws(panel: Any) -> None:
    out = StringIO()
    call_command("compute_relevance", stdout=out)
    assert "metric customer_satisfaction: keep (relevant)" in out.getvalue()
    assert len(out.getvalue().splitlines()) == len(metrics()) + len(FEEDS)
    with pytest.raises(CommandError):
        call_command("compute_relevance", draws=10)


@pytest.mark.parametrize("feed", PATHS)
def test_activity_of_every_feed_can_be_counted(db: None, feed: str) -> None:
    assert feed_activity(feed, [], QUARTERS).shape == (0, len(QUARTERS))


def test_activity_counts_rows_from_the_first_on(panel: Any) -> None:
    ids = list(Customer.objects.order_by("code").values_list("id", flat=True))

    answers = feed_activity("survey_responses", ids, QUARTERS)
    assert (answers == 10).all()
    checks = feed_activity("standard_checks", ids, QUARTERS)
    assert np.isnan(checks[2:]).all()  # never checked
    assert checks[0].tolist()[4:7] == [1.0, 1.0, 0.0]
    assert np.isnan(checks[0, :4]).all()  # before anything was


def test_a_large_panel_is_cut_to_customers_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = np.array([[1.0, 2.0], [np.nan, 2.0], [1.0, 3.0], [2.0, 2.0], [0.0, 1.0], [5.0, 1.0]])
    monkeypatch.setattr(relevance, "MOST_CUSTOMERS", 3)

    chosen = relevance.drawn(outcome, seed=5).tolist()

    assert len(set(chosen)) == 3
    assert chosen == sorted(chosen)
    assert 1 not in chosen  # its outcome is known once only
    assert relevance.drawn(outcome, seed=5).tolist() == chosen
    monkeypatch.setattr(relevance, "MOST_CUSTOMERS", 5)
    assert relevance.drawn(outcome, seed=5).tolist() == [0, 1, 2, 3, 4, 5]


def said(rho: float, n: int = 20, lag: int | None = 0) -> Association:
    return Association(n=n, lag=lag, rho=rho, p=0.001, rho_by_lag=(rho, np.nan, np.nan))


@pytest.mark.parametrize(
    ("found", "direction", "advice"),
    [
        (said(0.6), "higher", ("keep", "relevant")),
        (said(-0.6), "lower", ("keep", "relevant")),
        (said(-0.6), "higher", ("fix", "against_direction")),
        (said(0.6), "range", ("keep", "relevant")),
        (said(0.2), "higher", ("fix", "weak")),
        (said(0.6, n=10), "higher", ("not_enough_data", "no_verdict")),
        (said(0.6, n=5, lag=None), "higher", ("not_enough_data", "insufficient_n")),
    ],
)
def test_what_a_verdict_means(found: Association, direction: str, advice: tuple[str, str]) -> None:
    (q,) = q_values([found])
    expected = relevance.as_expected(found, direction)

    made = relevance._advice(verdict(found, q), expected)

    assert (made["advice"], made["reason"]) == advice


@pytest.mark.parametrize(
    ("own", "read", "advice"),
    [
        (Verdict.RELEVANT, [], "keep"),
        (Verdict.NOT_SHOWN, ["keep"], "keep"),
        (Verdict.NOT_SHOWN, ["fix", "stop"], "fix"),
        (Verdict.NOT_SHOWN, ["stop"], "stop"),
        (Verdict.NOT_SHOWN, [], "stop"),
        (Verdict.NOT_SHOWN, ["stop", "not_enough_data"], "not_enough_data"),
        (Verdict.INSUFFICIENT_N, ["stop"], "not_enough_data"),
        (None, ["not_enough_data"], "not_enough_data"),
        (None, ["fix"], "fix"),
    ],
)
def test_what_it_means_for_a_feed(own: Verdict | None, read: list[str], advice: str) -> None:
    advice_of = {str(at): each for at, each in enumerate(read)}

    assert relevance._feed_advice(own, list(advice_of), advice_of)["advice"] == advice
