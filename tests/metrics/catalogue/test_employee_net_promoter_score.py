"""Worked by hand: 9, 9, 8, 6, 10 -> (3 - 1) x 100 / 5 = 40 points."""

from tests.metrics.builders import NO_DATA, SUPPRESSED, FakeFacts, make_facts, measure, ok


def answers(scores: list[str], **more: str) -> FakeFacts:
    row = {"kind": "enps", "audience": "employee", "team": "T-1", "answered_on": "2026-05-05", **more}
    return make_facts(survey_responses=[{**row, "code": f"A{k}", "score": score} for k, score in enumerate(scores)])


def test_employees_who_recommend_less_those_who_do_not():
    values = measure(answers(["9", "9", "8", "6", "10"]), "employee_net_promoter_score")

    assert values.at("2026-05") == ok(40, 200, 5)
    assert values.at("2026-05", "team:T-1") == ok(40, 200, 5)
    assert values.at("2026-05", component="promoter_share") == ok(0.6, 3, 5)
    assert values.at("2026-05", component="detractor_share") == ok(0.2, 1, 5)
    assert values.at("2026-04") == NO_DATA


def test_one_to_four_answers_are_hidden():
    values = measure(answers(["9", "9", "8", "6"]), "employee_net_promoter_score")

    assert values.at("2026-05") == SUPPRESSED
    assert values.at("2026-05", component="promoter_share") == SUPPRESSED


def test_the_team_is_the_one_on_the_answer_never_that_of_a_service():
    facts = make_facts(
        services="code team\nS-1 T-1",
        survey_responses=answers(["9"] * 5, team="", service="S-1").rows["survey_responses"],
    )
    values = measure(facts, "employee_net_promoter_score")

    assert values.at("2026-05") == ok(100, 500, 5)
    assert values.at("2026-05", "team:T-1") == NO_DATA
