"""What SMS cost, by UTC day and the recipient's country."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, select

from bot.ports import Price, Spent
from bot.store.database import Database
from bot.store.rows import made_once
from bot.store.tables import spending

_ONE_AFTER_THE_OTHER = "SELECT pg_advisory_xact_lock(72617)"
_SUMS = ("segments", "cost_micros", "unpriced")
_SPEND = made_once(
    lambda row: row.on_conflict_do_update(
        index_elements=["day", "country"], set_={name: spending.c[name] + row.excluded[name] for name in _SUMS}
    ),
    spending,
)
_SPENT = select(*(func.coalesce(func.sum(spending.c[name]), 0) for name in _SUMS)).where(
    spending.c.day == bindparam("b_day")
)


def spend(connection: Connection, price: Price, now: float) -> None:
    """Count one SMS. On PostgreSQL the row of its day and country is locked until the transaction ends: do it last."""
    values = {
        "day": _day(now),
        "country": price.country,
        "segments": price.segments,
        "cost_micros": price.micros or 0,
        "unpriced": price.segments if price.micros is None else 0,
    }
    connection.execute(_SPEND[connection.dialect.name], values)


def spend_in_turn(connection: Connection, price: Price, now: float) -> Spent:
    """Count one SMS; what its day cost with it.

    One at a time (SQLite has one writer), so that each SMS of the day sees another sum: the budget's alarm needs that.
    Where there is no budget nobody need wait.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_ONE_AFTER_THE_OTHER)
    spend(connection, price, now)
    return spent_on(connection, _day(now))


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def spent_on(connection: Connection, day: str) -> Spent:
    segments, micros, unpriced = connection.execute(_SPENT, {"b_day": day}).one()
    return Spent(int(segments), int(micros), int(unpriced))  # PostgreSQL adds bigints up to decimals


class SqlCosts:
    """For `dalil costs`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def since(self, day: str) -> Sequence[tuple[str, str, Spent]]:
        """Day, country ("" where the number tells none) and what was spent, from that day on, latest first."""
        query = select(spending).where(spending.c.day >= day).order_by(spending.c.day.desc(), spending.c.country)
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [(row.day, row.country, Spent(row.segments, row.cost_micros, row.unpriced)) for row in rows]
