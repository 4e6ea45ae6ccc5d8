"""A scorecard as a file, as a print page, verified against what was published; and own presentation templates."""

from __future__ import annotations

import time

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from redis.exceptions import RedisError

from dashboards.answering import answer
from dashboards.exports.printed import printed_html
from dashboards.frame import Link, frame
from dashboards.pages.scorecard_sheet import sheet_of
from dashboards.pages.verify import templates_page, verify_page
from dashboards.scorecard_links import card_url
from dashboards.views.scorecards import card_of, list_link, user_of
from metrics.models import ExportTemplate
from metrics.scorecards.exporting import FORMS, NotAvailable, scorecard_export
from metrics.scorecards.selectors import scorecard_shown
from metrics.scorecards.services import name_of
from metrics.scorecards.verifying import FileTooLarge, Verdict, file_verify, hash_verify
from portfolio.selectors.visibility import visibility_for

FILES_A_MINUTE = 30
"""Files that one person may ask for: each takes a web process for seconds."""


def _too_many(user_id: int) -> bool:
    """Counts a file; a broken cache limits nobody."""
    name = f"files:{user_id}:{int(time.time()) // 60}"
    try:
        cache.add(name, 0, timeout=65)
        return cache.incr(name) > FILES_A_MINUTE
    except (RedisError, OSError, ValueError):
        return False


@require_GET
@login_required
def scorecard_export_file(request: HttpRequest, period: str) -> HttpResponse:
    """The file of a format, under the reader's rights; each is noted. Without WeasyPrint a PDF leads to print."""
    card = card_of(request, period)
    form = request.GET.get("format", "pdf")
    if form not in (*FORMS, "json"):
        raise Http404(form)
    template = None
    if request.GET.get("template"):
        template = ExportTemplate.objects.filter(name=request.GET["template"][:100]).first()
        if template is None:
            raise Http404("template")
    if _too_many(user_of(request).pk):
        said = _("Too many files at once. Try again in a minute.")
        return HttpResponse(said, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": "60"})
    shown = scorecard_shown(card, visible_to=visibility_for(request))
    try:
        made = scorecard_export(shown, form, by=name_of(user_of(request)), template=template)
    except NotAvailable as missing:
        messages.error(request, str(missing), extra_tags="watch")
        name = "scorecard-print" if form == "pdf" else "scorecard"
        return redirect(card_url(name, card.period, card.scope_kind, card.scope))
    response = HttpResponse(made.data, content_type=made.media_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


scorecard_export_file.writes_on_get = True  # type: ignore[attr-defined]  # who exported what is noted


@require_GET
@login_required
def scorecard_print(request: HttpRequest, period: str) -> HttpResponse:
    """The sheet alone, charts drawn by the server: prints as the PDF looks."""
    shown = scorecard_shown(card_of(request, period), visible_to=visibility_for(request))
    notes = tuple(str(message) for message in messages.get_messages(request))
    return HttpResponse(printed_html(sheet_of(shown), css=static("css/printed.css"), notes=notes))


@require_http_methods(["GET", "POST"])
@login_required
def scorecard_verify(request: HttpRequest, period: str) -> HttpResponse:
    """Whether a hash or a file is of what was published."""
    card = card_of(request, period)
    if not card.is_published:
        raise Http404(period)
    verdict: Verdict | None = None
    error, status = "", 200
    asked = request.GET.get("hash", "")[:100]
    if request.method == "POST":
        uploaded = request.FILES.get("file")
        asked = request.POST.get("hash", "")[:100]
        try:
            if uploaded is not None:
                verdict = file_verify(card, uploaded.read())
            elif not asked:
                error, status = _("Choose a file or write a hash."), 422
        except FileTooLarge:
            error, status = _("The file is larger than what an export can be."), 413
    if verdict is None and asked:
        verdict = hash_verify(card, asked)
    page = verify_page(card, verdict, visible=visibility_for(request), asked=asked, error=error)
    back = card_url("scorecard", card.period, card.scope_kind, card.scope)
    return answer(
        request,
        "dashboards/scorecard_verify.html",
        page=page,
        frame=frame(request, section="scorecards", here=_("Verify"), crumbs=(list_link(), Link(page.period, back))),
        status=status,
    )


@require_http_methods(["GET", "POST"])
@login_required
def export_templates(request: HttpRequest) -> HttpResponse:
    """Own presentation templates: which there are; POST takes one in."""
    from dashboards.exports.pptx_template import TemplateRefused, template_check

    if not visibility_for(request).may_write:
        raise PermissionDenied
    error, status = "", 200
    if request.method == "POST":
        uploaded = request.FILES.get("file")
        name = " ".join(request.POST.get("name", "").split())[:100]
        if uploaded is None or not name:
            error, status = _("Choose a file and give it a name."), 422
        else:
            data = uploaded.read()
            try:
                found = template_check(data)
            except TemplateRefused as refused:
                error, status = str(refused), 422
            else:
                ExportTemplate.objects.update_or_create(
                    name=name,
                    defaults={
                        "file": data,
                        "size": len(data),
                        "placeholders": found,
                        "uploaded_at": timezone.now(),
                        "uploaded_by": name_of(user_of(request)),
                    },
                )
                messages.success(request, _("The template is stored."), extra_tags="ok")
                return redirect("export-templates")
    return answer(
        request,
        "dashboards/export_templates.html",
        page=templates_page(error=error),
        frame=frame(request, section="scorecards", here=_("Presentation templates"), crumbs=(list_link(),)),
        status=status,
    )


@require_POST
@login_required
def export_template_remove(request: HttpRequest, number: int) -> HttpResponse:
    """Remove a template."""
    if not visibility_for(request).may_write:
        raise PermissionDenied
    ExportTemplate.objects.filter(pk=number).delete()
    messages.success(request, _("The template is removed."), extra_tags="ok")
    return redirect(reverse("export-templates"))
