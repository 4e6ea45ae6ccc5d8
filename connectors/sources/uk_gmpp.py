"""UK Government Major Projects Portfolio: the annual files of the cabinet office as portfolios, projects and reports.

Three layouts: projects as columns (to 2017), projects as rows (2018, 2019), rows with semicolons (from 2021).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
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
    line_clean,
    text_clean,
)
from connectors.sources.files import Lines, csv_lines, text_of
from connectors.sources.uk_gmpp_cells import day_read, money_read, rag_read, reason_of
from connectors.sources.uk_gmpp_names import Matched, departments, match

CURRENCY: Final = "GBP"
MILLION: Final = Decimal(1_000_000)
FIRST_MARCH_YEAR: Final = 2021
"""From this report year on the data speak of 31 March of the year; before, of 30 September of the year before."""

HEADINGS: Final = (
    ("year", r"year"),
    ("number", r"project_number"),
    ("name", r"project[ _]name"),
    ("department", r"department"),
    ("category", r"report_category"),
    ("rating", r"mpa rag rating.*|ipa delivery confidence assessment.*|colour_rating"),
    ("description", r"description ?/ ?aims.*|description_aims"),
    ("rating_comment", r"departmental commentary on actions.*|rating_comment"),
    ("start", r"project - start date.*|start_date"),
    ("finish", r"project - end date.*|end_date"),
    ("schedule_comment", r"departmental narrative on schedule.*|schedule_comment"),
    ("year_budget", r"\d{4}/\d{2,4} (?:budget|total baseline).*|yearly_budget|total_baseline"),
    ("year_forecast", r"\d{4}/\d{2,4} (?:total )?forecast.*|yearly_forecast|forecast_incl_ngc"),
    ("variance", r"\d{4}/\d{2,4} variance.*"),
    ("whole_life", r"total budgeted whole life costs.*|whole life cost total baseline.*|wlc_baseline_incl_ncg"),
    ("variance_comment", r"departmental narrative on budget/forecast variance.*|variance_comment"),
    ("budget_comment", r"departmental narrative on budgeted whole life costs|budget_comment"),
    ("benefits", r"total baseline benefits.*"),
    ("benefits_comment", r"benefits_comment"),
)
NEEDED: Final = ("name", "department", "rating", "start", "finish", "year_budget", "year_forecast", "whole_life")
COMMENTS: Final = ("rating_comment", "schedule_comment", "variance_comment", "budget_comment", "benefits_comment")


@dataclass
class Entry:
    """One project in one annual file."""

    year: int
    file: str
    place: Place
    cells: dict[str, list[str]]
    """Cells by field; a field may have several columns (the two ratings of 2023)."""
    start: date | None = None
    finish: date | None = None
    money: dict[str, Decimal | None] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """Return the first cell of a field that is not blank."""
        return next((cell.strip() for cell in self.cells.get(name, ()) if cell.strip()), "")

    @property
    def name(self) -> str:
        """The project's name in this file."""
        return line_clean(self.first("name"))

    @property
    def number(self) -> str:
        """The project's number; blank before 2021."""
        return line_clean(self.first("number"))

    @property
    def speaks_of(self) -> date:
        """The day that the data speak of."""
        return date(self.year, 3, 31) if self.year >= FIRST_MARCH_YEAR else date(self.year - 1, 9, 30)


def translate(files: Sequence[SourceFile], options: Mapping[str, str]) -> Translation:
    """Return portfolios, programs, projects, yearly status reports and planned benefits."""
    done = Translation([file.name for file in files])
    entries: list[Entry] = []
    for number, file in enumerate(files, start=1):
        entries += entries_read(file, number, done)
    years = {entry.year: entry.file for entry in entries}
    for entry in entries:
        if years[entry.year] != entry.file:
            message = _("It is of the report year %(year)d, as %(other)s is.")
            raise SourceRefused(entry.file, message % {"year": entry.year, "other": years[entry.year]})
    for entry in entries:
        values_read(entry, done)
    found = match(entries)
    portfolios_add(found, done)
    for project in found:
        project_add(project, max(years), done)
        for entry in project.entries:
            report_add(project.code, entry, done)
            benefits_add(project.code, entry, done)
    said(found, options, done)
    return done


def entries_read(file: SourceFile, number: int, done: Translation) -> list[Entry]:
    """Return the projects of one file, whatever its layout."""
    text = text_of(file, "utf-8-sig", "cp1252")
    first = text.partition("\n")[0]
    lines = csv_lines(file, text, ";" if first.count(";") > first.count(",") else ",")
    transposed = re.fullmatch("project name", line_clean(lines[0][1][0]).lower()) is not None
    if transposed:
        lines = columns_as_rows(file, lines, done)
    whole = [(line, record) for line, record in lines if len(record) == len(lines[0][1])]
    done.drop(file.name, _("row"), _("more or fewer fields than headings"), len(lines) - len(whole))
    lines = whole
    fields = [field_of(heading) for heading in lines[0][1]]
    missing = [name for name in NEEDED if name not in fields]
    if missing:
        message = _("No heading stands for %(field)s; this is not a file of the portfolio.")
        raise SourceRefused(file.name, message % {"field": missing[0]})
    year = year_of(file, lines[0][1], fields, lines[1:])
    entries = []
    for line, record in lines[1:]:
        cells: dict[str, list[str]] = {}
        for name, cell in zip(fields, record, strict=True):
            if name:
                cells.setdefault(name, []).append(cell)
        entry = Entry(year, file.name, Place(number, line), cells)
        if entry.name:
            entries.append(entry)
        else:
            done.drop(file.name, _("row"), _("no project name"))
    derived = sum(1 for entry in entries for cell in entry.cells.get("variance", ()) if cell.strip())
    done.drop(file.name, _("variance"), _("follows from budget and forecast"), derived)
    for heading, name in zip(lines[0][1], fields, strict=True):
        if name is None and heading.strip():
            done.drop(file.name, line_clean(heading), _("unknown heading"))
    return entries


def columns_as_rows(file: SourceFile, lines: Lines, done: Translation) -> Lines:
    """Return a transposed table the usual way round; the line of a project is its column, from 1."""
    known = [(line, cells) for line, cells in lines if field_of(cells[0])]
    for _line, cells in lines:
        if not field_of(cells[0]):
            done.drop(file.name, _("line"), _("footnote or unknown heading"))
    width = max(len(cells) for _line, cells in known)
    rows: Lines = [(1, [cells[0] for _line, cells in known])]
    for column in range(1, width):
        record = [cells[column] if column < len(cells) else "" for _line, cells in known]
        if any(cell.strip() for cell in record):
            rows.append((column + 1, record))
    return rows


def field_of(heading: str) -> str | None:
    """Return the field that a heading stands for."""
    plain = line_clean(heading).lower()
    return next((name for name, pattern in HEADINGS if re.fullmatch(pattern, plain)), None)


def year_of(file: SourceFile, headings: list[str], fields: list[str | None], lines: Lines) -> int:
    """Return the report year: of the column `year`, else the year in which the headings' budget year ends."""
    if "year" in fields:
        stated = {record[fields.index("year")].strip() for _line, record in lines}
        if len(stated) == 1 and re.fullmatch(r"20\d\d", text := stated.pop()):
            return int(text)
        raise SourceRefused(file.name, _("The column year does not hold one year."))
    for heading in headings:
        found = re.match(r"(20\d\d)/(?:20)?(\d\d) ", line_clean(heading))
        if found and (int(found[1]) + 1) % 100 == int(found[2]):
            return int(found[1]) + 1
    raise SourceRefused(file.name, _("No heading says which year it is of."))


def values_read(entry: Entry, done: Translation) -> None:
    """Read dates and money of an entry; what is text is unknown and told by reason."""
    labels = {
        "start": _("start date"),
        "finish": _("end date"),
        "year_budget": _("budget of the year"),
        "year_forecast": _("forecast of the year"),
        "whole_life": _("whole-life cost"),
        "benefits": _("planned benefits"),
    }
    for name, label in labels.items():
        if name not in entry.cells:
            continue
        cell = entry.first(name)
        value = day_read(cell) if name in ("start", "finish") else money_read(cell)
        if value is None:
            done.drop(entry.file, label, reason_of(cell))
        if name == "start" and not isinstance(value, Decimal):
            entry.start = value
        elif name == "finish" and not isinstance(value, Decimal):
            entry.finish = value
        elif not isinstance(value, date):
            entry.money[name] = None if value is None else value * MILLION
    rating = entry.first("rating")
    if not rag_read(rating):
        done.drop(entry.file, _("rating"), reason_of(rating))


def portfolios_add(found: Sequence[Matched[Entry]], done: Translation) -> None:
    """Add departments as portfolios and, below them, report categories as programs."""
    seen: dict[str, dict[str, str]] = {}
    places: dict[str, Place] = {}
    for project in found:
        entry = project.entries[-1]
        for row in (project.department_row, project.category_row):
            if row and row["code"] not in seen:
                seen[row["code"]], places[row["code"]] = row, entry.place
    for code in sorted(seen, key=lambda code: (seen[code].get("parent", ""), code)):
        done.add("portfolios", places[code], **seen[code])


def project_add(project: Matched[Entry], newest: int, done: Translation) -> None:
    """Add a project: plan of the first year seen, everything else of the latest."""
    first, last = project.entries[0], project.entries[-1]
    start = next((entry.start for entry in project.entries if entry.start), None)
    finish = next((entry.finish for entry in project.entries if entry.finish), None)
    if start and finish and finish < start:
        done.drop(last.file, _("baseline end date"), _("before the start"))
        finish = None
    latest_start = next((entry.start for entry in reversed(project.entries) if entry.start), None)
    latest_finish = next((entry.finish for entry in reversed(project.entries) if entry.finish), None)
    begun = latest_start if latest_start and latest_start <= last.speaks_of else None
    gone = last.year < newest
    ended = latest_finish if gone and begun and latest_finish and begun <= latest_finish <= newest_day(newest) else None
    if gone and not ended:
        done.drop(last.file, _("project"), _("leaves the reports without an end that has passed; kept as running"))
    costs = [entry.money.get("whole_life") for entry in project.entries]
    budget = next((cost for cost in reversed(costs) if cost is not None), None)
    if budget is not None and budget < 0:
        done.drop(last.file, _("whole-life cost as budget"), _("below zero"))
        budget = None
    done.add(
        "projects",
        last.place,
        code=project.code,
        name=last.name,
        portfolio=(project.category_row or project.department_row)["code"],
        status="completed" if ended else "active" if begun else "proposed",
        currency=CURRENCY,
        budget=amount(budget),
        planned_start_on=iso(start),
        planned_finish_on=iso(finish),
        actual_start_on=iso(begun),
        actual_finish_on=iso(ended),
        description=text_clean(last.first("description") or first.first("description")),
    )


def newest_day(newest: int) -> date:
    """Return the day that the newest files speak of."""
    return date(newest, 3, 31) if newest >= FIRST_MARCH_YEAR else date(newest - 1, 9, 30)


def report_add(code: str, entry: Entry, done: Translation) -> None:
    """Add the status report of a year."""
    rating = line_clean(entry.first("rating"))
    comments = [text_clean(entry.first(name)) for name in COMMENTS if entry.first(name)]
    narrative = "\n\n".join(dict.fromkeys(comments))
    if len(narrative) > len(text_clean(narrative)):
        done.drop(entry.file, _("narrative"), _("cut at 10,000 characters"))
    done.add(
        "status_reports",
        entry.place,
        project=code,
        reported_on=iso(entry.speaks_of),
        rag=rag_read(rating),
        rating=rating,
        forecast_finish_on=iso(entry.finish),
        forecast_cost=amount(entry.money.get("whole_life")),
        year_budget=amount(entry.money.get("year_budget")),
        year_forecast=amount(entry.money.get("year_forecast")),
        narrative=text_clean(narrative),
    )


def benefits_add(code: str, entry: Entry, done: Translation) -> None:
    """Add the planned benefits of a project, whole life, in the month that the data speak of."""
    planned = entry.money.get("benefits")
    if planned is not None:
        month = f"{entry.speaks_of:%Y-%m}"
        done.add("benefits", entry.place, project=code, code="BASELINE", month=month, planned=amount(planned))


def amount(money: Decimal | None) -> str:
    """Return money as a cell: no exponent, no needless zeros."""
    if money is None:
        return ""
    text = f"{money:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def iso(day: date | None) -> str:
    """Return a day as a cell."""
    return day.isoformat() if day else ""


def said(found: Sequence[Matched[Entry]], options: Mapping[str, str], done: Translation) -> None:
    """Tell how the connector read what the source leaves open, and what stays undefined."""
    done.remarks += [
        _("Projects are matched by number, then by name (letters and digits), then by name without its brackets."),
        _("Money is in millions of pounds in the source and in pounds here."),
        _("A start that lies before the last report counts as actual; a project that is no longer reported counts as "
          "completed on its latest approved end, where that has passed."),
        _("Planned benefits are for the whole life and stand in the month of the report."),
        _("Departments that only changed their name are one portfolio: %(names)s.") % {"names": departments()},
    ]  # fmt: skip
    without = sum(1 for project in found if project.category_row is None)
    done.undefined += [
        *currency_note(CURRENCY, options),
        _("cost and schedule performance, return on investment: there is no actual spend and no monthly plan."),
        _("benefits realised: only planned benefits are in the source."),
        _("contribution and customer success: there are no customers and outcomes in the source."),
        _("percent complete, priority, manager and sponsor: not in the source."),
        _("program of %(count)d projects: report categories begin in 2019.") % {"count": without},
    ]


SOURCE: Final = Source(
    name="uk_gmpp",
    title=gettext_lazy("UK Government Major Projects Portfolio, annual files"),
    accepts=lambda name: re.fullmatch(r"uk_20\d\d\.csv", name) is not None,
    translate=translate,
    options=(BASE_CURRENCY,),
)
