"""Scorecards: the list of quarters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.html import format_html
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import scorecard_text as said
from dashboards.parts import Answer, Empty, Pager, Status, strong
from dashboards.scorecard_links import Choice, card_url, state_status
from metrics.index import KEY as INDEX
from metrics.models import Scorecard
from metrics.periods import Period
from metrics.scorecards.content import content_load
from metrics.scorecards.selectors import scorecards_visible
from portfolio.rights import Visibility

ON_A_PAGE = 25
QUARTERS = 12


@dataclass(frozen=True, slots=True)
class CardLine:
    """One scorecard of the list."""

    period: str
    scope: str
    url: str
    status: Status
    index: str
    sentence: str
    published: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ScorecardsPage:
    """The list of scorecards."""

    answer: Answer
    cards: tuple[CardLine, ...]
    pager: Pager | None
    empty: Empty | None
    quarters: tuple[Choice, ...]
    scopes: tuple[Choice, ...]


def scorecards_page(*, as_of_quarter: Period, visible: Visibility, number: int = 1) -> ScorecardsPage:
    """Scorecards that the reader may open, newest quarter first. Cost: four queries."""
    rows = scorecards_visible(visible_to=visible).defer(None)
    start = (number - 1) * ON_A_PAGE
    found = list(rows[start : start + ON_A_PAGE + 1])
    shown = found[:ON_A_PAGE]
    names = _scope_names(shown)
    lines = tuple(_line(card, names) for card in shown)
    waiting = sum(card.state == Scorecard.State.REVIEW for card in shown)
    may_draft = visible.may_write
    finished = as_of_quarter.previous
    quarters = [as_of_quarter.shift(-back) for back in range(QUARTERS)] if may_draft else []
    return ScorecardsPage(
        answer=_list_answer(shown, names, waiting),
        cards=lines,
        pager=Pager(
            said=_("Page %(n)s") % {"n": f.number(number)},
            previous=f"?page={number - 1}" if number > 1 else "",
            next=f"?page={number + 1}" if len(found) > ON_A_PAGE else "",
        )
        if number > 1 or len(found) > ON_A_PAGE
        else None,
        empty=None if lines else _no_cards(may_draft),
        quarters=tuple(Choice(q.code, f.period(q.code), q == finished) for q in quarters),
        scopes=_scope_choices() if may_draft else (),
    )


def _list_answer(cards: Sequence[Scorecard], names: Mapping[tuple[str, str], str], waiting: int) -> Answer:
    newest = next((card for card in cards if card.is_published and card.scope_kind == "enterprise"), None)
    newest = newest or next((card for card in cards if card.is_published), None)
    if newest is None:
        sentence: str = _("No quarter has been published yet.")
    else:
        row = content_load(newest.frozen).row(INDEX)
        value = f.number(row.value) if row is not None else f.ABSENT
        sentence = format_html(
            _("{period} is the last published quarter: {scope}, customer success {value}."),
            period=strong(f.period(newest.period)),
            scope=names.get((newest.scope_kind, newest.scope), newest.scope),
            value=strong(value),
        )
    support = ""
    if waiting:
        support = _("Waiting for signatures: %(n)s.") % {"n": f.number(waiting)}
    return Answer(sentence, support)


def _no_cards(may_draft: bool) -> Empty:
    return Empty(
        _("No scorecard yet"),
        _("A scorecard freezes a quarter’s figures, with what was said of them and who signed."),
        (
            (_("Choose a quarter and a scope below, and start a draft."),)
            if may_draft
            else (_("The PMO lead drafts one for each quarter; published ones appear here."),)
        ),
    )


def _line(card: Scorecard, names: Mapping[tuple[str, str], str]) -> CardLine:
    index = sentence = ""
    if card.is_published:
        content = content_load(card.frozen)
        row = content.row(INDEX)
        index = f.number(row.value) if row is not None else ""
        sentence = said.sentence(content)
    return CardLine(
        f.period(card.period),
        names.get((card.scope_kind, card.scope), card.scope),
        card_url("scorecard", card.period, card.scope_kind, card.scope),
        state_status(card.state),
        index,
        sentence,
        f.date(card.published_at.date()) if card.published_at is not None else "",
        f"{card.sha256[:4]}…{card.sha256[-4:]}" if card.sha256 else "",
    )


def _scope_names(cards: Sequence[Scorecard]) -> dict[tuple[str, str], str]:
    """Names of the scopes of some scorecards. Cost: one query."""
    found = {("enterprise", ""): text.scope_kind("enterprise")}
    codes = [card.scope for card in cards if card.scope_kind != "enterprise"]
    if not codes:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, code, name FROM portfolio_portfolios WHERE code = ANY(%s) UNION ALL "
            "SELECT 'customer', code, name FROM portfolio_customers WHERE code = ANY(%s) UNION ALL "
            "SELECT 'project', code, name FROM portfolio_projects WHERE code = ANY(%s)",
            [codes, codes, codes],
        )
        for kind, code, name in cursor.fetchall():
            found[(kind, code)] = f"{text.scope_kind(kind)} {name or code}"
    return found


def _scope_choices() -> tuple[Choice, ...]:
    """Enterprise, portfolios and programs; customers and projects are reached from their own pages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, code, name FROM portfolio_portfolios WHERE deleted_at IS NULL ORDER BY kind, name LIMIT 500"
        )
        rows = cursor.fetchall()
    return (
        Choice("enterprise:", text.scope_kind("enterprise"), True),
        *(Choice(f"{kind}:{code}", f"{text.scope_kind(kind)} {name or code}") for kind, code, name in rows),
    )
