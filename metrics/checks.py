"""System checks of the catalogue: each names the entry and what mends it."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from metrics.groups import FIRST_DAYS, GROUPS
from metrics.registry import FACTORS, formulas, metrics
from metrics.scopes import SCOPE_KINDS
from portfolio.feeds import FEEDS


def check_catalogue(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every entry has a formula, a group, an owner, known feeds and known scopes."""
    found: list[CheckMessage] = []
    known = formulas()
    grouped = [key for keys in GROUPS.values() for key in keys]
    for key, entry in metrics().items():
        if key not in known:
            found.append(
                Error(
                    f"{key} has no formula",
                    hint=f"Decorate one in metrics/catalogue with @formula({key!r}).",
                    id="metrics.E001",
                )
            )
        elif unknown := [feed for feed in known[key].feeds if feed not in FEEDS]:
            found.append(
                Error(f"{key} reads unknown feeds {unknown}", hint="Name feeds of portfolio.feeds.", id="metrics.E002")
            )
        if grouped.count(key) != 1:
            found.append(
                Error(
                    f"{key} is in {grouped.count(key)} groups",
                    hint="Put it into one group of metrics/groups.py.",
                    id="metrics.E003",
                )
            )
        if not entry.owner_role:
            found.append(Error(f"{key} has no owner", hint="Fill owner_role in its entry.", id="metrics.E004"))
        if entry.factor not in FACTORS or set(entry.scopes) - set(SCOPE_KINDS):
            found.append(
                Error(
                    f"{key} has an unknown factor or scope", hint="Use the words of the catalogue.", id="metrics.E005"
                )
            )
    found += [
        Error(f"{extra} is grouped but not in the catalogue", hint="Mend metrics/groups.py.", id="metrics.E006")
        for extra in set(grouped) - set(metrics())
    ]
    found += [
        Error(f"{feed} is no feed", hint="Mend FIRST_DAYS in metrics/groups.py.", id="metrics.E007")
        for feed in set(FIRST_DAYS) - set(FEEDS)
    ]
    return found
