"""Worked by hand: 10, 9, 8, 7, 3 of five respondents: 2 promoters, 1 detractor, (2 - 1) x 100 / 5 = 20 points.

Margin of error: p + d = 0.6, (p - d)^2 = 0.04, 196 x sqrt(0.56 / 5) = 65.593902...
"""

from math import sqrt

from tests.metrics.builders import NO_DATA, make_facts, measure, ok, too_few

FIVE = """
    code customer respondent score answered_on
    A1   C-1      r1         10    2026-04-02
    A2   C-1      r2         9     2026-05-02
    A3   C-1      r3         8     2026-05-03
    A4   C-1      r4         7     2026-06-03
    A5   C-1      r5         3     2026-06-30
"""


def test_promoters_less_detractors():
    values = measure(make_facts(survey_responses=FIVE), "net_promoter_score")

    assert values.at("2026-Q2") == ok(20, 100, 5)
    assert values.at("2026-Q2", "customer:C-1") == ok(20, 100, 5)
    assert values.at("2026-Q2", component="promoter_share") == ok(0.4, 2, 5)
    assert values.at("2026-Q2", component="detractor_share") == ok(0.2, 1, 5)
    assert values.at("2026-Q2", component="margin_of_error") == ok(196 * sqrt(0.56 / 5), n=5)
    assert values.at("2026-Q2", component="end_customer") == NO_DATA
    assert values.at("2026-Q1") == NO_DATA


def test_fewer_than_five_answers_show_their_parts_only():
    values = measure(make_facts(survey_responses=FIVE), "net_promoter_score")

    assert values.at("2026-05") == too_few(2, 100, 2)
    assert values.at("2026-05", component="margin_of_error") == too_few(2)


def test_only_the_last_answer_of_a_respondent_counts_in_each_period():
    """r1 answers in April (10) and June (0): the quarter knows 0 only, April still 10."""
    facts = make_facts(survey_responses=FIVE + "    A6 C-1 r1 0 2026-06-15")
    values = measure(facts, "net_promoter_score")

    assert values.at("2026-Q2") == ok(-20, -100, 5)
    assert values.at("2026-04") == too_few(1, 100, 1)
    assert values.rows("denominator", "2026-Q2") == ["A2", "A3", "A4", "A5", "A6"]
    assert values.rows("numerator", "2026-Q2") == ["A2", "A5", "A6"]


def test_answers_of_one_day_are_ordered_by_code_as_text():
    """B10 stands before B9 in text order, so B9 is the later one, wherever the rows stand."""
    facts = make_facts(
        survey_responses="""
            code respondent score answered_on
            B9   r1         10    2026-05-01
            B10  r1         0     2026-05-01
            b1   r2         0     2026-05-01
            B2   r2         10    2026-05-01
        """
    )
    values = measure(facts, "net_promoter_score")

    assert values.rows("denominator", "2026-05") == ["B9", "b1"]


def test_another_project_service_team_or_customer_is_another_answer():
    facts = make_facts(
        survey_responses="""
            code respondent customer project service team score answered_on
            A1   r1         C-1      -       -       -    10    2026-05-01
            A2   r1         C-2      -       -       -    10    2026-05-01
            A3   r1         C-1      P-1     -       -    10    2026-05-01
            A4   r1         C-1      -       S-1     -    10    2026-05-01
            A5   r1         C-1      -       -       T-1  10    2026-05-01
            A6   r1         C-1      -       -       -    10    2026-05-01
        """
    )
    values = measure(facts, "net_promoter_score")

    assert values.at("2026-05") == ok(100, 500, 5)
    assert values.at("2026-05", "project:P-1") == too_few(1, 100, 1)
    assert values.at("2026-05", "portfolio:PF") == too_few(1, 100, 1)
    assert values.at("2026-05", "service:S-1") == too_few(1, 100, 1)
    assert values.at("2026-05", "customer:C-2") == too_few(1, 100, 1)
    assert values.kinds() == {"enterprise", "customer", "service", "portfolio", "project"}


def test_blank_respondents_each_count():
    facts = make_facts(
        survey_responses=[{"code": f"A{k}", "score": "9", "answered_on": "2026-05-01"} for k in range(5)]
    )

    assert measure(facts, "net_promoter_score").at("2026-05") == ok(100, 500, 5)


def test_audiences_and_kinds_are_kept_apart():
    """The same respondent as end customer and in a satisfaction survey takes nothing away."""
    facts = make_facts(
        survey_responses=[
            {"code": f"{audience}{kind}{k}", "kind": kind, "audience": audience, "respondent": f"r{k}", "score": score}
            | {"answered_on": f"2026-05-0{k}"}
            for audience, kind, score in (
                ("customer", "nps", "10"),
                ("end_customer", "nps", "0"),
                ("customer", "csat", "1"),
                ("employee", "nps", "1"),
            )
            for k in range(1, 6)
        ]
    )
    values = measure(facts, "net_promoter_score")

    assert values.at("2026-05") == ok(100, 500, 5)
    assert values.at("2026-05", component="end_customer") == ok(-100, -500, 5)


def test_answers_from_the_as_of_day_on_are_no_facts():
    """The later answer of r5 on 15 June does not exist yet on 10 June; the quarter has begun."""
    facts = make_facts(survey_responses=FIVE.replace("2026-06", "2026-05") + "    A9 C-1 r5 10 2026-06-10")
    values = measure(facts, "net_promoter_score", as_of="2026-06-10")

    assert values.at("2026-Q2") == ok(20, 100, 5, status="partial_period")
    assert values.at("2026-06") == NO_DATA
