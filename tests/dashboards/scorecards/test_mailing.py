"""Mails: asked for by the person, made with the rights of that moment, sent once, and noted."""

from datetime import UTC, datetime

import pytest
from django.core import mail

from dashboards.exports.mailing import mailings_send
from metrics.models import Delivery, Subscription
from metrics.scorecards.services import scorecard_change, scorecard_draft, scorecard_publish
from metrics.subscriptions import SubscriptionRefused, subscription_add
from portfolio.models import Grant, Portfolio
from portfolio.services.preferences import preferences_set
from portfolio.services.rights import grant_add
from tests.metrics.scorecards.stored import make_portfolio, make_values, put

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 7, 13, 7, tzinfo=UTC)


def subscribe(person, *, when="published", form="csv", kind="enterprise", code="", language="en"):
    wish = subscription_add(
        recipient=person.user,
        visible=person.visible,
        scope_kind=kind,
        scope=code,
        when=when,
        form=form,
        language=language,
    )
    Subscription.objects.filter(pk=wish.pk).update(created_at=datetime(2026, 7, 1, tzinfo=UTC))
    return wish


def test_a_published_scorecard_is_mailed_once(cast, published):
    subscribe(cast.chief)

    assert (mailings_send(), mailings_send()) == (1, 0)

    message = mail.outbox[0]
    assert message.to == ["chief@example.org"]
    assert message.subject == "Scorecard Q2\u00a02026, Enterprise".replace("\u00a0", " ")
    assert "Customer success rose 6 points to 58." in message.body
    assert published.sha256 in message.body
    assert "http://localhost:8000/scorecards/2026-Q2/" in message.body
    name, _data, kind = message.attachments[0]
    assert (name, kind) == ("scorecard-2026-Q2.csv", "text/csv")
    assert Delivery.objects.get().state == "sent"
    assert published.events.filter(kind="mailed").count() == 1


def test_what_was_published_before_the_wish_is_not_sent(cast, published):
    subscription_add(
        recipient=cast.chief.user, visible=cast.chief.visible, scope_kind="enterprise", scope="", when="published",
        form="csv", language="en",
    )  # fmt: skip

    assert mailings_send() == 0


def test_weekly_mails_wait_for_their_hour_and_go_once_a_week(cast, published):
    subscribe(cast.chief, when="weekly")

    early = mailings_send(datetime(2026, 7, 13, 5, tzinfo=UTC))
    first, again = mailings_send(MONDAY), mailings_send(datetime(2026, 7, 16, 7, tzinfo=UTC))
    next_week = mailings_send(datetime(2026, 7, 20, 7, tzinfo=UTC))

    # Before the hour of this Monday the slot of the week before is past due: it was never asked for then.
    assert (early, first, again, next_week) == (0, 1, 0, 1)
    assert list(Delivery.objects.order_by("id").values_list("slot", flat=True)) == ["week:2026-W29", "week:2026-W30"]


def test_a_mail_speaks_the_language_that_its_recipient_has_chosen_by_then(cast, published):
    subscribe(cast.chief, language="")
    preferences_set(user=cast.chief.user, language="sv")

    mailings_send()

    assert mail.outbox[0].subject.startswith("Styrkort")


def test_a_language_asked_for_one_mail_goes_before_the_settings(cast, published):
    subscribe(cast.chief, language="en")
    preferences_set(user=cast.chief.user, language="sv")

    mailings_send()

    assert mail.outbox[0].subject.startswith("Scorecard")


def test_closed_accounts_get_nothing(cast, published):
    subscribe(cast.chief)
    cast.chief.user.is_active = False
    cast.chief.user.save()

    assert mailings_send() == 0
    assert mail.outbox == []
    assert Delivery.objects.values_list("state", "reason").get() == ("nothing", "The account is closed")


def test_rights_are_those_of_the_moment_of_sending(cast):
    run = make_values()
    make_portfolio()
    put({("status_reporting_rate", "", "2026-Q2"): 0.9}, run, kind="portfolio", code="PF-1")
    grant_add(user=cast.viewer.user, portfolio=Portfolio.objects.get(code="PF-1"))
    subscribe(cast.viewer, kind="portfolio", code="PF-1")
    subscribe(cast.viewer, kind="portfolio", code="PF-1", form="xlsx")
    card, _new = scorecard_draft(period="2026-Q2", scope_kind="portfolio", scope="PF-1", **cast.lead.who)
    scorecard_change(
        card_id=card.pk, revision=1, metrics=["status_reporting_rate", "voluntary_turnover_rate"], **cast.lead.who
    )
    scorecard_publish(card_id=card.pk, **cast.lead.who)
    first = Subscription.objects.get(form="csv")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dashboards.exports.mailing.deliveries_due", lambda now: _only(first, now))
        assert mailings_send() == 1
    assert b"status_reporting_rate" in bytes(mail.outbox[0].attachments[0][1], "utf-8")
    assert b"voluntary_turnover" not in bytes(mail.outbox[0].attachments[0][1], "utf-8")

    Grant.objects.all().delete()
    assert mailings_send() == 0
    assert len(mail.outbox) == 1
    assert Delivery.objects.get(subscription__form="xlsx").reason == "No rights on this scope"


def _only(wish, now):
    from metrics.subscriptions import deliveries_due

    return [due for due in deliveries_due(now) if due.subscription.pk == wish.pk]


def test_a_viewer_cannot_subscribe_to_what_is_outside(cast, published):
    with pytest.raises(SubscriptionRefused):
        subscribe(cast.viewer)


def test_a_failed_mail_is_noted_and_tried_again_later(cast, published, monkeypatch, clock):
    subscribe(cast.chief)
    clock.now = datetime(2026, 12, 1, 8, tzinfo=UTC)

    def broken(self, **kwargs):
        raise OSError("secret@example.org refused")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", broken)
        assert mailings_send() == 0
    assert Delivery.objects.values_list("state", "reason").get() == ("failed", "OSError")
    assert mailings_send() == 0  # not at once

    clock.now = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert mailings_send() == 1
    assert Delivery.objects.values_list("state", "attempts").get() == ("sent", 2)


def test_mails_are_in_the_language_asked_for(cast, published):
    subscribe(cast.chief, language="sv")
    mailings_send()

    assert "kv\u00a02\u00a02026" in mail.outbox[0].subject or "kv 2 2026" in mail.outbox[0].subject


def test_the_register_shows_who_gets_what_to_who_keeps_it(client_of, cast, published):
    subscribe(cast.chief)
    mailings_send()
    page = client_of("lead").get("/scorecards/subscriptions/").content.decode()

    assert "Register: who gets what" in page
    assert "chief" in page
    assert "Register" not in client_of("chief").get("/scorecards/subscriptions/").content.decode()


def test_people_subscribe_and_end_their_own(client_of, cast, published):
    chief, finance = client_of("chief"), client_of("finance")
    form = {"scope": "enterprise:", "when": "monthly", "form": "pdf", "language": "sv"}
    assert chief.post("/scorecards/subscriptions/", form).status_code == 302
    wish = Subscription.objects.get()
    assert (wish.recipient, wish.when, wish.form, wish.language) == (cast.chief.user, "monthly", "pdf", "sv")
    assert finance.post(f"/scorecards/subscriptions/{wish.pk}/end/").status_code == 403
    assert chief.post(f"/scorecards/subscriptions/{wish.pk}/end/").status_code == 302
    assert Subscription.objects.count() == 0
    assert chief.post("/scorecards/subscriptions/", form | {"when": "daily"}).status_code == 422
