"""Decisions: the list, one, raising, changing and answering."""

from __future__ import annotations

import math
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboards.answering import answer
from dashboards.frame import Link, frame
from dashboards.pages.decision_form import form_page, scale_of, wanted_values
from dashboards.pages.decisions import decision_page, decisions_page
from dashboards.views.scorecards import user_of
from metrics.decisions.selectors import decision_get
from metrics.decisions.services import (
    DecisionConflict,
    DecisionRefused,
    Wanted,
    decision_answer,
    decision_change,
    decision_raise,
    signals_propose,
)
from metrics.models import Decision
from metrics.periods import Period
from metrics.planning import today
from portfolio.selectors.visibility import visibility_for

FIELDS = (
    "question",
    "because",
    "scope_kind",
    "scope",
    "owner",
    "due_on",
    "measure",
    "effect_period",
    "expected_change",
)


def _links() -> tuple[Link, ...]:
    return (Link(_("Decisions"), reverse("decisions")),)


@require_GET
@login_required
def decisions(request: HttpRequest) -> HttpResponse:
    """The list."""
    state, number = request.GET.get("state", ""), request.GET.get("page", "1")
    if state and state not in Decision.State:
        raise BadRequest(_("There is no such state."))
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 10_000:
        raise BadRequest(_("There is no such page."))
    everything = bool(request.GET.get("all")) or "page" in request.GET
    page = decisions_page(visible=visibility_for(request), state=state, everything=everything, number=int(number))
    return answer(
        request,
        "dashboards/decisions.html",
        page=page,
        frame=frame(request, section="decisions", here=_("Decisions")),
    )


@require_POST
@login_required
def decisions_look(request: HttpRequest) -> HttpResponse:
    """Propose now what the signals ask for."""
    if not visibility_for(request).may_write:
        raise PermissionDenied
    made = signals_propose()
    messages.success(request, _("New proposals: %(n)s.") % {"n": len(made)}, extra_tags="ok")
    return redirect("decisions")


@require_http_methods(["GET", "POST"])
@login_required
def decision(request: HttpRequest, number: int) -> HttpResponse:
    """One decision; POST answers it."""
    visible = visibility_for(request)
    found = decision_get(number, visible_to=visible)
    conflict, errors, sent, status = "", [], "", 200
    if request.method == "POST":
        if not visible.may_write:
            raise PermissionDenied
        sent = request.POST.get("answer", "")
        try:
            decision_answer(
                decision_id=found.pk,
                revision=_revision(request),
                state=request.POST.get("state", "")[:20],
                answer=sent,
                by=user_of(request),
                visible=visible,
            )
        except DecisionConflict:
            conflict, status = _("Somebody else changed it meanwhile. This is how it stands now; decide again."), 409
        except DecisionRefused as refused:
            errors, status = list(refused.errors.values()), 422
        else:
            messages.success(request, _("Saved."), extra_tags="ok")
            return redirect("decision", number=found.pk)
        found = decision_get(number, visible_to=visible)
    page = decision_page(found, visible=visible, conflict=conflict, errors=errors, sent=sent)
    return answer(
        request,
        "dashboards/decision.html",
        page=page,
        frame=frame(request, section="decisions", here=_("Decision"), crumbs=_links()),
        status=status,
    )


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadRequest(_("The form is incomplete. Open it again."))
    return int(text)


@require_http_methods(["GET", "POST"])
@login_required
def decision_new(request: HttpRequest) -> HttpResponse:
    """Raise a decision. The address may name scope and measure, as pages that lead here do."""
    if not visibility_for(request).may_write:
        raise PermissionDenied
    if request.method == "GET":
        values = {name: request.GET.get(name, "")[:300] for name in FIELDS}
        return _form(request, values)
    values = _typed(request)
    try:
        made = decision_raise(wanted=_wanted(values), by=user_of(request), visible=visibility_for(request))
    except DecisionRefused as refused:
        return _form(request, values, errors=refused.errors, status=422)
    messages.success(request, _("The decision is raised."), extra_tags="ok")
    return redirect("decision", number=made.pk)


@require_http_methods(["GET", "POST"])
@login_required
def decision_edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change a decision. A second editor gets both versions side by side."""
    visible = visibility_for(request)
    found = decision_get(number, visible_to=visible)
    if not visible.may_write:
        raise PermissionDenied
    if found.is_over:
        return redirect("decision", number=found.pk)
    if request.method == "GET":
        return _form(request, wanted_values(found), decision=found)
    values = _typed(request)
    try:
        decision_change(
            decision_id=found.pk,
            revision=_revision(request),
            wanted=_wanted(values),
            by=user_of(request),
            visible=visible,
        )
    except DecisionConflict as conflict:
        found = decision_get(number, visible_to=visible)
        return _form(request, values, decision=found, theirs=conflict.theirs, mine=conflict.mine, status=409)
    except DecisionRefused as refused:
        return _form(request, values, decision=found, errors=refused.errors, status=422)
    messages.success(request, _("Saved."), extra_tags="ok")
    return redirect("decision", number=found.pk)


def _form(
    request: HttpRequest,
    values: dict[str, str],
    *,
    decision: Decision | None = None,
    errors: dict[str, str] | None = None,
    theirs: dict[str, object] | None = None,
    mine: dict[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    running = Period.containing("quarter", today())
    page = form_page(values, running=running, decision=decision, errors=errors, theirs=theirs, mine=mine)
    return answer(
        request,
        "dashboards/decision_form.html",
        page=page,
        frame=frame(request, section="decisions", here=page.heading, crumbs=_links()),
        status=status,
    )


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip() for name in FIELDS}


def _wanted(values: dict[str, str]) -> Wanted:
    """What was typed as a decision. Raises DecisionRefused naming each field that cannot be read."""
    errors: dict[str, str] = {}
    metric, _colon, component = values["measure"].partition(":")
    due = None
    if values["due_on"]:
        try:
            due = date.fromisoformat(values["due_on"])
        except ValueError:
            errors["due_on"] = _("Write a date as YYYY-MM-DD.")
    change = None
    if values["expected_change"]:
        change = read_amount(values["expected_change"])
        if change is None:
            errors["expected_change"] = _("Write a number.")
        else:
            change /= scale_of(metric, component)
    if errors:
        raise DecisionRefused(errors)
    return Wanted(
        question=values["question"],
        because=values["because"],
        scope_kind=values["scope_kind"] or "enterprise",
        scope=values["scope"] if values["scope_kind"] not in ("", "enterprise") else "",
        owner=values["owner"],
        due_on=due,
        metric=metric,
        component=component,
        # A measure alone names no effect: the period is only of one together with an amount.
        effect_period=values["effect_period"] if metric or change is not None else "",
        expected_change=change,
    )


def read_amount(text: str) -> float | None:
    """A number as people of either language write it; None for anything else."""
    plain = text.replace("\u2212", "-").replace("\u00a0", "").replace(" ", "")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if len(plain) > 30 or not plain.isascii() or "_" in plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
