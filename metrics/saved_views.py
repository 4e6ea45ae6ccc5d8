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
    named = " ".join(name.split())[:100]
    if not named:
        raise ViewRefused(_("Give the view a name."))
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


def view_remove(*, user: AbstractBaseUser, view_id: int) -> None:
    """Forget a view of one's own."""
    SavedView.objects.filter(user_id=user.pk, pk=view_id).delete()


def views_of(user: AbstractBaseUser) -> list[SavedView]:
    """A person's views by name. Cost: one query."""
    return list(SavedView.objects.filter(user_id=user.pk))
