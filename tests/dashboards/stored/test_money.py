"""Budget, spent, forecast, remaining on the pages of a project and a portfolio; what was final of finished ones."""

import re

import pytest

from dashboards.findings import trend_title
from portfolio.models import Project, ProjectMonth
from tests.dashboards.stored.test_pages import text_of


def money_row(html):
    """Names and figures of the row of four."""
    start = html.index('id="s-plan"') if 'id="s-plan"' in html else html.index('id="s-money"')
    row = re.search(r'<dl class="facts">.*?</dl>', html[start:], re.DOTALL)[0]
    names = [
        re.sub(r"<[^>]+>.*", "", name, flags=re.DOTALL).strip()
        for name in re.findall(r"<dt>(.*?)</dt>", row, re.DOTALL)
    ]
    return dict(zip(names, re.findall(r"</dt><dd>([^<]*)</dd>", row), strict=True))


@pytest.mark.parametrize("path", ["/projects/P-1/", "/portfolios/PF-CUST/"])
def test_four_figures_of_what_runs(lead, path):
    Project.objects.update(actual_finish_on=None)
    assert list(money_row(text_of(lead.get(path)))) == ["Budget", "Spent", "Forecast", "Remaining"]


def test_of_a_finished_project_the_last_figures_are_shown_as_final(lead):
    project = Project.objects.get(code="P-1")
    Project.objects.filter(pk=project.pk).update(status="completed", actual_finish_on="2025-12-20")
    html = text_of(lead.get("/projects/P-1/"))

    assert list(money_row(html))[:3] == ["Budget", "Spent", "Final cost"]
    listed = text_of(lead.get("/projects/"))
    line = re.search(r"<tr><th scope=\"row\"><a href=\"/projects/P-1/.*?</tr>", listed, re.DOTALL)[0]
    assert "No reports" not in line


def test_without_budget_and_cost_the_page_says_what_to_import(lead):
    project = Project.objects.get(code="P-5")
    ProjectMonth.objects.filter(project=project).delete()
    Project.objects.filter(pk=project.pk).update(budget=None)
    html = text_of(lead.get("/projects/P-5/", {"period": "2014-Q1"}))

    assert "No budget and no cost are known" in html
    assert "project_months.csv" in html


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([5, 4, 3, 2], "Down in 3 of the last 3 quarters"),
        ([1, 2, 1, 3], "Up in 2 of the last 3 quarters"),
        ([2, 2, 2], "Unchanged over 2 quarters"),
        ([3, 1, 2], "Up in 1 of the last 2 quarters"),
    ],
)
def test_a_line_that_fell_more_often_is_said_to_have_fallen(values, said):
    assert trend_title(values, None, str, "quarter") == said
