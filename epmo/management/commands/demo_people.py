"""`demo_people`: what the people of the sample company have done by the time somebody looks."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from metrics.decisions.services import signals_propose
from metrics.periods import Period
from metrics.scorecards import services
from metrics.scorecards.rules import ScorecardRefused
from metrics.selectors import state
from portfolio.selectors.visibility import visibility_of

NOTES = {
    "happened": "The head of ePMO writes here what happened in the quarter. This is the sample company.",
    "doing": "What will be done about it, by whom and by when. The decisions page follows it up.",
    "unknown": "What nobody can say yet: which measures lack data, and who will find out.",
}


class Command(BaseCommand):
    """Publish the scorecard of the last but one quarter, send the last one to review, propose decisions. Repeatable."""

    help = "Used by demo, after the first run: scorecards and proposed decisions of the sample company."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        """What the rules refuse is said and left out."""
        last = Period.containing("quarter", state().as_of).previous
        try:
            self._scorecard(last.previous, publish=True)
            self._scorecard(last, publish=False)
        except ScorecardRefused as refused:
            self.stderr.write("No sample scorecard: " + " ".join(one.message for one in refused.refusals))
        signals_propose(by="lead")

    def _scorecard(self, quarter: Period, *, publish: bool) -> None:
        lead, chief = (get_user_model().objects.get(username=name) for name in ("lead", "executive"))
        visible = visibility_of(lead)
        card, made = services.scorecard_draft(
            period=quarter.code, by=lead, visible=visible, sign_off=services.ASKED_TO_SIGN
        )
        if not made:
            return
        card = services.scorecard_change(card_id=card.pk, revision=None, by=lead, visible=visible, notes=NOTES)
        services.scorecard_submit(card_id=card.pk, by=lead, visible=visible)
        if publish:
            for title in services.ASKED_TO_SIGN:
                services.scorecard_sign(card_id=card.pk, by=chief, visible=visibility_of(chief), title=title)
            services.scorecard_publish(card_id=card.pk, by=lead, visible=visible)
