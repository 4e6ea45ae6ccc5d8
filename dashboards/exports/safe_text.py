"""Text of people in files that spreadsheets open: never a formula."""

from __future__ import annotations

import re

# As the API writes CSV (api.columns): also full-width signs, and signs behind quotes or blanks.
FORMULA = re.compile(r"['\s]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula."""
    return bool(FORMULA.match(text))


def csv_text(text: str) -> str:
    """The text for a CSV cell; an apostrophe makes it text."""
    return f"'{text}" if is_formula(text) else text


def plain_text(text: str) -> str:
    """The text without control characters that XML cannot hold."""
    return "".join(letter for letter in text if letter in "\n\t" or (letter >= " " and letter not in "\ufffe\uffff"))


# What a workbook writer would turn into a formula or a link when it is handed plain text.
ACTIVE = re.compile(r"\s*([=+\-@{]|https?://|ftps?://|mailto:|internal:|external:|file:)", re.IGNORECASE)


def category_text(text: str) -> str:
    """The text as a category of a native chart: the workbook inside the file must not run it."""
    clean = plain_text(text)
    return f"'{clean}" if ACTIVE.match(clean) or is_formula(clean) else clean
