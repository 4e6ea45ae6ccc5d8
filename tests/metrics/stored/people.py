"""Readers of the reference company with their rights."""

from django.contrib.auth.models import User

from portfolio.models import Customer, Portfolio
from portfolio.rights import Role, Visibility
from portfolio.selectors.visibility import visibility_of
from portfolio.services.rights import grant_add, role_set


def reader(role: Role = Role.VIEWER, portfolio: str = "", customer: str = "") -> Visibility:
    """Rights of a new user of the role, with a grant."""
    user = User.objects.create_user(f"reader{User.objects.count()}", f"{User.objects.count()}@example.org")
    role_set(user=user, role=role)
    if portfolio:
        grant_add(user=user, portfolio=Portfolio.objects.get(code=portfolio))
    if customer:
        grant_add(user=user, customer=Customer.objects.get(code=customer))
    return visibility_of(user)
