"""When a scorecard may be published: money beside the other families, pairs together, the quarter over, all signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from metrics.periods import Period
from metrics.registry import metrics
from metrics.rule360 import INCOMPLETE
from metrics.scorecards.content import Content, Signature

PAIRS: Final = {"net_revenue_retention": "gross_revenue_retention"}
"""A measure that is never on a scorecard without another."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why something is refused, in words, with what is missing."""

    code: str
    message: str
    missing: tuple[str, ...] = ()


class ScorecardRefused(Exception):
    """Something a scorecard does not allow now; `refusals` say why and what would mend it."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(" ".join(refusal.message for refusal in refusals))
        self.refusals = refusals


@dataclass
class ScorecardConflict(Exception):
    """Somebody else changed it meanwhile: by field what it was when the form was made, theirs, and ours."""

    revision: int
    theirs: dict[str, Any] = field(default_factory=dict)
    mine: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(f"revision is {self.revision}")


def family_names() -> dict[str, str]:
    """Families in the reader's language."""
    return {
        "tactical": _("Tactical"),
        "value_creation": _("Value creation"),
        "longevity": _("Longevity"),
        "financial": _("Financial"),
    }


def pair_refusals(keys: Iterable[str]) -> list[Refusal]:
    """Measures that stand without the one they must stand beside."""
    chosen = set(keys)
    return [
        Refusal(
            "missing_pair",
            _("%(one)s is never shown without %(other)s. Add %(other)s, or take %(one)s off.")
            % {"one": _(metrics()[one].title), "other": _(metrics()[other].title)},
            (other,),
        )
        for one, other in PAIRS.items()
        if one in chosen and other not in chosen
    ]


def publish_refusals(content: Content) -> list[Refusal]:
    """Why a content may not be published; empty when it may."""
    found: list[Refusal] = []
    missing = tuple(content.rule_360["missing"])
    if content.rule_360["status"] == INCOMPLETE:
        names = ", ".join(family_names()[family] for family in missing)
        found.append(
            Refusal(
                INCOMPLETE,
                _("Money is never shown alone. No measure with a value in: %(families)s.") % {"families": names},
                missing,
            )
        )
    found += pair_refusals(row.metric for row in content.rows)
    if content.as_of < Period.parse(content.period).end.isoformat():
        found.append(
            Refusal(
                "quarter_not_over",
                _("%(period)s is not over: its values are as of %(day)s.")
                % {"period": content.period, "day": content.as_of},
            )
        )
    return found


def sign_off_refusals(wanted: Sequence[str], standing: Sequence[Signature], outdated: Sequence[str]) -> list[Refusal]:
    """Signatures that are missing, and those given to something that has changed since."""
    signed = {signature.title for signature in standing}
    missing = tuple(title for title in wanted if title not in signed and title not in outdated)
    found = []
    if missing:
        found.append(
            Refusal("not_signed", _("Not signed yet by: %(titles)s.") % {"titles": ", ".join(missing)}, missing)
        )
    if outdated:
        found.append(
            Refusal(
                "signature_outdated",
                _("Figures or texts have changed since it was signed by: %(titles)s. It must be signed again.")
                % {"titles": ", ".join(outdated)},
                tuple(outdated),
            )
        )
    return found
