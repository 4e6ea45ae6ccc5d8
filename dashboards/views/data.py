"""The data page, uploads, and the page of one import."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from connectors.services import ImportNotStarted, import_start
from dashboards.answering import answer, stream_csv
from dashboards.frame import Frame, Link, frame
from dashboards.page_state import page_state, state_frame
from dashboards.pages.data import data_page, import_page
from dashboards.selectors.imports import import_get, problem_rows
from portfolio.selectors.visibility import visibility_for

PROBLEM_HEADS = ("file", "line", "column", "value", "code", "severity", "message", "remedy")


@require_http_methods(["GET", "POST"])
@login_required
def data(request: HttpRequest) -> HttpResponse:
    """The page; POST stores the files and goes on to the import."""
    visible = visibility_for(request)
    problem, status = "", 200
    if request.method == "POST":
        if not visible.may_write:
            raise PermissionDenied
        try:
            run = import_start(
                files=list(request.FILES.getlist("files")),  # type: ignore[arg-type]
                actor=request.user,  # type: ignore[arg-type]
                connector=request.POST.get("connector", "")[:50],
                skip_bad_rows=request.POST.get("on_error") == "skip",
                dry_run=request.POST.get("dry_run") == "on",
            )
        except ImportNotStarted as refusal:
            problem, status = refusal.message, 400
        else:
            return redirect("import", number=run.pk)
    page = data_page(visible, before=_number(request, "before"), problem=problem)
    return answer(request, "dashboards/data.html", page=page, frame=_frame(request, _("Data")), status=status)


@require_GET
@login_required
def import_detail(request: HttpRequest, number: int) -> HttpResponseBase:
    """One import; the fragment with its progress for htmx, every line of its report with `format=csv`."""
    visible = visibility_for(request)
    if request.GET.get("format") == "csv":
        run = import_get(number, visible_to=visible)
        return stream_csv(f"import-{run.pk}-report", PROBLEM_HEADS, problem_rows(run))
    page = import_page(visible, number, first=_number(request, "first") or 0)
    if getattr(request, "htmx", False):
        response = render(request, "dashboards/import/_progress.html", {"page": page})
        if not page.running:
            response["HX-Refresh"] = "true"
        return response
    crumbs = (Link(_("Data"), "/data/"),)
    here = _("Import %(n)s") % {"n": page.number}
    return answer(request, "dashboards/import.html", page=page, frame=_frame(request, here, crumbs))


def _frame(request: HttpRequest, here: str, crumbs: tuple[Link, ...] = ()) -> Frame:
    state = page_state(request)
    if state is None:
        return frame(request, section="data", here=here, crumbs=crumbs)
    return state_frame(request, state, section="data", here=here, crumbs=crumbs, pick=False)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadRequest(_("%(text)s is not a number.") % {"text": text[:40]})
    return int(text)
