"""Numbers, money, dates and periods as readers of the active language write them.

Every function reads the active language; a negative number carries U+2212, a number never breaks from its unit.
Rounding is half to even on the decimal text, as `format` does; a value that rounds to zero has no sign.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

NBSP = "\u00a0"
MINUS = "\u2212"
DASH = "\u2013"
ABSENT = "\u2013"
Number = float | int | Decimal

MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "sv": ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
}
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
STEPS = ((1e9, {"en": "bn", "sv": "md"}), (1e6, {"en": "M", "sv": "M"}), (1e3, {"en": "k", "sv": "k"}))


def language() -> str:
    """`en` or `sv`; anything else reads English."""
    return "sv" if (get_language() or "").startswith("sv") else "en"


def number(value: Number | None, decimals: int = 0, *, sign: bool = False) -> str:
    """1140.5 -> `1,140.5` (en), `1 140,5` (sv); absent -> an en dash. `sign` puts a plus before what is above zero."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ABSENT
    text = f"{abs(value):,.{decimals}f}"
    zero = not text.strip("0.,")
    if language() == "sv":
        text = text.replace(",", NBSP).replace(".", ",")
    if zero:
        return text
    return f"{MINUS}{text}" if value < 0 else f"+{text}" if sign else text


def decimals_for(value: Number | None) -> int:
    """As many decimals as keep about three figures: 0.123 -> 2, 6.2 -> 1, 214 -> 0."""
    size = abs(float(value)) if value is not None else 0.0
    return 2 if size < 1 else 1 if size < 100 else 0


def significant(value: float, figures: int = 6) -> str:
    """As many decimals as show so many figures, without zeros at the end: 0.123456789 -> `0.123457`, 2.5 -> `2.5`."""
    rounded = Decimal(f"{value:.{figures - 1}e}").normalize()
    exponent = rounded.as_tuple().exponent
    return number(rounded, max(0, -exponent) if isinstance(exponent, int) else 0)


def percent(ratio: Number | None, decimals: int = 0, *, sign: bool = False) -> str:
    """0.41 -> `41%` (en), `41 %` (sv)."""
    if ratio is None:
        return ABSENT
    return number(float(ratio) * 100, decimals, sign=sign) + (f"{NBSP}%" if language() == "sv" else "%")


def percentage_points(difference: Number | None, decimals: int = 0) -> str:
    """0.04 -> `+4 pp` (en), `+4 p.e.` (sv): the change of a percentage is never a percentage."""
    if difference is None:
        return ABSENT
    unit = "p.e." if language() == "sv" else "pp"
    return f"{number(float(difference) * 100, decimals, sign=True)}{NBSP}{unit}"


def money(amount: Number | None, currency: str = "EUR", *, sign: bool = False, decimals: int | None = None) -> str:
    """4200000 -> `€4.2 M` (en), `4,2 M€` (sv); a currency without a sign of its own goes by its code."""
    if amount is None:
        return ABSENT
    value = float(amount)
    factor, suffix = _step(value)
    places = decimals if decimals is not None else (0 if abs(value) < 1e6 else 2 if abs(value) < 1e7 else 1)
    text = number(value / factor, places, sign=sign)
    symbol = SYMBOLS.get(currency)
    if language() == "sv":
        return f"{text}{NBSP}{suffix}{symbol}" if symbol else f"{text}{NBSP}{suffix}{NBSP * bool(suffix)}{currency}"
    scaled = f"{text}{NBSP}{suffix}" if suffix else text
    if not symbol:
        return f"{currency}{NBSP}{scaled}"
    lead = scaled[0] if scaled[0] in f"+{MINUS}" else ""
    return f"{lead}{symbol}{scaled[len(lead) :]}"


def _step(value: float) -> tuple[float, str]:
    for factor, names in STEPS:
        # 999,950 would round to 1,000 k
        if abs(value) >= factor * 0.9995:
            return factor, names[language()]
    return 1.0, ""


def date(day: dt.date | None) -> str:
    """`23 Nov 2026`, `23 nov 2026`."""
    return ABSENT if day is None else f"{day.day}{NBSP}{month_name(day.month)}{NBSP}{day.year}"


def day_month(day: dt.date | None) -> str:
    """`5 Feb`, `5 feb`."""
    return ABSENT if day is None else f"{day.day}{NBSP}{month_name(day.month)}"


def month_year(day: dt.date | None) -> str:
    """`Jan 2027`, `jan 2027`."""
    return ABSENT if day is None else f"{month_name(day.month)}{NBSP}{day.year}"


def month_name(month: int) -> str:
    """Short name of month 1 to 12."""
    return MONTHS[language()][month - 1]


def instant(moment: dt.datetime | None) -> str:
    """`23 Nov 2026, 06:10`, `23 nov 2026 kl. 06.10`, in the zone of the enterprise."""
    if moment is None:
        return ABSENT
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    if language() == "sv":
        return f"{date(local)} kl.{NBSP}{local:%H.%M}"
    return f"{date(local)}, {local:%H:%M}"


def period(code: str, *, short: bool = False) -> str:
    """`2026-Q3` -> `Q3 2026` (short `Q3 ’26`), `kv 3 2026`; `2026-07` -> `Jul 2026`; `2026` -> `2026`."""
    year, _dash, part = code.partition("-")
    tail = f"’{year[2:]}" if short else year
    if not part:
        return year
    if part.startswith("Q"):
        return f"kv{NBSP}{part[1:]}{NBSP}{tail}" if language() == "sv" else f"{part}{NBSP}{tail}"
    return f"{month_name(int(part))}{NBSP}{tail}"


def period_span(code: str) -> str:
    """The months of a quarter or year: `Jul–Sep`; of a month nothing."""
    _year, _dash, part = code.partition("-")
    if not part:
        return f"{month_name(1)}{DASH}{month_name(12)}"
    if not part.startswith("Q"):
        return ""
    first = 3 * int(part[1:]) - 2
    return f"{month_name(first)}{DASH}{month_name(first + 2)}"


def days(count: Number | None, decimals: int = 0) -> str:
    """`6.2 days`, `1 day`, in the plural form of the language."""
    if count is None:
        return ABSENT
    text = number(count, decimals)
    # A fraction always reads as several.
    grammatical = int(count) if float(count).is_integer() and not decimals else 2
    return ngettext("%(count)s day", "%(count)s days", abs(grammatical)) % {"count": text}


def slip(count: int) -> str:
    """`+17 days`, `−2 days`, `on time`."""
    if count == 0:
        return _("on time")
    return ngettext("%(count)s day", "%(count)s days", abs(count)) % {"count": number(count, sign=True)}


def age(seconds: float) -> str:
    """How long ago, in the largest whole unit: `3 hours`, `9 days`."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    whole = hours // 24
    return ngettext("%(n)s day", "%(n)s days", whole) % {"n": number(whole)}


def listing(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def moment(microseconds: int) -> dt.datetime:
    """Microseconds since 2000 (UTC), as columns of facts hold instants, in the zone of the enterprise."""
    at = dt.datetime(2000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)
    return timezone.localtime(at)
