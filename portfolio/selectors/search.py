"""Search over stored objects by code and name: one query, inside the reader's rights, best matches first.

Case and accents do not matter: `malmo` finds Malmö. Every word of the text must occur in the name or the code.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from portfolio.rights import Visibility

KINDS: Final = ("portfolio", "project", "customer", "initiative", "outcome", "incident")
MOST_LETTERS: Final = 100
MOST_WORDS: Final = 6


def _plain_letters() -> dict[str, str]:
    """Small Latin letters with marks and the plain letter of each."""
    found = {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i"}
    for number in range(0xDF, 0x180):
        letter = chr(number)
        base = unicodedata.normalize("NFD", letter)[0]
        if letter.islower() and base != letter and base.isascii():
            found[letter] = base
    return found


PLAIN: Final = _plain_letters()
_FROM, _TO = "".join(PLAIN), "".join(PLAIN.values())


@dataclass(frozen=True, slots=True)
class Hit:
    """An object that matches; `context` is the code of what it belongs to, where its page is another's."""

    kind: str
    code: str
    name: str
    context: str


@dataclass(frozen=True, slots=True)
class Group:
    """Matches of one kind, best first, and how many there are in all."""

    kind: str
    hits: tuple[Hit, ...]
    total: int


def folded(text: str) -> str:
    """A text as it is compared: small letters without marks, spaces as one."""
    small = " ".join(unicodedata.normalize("NFC", text).split()).lower()
    return "".join(PLAIN.get(letter, letter) for letter in small)


# Most names are ASCII, where nothing needs to be replaced: twenty times as fast.
_FOLD = (
    "CASE WHEN octet_length({0}) = char_length({0}) THEN lower({0}) ELSE translate(lower({0}), %(from)s, %(to)s) END"
)
_SOURCES: Final[dict[str, tuple[str, str, str, str]]] = {
    # kind: table, name, context, join
    "portfolio": ("portfolio_portfolios", "o.name", "''", ""),
    "project": ("portfolio_projects", "o.name", "''", ""),
    "customer": ("portfolio_customers", "o.name", "''", ""),
    "initiative": ("portfolio_initiatives", "o.name", "''", ""),
    "outcome": (
        "portfolio_outcomes",
        "o.name",
        "i.code",
        "JOIN portfolio_initiatives i ON i.id = o.initiative_id AND i.deleted_at IS NULL",
    ),
}


def search(text: str, *, visible_to: Visibility, most: int = 20) -> tuple[Group, ...]:
    """Objects whose code or name holds every word of the text, by kind, at most so many each. Cost: one query.

    Incidents have no name: they are found by the beginning of their code.
    """
    asked = folded(text.replace("\0", " ")[:MOST_LETTERS])
    words = asked.split()[:MOST_WORDS]
    if not words:
        return ()
    params: dict[str, Any] = {"from": _FROM, "to": _TO, "asked": asked, "start": f"{_literal(asked)}%"}
    params |= {f"w{n}": f"%{_literal(word)}%" for n, word in enumerate(words)}
    params |= {"inner": f"% {_literal(asked)}%", "most": most}
    parts = []
    for kind, source in _SOURCES.items():
        if visible_to.reads_all or visible_to.ids_of(kind):
            parts.append(_select(kind, source, len(words), everything=visible_to.reads_all))
            params[f"ids_{kind}"] = sorted(visible_to.ids_of(kind))
    if visible_to.reads_all or visible_to.ids_of("customer"):
        parts.append(_incidents(everything=visible_to.reads_all))
        params["customers"] = sorted(visible_to.ids_of("customer"))
    if not parts:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"({part})" for part in parts), params)
        rows = cursor.fetchall()
    groups = []
    for kind in KINDS:
        mine = [row for row in rows if row[0] == kind]
        if mine:
            groups.append(Group(kind, tuple(Hit(kind, *row[1:4]) for row in mine), mine[0][4]))
    return tuple(groups)


def _literal(text: str) -> str:
    """A text as LIKE takes it letter by letter."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _select(kind: str, source: tuple[str, str, str, str], words: int, *, everything: bool) -> str:
    table, name, context, join = source
    found = " AND ".join(f"(f.name LIKE %(w{n})s OR f.code LIKE %(w{n})s)" for n in range(words))
    inside = "" if everything else f" AND o.id = ANY(%(ids_{kind})s)"
    return f"""
SELECT '{kind}', o.code, {name}, {context}, count(*) OVER ()
  FROM {table} o {join}
 CROSS JOIN LATERAL (SELECT {_FOLD.format(name)} AS name, {_FOLD.format("o.code")} AS code) f
 WHERE o.deleted_at IS NULL AND {found}{inside}
 ORDER BY CASE WHEN f.code = %(asked)s THEN 0 WHEN f.name = %(asked)s THEN 1 WHEN f.code LIKE %(start)s THEN 2
               WHEN f.name LIKE %(start)s THEN 3 WHEN f.name LIKE %(inner)s THEN 4 ELSE 5 END,
          char_length({name}), {name}, o.code
 LIMIT %(most)s"""  # noqa: S608 - names of ours


def _incidents(*, everything: bool) -> str:
    inside = (
        ""
        if everything
        else " AND EXISTS (SELECT 1 FROM portfolio_incident_impacts m WHERE m.incident_id = o.id "
        "AND m.deleted_at IS NULL AND m.customer_id = ANY(%(customers)s))"
    )
    return f"""
SELECT 'incident', n.code, s.name, '', n.total
  FROM (SELECT o.code, o.service_id, count(*) OVER () AS total FROM portfolio_incidents o
         WHERE o.deleted_at IS NULL AND lower(o.code) LIKE %(start)s{inside}
         ORDER BY lower(o.code) LIMIT %(most)s) n
  JOIN portfolio_services s ON s.id = n.service_id AND s.deleted_at IS NULL
 ORDER BY n.code"""  # noqa: S608 - names of ours
