"""`/scorecards/`: quarters as they are drafted and as they were published; publishing, verifying, files."""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.answers import json_answer
from api.columns import OutColumn, json_row
from api.paging import is_place, page_of_list, read_cursor
from api.parameters import PAGE_SIZE, Parameter, choice, text
from api.periods import period_parameter
from api.problems import FieldError, Problem, not_found
from api.schema import JSON_MEDIA, Operation, columns_schema, list_content, object_schema, shape
from api.scorecard_bodies import BODY, Wish, read_draft
from api.view import ApiView, ListView, person
from metrics.models import Scorecard
from metrics.periods import Period, PeriodError
from metrics.scorecards.content import Content
from metrics.scorecards.rules import ScorecardConflict, ScorecardRefused, publish_refusals, sign_off_refusals
from metrics.scorecards.selection import KINDS
from metrics.scorecards.selectors import (
    Shown,
    content_of,
    scorecard_get,
    scorecard_shown,
    scorecards_visible,
)
from metrics.scorecards.services import scorecard_change, scorecard_draft, scorecard_publish
from metrics.selectors import state

NO_DRAFT = "none"
OUT = (
    OutColumn("period"),
    OutColumn("scope_kind"),
    OutColumn("scope"),
    OutColumn("state"),
    OutColumn("revision", "integer"),
    OutColumn("created_at", "instant"),
    OutColumn("created_by"),
    OutColumn("published_at", "instant"),
    OutColumn("published_by"),
    OutColumn("sha256"),
)
URL = {"url": {"type": "string", "format": "uri"}}
CARD = shape("Scorecard", columns_schema(OUT, URL))
REFUSALS = {
    "type": "array",
    "items": object_schema(
        {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "missing": {"type": "array", "items": {"type": "string"}},
        }
    ),
}
WHOLE = shape(
    "ScorecardWhole",
    columns_schema(
        OUT,
        {
            **URL,
            "rule_360": {"type": "object"},
            "digest": {"type": "string"},
            "sign_off": {"type": "array", "items": {"type": "object"}},
            "refusals": REFUSALS,
            "content": {"type": "object"},
            "not_visible": {"type": "integer"},
        },
    ),
)
SCOPE: tuple[Parameter, ...] = (
    choice("scope_kind", KINDS, "Kind of scope; the enterprise unless named."),
    text("scope", "Scope by code."),
)


def card_row(card: Scorecard) -> tuple[Any, ...]:
    """A scorecard as cells."""
    return tuple(getattr(card, column.name) for column in OUT)


def card_json(card: Scorecard, request: Request) -> dict[str, Any]:
    """A scorecard without its content."""
    return {**json_row(OUT, card_row(card)), "url": card_url(card, request)}


def card_url(card: Scorecard, request: Request) -> str:
    """The address of a scorecard."""
    path = reverse("api:scorecard", kwargs={"period": card.period})
    if card.scope_kind != "enterprise":
        path += f"?scope_kind={card.scope_kind}&scope={quote(card.scope, safe='')}"
    return request.build_absolute_uri(path)


def whole_json(shown: Shown, request: Request) -> dict[str, Any]:
    """A scorecard with its content, and why it may not be published as it stands."""
    card = shown.card
    refusals = []
    if not card.is_published:
        refusals = publish_refusals(shown.content)
        wanted = [place.title for place in shown.places if place.position]
        refusals += sign_off_refusals(wanted, shown.content.signatures, shown.outdated)
    return {
        **card_json(card, request),
        "rule_360": shown.content.rule_360,
        "digest": shown.digest,
        "sign_off": [
            {
                "title": place.title,
                "role": place.role,
                "name": place.name,
                "at": place.at.isoformat() if place.at else None,
                "outdated": place.title in shown.outdated,
            }
            for place in shown.places
        ],
        "refusals": [{"code": r.code, "message": r.message, "missing": list(r.missing)} for r in refusals],
        "content": content_json(shown.content),
        "not_visible": shown.content.rows_hidden,
    }


def content_json(content: Content) -> dict[str, Any]:
    """The content as JSON values; a draft's is that of now."""
    plain = asdict(content)
    del plain["rows_hidden"]
    return plain


class ScorecardList(ListView):
    """Scorecards that may be seen, the newest quarter first; POST drafts one."""

    name = "scorecards"
    tag = "scorecards"
    parameters = (
        choice("state", Scorecard.State.values, "Only scorecards in this state."),
        period_parameter("period", "Only this quarter."),
        *SCOPE,
    )

    def get(self, request: Request) -> HttpResponseBase:
        rows = scorecards_visible(visible_to=self.visible)
        for name in ("state", "scope_kind", "scope"):
            if name in self.query:
                rows = rows.filter(**{name: self.query[name]})
        if "period" in self.query:
            rows = rows.filter(period=self.query["period"].code)
        if not self.is_paged:
            return self.file_answer(map(card_row, rows.iterator(500)), OUT)
        cursor = read_cursor(self.query.get("cursor"), is_place)
        page = page_of_list(list(rows), cursor=cursor, size=self.query.get("page_size", PAGE_SIZE))
        return self.object_page_answer(page, lambda card: card_json(card, request), OUT, card_row)

    def post(self, request: Request) -> HttpResponseBase:
        wish = read_draft(request.data, named=True)
        return draft(self, request, wish)

    def operations(self) -> Mapping[str, Operation]:
        made = {200: {JSON_MEDIA: WHOLE}, 201: {JSON_MEDIA: WHOLE}}
        return {
            "GET": Operation("scorecards_list", "Scorecards", {200: list_content(CARD)}),
            "POST": Operation(
                "scorecards_draft",
                "Draft a scorecard, or change a draft",
                made,
                {JSON_MEDIA: BODY},
                problems=(409, 422),
            ),
        }


def quarter_of(period: str) -> Period:
    """The quarter of an address; 404 for anything else."""
    try:
        found = Period.parse(period)
    except PeriodError as error:
        raise not_found() from error
    if found.kind != "quarter":
        raise not_found()
    return found


def scope_of(view: ApiView) -> tuple[str, str]:
    """The scope that a query names; 404 outside the rights, as for one that is not there."""
    kind, code = view.query.get("scope_kind", "enterprise"), view.query.get("scope", "")
    if (kind == "enterprise") != (code == "") or not view.visible.sees(kind, code):
        raise not_found("scope" if code else "")
    return kind, code


def card_of(view: ApiView, period: str) -> Scorecard:
    """The scorecard that an address names."""
    card = scorecard_get(quarter_of(period).code, *scope_of(view), visible_to=view.visible)
    if card is None:
        raise not_found()
    return card


def draft(view: ApiView, request: Request, wish: Wish) -> HttpResponseBase:
    """Draft the scorecard (201), or change the draft that is there (200)."""
    try:
        card, created = draft_write(view, request, wish)
    except ScorecardRefused as refusal:
        raise refusal_problem(refusal) from refusal
    except ScorecardConflict as conflict:
        raise Problem(
            HTTPStatus.CONFLICT,
            _("Somebody else changed it meanwhile."),
            [FieldError(key, "changed_meanwhile", _("Changed since you read it.")) for key in conflict.mine],
            more={"revision": conflict.revision, "theirs": conflict.theirs},
        ) from conflict
    held = scorecard_get(card.period, card.scope_kind, card.scope, visible_to=view.visible)
    if held is None:
        raise not_found()
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    headers = {"Location": card_url(held, request)} if created else {}
    shown = scorecard_shown(held, visible_to=view.visible)
    return json_answer(request, whole_json(shown, request), status=status, headers=headers)


@transaction.atomic
def draft_write(view: ApiView, request: Request, wish: Wish) -> tuple[Scorecard, bool]:
    """Draft and change in one; what is refused leaves nothing behind."""
    card, created = scorecard_draft(
        period=wish.period,
        scope_kind=wish.scope_kind,
        scope=wish.scope,
        sign_off=wish.sign_off or (),
        by=person(request),
        visible=view.visible,
    )
    if wish.changes and (created or not card.is_published):
        scorecard_change(
            card_id=card.pk,
            revision=wish.revision,
            notes=wish.notes,
            comments=wish.comments,
            metrics=wish.metrics,
            sign_off=None if created else wish.sign_off,
            by=person(request),
            visible=view.visible,
        )
    elif wish.changes:
        raise conflict_of_state()
    return card, created


def conflict_of_state() -> Problem:
    """409: what is published does not change."""
    message = _("It is published and never changes. Corrections appear in the next one.")
    return Problem(HTTPStatus.CONFLICT, message, [FieldError("", "wrong_state", message)])


INPUT_CODES = frozenset({"bad_period", "unknown_scope", "unknown_metric", "no_rows", "too_long", "sign_off"})


def refusal_problem(refusal: ScorecardRefused) -> Problem:
    """A refusal as an answer: 400 where the request is wrong, 409 where the scorecard does not allow it now."""
    codes = {one.code for one in refusal.refusals}
    fields = {
        "bad_period": "period",
        "unknown_scope": "scope",
        "unknown_metric": "metrics",
        "incomplete_360": "rule_360",
    }
    errors = [FieldError(fields.get(one.code, ""), one.code, one.message) for one in refusal.refusals]
    more: dict[str, Any] = {
        "refusals": [
            {"code": one.code, "message": one.message, "missing": list(one.missing)} for one in refusal.refusals
        ]
    }
    for one in refusal.refusals:
        if one.code == "incomplete_360":
            more["rule_360"] = {"status": one.code, "missing": list(one.missing)}
    status = HTTPStatus.BAD_REQUEST if codes <= INPUT_CODES else HTTPStatus.CONFLICT
    return Problem(status, " ".join(one.message for one in refusal.refusals), errors, more=more)


class ScorecardDetail(ApiView):
    """One quarter: as published, as drafted, or as stored values have it while nobody has drafted it."""

    tag = "scorecards"
    parameters = SCOPE
    parameters_of_method = {"POST": SCOPE}

    def get(self, request: Request, period: str) -> HttpResponseBase:
        quarter, (kind, code) = quarter_of(period), scope_of(self)
        card = scorecard_get(quarter.code, kind, code, visible_to=self.visible)
        if card is not None:
            return json_answer(request, whole_json(scorecard_shown(card, visible_to=self.visible), request))
        if quarter.start >= state().as_of:
            raise not_found()
        content = content_of(quarter, kind, code, visible_to=self.visible)
        if content is None:
            raise not_found()
        card = Scorecard(period=quarter.code, scope_kind=kind, scope=code, revision=0)
        return json_answer(
            request,
            {
                **card_json(card, request),
                "state": NO_DRAFT,
                "rule_360": content.rule_360,
                "digest": "",
                "sign_off": [],
                "refusals": [],
                "content": content_json(content),
                "not_visible": content.rows_hidden,
            },
        )

    def post(self, request: Request, period: str) -> HttpResponseBase:
        quarter, (kind, code) = quarter_of(period), scope_of(self)
        wish = read_draft(request.data, period=quarter.code, scope_kind=kind, scope=code)
        return draft(self, request, wish)

    def operations(self) -> Mapping[str, Operation]:
        made = {200: {JSON_MEDIA: WHOLE}, 201: {JSON_MEDIA: WHOLE}}
        return {
            "GET": Operation("scorecards_retrieve", "One quarter", {200: {JSON_MEDIA: WHOLE}}),
            "POST": Operation(
                "scorecards_draft_quarter",
                "Draft the quarter, or change its draft",
                made,
                {JSON_MEDIA: BODY},
                problems=(409, 422),
            ),
        }


class ScorecardPublish(ApiView):
    """Freeze a quarter under its hash; refused, with what is missing, while a rule does not hold."""

    tag = "scorecards"
    parameters_of_method = {"POST": SCOPE}

    def post(self, request: Request, period: str) -> HttpResponseBase:
        card = card_of(self, period)
        try:
            scorecard_publish(card_id=card.pk, by=person(request), visible=self.visible)
        except ScorecardRefused as refusal:
            raise refusal_problem(refusal) from refusal
        return json_answer(
            request, whole_json(scorecard_shown(card_of(self, period), visible_to=self.visible), request)
        )

    def operations(self) -> Mapping[str, Operation]:
        return {
            "POST": Operation("scorecards_publish", "Publish a quarter", {200: {JSON_MEDIA: WHOLE}}, problems=(409,))
        }
