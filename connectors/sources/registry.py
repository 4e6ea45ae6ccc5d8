"""Makes the sources known as connectors: paths in, a delivery out. A new source is one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from connectors.registry import Connector, connector_register
from connectors.sources import github_status, mspdi, ravenstack, servicenow, uk_gmpp
from connectors.sources.base import BASE_CURRENCY, Source, SourceRefused
from connectors.sources.files import source_files
from portfolio.services.problems import problem
from portfolio.services.tables import Delivery

SOURCES: Final = (uk_gmpp.SOURCE, ravenstack.SOURCE, mspdi.SOURCE, github_status.SOURCE, servicenow.SOURCE)


def sources_register() -> None:
    """Register every source once, at start."""
    for source in SOURCES:
        keys = tuple(option.key for option in source.options)
        connector_register(Connector(source.name, source.title, partial(source_translate, source), keys))


def source_translate(source: Source, paths: Sequence[Path], given: Mapping[str, str]) -> Delivery:
    """Return the delivery of a source. What cannot be translated at all is a refused delivery, never an exception."""
    try:
        options = source.options_read(given)
        stated = options.get(BASE_CURRENCY.key, "")
        if BASE_CURRENCY in source.options and not stated:
            options[BASE_CURRENCY.key] = settings.EPMO_BASE_CURRENCY
        done = source.translate(source_files(paths, source.accepts), options)
    except SourceRefused as refused:
        found = problem(refused.file, refused.line, "", "", "bad_file", refused.message)
        return Delivery(problems=[found], refused=True)
    if stated and stated != settings.EPMO_BASE_CURRENCY:
        note = _(
            "the base currency of this installation is %(base)s (EPMO_BASE_CURRENCY); the option converts nothing."
        )
        done.undefined.append(note % {"base": settings.EPMO_BASE_CURRENCY})
    return done.delivery()
