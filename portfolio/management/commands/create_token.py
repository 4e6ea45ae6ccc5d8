"""Makes an API token and prints it once."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portfolio.rights import Role, TokenScope
from portfolio.services.tokens import TokenRefused, token_create


def days(text: str) -> timedelta:
    """A duration such as 90d."""
    match = re.fullmatch(r"([1-9][0-9]{0,3})d", text)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is not a number of days such as 90d")
    return timedelta(days=int(match[1]))


class Command(BaseCommand):
    help = "Makes an API token for a user and prints it. It is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="user name of the owner")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument("--role", choices=Role.values, help="default: the user's role; never above it")
        parser.add_argument("--scope", required=True, choices=TokenScope.values)
        parser.add_argument("--expires", type=days, metavar="90d", help="default: never")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = get_user_model().objects.filter(username=options["user"]).first()
        if owner is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        expires = options["expires"]
        try:
            token, text = token_create(
                user=owner,
                name=options["name"],
                scope=TokenScope(options["scope"]),
                role=Role(options["role"]) if options["role"] else None,
                expires_at=timezone.now() + expires if expires else None,
                actor="create_token",
            )
        except TokenRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(f"Token {token.prefix} of {owner}: role {token.role}, scope {token.scope}.")
        self.stdout.write(text)
