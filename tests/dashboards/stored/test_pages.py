"""Every page of the reference company: answers, rights, queries, markup, parameters, files."""

import csv
import io
import json
import os
import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from dashboards.urls import urlpatterns

BASELINE = Path(__file__).parent / "queries.json"
PAGES = {
    "settings": "/settings/",
    "overview": "/",
    "projects": "/projects/",
    "project": "/projects/P-5/",
    "customers": "/customers/",
    "customer": "/customers/C-ALFA/",
    "incidents": "/incidents/",
    "incident": "/incidents/INC0004/",
    "portfolio": "/portfolios/PF-CUST/",
    "program": "/portfolios/PG-PLAT/",
    "initiatives": "/initiatives/",
    "initiative": "/initiatives/I-1/",
    "people": "/people/",
    "decisions": "/decisions/",
    "decision-new": "/decisions/new/",
    "search": "/search/?q=a",
    "metrics": "/metrics/",
    "metric": "/metrics/cost_performance_index/",
    "metric, financial": "/metrics/gross_margin/",
    "data": "/data/",
    "explain": "/explain/defect_time_to_fix/?scope=project:P-5",
    "explain, index": "/explain/customer_success_index/?scope=enterprise:",
    "styleguide": "/styleguide/",
}
ELSEWHERE = {"scorecards", "scorecard_files", "decisions", "subscriptions"}
# Names and codes of the side that the viewer of PF-CUST and the account manager of C-ALFA may not see.
HIDDEN_FROM = {
    "viewer": ("P-5", "Cluster renewal", "PF-OPS", "Operations<", "Billing accuracy", "C-BETA", "Beta Logistics"),
    "account": ("C-BETA", "Beta Logistics", "P-5", "Cluster renewal", "Self-service portal", "PF-CUST"),
}


def text_of(response):
    return b"".join(response).decode() if response.streaming else response.content.decode()


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_page_answers_in_both_languages(lead, path, language):
    response = lead.get(path, headers={"accept-language": language})

    assert response.status_code == 200
    assert f'<html lang="{language}"' in text_of(response)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_markup_is_sound(lead, path):
    html = text_of(lead.get(path))

    assert html.count("<h1") == 1
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))
    assert not re.search(r">\s*None\s*</(?!option)", re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))
    assert "nan" not in re.findall(r">\s*(nan|inf|−nan)\s*<", html)
    for figure in re.findall(r'data-fig="([^"]+)"', html):
        json.loads(re.search(rf'<script id="{re.escape(figure)}" type="application/json">(.*?)</script>', html)[1])


@pytest.mark.parametrize("name", ["outsider", "viewer", "account"])
def test_readers_with_grants_see_only_their_side(client_of, name):
    client = client_of(name)
    for label, path in PAGES.items():
        if label == "styleguide":
            continue
        response = client.get(path)
        assert response.status_code in (200, 403, 404), label
        html = text_of(response)
        for canary in HIDDEN_FROM.get(name, ("P-5", "C-ALFA", "PF-OPS", "Cluster renewal")):
            if canary in path:
                continue
            assert canary not in html, (label, canary)


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("viewer", "/projects/P-1/", 200),
        ("viewer", "/projects/P-5/", 404),
        ("viewer", "/customers/C-ALFA/", 404),
        ("account", "/customers/C-ALFA/", 200),
        ("account", "/customers/C-BETA/", 404),
        ("account", "/projects/P-1/", 404),
        ("viewer", "/explain/cost_performance_index/?scope=project:P-5", 404),
        ("viewer", "/explain/gross_margin/?scope=enterprise:", 404),
        ("viewer", "/explain/customer_success_index/?scope=enterprise:", 404),
        ("viewer", "/data/imports/1/", 404),
        ("executive", "/data/imports/1/", 404),
        ("executive", "/projects/P-5/", 200),
    ],
)
def test_outside_the_rights_is_not_found(client_of, name, path, status):
    assert client_of(name).get(path).status_code == status


def test_pages_want_a_log_in(db, client):
    for path in PAGES.values():
        assert client.get(path).status_code == 302, path


@pytest.mark.parametrize("name", ["viewer", "executive", "outsider"])
def test_only_those_who_write_may_upload(client_of, name):
    assert client_of(name).post("/data/", {}).status_code == 403


def test_every_address_is_walked():
    # Scorecards, decisions, subscriptions and views have walks of their own.
    named = {p.name for p in urlpatterns if p.lookup_str.split(".")[2] not in ELSEWHERE}

    switches = {"set_language", "settings-theme"}
    assert named - {"import"} - switches <= {label.split(",")[0] for label in PAGES}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_no_page_asks_more_than_its_baseline(lead, path):
    """Fewer is welcome, more is a decision: EPMO_WRITE_BASELINE=1 writes queries.json anew."""
    lead.get(path)  # fills what a process keeps
    with CaptureQueriesContext(
        connection,
    ) as queries:
        lead.get(path)
    asked = [q["sql"] for q in queries.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]

    baseline = json.loads(BASELINE.read_text())
    if os.environ.get("EPMO_WRITE_BASELINE"):
        BASELINE.write_text(json.dumps({**baseline, path: len(asked)}, indent=2, sort_keys=True) + "\n")
        return

    assert len(asked) <= baseline[path], asked


NASTY = ["", "%00", "x" * 5000, "-1", "1e309", "nan..nan", "..", "'; --", "<b>", "☃", "2026-Q5", "٣"]


TAKERS = {
    "/": ("period", "against", "csv"),
    "/projects/": ("sort", "page", "q", "portfolio", "state", "spend", "points", "linked", "format"),
    "/customers/": ("sort", "page", "q", "segment"),
    "/incidents/": ("sort", "page", "service", "customer", "severity", "period"),
    "/search/": ("q",),
    "/metrics/": ("q", "family", "factor", "colour"),
    "/explain/cost_performance_index/": ("component", "scope", "period"),
    "/data/": ("before",),
}


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in TAKERS.items() for name in names])
def test_no_parameter_breaks_a_page(lead, path, name):
    for value in NASTY:
        response = lead.get(path, {name: value})
        assert response.status_code in (200, 400, 404), value


@pytest.mark.parametrize("period", ["2026-Q2", "2026-Q3", "2026-06", "2025", "2014-Q1", "2031-Q1"])
def test_any_period_can_be_shown(lead, period):
    for path in (
        "/",
        "/projects/",
        "/projects/P-5/",
        "/customers/",
        "/customers/C-ALFA/",
        "/metrics/",
        "/metrics/gross_margin/",
    ):
        assert lead.get(path, {"period": period}).status_code == 200, path


def test_every_number_of_the_overview_can_be_asked_why(lead):
    links = set(re.findall(r'class="why" href="([^"]+)"', text_of(lead.get("/"))))

    assert len(links) > 15
    for link in links:
        response = lead.get(link.replace("&amp;", "&"), headers={"HX-Request": "true"})
        assert response.status_code == 200, link
        assert "Formula" in text_of(response)


def test_the_points_of_a_project_add_up_to_its_headline(lead):
    html = text_of(lead.get("/projects/P-1/"))
    foot = re.search(r"<tfoot>.*?</tfoot>", html, re.DOTALL)[0]
    rows = re.findall(r'data-l="Points"><strong>([^<]+)</strong>', html)
    total = re.findall(r'data-l="Points">([^<]+)<', foot)[0]

    def number(text):
        return float(text.replace("−", "-").replace("+", ""))

    assert sum(map(number, rows)) == pytest.approx(number(total), abs=0.02)


def test_the_table_behind_a_chart_comes_as_exact_csv(lead):
    rows = list(csv.reader(io.StringIO(lead.get("/", {"csv": "index"}).content.decode("utf-8-sig"))))

    assert rows[0][:2] == ["Period", "Index"]
    assert len(rows) == 13
    assert any("." in row[1] and len(row[1]) > 6 for row in rows[1:])


def test_all_rows_come_as_csv(lead):
    rows = list(csv.DictReader(io.StringIO(lead.get("/projects/", {"format": "csv"}).content.decode("utf-8-sig"))))

    assert {"P-1", "P-5"} <= {row["code"] for row in rows}


def test_money_stands_last_and_is_read_with_the_rest(lead):
    html = text_of(lead.get("/"))
    families = re.findall(r'id="fam-(\w+)"', html)

    assert families == ["tactical", "value_creation", "longevity", "financial"]
    assert "Read with:" in html[html.index('id="fam-financial"') :]
    assert "Read with" in text_of(lead.get("/metrics/gross_margin/"))


def test_a_search_that_takes_nothing_names_the_condition_to_drop(lead):
    html = text_of(lead.get("/projects/", {"q": "no such thing", "state": "active"}))

    assert "No project matches" in html
    assert "Any name (" in html
    assert "Any state (0)" in html


def test_swedish_numbers_and_words(lead):
    html = text_of(lead.get("/", headers={"accept-language": "sv"}))

    assert re.search(r"\d,\d", html)
    assert translation.gettext_noop("Customer Success Index") not in re.sub(
        r"<script.*?</script>", "", html, flags=re.DOTALL
    )


def test_an_installation_without_values_says_what_to_do(lead):
    from metrics.models import Run

    Run.objects.all().update(state=Run.State.SUPERSEDED)
    for path in ("/", "/projects/", "/customers/", "/metrics/"):
        assert "Import facts" in text_of(lead.get(path)), path
    assert lead.get("/data/").status_code == 200


@pytest.mark.parametrize("path", [path for path in PAGES.values() if path != "/styleguide/"])
def test_every_chart_offers_its_table_as_csv(lead, path):
    html = text_of(lead.get(path))

    for figure in re.findall(r"<figure\b.*?</figure>", html, re.DOTALL):
        offered = re.search(r'href="(\?[^"]*csv=[^"]+)"', figure)
        assert offered, figure[:120]
        answer = lead.get(path.partition("?")[0] + offered[1].replace("&amp;", "&"))
        assert answer["Content-Type"].startswith("text/csv"), offered[1]
