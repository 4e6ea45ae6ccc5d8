"""Scorecard pages: what each person sees and may do, and what conflicts and refusals say."""

import re
from html import unescape

import pytest
from django.utils import translation

from dashboards.pages.scorecard_sheet import make_sheet
from metrics.models import Scorecard
from metrics.periods import Period
from metrics.scorecards.building import Texts, content_build
from metrics.scorecards.content import Notes
from metrics.scorecards.services import scorecard_draft, scorecard_publish, scorecard_sign, scorecard_submit
from tests.metrics.scorecards.stored import make_run, make_values, put

pytestmark = pytest.mark.django_db
Q2 = "/scorecards/2026-Q2/"


def text_of(response):
    return unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


def heading(response):
    return unescape(re.search(r"<h1>(.*?)</h1>", response.content.decode(), re.DOTALL)[1])


def fields(response):
    html = response.content.decode()
    return {
        "revision": re.search(r'name="revision" value="(\d+)"', html)[1],
        "metrics": re.findall(r'name="metrics" value="([^"]+)" checked', html),
        "sign_off": unescape(re.search(r'name="sign_off"[^>]*>(.*?)</textarea>', html, re.DOTALL)[1]),
    }


def test_a_quarter_that_nobody_drafted_shows_stored_values(client_of):
    make_values()
    page = client_of("chief").get(Q2)

    assert heading(page) == (
        "Customer success rose 6 points to 58. Quality led. Compliance is the one factor off target."
    )
    assert "No draft yet" in text_of(page)
    assert "Start the draft" not in text_of(page)
    assert "Start the draft" in text_of(client_of("lead").get(Q2))


def test_the_whole_way_in_the_browser(client_of):
    make_values()
    lead, chief = client_of("lead"), client_of("chief")
    assert lead.post(f"{Q2}do/draft/").status_code == 302
    form = fields(lead.get(f"{Q2}edit/"))
    assert form["sign_off"] == "Chief executive"
    lead.post(f"{Q2}edit/", form | {"happened": "Good", "doing": "", "unknown": "", "comment:gross_margin": "Hosting"})
    assert lead.post(f"{Q2}do/submit/").status_code == 302
    page = chief.get(Q2)
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page.content.decode())[1]
    assert "Sign as Chief executive" in text_of(page)
    assert chief.post(f"{Q2}do/sign/", {"title": "Chief executive", "digest": digest}).status_code == 302
    assert lead.post(f"{Q2}do/publish/").status_code == 302

    page = text_of(chief.get(Q2))
    assert "frozen" in page
    assert "Chief Ek" in page
    assert "Hosting" in page
    assert Scorecard.objects.get().is_published


def test_who_may_do_what(client_of, cast):
    make_values()
    scorecard_draft(period="2026-Q2", sign_off=("Chief executive",), **cast.lead.who)
    for act in ("draft", "submit", "return", "publish"):
        assert client_of("chief").post(f"{Q2}do/{act}/").status_code == 403
    assert client_of("chief").get(f"{Q2}edit/").status_code == 403
    for method in ("get", "post"):
        for rest in ("", "edit/", "print/", "export/", "verify/", "comment/"):
            assert getattr(client_of("viewer"), method)(Q2 + rest).status_code in (404, 405)
    assert client_of("viewer").post(f"{Q2}do/sign/").status_code == 404
    assert client_of("lead").post(f"{Q2}do/erase/").status_code == 404


@pytest.mark.parametrize("period", ["2026-07", "2026", "soon", "2027-Q1", "2026-Q5"])
def test_what_is_no_quarter_with_values_is_not_found(client_of, period):
    make_values()
    assert client_of("chief").get(f"/scorecards/{period}/").status_code == 404


def test_a_refusal_names_what_is_missing(client_of, cast):
    make_values(without=("longevity",))
    scorecard_draft(period="2026-Q2", **cast.lead.who)

    page = client_of("lead").post(f"{Q2}do/publish/")

    assert page.status_code == 409
    assert "Money is never shown alone. No measure with a value in: Longevity." in text_of(page)
    assert "Cannot be published yet" in text_of(client_of("lead").get(Q2))


def test_the_second_editor_sees_both_texts_and_can_replace(client_of, cast):
    make_values()
    scorecard_draft(period="2026-Q2", **cast.lead.who)
    lead = client_of("lead")
    form = fields(lead.get(f"{Q2}edit/")) | {"doing": "", "unknown": ""}
    lead.post(f"{Q2}edit/", form | {"happened": "theirs"})

    late = lead.post(f"{Q2}edit/", form | {"happened": "mine"})

    assert late.status_code == 409
    assert "What happened: as stored now" in " ".join(text_of(late).split())
    assert "theirs" in text_of(late)
    again = fields(late) | {"happened": "mine", "doing": "", "unknown": ""}
    assert lead.post(f"{Q2}edit/", again).status_code == 302
    assert Scorecard.objects.get().happened == "mine"


def test_executives_comment_in_review_and_conflicts_show(client_of, cast):
    make_values()
    card, _new = scorecard_draft(period="2026-Q2", sign_off=("Finance",), **cast.lead.who)
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    url = f"{Q2}comment/?row=gross_margin"
    chief = client_of("chief")
    assert chief.post(url, {"text": "Hosting", "before": ""}).status_code == 302
    late = chief.post(url, {"text": "Other", "before": ""})

    assert late.status_code == 409
    assert "Hosting" in text_of(late)
    assert chief.get(f"{Q2}comment/?row=nothing").status_code == 404


def test_a_comparison_says_what_it_is_compared_with(client_of, published):
    page = client_of("chief").get(f"{Q2}?against=2025-Q4")

    assert "Compared with Q4 2025 as stored now." in text_of(page).replace("\u00a0", " ")
    assert client_of("chief").get(f"{Q2}?against=2025").status_code == 404


def test_what_was_recomputed_since_is_told_below_the_frozen_sheet(client_of, published):
    put({("net_promoter_score", "", "2026-Q2"): 10.0}, make_run())
    page = text_of(client_of("chief").get(Q2))

    assert "Recomputed since it was published" in page
    assert "+34.6" in page
    assert "+10.0" in page


def test_texts_of_people_are_shown_letter_by_letter(client_of, published):
    for rest in ("", "print/"):
        html = client_of("chief").get(Q2 + rest).content.decode()
        assert "<b>why</b>" not in html
        assert "&lt;b&gt;why&lt;/b&gt;" in html


def test_the_print_page_carries_the_hash_and_no_inline_style(client_of, published):
    html = client_of("chief").get(f"{Q2}print/").content.decode()

    assert published.sha256 in html
    assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=", html)
    assert html.count("<svg") > 20


def test_the_list_names_quarters_states_and_hashes(client_of, published, cast):
    scorecard_draft(period="2026-Q1", **cast.lead.who)
    page = text_of(client_of("chief").get("/scorecards/"))

    assert "is the last published quarter" in page
    assert f"{published.sha256[:4]}…{published.sha256[-4:]}" in page
    assert "Draft" in page
    assert "No scorecard yet" in text_of(client_of("viewer").get("/scorecards/"))


@pytest.mark.parametrize("kind", ["draft", "published"])
def test_the_cost_of_the_page_is_bounded(client_of, cast, django_assert_max_num_queries, kind):
    make_values()
    card, _new = scorecard_draft(period="2026-Q2", **cast.lead.who)
    if kind == "published":
        scorecard_publish(card_id=card.pk, **cast.lead.who)
    client = client_of("chief")
    client.get(Q2)
    with django_assert_max_num_queries(30):
        client.get(Q2)


def content(**values):
    make_values()
    return content_build(
        Period.parse("2026-Q2"), "enterprise", "", ["net_promoter_score"], Texts(Notes("", "", ""), {})
    )


def test_findings_in_both_languages():
    found = content()
    with translation.override("sv"):
        sheet = make_sheet(found, seal="", sealed=False)
    assert sheet.period == "kv\u00a02\u00a02026"
    assert "58" in sheet.sentence


def test_signing_what_has_changed_meanwhile_is_refused(client_of, cast):
    run = make_values()
    card, _new = scorecard_draft(period="2026-Q2", sign_off=("Chief executive",), **cast.lead.who)
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    chief = client_of("chief")
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', chief.get(Q2).content.decode())[1]
    put({("gross_margin", "", "2026-Q2"): 0.7}, run)

    page = chief.post(f"{Q2}do/sign/", {"title": "Chief executive", "digest": digest})

    assert page.status_code == 409
    assert "have changed since you opened the page" in text_of(page)
    scorecard_sign(card_id=card.pk, title="Chief executive", **cast.chief.who)
