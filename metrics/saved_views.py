"""A person's own names for pages with their filters."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from metrics.models import SavedView

MOST: Final = 100
NOT_PAGES: Final = ("/admin/", "/api/", "/accounts/", "/static/", "/-/")


class ViewRefused(ValueError):
    """What was sent is no page of ours, or has no name; the message says what."""


@transaction.atomic
def view_save(*, user: AbstractBaseUser, name: str, address: str) -> SavedView:
    """Keep a page (path and query of its address) under a name; the same name again replaces it."""
    named = _named(name)
    path, query = page_of(address)
    if not SavedView.objects.filter(user_id=user.pk, name=named).exists() and (
        SavedView.objects.filter(user_id=user.pk).count() >= MOST
    ):
        raise ViewRefused(_("You have as many saved views as one person can have."))
    view, _new = SavedView.objects.update_or_create(
        user_id=user.pk, name=named, defaults={"path": path, "query": query}
    )
    return view


def page_of(address: str) -> tuple[str, str]:
    """Path and query of one of our pages. Raises ViewRefused for any other address."""
    parts = urlsplit(address)
    path = parts.path
    refused = ViewRefused(_("Only pages of ePMO can be saved."))
    if parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\", *NOT_PAGES)):
        raise refused
    if len(path) > 500 or len(parts.query) > 2000 or not address.isprintable():
        raise refused
    try:
        resolve(path)
    except Resolver404 as error:
        raise refused from error
    return path, parts.query


@transaction.atomic
def view_rename(*, user: AbstractBaseUser, view_id: int, name: str) -> SavedView | None:
    """Give a view of one's own another name; None when there is no such view. Raises ViewRefused for a taken name."""
    named = _named(name)
    view = SavedView.objects.select_for_update().filter(user_id=user.pk, pk=view_id).first()
    if view is None:
        return None
    if SavedView.objects.filter(user_id=user.pk, name=named).exclude(pk=view.pk).exists():
        raise ViewRefused(_("Another view of yours has this name."))
    view.name = named
    view.save(update_fields=["name"])
    return view


@transaction.atomic
def view_remove(*, user: AbstractBaseUser, view_id: int) -> SavedView | None:
    """Forget a view of one's own; what is returned can be saved again. None when there is no such view."""
    view = SavedView.objects.filter(user_id=user.pk, pk=view_id).first()
    if view is not None:
        SavedView.objects.filter(pk=view.pk).delete()
    return view


def _named(name: str) -> str:
    named = " ".join(name.split())[:100]
    if not named or not named.isprintable():
        raise ViewRefused(_("Give the view a name."))
    return named


def views_of(user: AbstractBaseUser) -> list[SavedView]:
    """A person's views by name. Cost: one query."""
    return list(SavedView.objects.filter(user_id=user.pk))
