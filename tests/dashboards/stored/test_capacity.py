"""Capacity against plan by team: cells around the target band, their links and file, rights, what is missing."""

import json
import re

import pytest
from django.db import connection
from django.utils import translation

from dashboards.capacity import capacity_part
from dashboards.page_state import PageState
from dashboards.selectors.measured import published
from dashboards.selectors.remembered import forget
from metrics.periods import Period
from portfolio.rights import EVERYTHING


@pytest.fixture
def state(db):
    found = published()
    quarter = Period.parse("2026-Q2")
    return PageState(found, quarter, quarter.previous, EVERYTHING, {})


def set_target(value, direction=""):
    """The only own target of utilisation that the reference company has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portfolio_targets SET green = %s, amber = %s, direction = %s WHERE metric = 'resource_utilisation'",
            [value, value, direction],
        )
        assert cursor.rowcount == 1


def plot_of(html, key):
    return json.loads(re.search(rf'<script id="fig-{key}" type="application/json">(.*?)</script>', html)[1])


def test_each_team_and_month_stands_against_the_target(lead):
    plot = plot_of(lead.get("/people/").content.decode(), "capacity")

    teams, months = plot["layout"]["yaxis"]["ticktext"], plot["layout"]["xaxis"]["ticktext"]
    at = months.index("May"), teams.index("T-OPS")
    assert plot["data"][0]["text"][at[1]][at[0]].startswith("78%")
    assert len(months) == 12


def test_cells_below_and_above_say_so_in_words_and_lie_on_either_side(state):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM portfolio_targets WHERE metric = 'resource_utilisation'")

    figure = capacity_part(state).figure

    cells = [
        (v, z, t)
        for row_z, row_t in zip(figure.data[0]["z"], figure.data[0]["text"], strict=True)
        for z, t in zip(row_z, row_t, strict=True)
        if z is not None
        for v in [float(re.match(r"[\d.]+", t)[0])]
    ]
    assert "Target 70% to 85%" in figure.unit
    assert {z == 0 for v, z, t in cells if 70 < v < 85} == {True}
    assert all(z < 0 and "below" in t for v, z, t in cells if v < 70)
    assert all(z > 0 and "above" in t for v, z, t in cells if v > 85)
    assert any(z for _v, z, _t in cells)


def test_the_title_counts_the_last_whole_month(state):
    set_target(0.9, "higher")

    assert re.match(
        r"Resource utilisation of \d+ teams in Jun.2026: 0 above the target band, \d below",
        capacity_part(state).figure.title,
    )
    set_target(0.1, "higher")
    forget()
    assert "inside the target band in Jun\u00a02026" in capacity_part(state).figure.title


def test_a_cell_leads_to_its_explanation_and_the_table_has_the_same_link(lead):
    html = lead.get("/people/").content.decode()
    link = next(url for row in plot_of(html, "capacity")["data"][0]["customdata"] for url in row if url)

    assert f'<a href="{link.replace("&", "&amp;")}">' in html
    explained = lead.get(link)
    assert explained.status_code == 200
    assert "Resource utilisation" in explained.content.decode()


def test_the_file_has_a_line_a_cell(lead):
    lines = lead.get("/people/?csv=capacity").content.decode("utf-8-sig").split("\r\n")

    assert lines[0] == "Team,Month,Value,Against the band"
    assert any(line.startswith("T-OPS,May,0.78469") for line in lines)


def test_a_portfolio_shows_the_teams_that_five_people_of_work_there(state):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.name FROM portfolio_person_months h JOIN portfolio_people w ON w.id = h.person_id "
            "JOIN portfolio_team t ON t.id = w.team_id JOIN portfolio_projects p ON p.id = h.project_id "
            "WHERE h.hours > 0 "
            "GROUP BY 1 HAVING count(DISTINCT h.person_id) >= 5"
        )
        working = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT id FROM portfolio_portfolios")
        every = tuple(number for (number,) in cursor.fetchall())

    assert working
    assert {row[0].text for row in capacity_part(state, portfolios=every).figure.table.rows} == working
    assert capacity_part(state, portfolios=(0,)).figure is None


def test_who_does_not_see_people_sees_no_team(client_of):
    html = client_of("viewer").get("/portfolios/PF-CUST/").content.decode()

    assert "fig-capacity" not in html
    assert "Capacity against plan" not in html


@pytest.mark.parametrize(
    ("language", "said", "step"),
    [("en", "No capacity rows", "Import capacity.csv"), ("sv", "Inga kapacitetsrader", "Importera capacity.csv")],
)
def test_without_capacity_it_says_what_to_import(state, language, said, step):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM portfolio_capacity")
        cursor.execute(
            "DELETE FROM metrics_series WHERE scope_id IN (SELECT id FROM metrics_scope WHERE kind = 'team')"
        )

    with translation.override(language):
        part = capacity_part(state)

    assert part.figure is None
    assert part.nothing.title == said
    assert any(each.startswith(step) for each in part.nothing.steps)
