"""A person's own settings, and the two switches of the rail that are kept there."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings as settings_of_django
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from dashboards.answering import answer
from dashboards.frame import THEME_COOKIE, frame
from dashboards.pages.settings import settings_page
from dashboards.views.scorecards import user_of
from portfolio.services.preferences import PreferenceRefused, preferences_set


@require_http_methods(["GET", "POST"])
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Language, theme and keys of the person who asks; POST stores them."""
    user, error = user_of(request), ""
    if request.method == "POST":
        language = request.POST.get("language", "")
        try:
            preferences_set(
                user=user,
                language=language,
                theme=request.POST.get("theme", ""),
                search_key=request.POST.get("search_key") == "on",
            )
        except PreferenceRefused as refused:
            error = str(refused)
        else:
            return _saved(request, language)
    return answer(
        request,
        "dashboards/settings.html",
        page=settings_page(user, cookie_theme=request.COOKIES.get(THEME_COOKIE, ""), error=error),
        frame=frame(request, section="", here=_("Your settings")),
        status=422 if error else 200,
    )


def _saved(request: HttpRequest, language: str) -> HttpResponse:
    """Back to the page, which already speaks the new language; the cookies of before no longer count."""
    response = redirect("settings")
    response.delete_cookie(THEME_COOKIE, samesite="Lax")
    response.delete_cookie(settings_of_django.LANGUAGE_COOKIE_NAME, samesite="Lax")
    if not language:
        request.COOKIES.pop(settings_of_django.LANGUAGE_COOKIE_NAME, None)
        language = translation.get_language_from_request(request)
    with translation.override(language):
        messages.success(request, _("Your settings are saved."), extra_tags="ok")
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The switch of language: kept for the person and, for pages before log-in, in a cookie."""
    if request.user.is_authenticated:
        with suppress(PreferenceRefused):  # Django's view leaves an unknown language alone too
            preferences_set(user=request.user, language=request.POST.get("language") or None)
    return set_language(request)


@require_POST
@login_required
def theme(request: HttpRequest) -> HttpResponse:
    """The switch of theme, kept for the person; the page has changed by itself."""
    try:
        preferences_set(user=user_of(request), theme=request.POST.get("theme", ""))
    except PreferenceRefused as refused:
        return HttpResponse(str(refused), status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)
