"""The life of an API token: made, shown once, used, ended."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from portfolio.models import Portfolio, RightsEvent, Token
from portfolio.rights import Role, TokenScope
from portfolio.selectors.visibility import visibility_of
from portfolio.services.rights import grant_add, role_set
from portfolio.services.tokens import TokenRefused, token_create, token_find, token_revoke
from tests.portfolio.world import make_fact, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_user("lead", Role.PMO_LEAD)


def make(user, **fields):
    return token_create(user=user, **{"name": "report", "scope": TokenScope.READ, **fields})


def test_the_text_finds_the_token_and_is_kept_nowhere(lead):
    token, text = make(lead)

    assert token_find(text) == token
    secret = text.rpartition("_")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM portfolio_token t UNION ALL SELECT e::text FROM portfolio_rights_event e")
        stored = "\n".join(row[0] for row in cursor.fetchall())
    assert token.prefix in stored
    assert secret not in stored


def test_wrong_texts_find_nothing(lead):
    token, text = make(lead)
    wrong = [
        "",
        "epmo",
        "epmo__",
        f"epmo_{token.prefix}_",
        text + "x",
        text[:-1],
        text.upper(),
        f"{text}é",
        "a_b_c",
        "x" * 500,
    ]

    assert [token_find(candidate) for candidate in wrong] == [None] * len(wrong)


def test_a_pepper_that_changed_ends_every_token(lead, settings):
    _token, text = make(lead)
    settings.TOKEN_PEPPER = "another"

    assert token_find(text) is None


def test_a_token_ends_when_revoked(lead):
    token, text = make(lead)
    token_revoke(token=token, actor="lead")

    assert token_find(text) is None
    assert RightsEvent.objects.filter(kind="token_revoked", detail__prefix=token.prefix).exists()


def test_a_token_ends_when_it_expires(lead):
    token, text = make(lead, expires_at=timezone.now() + timedelta(days=1))
    assert token_find(text)
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())

    assert token_find(text) is None


def test_a_token_ends_with_the_password_and_with_its_owner(lead):
    _token, text = make(lead)
    lead.set_password("another password of theirs")
    lead.save()
    assert token_find(text) is None

    _token, text = make(lead)
    lead.is_active = False
    lead.save()
    assert token_find(text) is None


def test_a_token_never_reaches_above_its_owner(lead):
    token, _text = make(lead, scope=TokenScope.WRITE)
    assert visibility_of(lead, token=token).may_write

    role_set(user=lead, role=Role.EXECUTIVE)
    now = visibility_of(lead, token=token)
    assert (now.role, now.may_write) == (Role.EXECUTIVE, False)

    with pytest.raises(TokenRefused, match="above"):
        make(lead, role=Role.ADMINISTRATOR)


def test_a_lesser_token_has_the_grants_of_its_owner_only(lead):
    make_fact("portfolios", code="A", name="A", kind="portfolio")
    make_fact("portfolios", code="B", name="B", kind="portfolio")
    grant_add(user=lead, portfolio=Portfolio.objects.get(code="A"))
    token, _text = make(lead, role=Role.VIEWER)

    visible = visibility_of(lead, token=token)

    assert visible.sees("portfolio", "A")
    assert not visible.sees("portfolio", "B")
    assert not visible.sees("enterprise")


def test_a_reading_token_does_not_write(lead):
    token, _text = make(lead)

    assert not visibility_of(lead, token=token).may_write


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": "n" * 101},
        {"expires_at": timezone.now() - timedelta(days=1)},
        {"role": Role.EXECUTIVE, "scope": TokenScope.WRITE},
    ],
)
def test_what_is_refused(lead, fields):
    with pytest.raises(TokenRefused):
        make(lead, **fields)
    assert not Token.objects.exists()


def test_last_use_is_noted_once_a_minute(lead, django_assert_num_queries):
    token, text = make(lead)
    with django_assert_num_queries(2):
        token_find(text)
    with django_assert_num_queries(1):
        token_find(text)
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_the_command_prints_the_text_once(lead):
    out, err = StringIO(), StringIO()
    call_command("create_token", "lead", "--name", "bi", "--scope", "read", "--expires", "90d", stdout=out, stderr=err)

    text = out.getvalue().strip()
    token = token_find(text)
    assert token is not None
    assert (token.name, token.role, token.scope) == ("bi", "pmo_lead", "read")
    assert token.expires_at is not None
    assert timedelta(days=89) < token.expires_at - timezone.now() <= timedelta(days=90)
    assert text not in err.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody-there", "--name", "n", "--scope", "read"],
        ["lead", "--name", "n", "--scope", "everything"],
        ["lead", "--name", "n", "--scope", "read", "--role", "administrator"],
        ["lead", "--name", "n", "--scope", "read", "--expires", "tomorrow"],
        ["lead", "--name", "n", "--scope", "read", "--expires", "0d"],
        ["lead", "--scope", "read"],
    ],
)
def test_the_command_refuses_and_makes_nothing(lead, arguments):
    with pytest.raises(CommandError):
        call_command("create_token", *arguments)
    assert not Token.objects.exists()
