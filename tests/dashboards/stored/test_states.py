"""What pages say when not all is well.

| state | said where | proved by |
|---|---|---|
| rejected rows with their remedy | one import | test_import_page.py, tests/browser/test_walks.py |
| nothing yet: what is missing, first step | overview, lists, people, decisions | test_pages.py, here |
| no match: which condition to drop | the five lists | test_pages.py, test_incidents.py, here |
| partly hidden by rights: how many | overview, projects, incident, explanation, scorecard | here, test_incidents.py |
| suppressed | people, explanation | here |
| stale | overview, data | here |
| the newest computation broke off: last good values | every page with values | here |
| long, right-to-left and emoji names | every page | here, tests/browser/test_states.py |
| negative and huge numbers | every page | here |
| many objects | project list | benchmarks/bench_pages.py, test_figures.py |
"""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from metrics.models import Run
from portfolio.models import ChangeSet, Customer, Initiative, Outcome, Portfolio, Project, Service
from tests.dashboards.stored.test_pages import PAGES, text_of

WITH_VALUES = [path for name, path in PAGES.items() if name not in {"styleguide", "settings", "search"}]


def seen(client, path, **asked):
    """The text of a page without its markup."""
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", text_of(client.get(path, asked)), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


# --- Nothing matches, or only a part may be seen ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "asked", "drops"),
    [
        ("/projects/", {"q": "zzz", "state": "active"}, ("Any name (", "Any state (0)")),
        ("/customers/", {"q": "zzz", "segment": "retail"}, ("Any name (", "Any segment (0)")),
        ("/initiatives/", {"q": "zzz", "factor": "value"}, ("Any text (", "Any factor (0)")),
        ("/metrics/", {"q": "zzz", "family": "financial"}, ("Any text (10)", "Any family (0)")),
    ],
)
def test_a_list_without_a_match_says_which_condition_to_drop(lead, path, asked, drops):
    page = seen(lead, path, **asked)

    assert "Drop one of the conditions" in page
    for word in (*drops, "Clear all"):
        assert word in page


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "3 projects are not visible to you and not counted here."),
        ("/projects/", "3 projects are not visible to you and not counted here."),
        ("/explain/customer_minutes_lost/?scope=customer:C-ALFA", "not visible to you"),
    ],
)
def test_what_lies_outside_the_rights_is_counted(client_of, path, said):
    reader = client_of("account" if "C-ALFA" in path else "viewer")

    assert said in seen(reader, path)


def test_figures_of_few_people_are_hidden_with_their_reason(lead):
    page = seen(lead, "/explain/employee_net_promoter_score/?scope=team:T-OPS&period=2026-05")

    assert "Hidden: fewer than five people" in page
    assert "figures of so few are never shown" in page


# --- Old figures -----------------------------------------------------------------------------------------------------


def test_a_source_past_its_limit_is_stale_and_one_near_it_ages(lead):
    ChangeSet.objects.update(at=timezone.now() - timedelta(days=6))
    page = seen(lead, "/data/")
    assert "Ageing" in page
    assert "Stale" not in page

    ChangeSet.objects.update(at=timezone.now() - timedelta(days=8))

    assert "Stale" in seen(lead, "/data/")
    assert "Stale" in seen(lead, "/")


@pytest.mark.parametrize("path", WITH_VALUES)
def test_after_a_computation_that_broke_off_pages_show_the_last_good_values_and_say_so(lead, path):
    before = lead.get(path).content.decode()
    broken = Run.objects.create(state=Run.State.FAILED, cause="test", error="chunk 3: worker died")

    page = lead.get(path).content.decode()

    said = f"Computation {broken.pk} broke off; these are the figures of "
    if 'class="pick' in before and "As of" in before:
        assert said in page.replace("\u00a0", " ")
    assert said not in before.replace("\u00a0", " ")
    assert re.findall(r"<h1[^>]*>.*?</h1>", page, re.DOTALL) == re.findall(r"<h1[^>]*>.*?</h1>", before, re.DOTALL)


def test_a_computation_after_the_broken_one_ends_the_notice(lead):
    Run.objects.create(state=Run.State.FAILED, cause="test", error="x")
    assert "broke off" in seen(lead, "/")

    newest = Run.objects.filter(state=Run.State.PUBLISHED).latest("published_at")
    Run.objects.create(state=Run.State.PUBLISHED, cause="test", as_of=newest.as_of, published_at=timezone.now())

    assert "broke off" not in seen(lead, "/")


# --- Names and numbers that strain a page ----------------------------------------------------------------------------

STRANGE = "Zażółć <b>&\"'</b> مشروع الفوترة 🚀👩‍🚀 $accent %(n)s {x} " + "Donaudampfschifffahrtsgesellschaft" * 5


@pytest.mark.parametrize("path", [path for path in WITH_VALUES if not path.startswith("/explain/customer")])
def test_long_right_to_left_and_emoji_names_stand_as_they_are(lead, path):
    for model in (Project, Customer, Initiative, Outcome, Portfolio, Service):
        model.objects.update(name=STRANGE)

    response = lead.get(path)

    html = text_of(response)
    assert response.status_code == 200
    assert "<b>&\"'</b>" not in html
    for part in re.findall(r"<script[^>]*json[^>]*>(.*?)</script>", html, re.DOTALL):
        assert "<b>" not in part


@pytest.mark.parametrize("path", ["/projects/", "/projects/P-5/", "/customers/", "/customers/C-ALFA/", "/initiatives/"])
def test_a_strange_name_is_legible_whole(lead, path):
    for model in (Project, Customer, Initiative, Portfolio):
        model.objects.update(name=STRANGE)

    page = seen(lead, path)

    assert "مشروع الفوترة 🚀👩‍🚀 $accent %(n)s {x} Donaudampf" in page


@pytest.mark.parametrize("factor", [-1.0, 1e15, -1e15, 1e-12])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_negative_huge_and_tiny_values_are_numbers_a_person_can_read(lead, factor, language):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE metrics_series SET value = (SELECT array_agg(CASE WHEN v = 'NaN' THEN v ELSE v * %s END "
            "ORDER BY place) FROM unnest(value) WITH ORDINALITY AS held (v, place))",
            [factor],
        )
    for path in WITH_VALUES:
        response = lead.get(path, headers={"accept-language": language})
        html = re.sub(r"<script.*?</script>", " ", text_of(response), flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", " ", html)
        assert response.status_code == 200, path
        assert not re.search(r"\b(nan|inf(inity)?)\b|\d[eE][+-]?\d{2}", text), path
