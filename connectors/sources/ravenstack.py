"""RavenStack, a SaaS firm: accounts, subscriptions and tickets as customers, revenue, contracts and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.sources.base import (
    BASE_CURRENCY,
    Place,
    Source,
    SourceFile,
    SourceRefused,
    Translation,
    currency_note,
)
from connectors.sources.files import csv_dicts

CURRENCY: Final = "USD"
COUNTRIES: Final = {"UK": "GB"}
"""Codes that are not of ISO 3166-1."""
SCALE: Final = ("1", "5")
"""The scale of the satisfaction score; the source holds 3 to 5 only."""
ACCOUNT: Final = ("account_id", "account_name", "industry", "country", "signup_date", "churn_flag")
SUBSCRIPTION: Final = (
    "subscription_id", "account_id", "start_date", "end_date", "arr_amount", "is_trial", "churn_flag",
)  # fmt: skip
TICKET: Final = ("ticket_id", "account_id", "submitted_at", "closed_at", "satisfaction_score")
FILES: Final = {
    "ravenstack_accounts.csv": ACCOUNT,
    "ravenstack_subscriptions.csv": SUBSCRIPTION,
    "ravenstack_support_tickets.csv": TICKET,
    "ravenstack_churn_events.csv": ("churn_event_id", "account_id", "reason_code"),
    "ravenstack_feature_usage.csv": ("usage_id",),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the recurring revenue of one account: the start (+) or the end (-) of a subscription."""

    on: date
    is_end: bool
    subscription: str
    amount: Decimal
    place: Place


def translate(files: Sequence[SourceFile], options: Mapping[str, str]) -> Translation:
    """Return customers, revenue events, contracts, work items (tickets) and satisfaction."""
    done = Translation([file.name for file in files])
    by_name = {file.name.removesuffix(".gz"): (number, file) for number, file in enumerate(files, start=1)}
    for needed in ("ravenstack_accounts.csv", "ravenstack_subscriptions.csv"):
        if needed not in by_name:
            raise SourceRefused(needed, _("The file is missing."))
    accounts = accounts_add(*by_name["ravenstack_accounts.csv"], done)
    subscriptions_add(*by_name["ravenstack_subscriptions.csv"], set(accounts), done)
    if "ravenstack_support_tickets.csv" in by_name:
        tickets_add(*by_name["ravenstack_support_tickets.csv"], set(accounts), done)
    if "ravenstack_churn_events.csv" in by_name:
        churn_told(*by_name["ravenstack_churn_events.csv"], accounts, done)
    if "ravenstack_feature_usage.csv" in by_name:
        number, file = by_name["ravenstack_feature_usage.csv"]
        used = sum(1 for _row in rows_of(file, number, "ravenstack_feature_usage.csv", done))
        done.drop(file.name, _("feature use"), _("no feed holds counts of use; adoption needs users"), used)
    done.remarks += [
        _("A subscription is revenue from its start to its end date; trials carry none."),
        _("The first paid subscription of a customer is new, a later one expansion, one after everything had ended a "
          "reactivation; an end is a contraction while something is left and churn when nothing is."),
        _("Tickets are work items; satisfaction is on a scale of 1 to 5, of which the source shows 3 to 5."),
    ]  # fmt: skip
    done.undefined += [
        *currency_note(CURRENCY, options),
        _("renewals: the source does not say which contract followed which; every ended one counts as not renewed."),
        _("contribution: there are no projects and outcomes in the source."),
    ]
    return done


def rows_of(file: SourceFile, number: int, known: str, done: Translation) -> Iterator[tuple[Place, dict[str, str]]]:
    """Yield the rows of a file with their places."""

    def dropped(reason: str, line: int) -> None:
        done.drop(file.name, _("row"), reason)

    for line, row in csv_dicts(file, FILES[known], dropped):
        yield Place(number, line), row


def accounts_add(number: int, file: SourceFile, done: Translation) -> dict[str, bool]:
    """Add customers and return whether each is flagged as gone."""
    flagged: dict[str, bool] = {}
    for place, row in rows_of(file, number, "ravenstack_accounts.csv", done):
        code = row["account_id"]
        if not code or code in flagged:
            done.drop(file.name, _("account"), _("account without an id or named twice"))
            continue
        flagged[code] = row["churn_flag"] == "True"
        acquired = day(row["signup_date"])
        if acquired is None:
            done.drop(file.name, _("sign-up date"), _("not readable"))
        done.add(
            "customers",
            place,
            code=code,
            name=row["account_name"] or code,
            segment=row["industry"],
            country=COUNTRIES.get(row["country"], row["country"]),
            acquired_on=iso(acquired),
        )
    done.drop(file.name, _("plan, seats, referral"), _("no feed holds them"), len(flagged))
    return flagged


def subscriptions_add(number: int, file: SourceFile, accounts: set[str], done: Translation) -> None:
    """Add every paid subscription as revenue events and every ended one as a contract."""
    steps: dict[str, list[Step]] = {}
    seen: set[str] = set()
    for place, row in rows_of(file, number, "ravenstack_subscriptions.csv", done):
        code, customer = row["subscription_id"], row["account_id"]
        starts, ends, arr = day(row["start_date"]), day(row["end_date"]), money(row["arr_amount"])
        wrong = subscription_fault(row, seen, accounts)
        if wrong or starts is None or arr is None:
            done.drop(file.name, _("subscription"), wrong)
            continue
        seen.add(code)
        if arr == 0:
            done.drop(file.name, _("revenue of a subscription"), _("trial or without money"))
        else:
            steps.setdefault(customer, []).append(Step(starts, False, code, arr, place))
            if ends:
                steps[customer].append(Step(ends, True, code, -arr, place))
        if ends:
            done.add(
                "contracts",
                place,
                code=code,
                customer=customer,
                starts_on=iso(starts),
                ends_on=iso(ends),
                annual_value=plain(arr),
                currency=CURRENCY,
                terminated_on=iso(ends) if row["churn_flag"] == "True" else "",
            )
    for customer, changes in steps.items():
        events_add(customer, changes, done)


def subscription_fault(row: Mapping[str, str], seen: set[str], accounts: set[str]) -> str:
    """Return why a subscription cannot be taken over; blank when it can."""
    starts, ends, arr = day(row["start_date"]), day(row["end_date"]), money(row["arr_amount"])
    if not row["subscription_id"] or row["subscription_id"] in seen:
        return _("subscription without an id or named twice")
    if row["account_id"] not in accounts:
        return _("of an unknown account")
    if starts is None or (row["end_date"] and ends is None):
        return _("date not readable")
    if arr is None or arr < 0:
        return _("amount not readable")
    if ends and ends < starts:
        return _("ends before it starts")
    return ""


def events_add(customer: str, changes: list[Step], done: Translation) -> None:
    """Add the revenue events of one customer; on one day starts come before ends: a change of plan is no churn."""
    running = Decimal(0)
    had_any = False
    for step in sorted(changes, key=lambda one: (one.on, one.is_end, one.subscription)):
        before, running = running, running + step.amount
        if step.is_end:
            kind = "contraction" if running > 0 else "churn"
        elif before > 0:
            kind = "expansion"
        else:
            kind = "reactivation" if had_any else "new"
        had_any = True
        done.add(
            "revenue_events",
            step.place,
            customer=customer,
            code=f"{step.subscription}-{'end' if step.is_end else 'start'}",
            effective_on=iso(step.on),
            kind=kind,
            delta_arr=plain(step.amount),
            currency=CURRENCY,
        )


def tickets_add(number: int, file: SourceFile, accounts: set[str], done: Translation) -> None:
    """Add support tickets as work items, and their ratings as answers; an unrated ticket is no answer."""
    seen: set[str] = set()
    for place, row in rows_of(file, number, "ravenstack_support_tickets.csv", done):
        code, opened = row["ticket_id"], instant(row["submitted_at"])
        closed = instant(row["closed_at"])
        if not code or code in seen or opened is None or (row["closed_at"] and closed is None):
            done.drop(file.name, _("ticket"), _("without an id, named twice, or a time not readable"))
            continue
        if closed and closed < opened:
            done.drop(file.name, _("ticket"), _("closed before it was submitted"))
            continue
        seen.add(code)
        done.add("work_items", place, code=code, started_at=stamp(opened), finished_at=stamp(closed))
        rating = money(row["satisfaction_score"])
        if rating is None:
            done.drop(file.name, _("satisfaction"), _("not rated"))
        elif row["account_id"] not in accounts or not Decimal(SCALE[0]) <= rating <= Decimal(SCALE[1]):
            done.drop(file.name, _("satisfaction"), _("of an unknown account or outside 1 to 5"))
        else:
            done.add(
                "survey_responses",
                place,
                code=code,
                kind="csat",
                customer=row["account_id"],
                audience="customer",
                score=plain(rating),
                scale_min=SCALE[0],
                scale_max=SCALE[1],
                answered_on=iso((closed or opened).date()),
            )
    done.drop(
        file.name, _("priority, first response, escalation, account of a ticket"), _("no feed holds them"), len(seen)
    )


def churn_told(number: int, file: SourceFile, accounts: Mapping[str, bool], done: Translation) -> None:
    """Tell what the churn events say and where they contradict the accounts; revenue comes from subscriptions."""
    gone: set[str] = set()
    count = 0
    for _place, row in rows_of(file, number, "ravenstack_churn_events.csv", done):
        gone.add(row["account_id"])
        count += 1
    done.drop(
        file.name, _("churn event"), _("no feed holds reasons and refunds; revenue follows the subscriptions"), count
    )
    flagged = {code for code, is_gone in accounts.items() if is_gone}
    done.remarks.append(
        _("The source contradicts itself: %(flagged)d accounts are flagged as gone, %(gone)d have a churn event, "
          "%(without)d of the flagged have none.")
        % {"flagged": len(flagged), "gone": len(gone), "without": len(flagged - gone)}
    )  # fmt: skip


def day(text: str) -> date | None:
    """Return a day, or None."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def instant(text: str) -> datetime | None:
    """Return an instant; a day counts from its midnight. None when it is neither."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def money(text: str) -> Decimal | None:
    """Return a number, or None."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def plain(number: Decimal) -> str:
    """Return a number as a cell."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def iso(on: date | None) -> str:
    """Return a day as a cell."""
    return on.isoformat() if on else ""


def stamp(at: datetime | None) -> str:
    """Return an instant as a cell; the source states no zone and is read as UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


SOURCE: Final = Source(
    name="ravenstack",
    title=gettext_lazy("RavenStack, a SaaS firm: accounts, subscriptions, support tickets"),
    accepts=lambda name: name.removesuffix(".gz") in FILES,
    translate=translate,
    options=(BASE_CURRENCY,),
)
