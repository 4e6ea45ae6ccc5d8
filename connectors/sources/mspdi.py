"""Microsoft Project XML (MSPDI): one file a project as project, milestones, monthly plan, progress and cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from typing import Final, Protocol

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.sources.base import (
    BASE_CURRENCY,
    Option,
    Place,
    Source,
    SourceFile,
    SourceRefused,
    Translation,
    currency_note,
    is_currency,
    line_clean,
)

NAMESPACE: Final = "{http://schemas.microsoft.com/project}"
PORTFOLIO: Final = "MSPROJECT"
CENT: Final = Decimal("0.01")


class Node(Protocol):
    """What is used of an XML element."""

    tag: str

    def findtext(self, path: str) -> str | None: ...
    def iterfind(self, path: str) -> Iterator[Node]: ...


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both counted."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Task:
    """A task without subtasks."""

    uid: str
    name: str
    is_milestone: bool
    current: Span
    baseline: Span | None
    actual_start: date | None
    actual_finish: date | None
    complete: Decimal
    """Share done, 0 to 1."""
    planned_cost: Decimal
    actual_cost: Decimal


def translate(files: Sequence[SourceFile], options: Mapping[str, str]) -> Translation:
    """Return one project for each file. Plan and cost are spread evenly over the days of each task."""
    done = Translation([file.name for file in files])
    portfolio = options.get("portfolio") or PORTFOLIO
    if portfolio == PORTFOLIO:
        done.add("portfolios", Place(1, 1), code=PORTFOLIO, name="Microsoft Project", kind="portfolio")
    currencies: set[str] = set()
    used: set[str] = set()
    for number, file in enumerate(files, start=1):
        root = root_read(file)
        code = unique(re.sub(r"[^\w.-]+", "-", PurePosixPath(file.name).stem), used)
        currency = text(root, "CurrencyCode")
        if not is_currency(currency):
            currency = options.get("base_currency", "")
            done.drop(file.name, _("currency code"), _("not stated; the base currency is taken"))
        if not is_currency(currency):
            raise SourceRefused(file.name, _("No currency is stated; give one with --option base_currency=XXX."))
        currencies.add(currency)
        project_add(root, code, portfolio, currency, Place(number, 1), file.name, done)
    done.remarks += [
        _("Plan, progress and cost of a task are spread evenly over its days; the baseline is baseline 0, and the "
          "current plan where there is none."),
        _("Progress and cost are known up to the status date, else to the day the file was saved."),
        _("Which milestones customers see is not in the source; none counts as customer-facing."),
    ]  # fmt: skip
    for currency in sorted(currencies):
        done.undefined += currency_note(currency, options)
    done.undefined.append(_("customers, outcomes, benefits: not in the source."))
    return done


def root_read(file: SourceFile) -> Node:
    """Return the root of a file; entities and document types are refused, not expanded."""
    try:
        root: Node = fromstring(file.read(), forbid_dtd=True)
    except DefusedXmlException:
        raise SourceRefused(
            file.name, _("The file declares a document type or entities; such XML is not read.")
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise SourceRefused(file.name, _("The file is not XML: %(error)s.") % {"error": error}) from None
    if root.tag != f"{NAMESPACE}Project":
        raise SourceRefused(file.name, _("The file is not Microsoft Project XML."))
    return root


def project_add(
    root: Node, code: str, portfolio: str, currency: str, place: Place, file: str, done: Translation
) -> None:
    """Add a project with its milestones, months and one status report."""
    tasks = list(tasks_read(root, file, done))
    known = status_day(root)
    work = [task for task in tasks if not task.is_milestone]
    budget = sum((task.planned_cost for task in tasks), Decimal(0))
    first = min((task.baseline or task.current).first for task in tasks) if tasks else day(text(root, "StartDate"))
    last = max((task.baseline or task.current).last for task in tasks) if tasks else day(text(root, "FinishDate"))
    started = min((task.actual_start for task in tasks if task.actual_start), default=None)
    is_over = bool(tasks) and all(task.complete == 1 and task.actual_finish for task in tasks)
    finished = max((task.actual_finish for task in tasks if task.actual_finish), default=None) if is_over else None
    done.add(
        "projects",
        place,
        code=code,
        name=line_clean(text(root, "Title") or text(root, "Name")) or code,
        portfolio=portfolio,
        status="completed" if finished else "active" if started else "proposed",
        manager=line_clean(text(root, "Manager")),
        currency=currency,
        budget=plain(budget) if budget > 0 else "",
        planned_start_on=iso(first),
        planned_finish_on=iso(last),
        actual_start_on=iso(started),
        actual_finish_on=iso(finished),
    )
    milestones_add(tasks, code, place, file, done)
    months_add(tasks, code, known, place, done)
    weight = sum((task.planned_cost for task in work), Decimal(0))
    progress = sum((task.planned_cost * task.complete for task in work), Decimal(0)) / weight if weight else None
    if known:
        done.add(
            "status_reports",
            place,
            project=code,
            reported_on=iso(known),
            percent_complete="" if progress is None else plain(progress * 100),
            forecast_finish_on=iso(day(text(root, "FinishDate"))),
        )


def tasks_read(root: Node, file: str, done: Translation) -> Iterator[Task]:
    """Yield the tasks that carry work: no summaries, no blank rows, no inactive ones."""
    for node in root.iterfind(f"{NAMESPACE}Tasks/{NAMESPACE}Task"):
        if text(node, "Summary") == "1" or text(node, "OutlineLevel") == "0":
            continue
        if text(node, "IsNull") == "1" or text(node, "Active") == "0":
            done.drop(file, _("task"), _("blank or inactive"))
            continue
        current = span(text(node, "Start"), text(node, "Finish"))
        if current is None:
            done.drop(file, _("task"), _("without dates"))
            continue
        baseline, cost = None, money(text(node, "Cost"))
        for one in node.iterfind(f"{NAMESPACE}Baseline"):
            if text(one, "Number") in ("", "0"):
                baseline = span(text(one, "Start"), text(one, "Finish"))
                cost = money(text(one, "Cost")) if text(one, "Cost") else cost
            else:
                done.drop(file, _("baseline"), _("only baseline 0 is the first approved plan"))
        complete = money(text(node, "PercentComplete"))
        yield Task(
            uid=text(node, "UID"),
            name=line_clean(text(node, "Name")) or text(node, "UID"),
            is_milestone=text(node, "Milestone") == "1",
            current=current,
            baseline=baseline,
            actual_start=day(text(node, "ActualStart")),
            actual_finish=day(text(node, "ActualFinish")),
            complete=min(max(complete, Decimal(0)), Decimal(1)),
            planned_cost=cost,
            actual_cost=money(text(node, "ActualCost")),
        )


def milestones_add(tasks: Sequence[Task], code: str, place: Place, file: str, done: Translation) -> None:
    """Add the milestones; without a baseline the current date is the first one known."""
    for task in tasks:
        if task.is_milestone:
            if task.baseline is None:
                done.drop(file, _("baseline of a milestone"), _("not in the file; the current date is taken"))
            done.add(
                "milestones",
                place,
                project=code,
                code=task.uid,
                name=task.name,
                baseline_on=iso((task.baseline or task.current).last),
                forecast_on=iso(task.current.last),
                actual_on=iso(task.actual_finish),
                customer_facing="false",
            )


def months_add(tasks: Sequence[Task], code: str, known: date | None, place: Place, done: Translation) -> None:
    """Add plan, earned value and cost of each month from the first to the last that has any."""
    plan: dict[str, Decimal] = {}
    earned: dict[str, Decimal] = {}
    spent: dict[str, Decimal] = {}
    for task in tasks:
        spread(task.planned_cost, task.baseline or task.current, plan)
        if known and (task.complete or task.actual_cost):
            first = min(task.actual_start or task.current.first, known)
            last = max(first, min(task.actual_finish or known, known))
            spread(task.planned_cost * task.complete, Span(first, last), earned)
            spread(task.actual_cost, Span(first, last), spent)
    months = sorted({*plan, *earned, *spent})
    if not any((*plan.values(), *earned.values(), *spent.values())):
        return
    reported = f"{known:%Y-%m}" if known else ""
    for month in every_month(months[0], months[-1]):
        is_known = month <= reported
        done.add(
            "project_months",
            place,
            project=code,
            month=month,
            planned_value=plain(plan.get(month, Decimal(0))),
            earned_value=plain(earned.get(month, Decimal(0))) if is_known else "",
            actual_cost=plain(spent.get(month, Decimal(0))) if is_known else "",
        )


def spread(amount: Decimal, over: Span, into: dict[str, Decimal]) -> None:
    """Spread an amount evenly over days, into months; the cents add up to the amount exactly.

    Example: 100 over 31 January and 1 February is 50 in each month.
    """
    days = (over.last - over.first).days + 1
    given = Decimal(0)
    for month in every_month(f"{over.first:%Y-%m}", f"{over.last:%Y-%m}"):
        start = date(int(month[:4]), int(month[5:]), 1)
        end = (start + timedelta(days=32)).replace(day=1)
        passed = (min(end - timedelta(days=1), over.last) - over.first).days + 1
        until = (amount * passed / days).quantize(CENT)
        into[month] = into.get(month, Decimal(0)) + until - given
        given = until


def every_month(first: str, last: str) -> Iterator[str]:
    """Yield the months from the first to the last, as YYYY-MM."""
    year, month = int(first[:4]), int(first[5:])
    while f"{year:04d}-{month:02d}" <= last:
        yield f"{year:04d}-{month:02d}"
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def status_day(root: Node) -> date | None:
    """Return the day up to which progress is known."""
    return next((on for name in ("StatusDate", "LastSaved", "CurrentDate") if (on := day(text(root, name)))), None)


def unique(code: str, used: set[str]) -> str:
    """Return a code that was not used before."""
    found, again = code, 2
    while found in used:
        found, again = f"{code}-{again}", again + 1
    used.add(found)
    return found


def text(node: Node, name: str) -> str:
    """Return the text of a child, blank when there is none."""
    return (node.findtext(f"{NAMESPACE}{name}") or "").strip()


def span(first: str, last: str) -> Span | None:
    """Return the days of a task; an end before its start is the start."""
    begin, end = day(first), day(last)
    return Span(begin, max(begin, end)) if begin and end else None


def day(cell: str) -> date | None:
    """Return the day of a date-time, or None (NA and blank among others)."""
    try:
        found = datetime.fromisoformat(cell).date()
    except ValueError:
        return None
    return found if 1980 <= found.year <= 2149 else None


def money(cell: str) -> Decimal:
    """Return hundredths as units (money and percent alike); 0 where the cell holds no number."""
    try:
        number = Decimal(cell)
    except InvalidOperation:
        return Decimal(0)
    return number / 100 if number.is_finite() and abs(number) < Decimal(10) ** 17 else Decimal(0)


def plain(number: Decimal) -> str:
    """Return a number as a cell, in hundredths at the finest."""
    shown = f"{number.quantize(CENT):f}"
    return shown.rstrip("0").rstrip(".")


def iso(on: date | None) -> str:
    """Return a day as a cell."""
    return on.isoformat() if on else ""


SOURCE: Final = Source(
    name="mspdi",
    title=gettext_lazy("Microsoft Project, saved as XML"),
    accepts=lambda name: name.lower().endswith(".xml"),
    translate=translate,
    options=(
        BASE_CURRENCY,
        Option(
            "portfolio",
            gettext_lazy("code of the portfolio or program that the projects hang in"),
            lambda code: bool(code),
        ),
    ),
)
