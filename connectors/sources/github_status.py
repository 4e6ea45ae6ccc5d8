"""Incidents of GitHub's public status page (JSON lines) as services and interruptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.sources.base import Place, Source, SourceFile, SourceRefused, Translation, line_clean
from connectors.sources.files import text_of

UNNAMED: Final = "unnamed"
"""The service of an incident that names no component."""
SEVERITY: Final = {"critical": "1", "major": "2", "minor": "3", "none": "4"}
MAINTENANCE: Final = "maintenance"


def translate(files: Sequence[SourceFile], options: Mapping[str, str]) -> Translation:
    """Return a service for each component, and an incident for each component that a report names."""
    done = Translation([file.name for file in files])
    services: dict[str, str] = {}
    seen: set[str] = set()
    for number, file in enumerate(files, start=1):
        for line, record in records(file, done):
            fault = incident_fault(record, seen)
            if fault:
                done.drop(file.name, _("incident"), fault)
                continue
            seen.add(str(record["id"]))
            names = [name for name in map(line_clean, components(record)) if name]
            if not names:
                done.drop(file.name, _("component"), _("not named; the incident is kept under one service"))
            for name in names or [""]:
                code = slug(name) or UNNAMED
                if code not in services:
                    services[code] = name or _("GitHub, component not named")
                    done.add("services", Place(number, line), code=code, name=services[code])
                incident_add(record, code, Place(number, line), done)
            done.drop(file.name, _("status messages"), _("no feed holds them"), len(record.get("updates") or []))
    done.remarks.append(_("An incident of several components is one interruption of each of them."))
    done.undefined += [
        _("customer minutes lost: the source does not say who was hit; service_customers and incident_impacts do."),
    ]
    return done


def records(file: SourceFile, done: Translation) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the records of a file with their lines; what is no record is told."""
    count = 0
    for line, text in enumerate(text_of(file, "utf-8-sig").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and "id" in record:
            count += 1
            yield line, record
        else:
            done.drop(file.name, _("line"), _("not an incident in JSON"))
    if not count:
        raise SourceRefused(file.name, _("The file holds no incident in JSON lines."))


def incident_fault(record: Mapping[str, Any], seen: set[str]) -> str:
    """Return why a record is no incident; blank when it is one."""
    started, restored = instant(record.get("started_at")), instant(record.get("resolved_at"))
    if str(record["id"]) in seen:
        return _("named twice")
    if started is None or (record.get("resolved_at") and restored is None):
        return _("time not readable")
    if restored and restored < started:
        return _("ends before it starts")
    return ""


def incident_add(record: Mapping[str, Any], service: str, place: Place, done: Translation) -> None:
    """Add one interruption of one service; the down time where the source states it, else the time of the report."""
    started, restored = instant(record.get("downtime_start")), instant(record.get("downtime_end"))
    if started is None or (restored and restored < started):
        started, restored = instant(record.get("started_at")), instant(record.get("resolved_at"))
    impact = str(record.get("impact") or "")
    done.add(
        "incidents",
        place,
        code=f"{record['id']}:{service}",
        service=service,
        started_at=stamp(started),
        detected_at=stamp(instant(record.get("started_at"))),
        restored_at=stamp(restored or instant(record.get("resolved_at"))),
        severity=SEVERITY.get(impact, ""),
        planned="true" if impact == MAINTENANCE else "false",
    )


def components(record: Mapping[str, Any]) -> list[str]:
    """Return the components that a record names, each once."""
    found = record.get("components")
    return list(dict.fromkeys(str(name) for name in found)) if isinstance(found, list) else []


def slug(name: str) -> str:
    """Return a name as a code."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")[:80]


def instant(value: object) -> datetime | None:
    """Return an instant with a zone, or None."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found and found.tzinfo else None


def stamp(at: datetime | None) -> str:
    """Return an instant as a cell."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


SOURCE: Final = Source(
    name="github_status",
    title=gettext_lazy("GitHub status page, incidents as JSON lines"),
    accepts=lambda name: name.endswith(".jsonl"),
    translate=translate,
)
