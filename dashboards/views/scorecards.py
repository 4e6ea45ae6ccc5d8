"""Scorecards: the list, one quarter, and what people do to it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboards.answering import answer
from dashboards.frame import Link, frame
from dashboards.pages.scorecard import scorecard_page
from dashboards.pages.scorecard_form import Difference, comment_page, differences_of, edit_page
from dashboards.pages.scorecard_sheet import sheet_of
from dashboards.pages.scorecards import scorecards_page
from dashboards.scorecard_links import NOTES, card_url
from dashboards.selectors.measured import published
from dashboards.views.start import start_answer
from metrics.models import Scorecard
from metrics.periods import Period, PeriodError
from metrics.scorecards import services
from metrics.scorecards.rules import ScorecardConflict, ScorecardRefused
from metrics.scorecards.selection import KINDS
from metrics.scorecards.selectors import scorecard_get, scorecard_require, scorecard_shown
from portfolio.selectors.visibility import visibility_for


def quarter_of(text: str) -> Period:
    """The quarter of an address; 404 for anything else."""
    try:
        period = Period.parse(text)
    except PeriodError as error:
        raise Http404(text) from error
    if period.kind != "quarter":
        raise Http404(text)
    return period


def scope_of(request: HttpRequest) -> tuple[str, str]:
    """The scope that an address names; the enterprise without one."""
    kind, code = request.GET.get("scope_kind", "enterprise"), request.GET.get("scope", "")
    if kind not in KINDS or (kind == "enterprise") != (code == ""):
        raise Http404(f"{kind}:{code}")
    return kind, code


def card_of(request: HttpRequest, period: str) -> Scorecard:
    """The scorecard of an address; 404 when there is none that the reader may open."""
    return scorecard_require(quarter_of(period).code, *scope_of(request), visible_to=visibility_for(request))


@require_GET
@login_required
def scorecards(request: HttpRequest) -> HttpResponse:
    """The list."""
    state = published()
    if state is None:
        return start_answer(request, "scorecards", _("Scorecards"))
    number = request.GET.get("page", "1")
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 10_000:
        raise BadRequest(_("There is no such page."))
    page = scorecards_page(
        as_of_quarter=Period.containing("quarter", state.as_of),
        visible=visibility_for(request),
        number=int(number),
    )
    return answer(
        request,
        "dashboards/scorecards.html",
        page=page,
        frame=frame(request, section="scorecards", here=_("Scorecards")),
    )


def list_link() -> Link:
    """The way back to the list."""
    return Link(_("Scorecards"), reverse("scorecards"))


@require_GET
@login_required
def scorecard(request: HttpRequest, period: str) -> HttpResponse:
    """One quarter."""
    return _card_answer(request, period)


def _card_answer(
    request: HttpRequest, period: str, *, refused: ScorecardRefused | None = None, status: int = 200
) -> HttpResponse:
    quarter, (kind, code), visible = quarter_of(period), scope_of(request), visibility_for(request)
    visible.require(kind, code)
    state = published()
    if state is None:
        return start_answer(request, "scorecards", _("Scorecards"))
    against = quarter_of(request.GET["against"]) if request.GET.get("against") else None
    card = scorecard_get(quarter.code, kind, code, visible_to=visible)
    if card is None and quarter.start >= state.as_of:
        raise Http404(period)
    page = scorecard_page(
        card, quarter, kind, code, visible=visible, user_id=request.user.pk or 0, against=against, refused=refused
    )
    if page is None:
        raise Http404(period)
    return answer(
        request,
        "dashboards/scorecard.html",
        page=page,
        frame=frame(
            request,
            section="scorecards",
            here=page.sheet.period,
            crumbs=(list_link(),),
            foot=page.sheet.record,
        ),
        status=status,
    )


@require_POST
@login_required
def scorecard_new(request: HttpRequest) -> HttpResponse:
    """Draft the quarter and scope that the list's form names."""
    if not visibility_for(request).may_write:
        raise PermissionDenied
    kind, _colon, code = request.POST.get("scope", "enterprise:").partition(":")
    try:
        card, created = services.scorecard_draft(
            period=request.POST.get("period", "")[:20],
            scope_kind=kind[:20],
            scope=code[:200],
            sign_off=services.ASKED_TO_SIGN,
            by=user_of(request),
            visible=visibility_for(request),
        )
    except ScorecardRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect("scorecards")
    messages.success(
        request, _("The draft is started.") if created else _("This quarter has a scorecard already."), extra_tags="ok"
    )
    return redirect(card_url("scorecard", card.period, card.scope_kind, card.scope))


def user_of(request: HttpRequest) -> AbstractBaseUser:
    """Who sends a request; only asked behind the log-in."""
    return cast(AbstractBaseUser, request.user)


@require_POST
@login_required
def scorecard_act(request: HttpRequest, period: str, act: str) -> HttpResponse:
    """Draft, submit, return, sign or publish."""
    visible = visibility_for(request)
    user = user_of(request)
    kind, code = scope_of(request)
    visible.require(kind, code)
    done = {
        "draft": _("The draft is started."),
        "submit": _("It is in review: executives can comment and sign."),
        "return": _("It is a draft again; signatures were taken off."),
        "sign": _("You have signed."),
        "publish": _("Published: the figures are frozen and the quarter is closed."),
    }
    if act not in done:
        raise Http404(act)
    if not (visible.may_sign if act == "sign" else visible.may_write):
        raise PermissionDenied
    try:
        if act == "draft":
            services.scorecard_draft(
                period=quarter_of(period).code,
                scope_kind=kind,
                scope=code,
                sign_off=services.ASKED_TO_SIGN,
                by=user,
                visible=visible,
            )
        else:
            who: dict[str, Any] = {"card_id": card_of(request, period).pk, "by": user, "visible": visible}
            if act == "submit":
                services.scorecard_submit(**who)
            elif act == "return":
                services.scorecard_return(reason=request.POST.get("reason", "")[:500], **who)
            elif act == "sign":
                digest = request.POST.get("digest", "")
                services.scorecard_sign(title=request.POST.get("title", "")[:200], digest=digest, **who)
            else:
                services.scorecard_publish(**who)
    except ScorecardRefused as refused:
        return _card_answer(request, period, refused=refused, status=409)
    messages.success(request, done[act], extra_tags="ok")
    return redirect(card_url("scorecard", period, kind, code))


@require_http_methods(["GET", "POST"])
@login_required
def scorecard_edit(request: HttpRequest, period: str) -> HttpResponse:
    """The form of a draft. A second editor gets both texts side by side."""
    visible = visibility_for(request)
    card = card_of(request, period)
    if not visible.may_write:
        raise PermissionDenied
    back = card_url("scorecard", card.period, card.scope_kind, card.scope)
    sent: dict[str, Any] | None = None
    differences: tuple[Difference, ...] = ()
    errors: tuple[str, ...] = ()
    status = 200
    if request.method == "POST":
        sent = _sent(request)
        try:
            services.scorecard_change(
                card_id=card.pk,
                revision=_revision(request),
                notes={name: sent[name] for name in NOTES},
                comments={k.removeprefix("comment:"): v for k, v in sent.items() if k.startswith("comment:")},
                metrics=sent["metrics"],
                sign_off=sent["sign_off"],
                by=user_of(request),
                visible=visible,
            )
        except ScorecardConflict as conflict:
            differences, status = differences_of(conflict.theirs, conflict.mine), 409
        except ScorecardRefused as refused:
            errors, status = tuple(r.message for r in refused.refusals), 422
        else:
            messages.success(request, _("Saved."), extra_tags="ok")
            return redirect(back)
        card = card_of(request, period)
    elif card.state != Scorecard.State.DRAFT:
        return redirect(back)
    sheet = sheet_of(scorecard_shown(card, visible_to=visible))
    page = edit_page(card, sheet, sent=sent, differences=differences, errors=errors)
    return answer(
        request,
        "dashboards/scorecard_edit.html",
        page=page,
        frame=frame(request, section="scorecards", here=_("Edit"), crumbs=(list_link(), Link(sheet.period, back))),
        status=status,
    )


def _sent(request: HttpRequest) -> dict[str, Any]:
    """The form as it was sent."""
    sent: dict[str, Any] = {name: request.POST.get(name, "") for name in NOTES}
    sent |= {name: request.POST.get(name, "") for name in request.POST if name.startswith("comment:")}
    sent["metrics"] = [key for key in request.POST.getlist("metrics") if len(key) <= 100]
    sent["sign_off"] = [line.strip() for line in request.POST.get("sign_off", "").splitlines() if line.strip()]
    return sent


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadRequest(_("The form is incomplete. Open it again."))
    return int(text)


@require_http_methods(["GET", "POST"])
@login_required
def scorecard_comment(request: HttpRequest, period: str) -> HttpResponse:
    """Say something of one row, in draft or review."""
    visible = visibility_for(request)
    card = card_of(request, period)
    if not visible.may_sign:
        raise PermissionDenied
    key = request.GET.get("row", "")
    back = card_url("scorecard", card.period, card.scope_kind, card.scope)
    shown = scorecard_shown(card, visible_to=visible)
    sent: str | None = None
    differences: tuple[Difference, ...] = ()
    errors: tuple[str, ...] = ()
    status = 200
    if request.method == "POST":
        sent = request.POST.get("text", "")
        try:
            services.scorecard_comment(
                card_id=card.pk,
                key=key,
                text=sent,
                before=request.POST.get("before"),
                by=user_of(request),
                visible=visible,
            )
        except ScorecardConflict as conflict:
            differences, status = differences_of(conflict.theirs, conflict.mine), 409
        except ScorecardRefused as refused:
            errors, status = tuple(r.message for r in refused.refusals), 422
        else:
            messages.success(request, _("Saved."), extra_tags="ok")
            return redirect(back)
        card = card_of(request, period)
        shown = scorecard_shown(card, visible_to=visible)
    page = comment_page(card, sheet_of(shown), key, sent=sent, differences=differences, errors=errors)
    if page is None:
        raise Http404(key)
    return answer(
        request,
        "dashboards/scorecard_comment.html",
        page=page,
        frame=frame(
            request,
            section="scorecards",
            here=_("Comment"),
            crumbs=(list_link(), Link(page.period, back)),
        ),
        status=status,
    )
