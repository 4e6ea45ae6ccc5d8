"""The form of a decision: values as they are typed, what was wrong, and two people's versions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.decision_parts import because_of, measure_name, question_of
from dashboards.pages.decisions import field_name
from dashboards.scorecard_links import Choice
from dashboards.units import kind_of
from metrics.decisions.services import EDITED, KINDS
from metrics.index import COMPONENTS as INDEX_COMPONENTS
from metrics.index import KEY as INDEX
from metrics.models import Decision
from metrics.periods import Period
from metrics.registry import metrics


@dataclass(frozen=True, slots=True)
class FormPage:
    """The form of a decision: values as texts, and what was wrong with them by field."""

    heading: str
    url: str
    back: str
    revision: int
    values: Mapping[str, str]
    errors: Mapping[str, str]
    kinds: tuple[Choice, ...]
    measures: tuple[tuple[str, tuple[Choice, ...]], ...]
    periods: tuple[Choice, ...]
    unit: str
    theirs: tuple[tuple[str, str, str], ...]


def form_page(
    values: Mapping[str, str],
    *,
    running: Period,
    decision: Decision | None = None,
    errors: Mapping[str, str] | None = None,
    theirs: Mapping[str, object] | None = None,
    mine: Mapping[str, object] | None = None,
) -> FormPage:
    """The form with what was typed, or what is stored. No query."""
    kind = values.get("scope_kind") or "enterprise"
    chosen = values.get("measure", "")
    return FormPage(
        heading=_("Change the decision") if decision is not None else _("Raise a decision"),
        url=reverse("decision-edit", args=[decision.pk]) if decision is not None else reverse("decision-new"),
        back=reverse("decision", args=[decision.pk]) if decision is not None else reverse("decisions"),
        revision=decision.revision if decision is not None else 0,
        values=values,
        errors=errors or {},
        kinds=tuple(Choice(key, text.scope_kind(key), key == kind) for key in KINDS),
        measures=_measures(chosen),
        periods=tuple(
            Choice(code, f.period(code), code == values.get("effect_period")) for code in _periods(running, values)
        ),
        unit=_("In the unit of the measure; percentages in percentage points, such as -2.5."),
        theirs=tuple(
            (field_name(name), str((theirs or {}).get(name) or f.ABSENT), str((mine or {}).get(name) or f.ABSENT))
            for name in EDITED
            if name in (mine or {})
        ),
    )


def _periods(running: Period, values: Mapping[str, str]) -> list[str]:
    codes = [running.shift(by).code for by in range(8)]
    asked = values.get("effect_period", "")
    return [asked, *codes] if asked and asked not in codes else codes


def _measures(chosen: str) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    groups: dict[str, list[Choice]] = {
        text.title(INDEX): [
            Choice(key, measure_name(INDEX, name), key == chosen)
            for name in INDEX_COMPONENTS
            if not name.startswith("coverage_")
            for key in [f"{INDEX}:{name}" if name else INDEX]
        ]
    }
    for key, entry in metrics().items():
        groups.setdefault(text.family(entry.family), []).append(Choice(key, text.title(key), key == chosen))
    if chosen and chosen not in {choice.value for choices in groups.values() for choice in choices}:
        metric, _colon, component = chosen.partition(":")
        groups[_("Other")] = [Choice(chosen, measure_name(metric, component), True)]
    return tuple((name, tuple(choices)) for name, choices in groups.items())


def wanted_values(decision: Decision) -> dict[str, str]:
    """A stored decision as its form shows it; a proposal's question is worded from its signal."""
    measure = f"{decision.metric}:{decision.component}" if decision.component else decision.metric
    return {
        "question": question_of(decision),
        "because": because_of(decision),
        "scope_kind": decision.scope_kind,
        "scope": decision.scope,
        "owner": decision.owner,
        "due_on": decision.due_on.isoformat() if decision.due_on else "",
        "measure": measure,
        "effect_period": decision.effect_period,
        "expected_change": typed_amount(decision.metric, decision.component, decision.expected_change),
    }


def scale_of(metric: str, component: str) -> float:
    """How many of what is typed make one of what is stored: ratios are typed in percentage points."""
    if metric == INDEX or metric not in metrics():
        return 1.0
    unit = metrics()[metric].component(component).unit if component in metrics()[metric].component_names else ""
    return 100.0 if kind_of(metric, component, unit) == "percent" else 1.0


def typed_amount(metric: str, component: str, amount: float | None) -> str:
    """A stored amount as it is typed."""
    return "" if amount is None else f"{amount * scale_of(metric, component):.10g}"
