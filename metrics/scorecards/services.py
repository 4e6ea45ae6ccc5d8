"""What people do with a scorecard: draft, change, comment, submit, sign, publish. Each is recorded.

Order: a draft is changed by the PMO lead and sent to review; in review executives comment and sign; when all who were
asked have signed what stands there now, the lead publishes. Publishing freezes the content and closes the quarter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from metrics.models import Scorecard, ScorecardComment, ScorecardEvent, SignOff
from metrics.periods import Period, PeriodError
from metrics.registry import FACTORS
from metrics.scorecards.building import content_build, texts_of
from metrics.scorecards.content import Content, Signature, canonical, sha256, signing_digest
from metrics.scorecards.rules import (
    Refusal,
    ScorecardConflict,
    ScorecardRefused,
    pair_refusals,
    publish_refusals,
    sign_off_refusals,
)
from metrics.scorecards.selection import KINDS, in_order, metrics_default, metrics_listed
from metrics.selectors import scopes_of, state
from metrics.storage import PUBLICATION_LOCK
from portfolio.rights import Role, Visibility

LEAD_TITLE: Final = "Head of ePMO"
ASKED_TO_SIGN: Final = ("Chief executive",)
"""Who a draft asks to sign when it is started on a page; a program names its own."""
SIGNING_ROLES: Final = (Role.EXECUTIVE,)
NOTES: Final = ("happened", "doing", "unknown")
LONGEST: Final = {"note": 4000, "comment": 500, "title": 100}
MOST_SIGNERS: Final = 8
Kind = ScorecardEvent.Kind


def name_of(user: AbstractBaseUser) -> str:
    """The name that stands in records: the full one, else the log-in."""
    full = user.get_full_name() if hasattr(user, "get_full_name") else ""
    return (full or user.get_username())[:150]


def _record(card: Scorecard, kind: str, actor: str, **detail: Any) -> None:
    ScorecardEvent.objects.create(scorecard=card, at=timezone.now(), kind=kind, actor=actor, detail=detail)


def event_record(card: Scorecard, kind: str, actor: str, **detail: Any) -> None:
    """Adds an entry to a scorecard's record."""
    _record(card, kind, actor, **detail)


def _may_write(visible: Visibility, card: Scorecard | None = None) -> None:
    if not visible.may_write or (card is not None and not visible.sees(card.scope_kind, card.scope)):
        raise PermissionDenied


def _locked(pk: int) -> Scorecard:
    return Scorecard.objects.select_for_update().get(pk=pk)


def _in_state(card: Scorecard, *wanted: str) -> None:
    if card.state not in wanted:
        raise ScorecardRefused(Refusal("wrong_state", _wrong_state(card)))


def _wrong_state(card: Scorecard) -> str:
    return {
        Scorecard.State.DRAFT: _("It is a draft: send it to review first."),
        Scorecard.State.REVIEW: _("It is in review: return it to draft before changing it."),
        Scorecard.State.PUBLISHED: _("It is published and never changes. Corrections appear in the next one."),
    }[Scorecard.State(card.state)]


@transaction.atomic
def scorecard_draft(
    *,
    period: str,
    by: AbstractBaseUser,
    visible: Visibility,
    scope_kind: str = "enterprise",
    scope: str = "",
    sign_off: Sequence[str] = (),
) -> tuple[Scorecard, bool]:
    """The draft of a quarter and scope, and whether it is new; an existing scorecard is answered as it is.

    Raises ScorecardRefused for what is no quarter with values or no scope that has scorecards.
    """
    _may_write(visible)
    quarter = _quarter(period)
    if (
        scope_kind not in KINDS
        or not visible.sees(scope_kind, scope)
        or not scopes_of(scope_kind, visible_to=visible, codes=[scope])
    ):
        raise ScorecardRefused(Refusal("unknown_scope", _("There is no such scope, or it has no scorecards.")))
    if state().run is None or quarter.start >= state().as_of:
        raise ScorecardRefused(Refusal("no_values", _("%(period)s has not begun.") % {"period": quarter.code}))
    card, created = Scorecard.objects.get_or_create(
        period=quarter.code,
        scope_kind=scope_kind,
        scope=scope,
        defaults={"metrics": metrics_default(scope_kind), "created_by": name_of(by)},
    )
    if created:
        _sign_offs_set(card, sign_off)
        _record(card, Kind.DRAFTED, name_of(by), sign_off=list(sign_off))
    return card, created


def _quarter(text: str) -> Period:
    try:
        period = Period.parse(text)
    except PeriodError as error:
        raise ScorecardRefused(Refusal("bad_period", _("A scorecard is of a quarter, such as 2026-Q3."))) from error
    if period.kind != "quarter":
        raise ScorecardRefused(Refusal("bad_period", _("A scorecard is of a quarter, such as 2026-Q3.")))
    return period


@transaction.atomic
def scorecard_change(
    *,
    card_id: int,
    revision: int | None,
    by: AbstractBaseUser,
    visible: Visibility,
    notes: Mapping[str, str] | None = None,
    comments: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    sign_off: Sequence[str] | None = None,
) -> Scorecard:
    """Change a draft. What is None stays. Raises ScorecardConflict when `revision` is not the stored one."""
    card = _locked(card_id)
    _may_write(visible, card)
    _in_state(card, Scorecard.State.DRAFT)
    mine = _wanted(notes, comments, metrics, sign_off)
    theirs = _now(card)
    if revision is not None and revision != card.revision:
        differing = {key for key, value in mine.items() if theirs.get(key, "") != value}
        raise ScorecardConflict(
            card.revision, {key: theirs.get(key, "") for key in differing}, {key: mine[key] for key in differing}
        )
    changed = {key: [theirs.get(key, ""), value] for key, value in mine.items() if theirs.get(key, "") != value}
    if not changed:
        return card
    _check(card, mine)
    for name in NOTES:
        setattr(card, name, mine.get(name, getattr(card, name)))
    if "metrics" in mine:
        card.metrics = list(mine["metrics"])
    for key, text in mine.items():
        if key.startswith("comment:"):
            _comment_set(card, key.removeprefix("comment:"), text, name_of(by))
    if "sign_off" in mine:
        _sign_offs_set(card, mine["sign_off"])
    card.revision += 1
    card.save()
    _record(card, Kind.CHANGED, name_of(by), **changed)
    return card


def _wanted(
    notes: Mapping[str, str] | None,
    comments: Mapping[str, str] | None,
    metrics: Sequence[str] | None,
    sign_off: Sequence[str] | None,
) -> dict[str, Any]:
    wanted: dict[str, Any] = {name: _clean(text) for name, text in (notes or {}).items() if name in NOTES}
    wanted |= {f"comment:{key}": _clean(text) for key, text in (comments or {}).items()}
    if metrics is not None:
        ordered = in_order(metrics)
        # What the catalogue does not know stays, so that it is refused by name.
        wanted["metrics"] = [*ordered, *(key for key in dict.fromkeys(metrics) if key not in ordered)]
    if sign_off is not None:
        wanted["sign_off"] = list(dict.fromkeys(filter(None, (_clean(title) for title in sign_off))))
    return wanted


def _now(card: Scorecard) -> dict[str, Any]:
    return {
        **{name: getattr(card, name) for name in NOTES},
        **{f"comment:{comment.metric}": comment.text for comment in card.comments.all()},
        "metrics": list(in_order(card.metrics)),
        "sign_off": [place.title for place in card.sign_offs.all() if place.position],
    }


def _clean(text: str) -> str:
    """Text as it is stored: one kind of line end, no control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(letter for letter in lines if letter == "\n" or letter == "\t" or letter.isprintable())


def _check(card: Scorecard, mine: Mapping[str, Any]) -> None:
    refusals: list[Refusal] = []
    for key, value in mine.items():
        limit = LONGEST["note"] if key in NOTES else LONGEST["comment"] if key.startswith("comment:") else None
        if limit is not None and len(value) > limit:
            refusals.append(
                Refusal(
                    "too_long", _("At most %(n)s characters; this has %(m)s.") % {"n": limit, "m": len(value)}, (key,)
                )
            )
    unknown = sorted(set(mine.get("metrics", ())) - set(metrics_listed(card.scope_kind)))
    if unknown:
        refusals.append(
            Refusal(
                "unknown_metric",
                _("Not measured for this scope: %(names)s.") % {"names": ", ".join(unknown)},
                tuple(unknown),
            )
        )
    if "metrics" in mine and not mine["metrics"]:
        refusals.append(Refusal("no_rows", _("Choose at least one measure.")))
    refusals += pair_refusals(mine.get("metrics", ()))
    titles = mine.get("sign_off", ())
    if len(titles) > MOST_SIGNERS or any(len(title) > LONGEST["title"] for title in titles):
        refusals.append(Refusal("sign_off", _("At most eight people sign, each under a short title.")))
    if refusals:
        raise ScorecardRefused(*refusals)


def _sign_offs_set(card: Scorecard, titles: Sequence[str]) -> None:
    card.sign_offs.all().delete()
    places = [SignOff(scorecard=card, position=0, title=LEAD_TITLE, role=Role.PMO_LEAD)]
    places += [
        SignOff(scorecard=card, position=at, title=title, role=Role.EXECUTIVE)
        for at, title in enumerate(titles, start=1)
    ]
    SignOff.objects.bulk_create(places)


def _comment_set(card: Scorecard, key: str, text: str, by: str) -> None:
    known = {*card.metrics, "customer_success_index", *(f"customer_success_index:{f}" for f in FACTORS)}
    if key not in known:
        raise ScorecardRefused(Refusal("unknown_metric", _("This measure is not on the scorecard."), (key,)))
    if not text:
        card.comments.filter(metric=key).delete()
        return
    ScorecardComment.objects.update_or_create(
        scorecard=card, metric=key, defaults={"text": text, "by": by, "at": timezone.now()}
    )


@transaction.atomic
def scorecard_comment(
    *, card_id: int, key: str, text: str, by: AbstractBaseUser, visible: Visibility, before: str | None = None
) -> Scorecard:
    """Say something of one row, in draft or review: whoever signs may. `before` is the text that the form showed.

    In review a comment changes what signatures stand for: those given before must be given again.
    """
    card = _locked(card_id)
    if not visible.may_sign or not visible.sees(card.scope_kind, card.scope):
        raise PermissionDenied
    _in_state(card, Scorecard.State.DRAFT, Scorecard.State.REVIEW)
    said = _clean(text)
    if len(said) > LONGEST["comment"]:
        raise ScorecardRefused(
            Refusal(
                "too_long", _("At most %(n)s characters; this has %(m)s.") % {"n": LONGEST["comment"], "m": len(said)}
            )
        )
    held = card.comments.filter(metric=key).first()
    now = held.text if held is not None else ""
    if before is not None and _clean(before) != now:
        raise ScorecardConflict(card.revision, {f"comment:{key}": now}, {f"comment:{key}": said})
    if now != said:
        _comment_set(card, key, said, name_of(by))
        Scorecard.objects.filter(pk=card.pk).update(revision=card.revision + 1)
        _record(card, Kind.COMMENTED, name_of(by), metric=key, before=now, after=said)
    card.refresh_from_db()
    return card


def content_now(card: Scorecard, signatures: Sequence[Signature] = ()) -> Content:
    """The content that a draft has now."""
    return content_build(
        Period.parse(card.period), card.scope_kind, card.scope, card.metrics, texts_of(card, signatures)
    )


@transaction.atomic
def scorecard_submit(*, card_id: int, by: AbstractBaseUser, visible: Visibility) -> Scorecard:
    """Send a draft to review. The lead's own signature is given with it."""
    card = _locked(card_id)
    _may_write(visible, card)
    _in_state(card, Scorecard.State.DRAFT)
    content = content_now(card)
    refusals = publish_refusals(content)
    if refusals:
        raise ScorecardRefused(*refusals)
    _lead_signs(card, by, signing_digest(content))
    card.state = Scorecard.State.REVIEW
    card.revision += 1
    card.save()
    _record(card, Kind.SUBMITTED, name_of(by))
    return card


def _lead_signs(card: Scorecard, by: AbstractBaseUser, digest: str) -> None:
    card.sign_offs.filter(position=0).update(user_id=by.pk, name=name_of(by), at=timezone.now(), digest=digest)


@transaction.atomic
def scorecard_return(*, card_id: int, by: AbstractBaseUser, visible: Visibility, reason: str = "") -> Scorecard:
    """Back to draft; every signature is taken off."""
    card = _locked(card_id)
    _may_write(visible, card)
    _in_state(card, Scorecard.State.REVIEW)
    card.sign_offs.update(user=None, name="", at=None, digest="")
    card.state = Scorecard.State.DRAFT
    card.revision += 1
    card.save()
    _record(card, Kind.RETURNED, name_of(by), reason=_clean(reason)[:500])
    return card


@transaction.atomic
def scorecard_sign(
    *, card_id: int, by: AbstractBaseUser, visible: Visibility, title: str, digest: str | None = None
) -> SignOff:
    """Sign under a title, in review. `digest` is of what the signer saw: refused when that has changed meanwhile."""
    card = _locked(card_id)
    if not visible.may_sign or visible.role not in SIGNING_ROLES or not visible.sees(card.scope_kind, card.scope):
        raise PermissionDenied
    _in_state(card, Scorecard.State.REVIEW)
    place = card.sign_offs.filter(title=title, role=visible.role).first()
    if place is None:
        raise ScorecardRefused(
            Refusal("unknown_title", _("Nobody is asked to sign as %(title)s.") % {"title": title[:100]})
        )
    now = signing_digest(content_now(card))
    if place.user_id not in (None, by.pk):
        raise ScorecardRefused(Refusal("signed_already", _("%(name)s has signed here.") % {"name": place.name}))
    if card.sign_offs.filter(user_id=by.pk).exclude(pk=place.pk).exists():
        raise ScorecardRefused(Refusal("signed_already", _("One person signs once.")))
    if digest is not None and digest != now:
        raise ScorecardRefused(
            Refusal("changed_meanwhile", _("Figures or texts have changed since you opened the page. Read it again."))
        )
    place.user_id, place.name, place.at, place.digest = by.pk, name_of(by), timezone.now(), now
    place.save()
    _record(card, Kind.SIGNED, name_of(by), title=title, digest=now)
    return place


def signatures_of(card: Scorecard, digest: str) -> tuple[tuple[Signature, ...], tuple[str, ...]]:
    """Signatures that stand for a digest, and titles whose signature is of something older. Cost: one query."""
    standing, outdated = [], []
    for place in card.sign_offs.all():
        if place.at is None:
            continue
        if place.digest == digest:
            standing.append(Signature(place.title, place.role, place.name, place.at.isoformat()))
        elif place.position:
            outdated.append(place.title)
    return tuple(standing), tuple(outdated)


def _no_run_publishes() -> None:
    """Until the transaction ends no run can be published, so that all values are of one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLICATION_LOCK])


@transaction.atomic
def scorecard_publish(
    *,
    card_id: int,
    by: AbstractBaseUser,
    visible: Visibility,
    on_published: Callable[[Scorecard], None] | None = None,
) -> Scorecard:
    """Freeze the content under its hash. A second call answers the published scorecard.

    Raises ScorecardRefused: money without the other families, a pair apart, a quarter not over, signatures missing.
    Where nobody was asked to sign a draft is published at once.
    """
    card = _locked(card_id)
    _may_write(visible, card)
    if card.is_published:
        return card
    _no_run_publishes()
    wanted = [place.title for place in card.sign_offs.all() if place.position]
    content = content_now(card)
    refusals = publish_refusals(content)
    if wanted and card.state == Scorecard.State.DRAFT:
        refusals.append(Refusal("wrong_state", _wrong_state(card), tuple(wanted)))
    digest = signing_digest(content)
    standing, outdated = signatures_of(card, digest)
    if card.state == Scorecard.State.REVIEW:
        refusals += sign_off_refusals(wanted, standing, outdated)
    if refusals:
        raise ScorecardRefused(*refusals)
    if not any(signature.title == LEAD_TITLE for signature in standing):
        _lead_signs(card, by, digest)
        standing, _outdated = signatures_of(card, digest)
    now = timezone.now()
    final = replace(content, signatures=standing, published_at=now.isoformat(), published_by=name_of(by))
    card.frozen = canonical(final)
    card.sha256 = sha256(card.frozen)
    card.state = Scorecard.State.PUBLISHED
    card.published_at, card.published_by = now, name_of(by)
    card.revision += 1
    card.save()
    _record(card, Kind.PUBLISHED, name_of(by), sha256=card.sha256, run=content.run)
    if on_published is not None:
        on_published(card)
    return card
