"""Periods in queries, and the period that is meant when none is named."""

from django.utils.translation import gettext as _

from api.parameters import Parameter
from metrics.periods import Period, PeriodError
from metrics.selectors import State

PATTERN = "^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?$"


def read_period(text: str) -> Period:
    """2026-07, 2026-Q3 or 2026."""
    try:
        return Period.parse(text)
    except PeriodError as error:
        raise ValueError(_("a period such as 2026-07, 2026-Q3 or 2026")) from error


def period_parameter(name: str, description: str, *, many: bool = False, required: bool = False) -> Parameter:
    """A parameter that takes a period."""
    schema = {"type": "string", "pattern": PATTERN, "examples": ["2026-Q2"]}
    return Parameter(name, description, read_period, schema, many=many, required=required)


def newest_finished_quarter(state: State) -> Period:
    """The last quarter that has ended by the as-of day."""
    return Period.containing("quarter", state.as_of).previous
