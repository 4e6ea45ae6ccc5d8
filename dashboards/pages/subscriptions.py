"""Who gets which scorecard by mail, and a person's saved views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.parts import Status
from dashboards.scorecard_links import Choice
from metrics.models import Delivery, SavedView, Subscription
from metrics.saved_views import views_of
from metrics.subscriptions import register, subscriptions_of
from portfolio.rights import Visibility
from portfolio.selectors.preferences import chosen_by

MOST_SCOPES = 500


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """One subscription, with its last mailing."""

    number: int
    who: str
    scope: str
    when: str
    form: str
    language: str
    last: Status
    last_at: str


@dataclass(frozen=True, slots=True)
class SubscriptionsPage:
    """One's own subscriptions, the form, and for those who keep it the register."""

    sentence: str
    own: tuple[SubscriptionLine, ...]
    register: tuple[SubscriptionLine, ...]
    keeps_register: bool
    scopes: tuple[Choice, ...]
    whens: tuple[Choice, ...]
    forms: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    address: str
    error: str


def subscriptions_page(
    user: AbstractBaseUser, *, visible: Visibility, language: str, languages: Sequence[tuple[str, Any]], error: str = ""
) -> SubscriptionsPage:
    """The page of a person. Cost: five queries."""
    own, every = subscriptions_of(user), register(visible_to=visible)
    names = _names([*own, *every])
    return SubscriptionsPage(
        sentence=ngettext("You get %(n)s scorecard by mail.", "You get %(n)s scorecards by mail.", len(own))
        % {"n": f.number(len(own))}
        if own
        else _("You get no scorecard by mail."),
        own=tuple(_line(wish, names, "") for wish in own),
        register=tuple(_line(wish, names, wish.recipient.get_username()) for wish in every),
        keeps_register=visible.may_write,
        scopes=_scopes(visible),
        whens=tuple(Choice(key, str(word)) for key, word in Subscription.When.choices),
        forms=tuple(Choice(key, str(word)) for key, word in Subscription.Form.choices),
        languages=_languages(user, language, languages),
        address=str(getattr(user, "email", "")),
        error=error,
    )


def _languages(user: AbstractBaseUser, now: str, every: Sequence[tuple[str, Any]]) -> tuple[Choice, ...]:
    """As the settings say, where they say one; else the language that the page is read in stands first."""
    own = chosen_by(user).language
    first = [Choice("", _("As in your settings"), True)] if own else []
    return (*first, *(Choice(key, str(word), not own and key == now) for key, word in every))


def _line(wish: Subscription, names: dict[tuple[str, str], str], who: str) -> SubscriptionLine:
    last = next(iter(wish.deliveries.all()), None)
    words = {
        Delivery.State.SENDING: Status("watch", _("Being sent")),
        Delivery.State.SENT: Status("ok", _("Sent")),
        Delivery.State.NOTHING: Status(
            "none", last.reason if last is not None and last.reason else _("Nothing to send")
        ),
        Delivery.State.FAILED: Status("bad", _("Failed")),
    }
    return SubscriptionLine(
        wish.pk,
        who,
        names.get((wish.scope_kind, wish.scope), wish.scope),
        wish.get_when_display(),
        wish.form.upper(),
        wish.language,
        words[Delivery.State(last.state)] if last is not None else Status("none", _("Not yet")),
        f.instant(last.at) if last is not None else "",
    )


def _names(wishes: Sequence[Subscription]) -> dict[tuple[str, str], str]:
    """Names of scopes. Cost: one query."""
    found = {("enterprise", ""): text.scope_kind("enterprise")}
    codes = sorted({wish.scope for wish in wishes if wish.scope})
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


def _scopes(visible: Visibility) -> tuple[Choice, ...]:
    """Scopes that the reader may subscribe to: portfolios, programs and customers inside the rights. One query."""
    choices = [Choice("enterprise:", text.scope_kind("enterprise"))] if visible.reads_all else []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, code, name FROM portfolio_portfolios WHERE deleted_at IS NULL UNION ALL "
            "SELECT 'customer', code, name FROM portfolio_customers WHERE deleted_at IS NULL ORDER BY 1, 3"
        )
        for kind, code, name in cursor.fetchall():
            if visible.sees(kind, code) and len(choices) < MOST_SCOPES:
                choices.append(Choice(f"{kind}:{code}", f"{text.scope_kind(kind)} {name or code}"))
    return tuple(choices)


@dataclass(frozen=True, slots=True)
class ViewLine:
    """A saved view."""

    number: int
    name: str
    url: str
    path: str
    filters: str


@dataclass(frozen=True, slots=True)
class RemovedView:
    """A view that was removed a moment ago and can be had back."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ViewsPage:
    """A person's saved views, the page that is being saved, and the view that was just removed."""

    views: tuple[ViewLine, ...]
    address: str
    error: str
    removed: RemovedView | None


def views_page(user: AbstractBaseUser, *, address: str = "", error: str = "", removed: Sequence[str] = ()) -> ViewsPage:
    """The page; `removed` is name and address. Cost: one query."""
    gone = RemovedView(*removed) if removed else None
    return ViewsPage(tuple(_view(view) for view in views_of(user)), address, error, gone)


def view_address(view: SavedView) -> str:
    """Path and query of a view."""
    return f"{view.path}?{view.query}" if view.query else view.path


def _view(view: SavedView) -> ViewLine:
    filters = "; ".join(f"{name}: {value}" for name, value in parse_qsl(view.query))
    page = unquote(view.path) if view.path != reverse("overview") else _("Overview")
    return ViewLine(view.pk, view.name, view_address(view), page, filters)
