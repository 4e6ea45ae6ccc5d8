"""Checks across rows: the tree of portfolios, intervals of service and customer, rules on rows as they will stand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2 import sql
from psycopg2.extras import execute_values

from portfolio.feeds import FEEDS
from portfolio.services.problems import ProblemLog, problem
from portfolio.services.resolving import ACCEPTED, add_unknown, fetch, leave_out
from portfolio.services.rules import rule_check
from portfolio.services.staging import Staged, run

Interval = tuple[date, date | None]


def check_late_rules(held: Staged, log: ProblemLog) -> None:
    """Rules that read a column the file does not carry, on the row as it will be stored."""
    rules = held.late_rules
    if not rules:
        return
    names = list(dict.fromkeys(name for rule in rules for name in (rule.column, *rule.others)))
    gone = []
    for line, *parts in fetch(held, ", ".join(["line", *names]), f"{ACCEPTED} AND NOT removes"):
        values = dict(zip(names, parts, strict=True))
        faults = [(rule, rule_check(rule, values)) for rule in rules]
        found = [(rule, fault) for rule, fault in faults if fault is not None]
        for rule, fault in found:
            shown = values[rule.column]
            log.add(
                problem(held.file, line, rule.column, "" if shown is None else str(shown), fault.code, fault.message)
            )
        if found:
            gone.append(line)
    leave_out(held, gone)
    held.rejected += len(gone)


def check_tree(held: Staged, log: ProblemLog) -> None:
    """Portfolios: parents that are not there, and portfolios that are their own ancestor. Fills `parent_id`."""
    column = FEEDS["portfolios"].column("parent")
    given = column.name in held.given
    rows = fetch(held, f"line, code, removes, id, old_id, {'parent' if given else 'NULL'}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.code, p.id, parent.code FROM portfolio_portfolios p"
            " LEFT JOIN portfolio_portfolios parent ON parent.id = p.parent_id WHERE p.deleted_at IS NULL"
        )
        stored = {code: (pk, parent) for code, pk, parent in cursor.fetchall()}
    removed = {code for _line, code, removes, *_rest in rows if removes}
    new = {
        code: (line, pk, parent if given else stored.get(code, (0, None))[1])
        for line, code, removes, pk, _old, parent in rows
        if not removes
    }
    gone: list[int] = []
    while True:
        parents = {code: parent for code, (_pk, parent) in stored.items() if code not in removed}
        parents.update({code: parent for code, (_line, _pk, parent) in new.items()})
        lost = [code for code, (_line, _pk, parent) in new.items() if given and parent and parent not in parents]
        circling = in_cycles(parents) & new.keys()
        if not lost and not circling:
            break
        for code in sorted(lost, key=lambda code: new[code][0]):
            line, _pk, parent = new.pop(code)
            gone.append(line)
            add_unknown(held, log, line, column, parent)
        for code in sorted(circling, key=lambda code: new[code][0]):
            line, _pk, parent = new.pop(code)
            gone.append(line)
            held.rejected += 1
            message = _("The portfolio is its own ancestor.")
            log.add(problem(held.file, line, "parent", parent or "", "out_of_range", message))
    leave_out(held, gone)
    if given:
        ids = {code: pk for code, (pk, _parent) in stored.items()}
        ids.update({code: pk for code, (_line, pk, _parent) in new.items()})
        _set_parents(held, [(line, ids[parent] if parent else None) for line, _pk, parent in new.values()])


def _set_parents(held: Staged, parents: list[tuple[int, int | None]]) -> None:
    facts = sql.Identifier(held.facts)
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("ALTER TABLE {} ADD COLUMN parent_id bigint").format(facts))
        statement = sql.SQL(
            "UPDATE {} f SET parent_id = v.parent_id FROM (VALUES %s) AS v (line, parent_id) WHERE f.line = v.line"
        ).format(facts)
        execute_values(cursor.cursor, statement.as_string(cursor.cursor), parents, template="(%s, %s::bigint)")
        run(
            cursor,
            sql.SQL(
                "UPDATE {} f SET changed = true FROM portfolio_portfolios e"
                " WHERE e.id = f.old_id AND e.parent_id IS DISTINCT FROM f.parent_id"
            ).format(facts),
        )


def in_cycles(parents: dict[str, str | None]) -> set[str]:
    """Codes that are their own ancestor; what only hangs below a cycle is not among them."""
    state: dict[str, int] = {}
    found: set[str] = set()
    for start in parents:
        path: list[str] = []
        code: str | None = start
        while code is not None and code in parents and code not in state:
            state[code] = 1
            path.append(code)
            code = parents[code]
        if code is not None and state.get(code) == 1:
            found.update(path[path.index(code) :])
        for passed in path:
            state[passed] = 2
    return found


def check_overlaps(held: Staged, log: ProblemLog) -> None:
    """A service serves a customer once at a time: the later row of the file is left out.

    Stored rows whose key the file does not carry stand first. A stored row also stands when the row that would have
    replaced it is left out.
    """
    rows = fetch(held, "line, removes, service_id, customer_id, valid_from, valid_to, old_id", ACCEPTED)
    stored = _stored_intervals(held)
    replaced = {old for _line, _removes, _s, _c, _from, _to, old in rows if old is not None}
    standing: dict[tuple[int, int], list[Interval]] = defaultdict(list)
    for pk, pair, interval in stored:
        if pk not in replaced:
            standing[pair].append(interval)
    kept = {pk: (pair, interval) for pk, pair, interval in stored if pk in replaced}
    waiting = [row for row in rows if not row[1]]
    gone: list[tuple[Any, ...]] = []
    while True:
        accepted: dict[tuple[int, int], list[Interval]] = {pair: list(held) for pair, held in standing.items()}
        fallen = []
        for row in waiting:
            _line, _removes, service, customer, start, end, _old = row
            others = accepted.setdefault((service, customer), [])
            if any(overlaps((start, end), other) for other in others):
                fallen.append(row)
            else:
                others.append((start, end))
        gone += fallen
        back = [kept[row[6]] for row in fallen if row[6] in kept]
        if not fallen or not back:
            break
        waiting = [row for row in waiting if row not in fallen]
        for pair, interval in back:
            standing[pair].append(interval)
    for line, _removes, _service, _customer, start, _end, _old in sorted(gone):
        message = _("The interval overlaps another one of the same service and customer.")
        log.add(problem(held.file, line, "valid_from", start.isoformat(), "overlap", message))
    leave_out(held, [row[0] for row in gone])
    held.rejected += len(gone)


def _stored_intervals(held: Staged) -> list[tuple[int, tuple[int, int], Interval]]:
    with connection.cursor() as cursor:
        run(
            cursor,
            sql.SQL(
                "SELECT e.id, e.service_id, e.customer_id, e.valid_from, e.valid_to FROM portfolio_service_customers e"
                " WHERE e.deleted_at IS NULL AND EXISTS (SELECT FROM {} f WHERE f.service_id = e.service_id"
                " AND f.customer_id = e.customer_id AND f.fault = 0)"
            ).format(sql.Identifier(held.facts)),
        )
        return [(pk, (service, customer), (start, end)) for pk, service, customer, start, end in cursor.fetchall()]


def overlaps(one: Interval, other: Interval) -> bool:
    """Whether two half-open intervals share a day; an empty one shares none."""
    (start, end), (other_start, other_end) = one, other
    if start == end or other_start == other_end:
        return False
    return (other_end is None or start < other_end) and (end is None or other_start < end)
