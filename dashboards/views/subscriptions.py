"""Subscriptions to scorecards, and saved views."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dashboards.answering import answer
from dashboards.frame import frame
from dashboards.pages.subscriptions import subscriptions_page, view_address, views_page
from dashboards.views.scorecards import list_link, user_of
from metrics.saved_views import ViewRefused, view_remove, view_rename, view_save
from metrics.subscriptions import SubscriptionRefused, subscription_add, subscription_remove
from portfolio.selectors.visibility import visibility_for

REMOVED = "removed_view"
"""Where the session keeps the view that was removed last, until the next page offers it back."""


@require_http_methods(["GET", "POST"])
@login_required
def subscriptions(request: HttpRequest) -> HttpResponse:
    """One's own subscriptions and the register; POST adds one of one's own."""
    visible, user = visibility_for(request), user_of(request)
    error, status = "", 200
    if request.method == "POST":
        kind, _colon, code = request.POST.get("scope", "").partition(":")
        try:
            subscription_add(
                recipient=user,
                visible=visible,
                scope_kind=kind[:20],
                scope=code[:200],
                when=request.POST.get("when", "")[:20],
                form=request.POST.get("form", "")[:10],
                language=request.POST.get("language", "")[:10],
            )
        except SubscriptionRefused as refused:
            error, status = str(refused), 422
        else:
            messages.success(request, _("You will get it by mail."), extra_tags="ok")
            return redirect("subscriptions")
    page = subscriptions_page(
        user, visible=visible, language=get_language() or "en", languages=settings.LANGUAGES, error=error
    )
    return answer(
        request,
        "dashboards/subscriptions.html",
        page=page,
        frame=frame(request, section="scorecards", here=_("By mail"), crumbs=(list_link(),)),
        status=status,
    )


@require_POST
@login_required
def subscription_end(request: HttpRequest, number: int) -> HttpResponse:
    """End a subscription."""
    subscription_remove(subscription_id=number, by=user_of(request), visible=visibility_for(request))
    messages.success(request, _("It is ended."), extra_tags="ok")
    return redirect("subscriptions")


@require_http_methods(["GET", "POST"])
@login_required
def saved_views(request: HttpRequest) -> HttpResponse:
    """A person's saved views; POST saves the page that `of` names."""
    user = user_of(request)
    address = request.GET.get("of", "")[:2600]
    error, status = "", 200
    if request.method == "POST":
        address = request.POST.get("of", "")
        if len(address) > 2600:
            raise BadRequest(_("The address is too long."))
        try:
            view_save(user=user, name=request.POST.get("name", "")[:200], address=address)
        except ViewRefused as refused:
            error, status = str(refused), 422
        else:
            messages.success(request, _("The view is saved."), extra_tags="ok")
            return redirect("saved-views")
    return answer(
        request,
        "dashboards/saved_views.html",
        page=views_page(user, address=address, error=error, removed=request.session.pop(REMOVED, ())),
        frame=frame(request, section="views", here=_("Saved views")),
        status=status,
    )


@require_POST
@login_required
def saved_view_remove(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a saved view; the page that follows offers it back."""
    gone = view_remove(user=user_of(request), view_id=number)
    if gone is not None:
        request.session[REMOVED] = [gone.name, view_address(gone)]
    return redirect("saved-views")


@require_POST
@login_required
def saved_view_rename(request: HttpRequest, number: int) -> HttpResponse:
    """Give a saved view another name."""
    user, error = user_of(request), ""
    try:
        renamed = view_rename(user=user, view_id=number, name=request.POST.get("name", "")[:200])
    except ViewRefused as refused:
        error = str(refused)
    else:
        if renamed is not None:
            messages.success(request, _("The view has its new name."), extra_tags="ok")
        return redirect("saved-views")
    return answer(
        request,
        "dashboards/saved_views.html",
        page=views_page(user, error=error),
        frame=frame(request, section="views", here=_("Saved views")),
        status=422,
    )
