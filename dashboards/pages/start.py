"""The empty installation: what is missing, why it matters, the first step."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from dashboards.parts import Action, Answer, Empty


@dataclass(frozen=True, slots=True)
class StartPage:
    """The finding of an empty installation, and what to do."""

    answer: Answer
    empty: Empty


def start_page() -> StartPage:
    """Shown as long as there is no fact."""
    return StartPage(
        Answer(
            escape(_("No facts yet. Import customers, their outcomes and the projects that serve them.")),
            _("Every figure here is computed from rows you import; nothing is filled in by hand or guessed."),
        ),
        Empty(
            _("Three files are enough to begin"),
            _("A project earns its place by what its customers reach, so customers and their outcomes come first."),
            (
                _("customers.csv, initiatives.csv and outcomes.csv: who you serve and what they set out to reach"),
                _("projects.csv and contributions.csv: what is running and what it claims to change"),
                _("outcome_measurements.csv: what was reached; the first figures appear when it is in"),
            ),
            (Action(_("Import facts"), reverse("data"), "upload", True),),
        ),
    )
