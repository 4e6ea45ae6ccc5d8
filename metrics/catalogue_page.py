"""docs/metrics.md, made from the registry: what every metric means, in one page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metrics.registry import FAMILIES, Metric, formulas, metrics

HEADING = """# Metric catalogue

Made by `python manage.py list_metrics` from `metrics/catalogue/*.yaml`; do not edit by hand.
Every metric is declared once there and computed once, in the formula of the same name beside it.
"""
FAMILY_TITLES = {
    "tactical": "Tactical",
    "value_creation": "Value creation",
    "longevity": "Longevity",
    "financial": "Financial (never shown alone)",
}


def catalogue_markdown() -> str:
    """The page as text."""
    return "\n".join([HEADING, *_contents(), *_families()]).rstrip() + "\n"


def _contents() -> Iterator[str]:
    yield "| metric | family | factor | unit | better |"
    yield "| --- | --- | --- | --- | --- |"
    for key, entry in metrics().items():
        yield f"| [{entry.title}](#{key}) | {entry.family} | {entry.factor} | {entry.unit} | {entry.direction} |"
    yield ""


def _families() -> Iterator[str]:
    for family in FAMILIES:
        yield f"## {FAMILY_TITLES[family]}\n"
        for entry in metrics().values():
            if entry.family == family:
                yield from _entry(entry)


def _entry(entry: Metric) -> Iterator[str]:
    where = formulas()[entry.key].parts
    yield f'### <a id="{entry.key}"></a>{entry.title}\n'
    yield f"{entry.why}\n"
    yield f"`{entry.key}` version {entry.version}, owner: {entry.owner_role}, source: {entry.source}  "
    yield f"Computed in `{where.__module__.replace('.', '/')}.py`, `{where.__name__}`\n"
    yield f"- **Formula:** {entry.formula}"
    for name, side in (("Numerator", entry.numerator), ("Denominator", entry.denominator)):
        feed = f"`{side['feed']}`: " if side["feed"] else ""
        yield f"- **{name}:** {feed}{side['filter']}"
    yield f"- **Period:** {entry.period_rule}"
    yield f"- **Scopes:** {', '.join(entry.scopes)}; roll-up: {entry.roll_up}"
    yield f"- **Unit:** {entry.unit}, better: {entry.direction}; target: {_limits(entry)}; n: {entry.n}"
    if entry.minimum_n > 1 or entry.people_metric:
        people = "; suppressed below five people" if entry.people_metric else ""
        yield f"- **Fewest items:** {entry.minimum_n}{people}"
    if entry.index is not None:
        post = entry.index
        yield f"- **Index:** weight {post.weight:g}, score 0 at {post.worst:g}, 100 at {post.best:g}"
    for edge in entry.edges:
        yield f"- {edge}"
    if entry.components:
        yield "\n| component | formula | unit | better |\n| --- | --- | --- | --- |"
        for part in entry.components.values():
            yield f"| `{part.name}` | {part.formula.replace('|', chr(92) + '|')} | {part.unit} | {part.direction} |"
    yield ""


def _limits(entry: Metric) -> str:
    if entry.green is None or entry.amber is None:
        return "none by default"
    return f"green {_limit(entry.green)}, amber {_limit(entry.amber)}"


def _limit(limit: float | tuple[float, float]) -> str:
    return f"{limit[0]:g} to {limit[1]:g}" if isinstance(limit, tuple) else f"{limit:g}"


def metric_plain(entry: Metric) -> dict[str, Any]:
    """One entry as JSON values, in the words of the catalogue."""
    return {
        "name": entry.key,
        "title": entry.title,
        "family": entry.family,
        "factor": entry.factor,
        "unit": entry.unit,
        "direction": entry.direction,
        "target": {"green": _plain(entry.green), "amber": _plain(entry.amber)},
        "scopes": list(entry.scopes),
        "minimum_n": entry.minimum_n,
        "people_metric": entry.people_metric,
        "owner_role": entry.owner_role,
        "why": entry.why,
        "formula": entry.formula,
        "numerator": entry.numerator,
        "denominator": entry.denominator,
        "period_rule": entry.period_rule,
        "roll_up": entry.roll_up,
        "edges": list(entry.edges),
        "components": {
            name: {"formula": part.formula, "unit": part.unit, "direction": part.direction}
            for name, part in entry.components.items()
        },
        "index": None
        if entry.index is None
        else {"weight": entry.index.weight, "worst": entry.index.worst, "best": entry.index.best},
        "source": entry.source,
        "version": entry.version,
        "n": entry.n,
    }


def _plain(limit: float | tuple[float, float] | None) -> Any:
    return list(limit) if isinstance(limit, tuple) else limit
