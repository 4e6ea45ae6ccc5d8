"""Worked by hand: 5, 4, 4, 3, 1 on a scale of 1 to 5: three answers at 0.75 or above, 100 x 3 / 5 = 60 %.

Mean score: (1 + 0.75 + 0.75 + 0.5 + 0) / 5 = 0.6, so 60 %.
"""

from tests.metrics.builders import FakeFacts, make_facts, measure, ok, too_few


def answers(scores: list[str], low: str = "1", high: str = "5") -> FakeFacts:
    return make_facts(
        survey_responses=[
            {
                "code": f"A{k}",
                "kind": "csat",
                "customer": "C-1",
                "score": score,
                "scale_min": low,
                "scale_max": high,
                "answered_on": "2026-05-05",
            }
            for k, score in enumerate(scores)
        ]
    )


def test_share_of_the_upper_quarter_and_mean():
    values = measure(answers(["5", "4", "4", "3", "1"]), "customer_satisfaction")

    assert values.at("2026-05") == ok(60, 300, 5)
    assert values.at("2026-05", "customer:C-1") == ok(60, 300, 5)
    assert values.at("2026-05", component="mean_score") == ok(60, 300, 5)


def test_an_exact_three_quarters_counts_in_spite_of_rounding():
    """0.6 on 0 to 0.8 is exactly three quarters as written, a little less in floats."""
    assert 0.6 / 0.8 < 0.75

    values = measure(answers(["0.6", "0.4", "0.4", "0.4", "0.4"], "0", "0.8"), "customer_satisfaction")

    assert values.at("2026-05") == ok(20, 100, 5)


def test_four_answers_are_too_few():
    assert measure(answers(["5", "5", "5", "1"]), "customer_satisfaction").at("2026-05") == too_few(4, 300, 4)
