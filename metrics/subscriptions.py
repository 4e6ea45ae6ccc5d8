"""Who gets which scorecard by mail, and what is due: wishes, slots that are claimed once, and the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from metrics.models import Delivery, Scorecard, Subscription
from metrics.periods import Period
from metrics.scorecards.selection import KINDS
from metrics.selectors import scopes_of, state
from portfolio.rights import Visibility

HOUR: Final = 6
"""Mailings of a week or month go out after this hour of the first day, in the enterprise zone."""
RETRY_AFTER: Final = timedelta(minutes=15)
MAX_ATTEMPTS: Final = 3
MOST: Final = 20
"""Subscriptions of one person."""


class SubscriptionRefused(ValueError):
    """A wish that cannot be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription whose turn it is: of which quarter, under which slot."""

    subscription: Subscription
    slot: str
    period: str


@transaction.atomic
def subscription_add(
    *,
    recipient: AbstractBaseUser,
    visible: Visibility,
    scope_kind: str,
    scope: str,
    when: str,
    form: str,
    language: str,
) -> Subscription:
    """Note a person's own wish; the same wish again is the same subscription. Raises SubscriptionRefused.

    A blank language means the one of the recipient's settings when the mail is made.
    """
    if scope_kind not in KINDS or not scopes_of(scope_kind, visible_to=visible, codes=[scope]):
        raise SubscriptionRefused(_("There is no such scope, or it has no scorecards."))
    if when not in Subscription.When or form not in Subscription.Form:
        raise SubscriptionRefused(_("Choose how often and in which format."))
    if not getattr(recipient, "email", ""):
        raise SubscriptionRefused(_("Your account has no e-mail address. Ask an administrator to add one."))
    if Subscription.objects.filter(recipient_id=recipient.pk).count() >= MOST:
        raise SubscriptionRefused(_("You have as many subscriptions as one person can have."))
    wish, _new = Subscription.objects.get_or_create(
        recipient_id=recipient.pk,
        scope_kind=scope_kind,
        scope=scope,
        when=when,
        form=form,
        defaults={
            "language": language if language in ("", *dict(settings.LANGUAGES)) else "en",
            "created_at": timezone.now(),
        },
    )
    return wish


@transaction.atomic
def subscription_remove(*, subscription_id: int, by: AbstractBaseUser, visible: Visibility) -> None:
    """End a subscription: one's own, or anybody's for roles that keep the register."""
    wish = Subscription.objects.select_for_update().filter(pk=subscription_id).first()
    if wish is None:
        return
    if wish.recipient_id != by.pk and not visible.may_write:
        raise PermissionDenied
    wish.delete()


def subscriptions_of(user: AbstractBaseUser) -> list[Subscription]:
    """A person's own subscriptions, with their last mailing. Cost: two queries."""
    return list(Subscription.objects.filter(recipient_id=user.pk).prefetch_related("deliveries"))


def register(*, visible_to: Visibility) -> list[Subscription]:
    """Everybody's subscriptions: who gets what. Only for roles that keep the register. Cost: two queries."""
    if not visible_to.may_write:
        return []
    return list(Subscription.objects.select_related("recipient").prefetch_related("deliveries"))


def deliveries_due(now: datetime) -> list[Due]:
    """Subscriptions whose slot has come and was not served. Cost: four queries."""
    wishes = list(Subscription.objects.select_related("recipient__preferences"))
    if not wishes:
        return []
    zone = ZoneInfo(str(settings.EPMO_TIME_ZONE))
    local = now.astimezone(zone)
    quarter = Period.containing("quarter", state().as_of).previous
    newest = {
        (card.scope_kind, card.scope): card
        for card in Scorecard.objects.filter(state=Scorecard.State.PUBLISHED).defer("frozen").order_by("period")
    }
    served = set(
        Delivery.objects.exclude(state__in=(Delivery.State.SENDING, Delivery.State.FAILED)).values_list(
            "subscription_id", "slot"
        )
    )
    due = []
    for wish in wishes:
        found = _slot(wish, local, quarter, newest.get((wish.scope_kind, wish.scope)))
        if found is not None and (wish.pk, found[0]) not in served:
            due.append(Due(wish, *found))
    return due


def _slot(wish: Subscription, local: datetime, quarter: Period, newest: Scorecard | None) -> tuple[str, str] | None:
    if wish.when == Subscription.When.PUBLISHED:
        if newest is None or newest.published_at is None or newest.published_at < wish.created_at:
            return None
        return f"published:{newest.period}", newest.period
    first = local.date() - timedelta(days=local.weekday()) if wish.when == Subscription.When.WEEKLY else None
    day = first or local.date().replace(day=1)
    starts = datetime(day.year, day.month, day.day, HOUR, tzinfo=local.tzinfo)
    if local < starts or wish.created_at > starts:
        return None
    year, week, _day = day.isocalendar()
    slot = f"week:{year}-W{week:02d}" if first else f"month:{day:%Y-%m}"
    return slot, quarter.code


def delivery_claim(due: Due, now: datetime) -> Delivery | None:
    """Take a slot; None when somebody has it. One that was given up or that failed is taken again, three times."""
    try:
        with transaction.atomic():
            return Delivery.objects.create(subscription=due.subscription, slot=due.slot, period=due.period, at=now)
    except IntegrityError:
        pass
    again = Delivery.objects.filter(
        subscription=due.subscription,
        slot=due.slot,
        state__in=(Delivery.State.SENDING, Delivery.State.FAILED),
        at__lt=now - RETRY_AFTER,
        attempts__lt=MAX_ATTEMPTS,
    )
    held = again.first()
    if held is None or not again.filter(attempts=held.attempts).update(
        at=now, attempts=held.attempts + 1, state=Delivery.State.SENDING
    ):
        return None
    held.refresh_from_db()
    return held


def delivery_finish(delivery: Delivery, state: str, *, reason: str = "", sha256: str = "") -> None:
    """Write down what came of a mailing."""
    delivery.state, delivery.reason, delivery.sha256 = state, reason[:200], sha256
    delivery.save(update_fields=["state", "reason", "sha256"])
