"""Mails with scorecards: each made with the rights that its recipient has at that moment, and noted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dashboards.pages.scorecard_sheet import Sheet, sheet_of
from dashboards.scorecard_links import card_url
from metrics.models import Delivery, ScorecardEvent, Subscription
from metrics.scorecards.exporting import File, NotAvailable, scorecard_export
from metrics.scorecards.selectors import Shown, scorecard_get, scorecard_shown
from metrics.subscriptions import Due, deliveries_due, delivery_claim, delivery_finish
from portfolio.selectors.preferences import chosen_by
from portfolio.selectors.visibility import visibility_of

logger = logging.getLogger(__name__)


def mailings_send(now: datetime | None = None) -> int:
    """Send what is due; answers how many mails went out. Repeatable at any time: a slot is served once."""
    moment = now or timezone.now()
    sent = 0
    for due in deliveries_due(moment):
        delivery = delivery_claim(due, moment)
        if delivery is None:
            continue
        with _language(due.subscription):
            sent += _serve(due, delivery)
    return sent


@contextmanager
def _language(wish: Subscription) -> Iterator[None]:
    """The language that was asked for this mail, else the one the recipient has chosen by now."""
    asked = wish.language or chosen_by(wish.recipient).language
    with translation.override(asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        yield


def _serve(due: Due, delivery: Delivery) -> bool:
    """One mail. What cannot be shown to its recipient now is not sent, and the register says why."""
    wish, recipient = due.subscription, due.subscription.recipient
    if not recipient.is_active:
        delivery_finish(delivery, Delivery.State.NOTHING, reason=_("The account is closed"))
        return False
    if not recipient.email:
        delivery_finish(delivery, Delivery.State.NOTHING, reason=_("No e-mail address"))
        return False
    visible = visibility_of(recipient)
    if not visible.sees(wish.scope_kind, wish.scope):
        delivery_finish(delivery, Delivery.State.NOTHING, reason=_("No rights on this scope"))
        return False
    card = scorecard_get(due.period, wish.scope_kind, wish.scope, visible_to=visible)
    if card is None:
        delivery_finish(delivery, Delivery.State.NOTHING, reason=_("No scorecard of this quarter yet"))
        return False
    shown = scorecard_shown(card, visible_to=visible)
    try:
        made = _file(shown, wish, recipient.get_username())
        _message(sheet_of(shown), shown, made, recipient.email).send()
    except (SMTPException, OSError) as error:
        # The address and the server's words may name people: the log gets the kind of error only.
        logger.warning("mail_not_sent", extra={"delivery": delivery.pk, "error": type(error).__name__})
        delivery_finish(delivery, Delivery.State.FAILED, reason=type(error).__name__)
        return False
    delivery_finish(delivery, Delivery.State.SENT, sha256=shown.hash_shown)
    return True


def _file(shown: Shown, wish: Subscription, by: str) -> File | None:
    """The attachment; None where the format cannot be made here, and the mail leads to the page instead."""
    try:
        return scorecard_export(shown, wish.form, by=by, kind=ScorecardEvent.Kind.MAILED)
    except NotAvailable:
        return None


def _message(sheet: Sheet, shown: Shown, made: File | None, address: str) -> EmailMessage:
    card = shown.card
    url = settings.EPMO_URL + card_url("scorecard", card.period, card.scope_kind, card.scope)
    subject = _("Scorecard %(period)s, %(scope)s") % {"period": sheet.period, "scope": sheet.scope}
    lines = [
        sheet.sentence,
        sheet.seal,
        *(f"{note.name}: {note.text}" for note in sheet.notes if note.text),
        sheet.hidden,
        url,
        _("sha256 %(hash)s") % {"hash": sheet.sha256} if sheet.sha256 else "",
        _("You get this because you asked for it. End it at %(url)s")
        % {"url": settings.EPMO_URL + reverse("subscriptions")},
    ]
    # A line break in a subject would be a header of its own.
    message = EmailMessage(" ".join(subject.split()), "\n\n".join(line for line in lines if line), to=[address])
    if made is not None:
        message.attach(made.name, made.data, made.media_type.partition(";")[0])
    return message
