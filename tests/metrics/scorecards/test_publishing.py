"""From draft to published: order, rights, what is refused, and that what is frozen stays."""

import hashlib
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from metrics.index import KEY as INDEX
from metrics.models import Scorecard, ScorecardEvent
from metrics.periods import Period
from metrics.scorecards.closed import closed_quarters
from metrics.scorecards.content import content_load
from metrics.scorecards.rules import ScorecardConflict, ScorecardRefused
from metrics.scorecards.selectors import (
    compared,
    content_of,
    restated_after,
    scorecard_get,
    scorecard_shown,
    scorecards_visible,
)
from metrics.scorecards.services import (
    scorecard_change,
    scorecard_comment,
    scorecard_draft,
    scorecard_publish,
    scorecard_return,
    scorecard_sign,
    scorecard_submit,
)
from portfolio.services.rights import grant_add
from tests.metrics.scorecards.stored import make_portfolio, make_run, make_values, put

pytestmark = pytest.mark.django_db
SIGNERS = ("Chief executive", "Finance")


def draft(cast, *, sign_off=SIGNERS, period="2026-Q2", **more):
    card, _new = scorecard_draft(period=period, sign_off=sign_off, **cast.lead.who, **more)
    return card


def published(cast, **more):
    card = draft(cast, sign_off=(), **more)
    return scorecard_publish(card_id=card.pk, **cast.lead.who)


def codes(error):
    return [refusal.code for refusal in error.value.refusals]


def test_the_whole_way_from_draft_to_published(cast):
    make_values()
    card = draft(cast)
    scorecard_change(
        card_id=card.pk,
        revision=1,
        notes={"happened": "Onboarding got faster.", "doing": "Two testers move.", "unknown": "Why portal use fell."},
        comments={"net_promoter_score": "412 answers"},
        **cast.lead.who,
    )
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    scorecard_comment(card_id=card.pk, key="gross_margin", text="Follows hosting.", **cast.finance.who)
    for person, title in ((cast.chief, "Chief executive"), (cast.finance, "Finance")):
        scorecard_sign(card_id=card.pk, title=title, **person.who)
    done = scorecard_publish(card_id=card.pk, **cast.lead.who)

    content = content_load(done.frozen)
    assert done.sha256 == hashlib.sha256(done.frozen.encode()).hexdigest()
    assert [s.title for s in content.signatures] == ["Head of ePMO", "Chief executive", "Finance"]
    assert [s.name for s in content.signatures] == ["Lead Ek", "Chief Ek", "Finance Ek"]
    assert content.notes.unknown == "Why portal use fell."
    nps = content.row("net_promoter_score")
    assert (nps.value, nps.previous, nps.colour, nps.green, nps.comment) == (34.6, 28.0, "green", 30.0, "412 answers")
    assert content.row("gross_margin").comment_by == "Finance Ek"
    assert content.definitions["net_promoter_score"] == 1
    assert list(card.events.values_list("kind", "actor")) == [
        ("drafted", "Lead Ek"),
        ("changed", "Lead Ek"),
        ("submitted", "Lead Ek"),
        ("commented", "Finance Ek"),
        ("signed", "Chief Ek"),
        ("signed", "Finance Ek"),
        ("published", "Lead Ek"),
    ]


def test_rows_stand_in_the_order_of_families_with_money_last(cast):
    make_values()
    content = content_load(published(cast).frozen)

    assert list(dict.fromkeys(row.group for row in content.rows)) == [
        "customer_success",
        "tactical",
        "value_creation",
        "longevity",
        "financial",
    ]


def test_the_bridge_adds_up(cast):
    make_values()
    bridge = content_load(published(cast).frozen).bridge

    assert bridge.before + sum(bridge.factors.values()) == pytest.approx(bridge.after, abs=1e-9)


@pytest.mark.parametrize("missing", ["tactical", "value_creation", "longevity"])
def test_money_without_another_family_is_refused_by_name(cast, missing):
    make_values(without=(missing,))
    card = draft(cast, sign_off=())

    with pytest.raises(ScorecardRefused) as error:
        scorecard_publish(card_id=card.pk, **cast.lead.who)

    assert codes(error) == ["incomplete_360"]
    assert error.value.refusals[0].missing == (missing,)
    assert {"tactical": "Tactical", "value_creation": "Value creation", "longevity": "Longevity"}[missing] in str(
        error.value
    )
    assert Scorecard.objects.get().state == "draft"
    with pytest.raises(ScorecardRefused):
        scorecard_submit(card_id=card.pk, **cast.lead.who)


def test_a_family_taken_off_the_scorecard_is_missing_too(cast):
    make_values()
    card = draft(cast, sign_off=())
    scorecard_change(card_id=card.pk, revision=1, metrics=["gross_margin", "net_promoter_score"], **cast.lead.who)

    with pytest.raises(ScorecardRefused) as error:
        scorecard_publish(card_id=card.pk, **cast.lead.who)

    assert error.value.refusals[0].missing == ("tactical", "longevity")


def test_without_money_nothing_is_missing(cast):
    make_values()
    card = draft(cast, sign_off=())
    scorecard_change(card_id=card.pk, revision=1, metrics=["net_promoter_score"], **cast.lead.who)

    assert scorecard_publish(card_id=card.pk, **cast.lead.who).is_published


def test_net_retention_never_without_gross_retention(cast):
    make_values()
    card = draft(cast, sign_off=())
    keys = [key for key in card.metrics if key != "gross_revenue_retention"]

    with pytest.raises(ScorecardRefused) as error:
        scorecard_change(card_id=card.pk, revision=1, metrics=keys, **cast.lead.who)
    assert codes(error) == ["missing_pair"]
    assert "Gross revenue retention" in str(error.value)

    Scorecard.objects.filter(pk=card.pk).update(metrics=keys)  # past the form
    with pytest.raises(ScorecardRefused) as error:
        scorecard_publish(card_id=card.pk, **cast.lead.who)
    assert codes(error) == ["missing_pair"]


def test_a_quarter_that_is_not_over_is_refused(cast):
    make_values()
    card = draft(cast, sign_off=(), period="2026-Q3")
    Scorecard.objects.filter(pk=card.pk).update(metrics=["net_promoter_score"])

    with pytest.raises(ScorecardRefused) as error:
        scorecard_publish(card_id=card.pk, **cast.lead.who)

    assert codes(error) == ["quarter_not_over"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"period": "2026-07"}, "bad_period"),
        ({"period": "soon"}, "bad_period"),
        ({"period": "2027-Q1"}, "no_values"),
        ({"period": "2026-Q2", "scope_kind": "team", "scope": "T"}, "unknown_scope"),
        ({"period": "2026-Q2", "scope_kind": "portfolio", "scope": "nothing"}, "unknown_scope"),
    ],
)
def test_what_has_no_scorecard(cast, asked, code):
    make_values()
    with pytest.raises(ScorecardRefused) as error:
        scorecard_draft(**asked, **cast.lead.who)
    assert codes(error) == [code]


def test_only_the_lead_drafts_changes_submits_and_publishes(cast):
    make_values()
    for person in (cast.chief, cast.viewer):
        with pytest.raises(PermissionDenied):
            scorecard_draft(period="2026-Q2", **person.who)
    card = draft(cast)
    for person in (cast.chief, cast.viewer):
        for act in (scorecard_submit, scorecard_publish, scorecard_return):
            with pytest.raises(PermissionDenied):
                act(card_id=card.pk, **person.who)
        with pytest.raises(PermissionDenied):
            scorecard_change(card_id=card.pk, revision=1, notes={"happened": "x"}, **person.who)
    assert ScorecardEvent.objects.count() == 1


def test_only_executives_sign_and_only_in_review(cast):
    make_values()
    card = draft(cast)
    with pytest.raises(ScorecardRefused) as error:
        scorecard_sign(card_id=card.pk, title="Finance", **cast.finance.who)
    assert codes(error) == ["wrong_state"]
    scorecard_submit(card_id=card.pk, **cast.lead.who)

    for person in (cast.lead, cast.viewer):
        with pytest.raises(PermissionDenied):
            scorecard_sign(card_id=card.pk, title="Finance", **person.who)
    with pytest.raises(ScorecardRefused) as error:
        scorecard_sign(card_id=card.pk, title="Head of ePMO", **cast.chief.who)
    assert codes(error) == ["unknown_title"]


def test_one_person_signs_once_and_no_place_twice(cast):
    make_values()
    card = draft(cast)
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    scorecard_sign(card_id=card.pk, title="Finance", **cast.finance.who)

    for title, person in (("Chief executive", cast.finance), ("Finance", cast.chief)):
        with pytest.raises(ScorecardRefused) as error:
            scorecard_sign(card_id=card.pk, title=title, **person.who)
        assert codes(error) == ["signed_already"]


def test_publishing_waits_for_every_signature(cast):
    make_values()
    card = draft(cast)
    with pytest.raises(ScorecardRefused) as error:
        scorecard_publish(card_id=card.pk, **cast.lead.who)
    assert codes(error) == ["wrong_state"]
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    scorecard_sign(card_id=card.pk, title="Finance", **cast.finance.who)

    with pytest.raises(ScorecardRefused) as error:
        scorecard_publish(card_id=card.pk, **cast.lead.who)

    assert codes(error) == ["not_signed"]
    assert error.value.refusals[0].missing == ("Chief executive",)


def test_a_signature_stands_for_what_was_signed(cast):
    run = make_values()
    card = draft(cast, sign_off=("Chief executive",))
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    seen = scorecard_shown(card, visible_to=cast.chief.visible).digest
    put({("gross_margin", "", "2026-Q2"): 0.6}, run)
    with pytest.raises(ScorecardRefused) as error:
        scorecard_sign(card_id=card.pk, title="Chief executive", digest=seen, **cast.chief.who)
    assert codes(error) == ["changed_meanwhile"]
    scorecard_sign(card_id=card.pk, title="Chief executive", **cast.chief.who)

    put({("gross_margin", "", "2026-Q2"): 0.7}, run)
    with pytest.raises(ScorecardRefused) as error:
        scorecard_publish(card_id=card.pk, **cast.lead.who)
    assert codes(error) == ["signature_outdated"]

    scorecard_sign(card_id=card.pk, title="Chief executive", **cast.chief.who)
    assert scorecard_publish(card_id=card.pk, **cast.lead.who).is_published


def test_a_later_run_with_the_same_values_leaves_signatures_standing(cast):
    make_values()
    card = draft(cast, sign_off=("Chief executive",))
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    scorecard_sign(card_id=card.pk, title="Chief executive", **cast.chief.who)
    make_values(make_run())

    assert scorecard_publish(card_id=card.pk, **cast.lead.who).is_published


def test_returning_takes_signatures_off(cast):
    make_values()
    card = draft(cast)
    scorecard_submit(card_id=card.pk, **cast.lead.who)
    scorecard_sign(card_id=card.pk, title="Finance", **cast.finance.who)

    returned = scorecard_return(card_id=card.pk, reason="one figure is wrong", **cast.lead.who)

    assert returned.state == "draft"
    assert set(card.sign_offs.values_list("name", flat=True)) == {""}


def test_two_editors_the_second_sees_both_texts(cast):
    make_values()
    card = draft(cast)
    scorecard_change(card_id=card.pk, revision=1, notes={"happened": "mine", "doing": "same"}, **cast.lead.who)

    with pytest.raises(ScorecardConflict) as error:
        scorecard_change(card_id=card.pk, revision=1, notes={"happened": "yours", "doing": "same"}, **cast.lead.who)

    assert error.value.theirs == {"happened": "mine"}
    assert error.value.mine == {"happened": "yours"}
    assert Scorecard.objects.get().happened == "mine"


def test_publishing_twice_is_publishing_once(cast):
    make_values()
    first = published(cast)
    again = scorecard_publish(card_id=first.pk, **cast.lead.who)

    assert again.sha256 == first.sha256
    assert first.events.filter(kind="published").count() == 1


def test_recomputation_never_alters_what_is_published(cast):
    make_values()
    card = published(cast)
    before = scorecard_shown(card, visible_to=cast.chief.visible)

    put({("net_promoter_score", "", "2026-Q2"): -50.0, (INDEX, "", "2026-Q2"): 12.0}, make_run())

    after = scorecard_shown(Scorecard.objects.get(), visible_to=cast.chief.visible)
    assert after.content == before.content
    assert after.sha256 == before.sha256


@pytest.mark.parametrize(
    "change",
    [
        {"frozen": "{}"},
        {"sha256": "0" * 64},
        {"state": "draft", "frozen": "", "sha256": "", "published_at": None},
        {"happened": "x"},
    ],
)
def test_the_database_refuses_changes_to_what_is_published(cast, change):
    make_values()
    card = published(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        Scorecard.objects.filter(pk=card.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Scorecard.objects.filter(pk=card.pk).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        card.events.update(actor="somebody else")


def test_a_restatement_stands_in_the_next_scorecard_once(cast):
    run = make_values()
    first = published(cast, period="2026-Q1")
    second_run = make_run(cause="change 7")
    put({("net_promoter_score", "", "2026-Q1"): 25.0}, second_run)
    _note_restatement(run, second_run, "net_promoter_score", 28.0, 25.0)

    line = restated_after(content_load(first.frozen), visible_to=cast.chief.visible)
    second = content_load(published(cast, period="2026-Q2").frozen)
    put({("net_promoter_score", "", "2026-Q3"): 30.0}, make_run())
    third = scorecard_shown(draft(cast, period="2026-Q3"), visible_to=cast.chief.visible).content

    assert [(r.period, r.metric, r.old, r.new, r.reason) for r in second.restated] == [
        ("2026-Q1", "net_promoter_score", 28.0, 25.0, "change 7")
    ]
    assert line == second.restated
    assert third.restated == ()
    assert content_load(first.frozen).row("net_promoter_score").value == 28.0


def _note_restatement(old_run, new_run, metric, old, new):
    from metrics.cells import OK
    from metrics.models import Component, Restatement, Scope

    Restatement.objects.create(
        run=new_run, chunk=0, component=Component.objects.get(metric=metric, component=""), version=1,
        scope=Scope.objects.get(kind="enterprise"), period="2026-Q1", old_value=old, old_state=OK, old_run=old_run.pk,
        new_value=new, new_state=OK, cause=new_run.cause,
    )  # fmt: skip


def test_publishing_the_enterprise_closes_the_quarter(cast):
    make_values()
    assert closed_quarters() == frozenset()
    published(cast)

    assert closed_quarters() == {"2026-Q2", "2026-04", "2026-05", "2026-06"}


def test_any_two_quarters_compared(cast):
    make_values()
    visible = cast.chief.visible
    published(cast)
    now = content_of(Period.parse("2026-Q2"), "enterprise", "", visible_to=visible)
    before = content_of(Period.parse("2026-Q1"), "enterprise", "", visible_to=visible)

    back = compared(before, now)

    assert back.row("net_promoter_score").previous == 34.6
    assert back.row("net_promoter_score").value == 28.0
    assert back.bridge.after + sum(compared(now, before).bridge.factors.values()) == pytest.approx(back.bridge.before)
    assert compared(now, replace(before, definitions={"net_promoter_score": 0})).bridge is None


def test_a_viewer_sees_published_scorecards_of_own_scopes_only(cast):
    run = make_values()
    scope = make_portfolio()
    put(
        {("net_promoter_score", "", "2026-Q2"): 10.0, ("status_reporting_rate", "", "2026-Q2"): 0.9},
        run,
        kind="portfolio",
        code="PF-1",
    )
    enterprise, own = published(cast), draft(cast, sign_off=(), scope_kind="portfolio", scope="PF-1")
    _grant(cast, scope)
    visible = cast.viewer.visible

    assert scorecard_get("2026-Q2", "enterprise", "", visible_to=visible) is None
    assert scorecard_get("2026-Q2", "portfolio", "PF-1", visible_to=visible) is None  # a draft
    scorecard_change(
        card_id=own.pk,
        revision=1,
        metrics=["net_promoter_score", "status_reporting_rate", "voluntary_turnover_rate"],
        **cast.lead.who,
    )
    scorecard_publish(card_id=own.pk, **cast.lead.who)

    shown = scorecard_shown(scorecard_get("2026-Q2", "portfolio", "PF-1", visible_to=visible), visible_to=visible)
    assert [row.metric for row in shown.content.rows if row.group != "customer_success"] == [
        "status_reporting_rate",
        "net_promoter_score",
    ]
    assert shown.content.rows_hidden == 1  # longevity of the enterprise
    assert [card.pk for card in scorecards_visible(visible_to=visible)] == [own.pk]
    assert {card.pk for card in scorecards_visible(visible_to=cast.chief.visible)} == {enterprise.pk, own.pk}


def _grant(cast, scope):
    from portfolio.models import Portfolio

    grant_add(user=cast.viewer.user, portfolio=Portfolio.objects.get(code=scope.code))
