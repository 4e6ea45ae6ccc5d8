"""What a checked delivery holds beside what is stored, worded: numbers, days and currencies, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards.parts import Status


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A column: filled cells, least, greatest and sum in the files and among the stored rows; a sign when unlike."""

    column: str
    delivered: tuple[str, str, str, str]
    stored: tuple[str, str, str, str]
    status: Status | None


@dataclass(frozen=True, slots=True)
class PreviewFeed:
    """The columns of a feed."""

    feed: str
    lines: tuple[PreviewLine, ...]


def preview_feeds(preview: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[PreviewFeed, ...]:
    """The preview of an import as it was kept, in words; empty for imports that stored or found nothing."""
    return tuple(PreviewFeed(feed, tuple(_lines(columns))) for feed, columns in sorted(preview.items()))


def preview_said(feeds: Sequence[PreviewFeed]) -> str:
    """One sentence on what to look at first; blank where nothing is unlike."""
    named = [f"{feed.feed}.{line.column}" for feed in feeds for line in feed.lines if line.status is not None]
    if not named:
        return ""
    return _("Unlike what is stored: %(columns)s. Check the unit, the decimal sign and the currency.") % {
        "columns": f.listing(named)
    }


def _lines(columns: Sequence[Mapping[str, Any]]) -> Iterator[PreviewLine]:
    for column in columns:
        kind = column["kind"]
        sign = {
            "scale": Status("watch", _("Another scale?")),
            "currency": Status("watch", _("A currency not seen before")),
        }.get(column["unlike"])
        yield PreviewLine(column["column"], _span(column["delivered"], kind), _span(column["stored"], kind), sign)


def _span(span: Mapping[str, Any], kind: str) -> tuple[str, str, str, str]:
    if span["parts"] is not None:
        parts = [
            ngettext("%(currency)s in %(n)s row", "%(currency)s in %(n)s rows", n)
            % {"currency": currency, "n": f.number(n)}
            for currency, n in span["parts"].items()
        ]
        return f.number(span["count"]), "; ".join(parts) or f.ABSENT, "", ""
    return (
        f.number(span["count"]),
        _shown(span["least"], kind),
        _shown(span["greatest"], kind),
        _shown(span["total"], kind) if kind in ("number", "integer") else "",
    )


def _shown(text: str | None, kind: str) -> str:
    if text is None:
        return f.ABSENT
    match kind:
        case "month":
            return f.period(text)
        case "date":
            return f.date(date.fromisoformat(text))
        case "instant":
            return f.instant(datetime.fromisoformat(text))
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    return f.number(value, max(0, -exponent) if isinstance(exponent, int) else 0)
