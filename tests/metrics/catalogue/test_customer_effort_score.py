"""Worked by hand: 5, 3, 1, 4, 2 on 1 to 5 become 7, 4, 1, 5.5, 2.5 on 1 to 7: 20 / 5 = 4."""

from tests.metrics.builders import make_facts, measure, ok, too_few

ROWS = [
    {
        "code": f"A{k}",
        "kind": "ces",
        "customer": "C-1",
        "respondent": f"r{k}",
        "score": score,
        "scale_min": "1",
        "scale_max": "5",
        "answered_on": "2026-05-05",
    }
    for k, score in enumerate(["5", "3", "1", "4", "2"])
]


def test_scores_are_put_on_one_to_seven():
    values = measure(make_facts(survey_responses=ROWS), "customer_effort_score")

    assert values.at("2026-05") == ok(4, 20, 5)
    assert values.at("2026-Q2", "customer:C-1") == ok(4, 20, 5)


def test_an_answer_that_was_given_again_makes_too_few():
    again = [*ROWS[:4], {**ROWS[0], "code": "A9", "score": "1", "answered_on": "2026-05-06"}]

    assert measure(make_facts(survey_responses=again), "customer_effort_score").at("2026-05") == too_few(4, 11.5, 4)
