"""However many rows are stored, what operators ask all the time looks only at rows that wait. On both databases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from bot.store.costs import spent_on
from bot.store.database import Database
from bot.store.requests import SqlMonitor


def plans(database: Database, act, kinds: tuple[str, ...] = ("SELECT",)) -> list[str]:
    """One text for each query that `act` runs: how the database means to answer it."""
    queries: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if statement.lstrip().startswith(kinds):
            queries.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    act()
    event.remove(database.engine, "before_cursor_execute", note)
    explained = []
    with database.read() as connection:
        if not database.is_sqlite:  # a small table is read whole whatever indexes it has: forbid it where it can be
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        for statement, parameters in queries:
            rows = connection.exec_driver_sql(explain + statement, parameters)
            explained.append("\n".join([*(str(row[-1]) for row in rows), statement]))
    return explained


def day(database: Database) -> None:
    with database.read() as connection:
        spent_on(connection, "2026-11-28")


@pytest.mark.parametrize(
    ("what", "queries"),
    [
        (lambda database: SqlMonitor(database).backlog(), 7),
        (day, 1),
    ],
    ids=["what waits and what is stuck", "today's costs"],
)
def test_no_query_reads_a_whole_table(database: Database, what, queries: int) -> None:
    explained = plans(database, lambda: what(database))

    assert queries == len(explained)
    for plan in explained:
        lines = plan.splitlines()
        whole = [line for line in lines if line.startswith("SCAN ") and "USING" not in line]
        whole += [line for line in lines if "Seq Scan" in line]
        assert [] == whole, plan


def test_each_figure_is_counted_by_its_partial_index(database: Database) -> None:
    explained = plans(database, lambda: SqlMonitor(database).backlog())

    used = [re.findall(r"\bix_\w+", plan) for plan in explained]
    partial = {"ix_inbox_open", "ix_inbox_due", "ix_outbox_open", "ix_outbox_due", "ix_outbox_misconfigured"}
    assert all(
        set(indexes) & (partial | {"ix_outbox_held", "ix_inbox_dead", "ix_outbox_dead", "ix_follows_due"})
        for indexes in used
    )
