"""The demo shows what people do with ePMO: a published scorecard, one in review."""

from django.contrib.auth.models import User
from django.core.management import call_command

from metrics.models import Scorecard
from portfolio.rights import Role
from portfolio.services.rights import role_set
from tests.metrics.scorecards.stored import make_values


def test_the_demo_has_a_published_scorecard_and_one_to_sign(db, capsys):
    for name, role in (("lead", Role.PMO_LEAD), ("executive", Role.EXECUTIVE)):
        role_set(user=User.objects.create_user(name), role=role)
    make_values()

    for _time in range(2):
        call_command("demo_people")

    cards = {card.period: card for card in Scorecard.objects.all()}
    assert {period: card.state for period, card in cards.items()} == {"2026-Q1": "published", "2026-Q2": "review"}
    assert len(cards["2026-Q1"].sha256) == 64
    assert [place.name for place in cards["2026-Q1"].sign_offs.all()] == ["lead", "executive"]
    assert capsys.readouterr().err == ""
