"""What a scorecard's figures say, in the reader's language: rules over frozen or stored values, never a cause."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from metrics.index import KEY as INDEX
from metrics.scorecards.content import INDEX_GROUP, Bridge, Content, Restated
from portfolio.models import ChangeSet

NOISE = 0.05
"""Points below which a change reads as none."""


def group_name(group: str) -> str:
    """The head of a group of rows."""
    return _("Customer success") if group == INDEX_GROUP else text.family(group)


def group_question(group: str) -> str:
    """What a group of rows answers."""
    return {
        INDEX_GROUP: _("Do customers succeed with us?"),
        "tactical": _("Are people on the right work, and defects fixed in time?"),
        "value_creation": _("Do relationships and reputation grow beyond the quarter?"),
        "longevity": _("Do people stay, learn and work together?"),
        "financial": _("Does success pay for itself? Read with the four above."),
    }[group]


def scope_said(content: Content) -> str:
    """The scope as the head of a page names it."""
    if content.scope_kind == "enterprise":
        return text.scope_kind("enterprise")
    return f"{text.scope_kind(content.scope_kind)} {content.scope_name or content.scope}"


def sentence(content: Content) -> str:
    """The finding: where the index stands, which factor moved it most, which factors are short of their target."""
    parts = [_level(content), _led(content.bridge), _short(content)]
    return " ".join(part for part in parts if part)


def _level(content: Content) -> str:
    row = content.row(INDEX)
    if row is None or row.value is None:
        return _("Customer success cannot be given: too few measures have a value.")
    value = f.number(row.value)
    if row.previous is None:
        return _("Customer success is at %(value)s.") % {"value": value}
    change = row.value - row.previous
    step = f.number(abs(change), 0 if abs(change) >= 1 else 1)
    if abs(change) < NOISE:
        return _("Customer success stayed at %(value)s.") % {"value": value}
    # The plural form follows the number as it is shown; a fraction reads as several.
    count = int(step) if step.isdigit() else 2
    if change > 0:
        said = ngettext(
            "Customer success rose %(step)s point to %(value)s.",
            "Customer success rose %(step)s points to %(value)s.",
            count,
        )
    else:
        said = ngettext(
            "Customer success fell %(step)s point to %(value)s.",
            "Customer success fell %(step)s points to %(value)s.",
            count,
        )
    return said % {"step": step, "value": value}


def _led(bridge: Bridge | None) -> str:
    if bridge is None:
        return ""
    best = max(bridge.factors, key=lambda factor: bridge.factors[factor])
    worst = min(bridge.factors, key=lambda factor: bridge.factors[factor])
    if bridge.factors[worst] <= -NOISE and bridge.after < bridge.before:
        return _("%(factor)s fell most.") % {"factor": text.factor(worst)}
    if bridge.factors[best] < NOISE:
        return ""
    if bridge.factors[worst] <= -NOISE:
        return _("%(best)s led, %(worst)s took back.") % {
            "best": text.factor(best),
            "worst": text.factor(worst).lower(),
        }
    return _("%(factor)s led.") % {"factor": text.factor(best)}


def _short(content: Content) -> str:
    rows = [row for row in content.of_group(INDEX_GROUP) if row.component and row.colour]
    off = [text.factor(row.component) for row in rows if row.colour == "red"]
    watch = [text.factor(row.component) for row in rows if row.colour == "amber"]
    if off:
        return ngettext("%(names)s is the one factor off target.", "%(names)s are off target.", len(off)) % {
            "names": _names(off)
        }
    if watch:
        return ngettext(
            "%(names)s is the one factor below its target.", "%(names)s are below their targets.", len(watch)
        ) % {"names": _names(watch)}
    return _("All four factors are on target.") if rows else ""


def _names(names: list[str]) -> str:
    """Names at the beginning of a sentence: only the first with a capital."""
    return f.listing([names[0], *(name.lower() for name in names[1:])])


def bridge_title(bridge: Bridge) -> str:
    """The title of the bridge: the factor that carries most of the change, in its direction."""
    total = bridge.after - bridge.before
    sign = 1 if total >= 0 else -1
    most = max(bridge.factors, key=lambda factor: sign * bridge.factors[factor])
    points = bridge.factors[most]
    if abs(points) < NOISE:
        return _("No factor moved the index")
    return _("%(factor)s carries %(points)s of the %(total)s points") % {
        "factor": text.factor(most),
        "points": f.number(points, 1, sign=True),
        "total": f.number(total, 1, sign=True),
    }


def credits_said(content: Content) -> str:
    """What projects added to attained outcomes in the quarter, in one sentence; blank without a ledger."""
    found = content.contribution
    if found is None:
        return ""
    gains = [credit for credit in found.credits if credit.change > 0]
    losses = [credit for credit in found.credits if credit.change < 0]
    net = f.number(found.net, 1, sign=True)
    if not gains and not losses:
        return _("Customers’ attained outcomes moved by %(net)s points; no project is credited with it.") % {"net": net}
    if losses:
        return _(
            "Customers’ attained outcomes moved by %(net)s points; %(gain)s added most, %(loss)s took back most."
        ) % {"net": net, "gain": gains[0].name if gains else _("no project"), "loss": losses[-1].name}
    return _("Customers’ attained outcomes moved by %(net)s points; %(gain)s added most.") % {
        "net": net,
        "gain": gains[0].name,
    }


Changes = Mapping[int, ChangeSet]
"""Change sets by number, read once for all lines that name them."""


def changes_named(causes: Iterable[str]) -> Changes:
    """The change sets that some causes name. Cost: one query, none when they name none."""
    numbers = {int(match[1]) for cause in causes if (match := re.fullmatch(r"change (\d+)", cause))}
    return ChangeSet.objects.in_bulk(numbers) if numbers else {}


def restated_reason(line: Restated, changes: Changes) -> str:
    """Why a value is another one now."""
    if match := re.fullmatch(r"version:(\d+):(\d+)", line.reason):
        return _("The definition changed from version %(old)s to %(new)s") % {"old": match[1], "new": match[2]}
    return cause_said(line.reason, changes)


def cause_said(cause: str, changes: Changes) -> str:
    """What set a run going, in words."""
    if match := re.fullmatch(r"change (\d+)", cause):
        return _change_said(int(match[1]), changes)
    if match := re.fullmatch(r"values as of (\d{4}-\d{2}-\d{2})", cause):
        return _("Values as of %(day)s") % {"day": f.date(dt.date.fromisoformat(match[1]))}
    return cause or _("Recomputed")


def _change_said(number: int, changes: Changes) -> str:
    change = changes.get(number)
    if change is None:
        return _("Facts were changed (change %(number)s)") % {"number": number}
    return change_said(number, change.kind, change.at.date(), change.note)


def change_said(number: int, kind: str, day: dt.date, note: str = "") -> str:
    """A change of facts in words."""
    words = {
        ChangeSet.Kind.IMPORT: _("Facts were imported on %(day)s (change %(number)s)"),
        ChangeSet.Kind.UNDO: _("A change of facts was undone on %(day)s (change %(number)s)"),
    }
    said = words.get(ChangeSet.Kind(kind), _("Facts were changed on %(day)s (change %(number)s)"))
    plain = said % {"day": f.date(day), "number": number}
    return f"{plain}: {note}" if note else plain


def moment(iso: str) -> str:
    """An instant of a content in words; blank stays blank."""
    return f.instant(dt.datetime.fromisoformat(iso)) if iso else ""


def role_title(title: str) -> str:
    """Titles that we give are translated, others stand as they were written."""
    return {
        "Head of ePMO": _("Head of ePMO"),
        "Chief executive": _("Chief executive"),
        "Finance": _("Finance"),
    }.get(title, title)
