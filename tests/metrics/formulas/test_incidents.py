"""Harm of incidents: worked products, ranks and where they disagree with duration."""

import numpy as np

from metrics.formulas.incidents import harm, ranks, ranks_disagree


def test_harm_is_minutes_times_revenue_summed_per_incident():
    found = harm(np.array([0, 0, 2]), [30, 60, 5], [1000, 200, np.nan], incidents=3)

    assert found.tolist() == [42_000, 0, 0]


def test_equal_values_share_the_better_rank():
    assert ranks([5, 9, 9, 1]).tolist() == [3, 1, 1, 4]


def test_ranks_disagree_beyond_a_quarter_of_the_incidents_shown():
    harm_rank, duration_rank = np.arange(1, 9), np.array([4, 2, 3, 1, 7, 6, 5, 8])

    assert ranks_disagree(harm_rank, duration_rank).tolist() == [True, False, False, True] + [False] * 4


def test_no_incident_no_disagreement():
    assert ranks_disagree(ranks([]), ranks([])).size == 0
