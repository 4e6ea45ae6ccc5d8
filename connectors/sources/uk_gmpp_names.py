"""Finds the same project in the UK major projects files of several years, and its department and category."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from connectors.sources.base import line_clean

RENAMED: Final = {
    "DOH": "DHSC",
    "DH": "DHSC",
    "DCLG": "DLUHC",
    "MHCLG": "DLUHC",
    "FCO": "FCDO",
}
"""Departments that only changed their name; those that were merged or split stay as they were."""
DEPARTMENTS: Final = {
    "BEIS": "Business, Energy and Industrial Strategy",
    "BIS": "Business, Innovation and Skills",
    "CO": "Cabinet Office",
    "CPS": "Crown Prosecution Service",
    "DBT": "Business and Trade",
    "DCMS": "Culture, Media and Sport",
    "DECC": "Energy and Climate Change",
    "DEFRA": "Environment, Food and Rural Affairs",
    "DESNZ": "Energy Security and Net Zero",
    "DFE": "Education",
    "DFID": "International Development",
    "DFT": "Transport",
    "DHSC": "Health and Social Care",
    "DLUHC": "Levelling Up, Housing and Communities",
    "DSIT": "Science, Innovation and Technology",
    "DWP": "Work and Pensions",
    "FCDO": "Foreign, Commonwealth and Development Office",
    "HMLR": "HM Land Registry",
    "HMRC": "HM Revenue and Customs",
    "HMT": "HM Treasury",
    "HO": "Home Office",
    "MOD": "Defence",
    "MOJ": "Justice",
    "NCA": "National Crime Agency",
    "NS&I": "National Savings and Investments",
    "ONS": "Office for National Statistics",
    "VOA": "Valuation Office Agency",
}
_PLAIN_WORDS: Final = frozenset(
    ["programme", "programmes", "program", "project", "projects", "the", "and", "of", "for"]
)


class Named(Protocol):
    """What matching needs to know of an entry."""

    year: int

    @property
    def name(self) -> str: ...

    @property
    def number(self) -> str: ...

    def first(self, name: str) -> str: ...


E = TypeVar("E", bound=Named)


@dataclass
class Matched(Generic[E]):
    """One project with its entries in the order of the years."""

    code: str
    entries: list[E]

    @property
    def department_row(self) -> dict[str, str]:
        """The row of the portfolio: the latest department."""
        code = department_code(self.entries[-1].first("department"))
        return {"code": code, "name": DEPARTMENTS.get(code, code), "kind": "portfolio"}

    @property
    def category_row(self) -> dict[str, str] | None:
        """The row of the program: the latest report category, inside the department."""
        category = next((c for e in reversed(self.entries) if (c := line_clean(e.first("category")))), "")
        if not category:
            return None
        department = self.department_row["code"]
        return {"code": f"{department}:{slug(category)}", "name": category, "kind": "program", "parent": department}


def department_code(text: str) -> str:
    """Return the code of a department: `DoH Non Capital`, `DH` and `DHSC` are one.

    Example: `MoD` -> `MOD`; `DoH Capital` -> `DHSC`.
    """
    plain = re.sub(r" (?:NON )?CAPITAL$", "", line_clean(text).upper())
    return RENAMED.get(plain, plain) or "?"


def departments() -> str:
    """Return the renamed departments in words."""
    return ", ".join(f"{old} = {new}" for old, new in RENAMED.items())


def tight(name: str) -> str:
    """Return the letters and digits of a name."""
    return re.sub(r"[\W_]", "", name.lower())


def loose(name: str) -> str:
    """Return a name without what stands in brackets and without words such as programme.

    Example: `Crossrail Programme` and `Crossrail` are the same.
    """
    plain = re.sub(r"\([^)]*\)?", " ", name.lower()).replace("&", " and ")
    return "".join(word for word in re.findall(r"[^\W_]+", plain) if word not in _PLAIN_WORDS)


def slug(text: str) -> str:
    """Return a text as part of a code."""
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")[:80]


def match(entries: Sequence[E]) -> list[Matched[E]]:
    """Return projects: entries of several years that share a number, a name, or a name but for its brackets.

    Two entries of one year are never the same project; a loose name that two projects of one year share is not used.
    """
    groups = list(range(len(entries)))
    years = [{entry.year} for entry in entries]

    def find(place: int) -> int:
        while groups[place] != place:
            groups[place] = groups[groups[place]]
            place = groups[place]
        return place

    def join(places: Iterable[int]) -> None:
        kept: int | None = None
        for place in places:
            root = find(place)
            if kept is None or root == kept:
                kept = root
            elif not years[kept] & years[root]:
                groups[root] = kept
                years[kept] |= years[root]

    for key in (lambda e: e.number, lambda e: tight(e.name), lambda e: loose(e.name)):
        alike: dict[str, list[int]] = {}
        for place, entry in enumerate(entries):
            if key(entry):
                alike.setdefault(key(entry), []).append(place)
        for places in alike.values():
            in_years = [entries[place].year for place in places]
            if len(in_years) == len(set(in_years)):
                join(places)
    members: dict[int, list[E]] = {}
    for place, entry in enumerate(entries):
        members.setdefault(find(place), []).append(entry)
    return coded([sorted(group, key=lambda e: e.year) for group in members.values()])


def coded(groups: list[list[E]]) -> list[Matched[E]]:
    """Return projects with their codes: the number where there is one, else the first name, made unique."""
    used: set[str] = set()
    found: list[Matched[E]] = []
    for group in groups:
        number = next((entry.number for entry in reversed(group) if entry.number), "")
        plain = number or slug(group[0].name) or f"project-{len(found) + 1}"
        code, again = plain, 2
        while code in used:
            code, again = f"{plain}-{again}", again + 1
        used.add(code)
        found.append(Matched(code, group))
    return found
