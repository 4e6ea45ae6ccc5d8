"""Data: can I trust it? Sources and their age, imports, computations, and the way in for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connectors.registry import connector_list
from dashboards import formatting as f
from dashboards.frame import Option
from dashboards.import_preview import PreviewFeed, preview_feeds, preview_said
from dashboards.pages.overview import fresh_of
from dashboards.parts import Answer, Fresh, Pager, RowError, Status, bad, good, strong
from dashboards.relevance_parts import RelevancePart, relevance_part
from dashboards.selectors.freshness import SourceAge, source_ages
from dashboards.selectors.imports import PROBLEMS, import_get, import_list, import_problems, run_list
from metrics.models import Run
from portfolio.models import ImportProblem, ImportRun
from portfolio.rights import Visibility

IMPORTS = 20


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import of the list, worded."""

    number: str
    url: str
    files: str
    asked: str
    status: Status
    percent: int | None
    rows: str
    errors: str
    by: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """A computation of the list, worded."""

    number: str
    status: Status
    percent: int | None
    cause: str
    as_of: str
    finished: str
    written: str
    unchanged: str
    seconds: str
    error: str


@dataclass(frozen=True, slots=True)
class DataPage:
    """All that the data page shows."""

    answer: Answer
    fresh: tuple[Fresh, ...]
    may_write: bool
    sees_imports: bool
    connectors: tuple[Option, ...]
    imports: tuple[ImportLine, ...]
    older: str
    runs: tuple[RunLine, ...]
    relevance: RelevancePart | None
    problem: str


@dataclass(frozen=True, slots=True)
class FeedCount:
    """What an import did to one feed."""

    feed: str
    rows: str
    created: str
    updated: str
    unchanged: str
    rejected: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    """All that the page of one import shows."""

    number: str
    running: bool
    poll_url: str
    status: Status
    stage: str
    percent: int
    answer: Answer
    facts: tuple[tuple[str, str], ...]
    feeds: tuple[FeedCount, ...]
    preview: tuple[PreviewFeed, ...]
    preview_said: str
    notes: tuple[str, ...]
    message: str
    errors: tuple[RowError, ...]
    errors_said: str
    csv_url: str
    pager: Pager | None
    refused: bool


def import_status(run: ImportRun) -> Status:
    """Where an import is."""
    kind = {
        ImportRun.Status.QUEUED: "none",
        ImportRun.Status.RUNNING: "none",
        ImportRun.Status.IMPORTED: "ok",
        ImportRun.Status.VALID: "ok",
        ImportRun.Status.REFUSED: "bad",
        ImportRun.Status.FAILED: "bad",
    }[ImportRun.Status(run.status)]
    if run.status == ImportRun.Status.IMPORTED and run.error_count:
        return Status("watch", _("Imported, rows left out"))
    return Status(kind, str(ImportRun.Status(run.status).label))  # type: ignore[arg-type]


def data_page(visible: Visibility, *, before: int | None = None, problem: str = "") -> DataPage:
    """The data page of a reader. Cost: six queries for those who write, three for others."""
    ages = source_ages()
    imports = import_list(visible_to=visible, before=before, limit=IMPORTS + 1)
    more = len(imports) > IMPORTS
    imports = imports[:IMPORTS]
    return DataPage(
        answer=Answer(_sentence(ages, imports)),
        fresh=tuple(fresh_of(age) for age in ages),
        may_write=visible.may_write,
        sees_imports=visible.reads_people,
        connectors=tuple(Option(c.name, str(c.title)) for c in connector_list()),
        imports=tuple(_import_line(run) for run in imports),
        older=f"?before={imports[-1].pk}" if more else "",
        runs=tuple(_run_line(*of_run) for of_run in run_list()) if visible.reads_all else (),
        relevance=relevance_part(visible=visible),
        problem=problem,
    )


def _sentence(ages: Sequence[SourceAge], imports: Sequence[ImportRun]) -> SafeString:
    now = timezone.now()
    known = [a for a in ages if a.written_at is not None]
    if not known:
        return escape(_("No facts yet. Import customers, their outcomes and the projects that serve them."))
    late = [a for a in known if now - (a.written_at or now) > a.limit]
    never = len(ages) - len(known)
    fine = len(known) - len(late)
    first = format_html(
        ngettext("{fine} of {all} source is on time.", "{fine} of {all} sources are on time.", len(ages)),
        fine=good(f.number(fine)) if fine == len(ages) else strong(f.number(fine)),
        all=f.number(len(ages)),
    )
    parts = [first]
    if late:
        parts.append(
            format_html(
                ngettext("{n} is older than its limit.", "{n} are older than their limits.", len(late)),
                n=bad(f.number(len(late))),
            )
        )
    if never:
        parts.append(
            format_html(ngettext("{n} was never imported.", "{n} were never imported.", never), n=bad(f.number(never)))
        )
    last = imports[0] if imports else None
    if last is not None and last.status in (ImportRun.Status.REFUSED, ImportRun.Status.FAILED):
        parts.append(format_html(_("The newest import was {not_stored}."), not_stored=bad(_("not stored"))))
    return format_html(" ".join(["{}"] * len(parts)), *parts)


def _import_line(run: ImportRun) -> ImportLine:
    files = [file.name for file in run.files.all()]
    shown = (
        f.listing(files[:2])
        if len(files) <= 2
        else _("%(first)s and %(n)s more files")
        % {
            "first": files[0],
            "n": f.number(len(files) - 1),
        }
    )
    done = run.status in ImportRun.FINAL
    return ImportLine(
        number=str(run.pk),
        url=reverse("import", args=[run.pk]),
        files=shown or run.connector or _("Files waiting"),
        asked=f.instant(run.created_at),
        status=import_status(run),
        percent=None if done else round(100 * run.progress),
        rows=f.number(sum(c.get("rows", 0) for c in run.counts.values())) if done else "",
        errors=f.number(run.error_count) if done else "",
        by=run.actor.get_username() if run.actor else _("Command line"),
    )


def _run_line(run: Run, parts: int, done: int) -> RunLine:
    kind = {"published": "ok", "failed": "bad", "superseded": "none"}.get(run.state, "none")
    percent = round(100 * done / parts) if run.state == Run.State.RUNNING and parts else None
    return RunLine(
        number=str(run.pk),
        status=Status(kind, str(Run.State(run.state).label)),  # type: ignore[arg-type]
        percent=percent,
        cause=run.cause,
        as_of=f.date(run.as_of),
        finished=f.instant(run.published_at),
        written=f.number(run.values_written),
        unchanged=f.number(run.values_unchanged),
        seconds=f.number(run.seconds, 1),
        error=run.error.strip().splitlines()[-1][:300] if run.error.strip() else "",
    )


def import_page(visible: Visibility, number: int, *, first: int = 0) -> ImportPage:
    """One import with its report; 404 for roles that do not write. Cost: three queries."""
    run = import_get(number, visible_to=visible)
    running = run.status not in ImportRun.FINAL
    problems = import_problems(run, first=first) if not running else []
    everything = run.error_count + run.warning_count
    here = reverse("import", args=[run.pk])
    preview = preview_feeds(run.preview)
    return ImportPage(
        number=str(run.pk),
        running=running,
        poll_url=here,
        status=import_status(run),
        stage=run.stage,
        percent=round(100 * run.progress),
        answer=Answer(import_sentence(run), _consequence(run)),
        facts=_facts(run),
        feeds=tuple(
            FeedCount(feed, *(f.number(c.get(k, 0)) for k in ("rows", "created", "updated", "unchanged", "rejected")))
            for feed, c in sorted(run.counts.items())
        ),
        preview=preview,
        preview_said=preview_said(preview),
        notes=tuple(str(note) for note in run.notes),
        message=run.message,
        errors=tuple(row_error(p) for p in problems),
        errors_said=_("Lines %(first)s to %(last)s of %(all)s in the report")
        % {"first": f.number(first + 1), "last": f.number(first + len(problems)), "all": f.number(everything)},
        csv_url=f"{here}?format=csv" if everything else "",
        pager=Pager(
            _("%(first)s to %(last)s of %(all)s")
            % {"first": f.number(first + 1), "last": f.number(first + len(problems)), "all": f.number(everything)},
            f"?first={max(0, first - PROBLEMS)}" if first else "",
            f"?first={first + PROBLEMS}" if first + PROBLEMS < everything else "",
        )
        if everything > PROBLEMS
        else None,
        refused=run.status == ImportRun.Status.REFUSED,
    )


def row_error(problem: ImportProblem) -> RowError:
    """A line of a report, worded."""
    return RowError(
        problem.file,
        f.number(problem.line),
        problem.column,
        problem.value,
        problem.message,
        problem.remedy,
        "watch" if problem.severity == "warning" else "bad",
    )


def import_sentence(run: ImportRun) -> SafeString:
    """What an import did, or why it did nothing."""
    rows = sum(c.get("rows", 0) for c in run.counts.values())
    created, updated, unchanged = (
        sum(c.get(k, 0) for c in run.counts.values()) for k in ("created", "updated", "unchanged")
    )
    if run.status in (ImportRun.Status.QUEUED, ImportRun.Status.RUNNING):
        return escape(_("The import is under way."))
    if run.status == ImportRun.Status.FAILED:
        return format_html(_("The import broke off. {nothing} was stored."), nothing=bad(_("Nothing")))
    if run.status == ImportRun.Status.REFUSED:
        return format_html(
            ngettext(
                "{errors} error, so {nothing} was stored.", "{errors} errors, so {nothing} was stored.", run.error_count
            ),
            errors=bad(f.number(run.error_count)),
            nothing=bad(_("nothing")),
        )
    if run.status == ImportRun.Status.VALID:
        return format_html(
            ngettext(
                "{rows} row is fine. It was checked, not stored.",
                "{rows} rows are fine. They were checked, not stored.",
                rows,
            ),
            rows=strong(f.number(rows)),
        )
    said = format_html(
        ngettext(
            "{rows} row read: {created} new, {updated} changed, {unchanged} as before.",
            "{rows} rows read: {created} new, {updated} changed, {unchanged} as before.",
            rows,
        ),
        rows=strong(f.number(rows)),
        created=good(f.number(created)),
        updated=strong(f.number(updated)),
        unchanged=f.number(unchanged),
    )
    if run.error_count:
        said = format_html(
            "{} {}",
            said,
            format_html(
                ngettext("{n} row was left out.", "{n} rows were left out.", run.error_count),
                n=bad(f.number(run.error_count)),
            ),
        )
    return said


def _consequence(run: ImportRun) -> str:
    """What it means for the figures."""
    if run.status == ImportRun.Status.REFUSED:
        return _("Figures stay as they were. Mend the rows below and import again, or import again and leave them out.")
    if run.status == ImportRun.Status.FAILED:
        return _("Figures stay as they were. Import again; if it breaks off again, tell your administrator.")
    if run.status == ImportRun.Status.IMPORTED and run.change_set_id:
        return _("Figures that these rows touch are computed again by themselves; the run stands on the data page.")
    if run.status == ImportRun.Status.IMPORTED:
        return _("Nothing changed, so no figure is computed again.")
    return ""


def _facts(run: ImportRun) -> tuple[tuple[str, str], ...]:
    facts = [
        (_("Asked for"), f.instant(run.created_at)),
        (_("By"), run.actor.get_username() if run.actor else _("Command line")),
        (_("Files"), ", ".join(file.name for file in run.files.all()) or f.ABSENT),
        (_("On error"), str(ImportRun.OnError(run.on_error).label)),
        (_("Took"), _("%(n)s seconds") % {"n": f.number(run.seconds, 1)} if run.seconds is not None else f.ABSENT),
    ]
    if run.connector:
        facts.append((_("Connector"), run.connector))
    if run.change_set_id:
        facts.append((_("Change"), str(run.change_set_id)))
    return tuple(facts)
