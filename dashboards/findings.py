"""Sentences that state what the figures say: rules over values, whole sentences per language, never a cause.

A project "adds" or "takes back" points of attained outcomes, which is what the ledger counts; nothing here says that
one figure moved another. Each function returns safe HTML or plain text and is tested in both languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.parts import bad, good, strong

NOISE = 0.05
"""Changes below this many points read as none."""


@dataclass(frozen=True, slots=True)
class Share:
    """A named part of a sum."""

    name: str
    points: float


def level_sentence(name: str, value: float | None, change: float | None, before: str, decimals: int = 0) -> SafeString:
    """`Customer success is 74, up 1 on last quarter.`"""
    if value is None:
        return format_html(_("{name} cannot be given: too few measures have a value."), name=name)
    shown = strong(f.number(value, decimals))
    if change is None:
        return format_html(_("{name} is at {value}."), name=name, value=shown)
    step = f.number(abs(change), max(decimals, 0 if abs(change) >= 1 else 1))
    if not step.strip("0.,"):
        return format_html(_("{name} is at {value}, as {before}."), name=name, value=shown, before=before)
    if change > 0:
        moved = good(_("up %(step)s") % {"step": step})
        return format_html(
            _("{name} is at {value}, {moved} on {before}."), name=name, value=shown, moved=moved, before=before
        )
    moved = bad(_("down %(step)s") % {"step": step})
    return format_html(
        _("{name} is at {value}, {moved} on {before}."), name=name, value=shown, moved=moved, before=before
    )


def credit_sentence(credits: Sequence[Share]) -> SafeString:
    """What projects added to attained outcomes in the period, who most, and who took back; blank without credits."""
    gains = sorted((c for c in credits if c.points >= NOISE), key=lambda c: -c.points)
    losses = sorted((c for c in credits if c.points <= -NOISE), key=lambda c: c.points)
    gross = sum(c.points for c in credits if c.points > 0)
    if not gains and not losses:
        return escape(_("No project changed what customers have attained.")) if credits else SafeString("")
    parts = []
    if gains:
        few = 1 if gains[0].points >= 0.5 * gross or len(gains) < 3 else 2
        share = strong(f.percent(sum(c.points for c in gains[:few]) / gross))
        if few == 1:
            parts.append(
                format_html(
                    _("{name} carries {share} of what projects added to customers’ outcomes"),
                    name=gains[0].name,
                    share=share,
                )
            )
        else:
            parts.append(
                format_html(_("Two projects carry {share} of what projects added to customers’ outcomes"), share=share)
            )
    if losses:
        back = bad(f.number(-losses[0].points, 1))
        parts.append(format_html(_("{name} takes back {points}"), name=losses[0].name, points=back))
    return (
        format_html(_("{first}; {second}."), first=parts[0], second=parts[1])
        if len(parts) == 2
        else format_html("{}.", parts[0])
    )


def credit_title(credits: Sequence[Share], unattributed: float) -> str:
    """The title of the contribution chart: the largest gain and the largest loss by name, or that nothing moved."""
    gains = sorted((c for c in credits if c.points >= NOISE), key=lambda c: -c.points)
    losses = sorted((c for c in credits if c.points <= -NOISE), key=lambda c: c.points)
    gross = sum(c.points for c in credits if c.points > 0) + max(0.0, unattributed)
    if unattributed >= 0.5 * gross > 0:
        return _("Most of the gain is claimed by no project")
    if gains and losses:
        return _("%(gain)s adds the most, %(loss)s takes the most back") % {
            "gain": gains[0].name,
            "loss": losses[0].name,
        }
    if gains:
        return _("%(gain)s adds the most") % {"gain": gains[0].name}
    if losses:
        return _("%(loss)s takes the most back") % {"loss": losses[0].name}
    return _("No project changed what customers have attained")


def moved_sentence(factors: dict[str, float], total: float) -> str:
    """Which factors moved the index, in its own points."""
    ordered = sorted(((key, points) for key, points in factors.items() if abs(points) >= NOISE), key=lambda p: -p[1])
    if not ordered:
        return _("No factor of the index moved.")
    told = f.listing([f"{text.factor(key)} {f.number(points, 1, sign=True)}" for key, points in ordered])
    return _("Of the change of %(total)s points: %(parts)s.") % {"total": f.number(total, 1, sign=True), "parts": told}


def factors_sentence(colours: dict[str, str]) -> str:
    """How many of the four factors are on target, and which are not."""
    off = [text.factor(key) for key, colour in colours.items() if colour == "red"]
    watch = [text.factor(key) for key, colour in colours.items() if colour == "amber"]
    if off:
        return ngettext("%(names)s is off target.", "%(names)s are off target.", len(off)) % {"names": f.listing(off)}
    if watch:
        return ngettext("%(names)s is just below target.", "%(names)s are just below target.", len(watch)) % {
            "names": f.listing(watch)
        }
    return _("All four factors are on target.") if colours and all(colours.values()) else ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A measure with its colour and whether it got worse."""

    name: str
    shown: str
    colour: str
    worse: bool


def family_sentence(measures: Sequence[Judged]) -> str:
    """One line on a family: what is off target, else what is near it, else that all is well."""
    red = [m for m in measures if m.colour == "red"]
    amber = [m for m in measures if m.colour == "amber"]
    judged = [m for m in measures if m.colour]
    if not judged:
        return _("No measure of this family has a value and a target yet.")
    first = next((m for m in red if m.worse), red[0] if red else None)
    if first is not None and len(red) > 1:
        return ngettext(
            "%(name)s is off target at %(value)s, and %(others)s other.",
            "%(name)s is off target at %(value)s, and %(others)s others.",
            len(red) - 1,
        ) % {"name": first.name, "value": first.shown, "others": f.number(len(red) - 1)}
    if first is not None:
        return _("%(name)s is off target at %(value)s.") % {"name": first.name, "value": first.shown}
    if amber:
        near = next((m for m in amber if m.worse), amber[0])
        return _("Nothing is off target; watch %(name)s at %(value)s.") % {"name": near.name, "value": near.shown}
    return ngettext(
        "The one measure with a target is on it.", "All %(n)s measures with a target are on it.", len(judged)
    ) % {"n": f.number(len(judged))}


def trend_title(values: Sequence[float | None], target: float | None, words: object, kind: str) -> str:
    """The title of a line: how often it rose (or fell, when it did so more often) of the last eight, and its place."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return _("One value so far") if known else _("No value yet")
    last = known[-9:]
    rises = sum(b > a + 1e-9 for a, b in pairwise(last))
    falls = sum(b < a - 1e-9 for a, b in pairwise(last))
    steps = len(last) - 1
    place = ""
    if target is not None:
        place = _("on target") if known[-1] >= target else _("still short of target")
    said = _times(rises, falls, steps, kind)
    return _("%(said)s, %(place)s") % {"said": said, "place": place} if place else said


def _times(rises: int, falls: int, steps: int, kind: str) -> str:
    """How often a line moved, the way that it moved more often."""
    if not rises and not falls:
        words = {
            "quarter": ngettext("Unchanged over %(steps)s quarter", "Unchanged over %(steps)s quarters", steps),
            "month": ngettext("Unchanged over %(steps)s month", "Unchanged over %(steps)s months", steps),
            "year": ngettext("Unchanged over %(steps)s year", "Unchanged over %(steps)s years", steps),
        }
    elif falls > rises:
        words = {
            "quarter": ngettext(
                "Down in %(times)s of the last %(steps)s quarter",
                "Down in %(times)s of the last %(steps)s quarters",
                steps,
            ),
            "month": ngettext(
                "Down in %(times)s of the last %(steps)s month", "Down in %(times)s of the last %(steps)s months", steps
            ),
            "year": ngettext(
                "Down in %(times)s of the last %(steps)s year", "Down in %(times)s of the last %(steps)s years", steps
            ),
        }
    else:
        words = {
            "quarter": ngettext(
                "Up in %(times)s of the last %(steps)s quarter", "Up in %(times)s of the last %(steps)s quarters", steps
            ),
            "month": ngettext(
                "Up in %(times)s of the last %(steps)s month", "Up in %(times)s of the last %(steps)s months", steps
            ),
            "year": ngettext(
                "Up in %(times)s of the last %(steps)s year", "Up in %(times)s of the last %(steps)s years", steps
            ),
        }
    return words[kind] % {"times": f.number(max(rises, falls)), "steps": f.number(steps)}
