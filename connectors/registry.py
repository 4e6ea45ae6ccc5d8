"""Connectors by name. A connector is a pure translation: foreign files in, a delivery of feeds out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portfolio.feed_types import Text
from portfolio.services.tables import Delivery

Translate = Callable[[Sequence[Path], Mapping[str, str]], Delivery]


@dataclass(frozen=True, slots=True)
class Connector:
    """How one other tool's files become feeds."""

    name: str
    title: Text
    translate: Translate
    options: tuple[str, ...] = ()
    """Names of the options it understands."""


_connectors: dict[str, Connector] = {}


def connector_register(connector: Connector) -> None:
    """Make a connector known. ValueError when its name is taken."""
    if connector.name in _connectors:
        raise ValueError(f"connector {connector.name} is registered twice")
    _connectors[connector.name] = connector


def connector_list() -> list[Connector]:
    """All connectors by name."""
    return [_connectors[name] for name in sorted(_connectors)]


def connector_get(name: str) -> Connector | None:
    """A connector, or None."""
    return _connectors.get(name)
