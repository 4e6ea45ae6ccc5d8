"""ServiceNow incident log: one row an update, folded to incidents with the place they hit and their service level."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.sources.base import Place, Source, SourceFile, Translation, line_clean
from connectors.sources.files import csv_dicts

NEEDED: Final = ("number", "opened_at", "resolved_at", "closed_at", "location", "category", "priority", "made_sla")
UNKNOWN: Final = "?"
STANDARD: Final = "SN-SLA"


def translate(files: Sequence[SourceFile], options: Mapping[str, str]) -> Translation:
    """Return services (categories), customers (locations), incidents, whom they hit, and service level checks."""
    done = Translation([file.name for file in files])
    last: dict[str, tuple[Place, dict[str, str]]] = {}
    for number, file in enumerate(files, start=1):
        for line, row in csv_dicts(file, NEEDED, partial(row_dropped, done, file.name)):
            if row["number"] in last:
                done.drop(file.name, _("row"), _("an earlier update of the same incident"))
            last[row["number"]] = (Place(number, line), row)
    done.add(
        "standards",
        Place(1, 1),
        code=STANDARD,
        process="incident management",
        kind="sla",
        requirement=_("Solved within the agreed time"),
    )
    named: dict[str, set[str]] = {"services": set(), "customers": set()}
    for code, (place, row) in last.items():
        incident_add(code, place, row, named, done)
    done.remarks += [
        _("The last row of an incident counts; times have no zone and are read as UTC; a question mark is unknown."),
        _("A category is a service, a location is a customer; a ticket interrupts the service for that customer."),
    ]
    done.undefined.append(_("customer minutes lost: who is served by what, and since when, is not in the source."))
    return done


def row_dropped(done: Translation, file: str, reason: str, line: int) -> None:
    """Count a row that cannot be read."""
    done.drop(file, _("row"), reason)


def incident_add(
    code: str, place: Place, row: Mapping[str, str], named: dict[str, set[str]], done: Translation
) -> None:
    """Add one incident with its customer and its service level check."""
    file = done.files[place.file - 1]
    opened, resolved, closed = (instant(row[name]) for name in ("opened_at", "resolved_at", "closed_at"))
    service, customer = known(row["category"]), known(row["location"])
    if not code or not service or opened is None:
        done.drop(file, _("incident"), _("without a category or an opening time"))
        return
    if resolved is None:
        done.drop(file, _("resolution time"), _("unknown"))
    elif resolved < opened:
        done.drop(file, _("resolution time"), _("before the opening"))
        resolved = None
    place_add("services", service, place, named, done)
    severity = row["priority"][:1]
    done.add(
        "incidents",
        place,
        code=code,
        service=service,
        started_at=stamp(opened),
        restored_at=stamp(resolved or (closed if closed and closed >= opened else None)),
        severity=severity if severity in "1234" else "",
        planned="false",
    )
    if customer:
        place_add("customers", customer, place, named, done)
        done.add("incident_impacts", place, incident=code, customer=customer)
    else:
        done.drop(file, _("location"), _("unknown"))
    if row["made_sla"] not in ("true", "false") or closed is None:
        done.drop(file, _("service level"), _("unknown"))
        return
    done.add(
        "standard_checks",
        place,
        code=code,
        standard=STANDARD,
        service=service,
        customer=customer,
        checked_on=closed.date().isoformat(),
        passed=row["made_sla"],
    )


def place_add(feed: str, code: str, place: Place, named: dict[str, set[str]], done: Translation) -> None:
    """Add a service or customer once."""
    if code not in named[feed]:
        named[feed].add(code)
        done.add(feed, place, code=code, name=code)


def known(cell: str) -> str:
    """Return a cell on one line, blank where it is unknown."""
    return "" if cell == UNKNOWN else line_clean(cell)


def instant(cell: str) -> datetime | None:
    """Return a time written as 29/2/2016 01:16, or None."""
    if not re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}", cell):
        return None
    try:
        return datetime.strptime(cell, "%d/%m/%Y %H:%M")  # noqa: DTZ007 (the source states no zone)
    except ValueError:
        return None


def stamp(at: datetime | None) -> str:
    """Return a time as a cell."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


SOURCE: Final = Source(
    name="servicenow",
    title=gettext_lazy("ServiceNow, incident event log as CSV"),
    accepts=lambda name: re.fullmatch(r".*incident.*\.csv(\.gz)?", name) is not None,
    translate=translate,
)
