"""Code for a hand that reads values, contributions and the index, and marks each answer."""

READ = """
import hashlib
from metrics.contributions import contribution_lines
from metrics.index_values import index_changes, index_records
from metrics.periods import Period
from metrics.selectors import ValueQuery, state, values
from portfolio.rights import EVERYTHING
from portfolio.selectors.moments import one_moment

QUARTERS = [Period.parse(code) for code in ("2026-Q1", "2026-Q2")]

def mark(rows):
    known = sorted(str({k: v for k, v in row.plain().items() if k not in ("run", "computed_at")}) for row in rows)
    return hashlib.sha256("".join(known).encode()).hexdigest()[:12]

def look():
    # Several queries each: values by component and kind, the ledger, the index and what moved it.
    found = mark(values(ValueQuery(components=None, periods=tuple(QUARTERS)), visible_to=EVERYTHING))
    run = state().run.pk
    lines = mark(line for q in QUARTERS for line in contribution_lines(q, visible_to=EVERYTHING))
    index = mark(index_records(QUARTERS, visible_to=EVERYTHING))
    moved = mark(index_changes(QUARTERS, visible_to=EVERYTHING))
    assert run == state().run.pk
    assert found == mark(values(ValueQuery(components=None, periods=tuple(QUARTERS)), visible_to=EVERYTHING))
    return ".".join([found, lines, index, moved])

def look_at_one_moment():
    with one_moment():
        return look()
"""
