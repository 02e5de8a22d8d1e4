"""Single faults that need no traffic: what a database or a mistake of ours may not do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
import sqlalchemy

from bot.pace import CLOCKS_S, believable
from bot.ports import Claim, StoreUnavailable
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.worker import Worker
from tests.faults.inside import VAULT, EchoTurns


def test_a_database_that_hangs_until_no_connection_is_left_counts_as_unavailable(sqlite_database: Database) -> None:
    sqlite_database.engine = sqlalchemy.create_engine(
        sqlite_database.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    held = sqlite_database.engine.connect()

    with pytest.raises(StoreUnavailable), sqlite_database.read():
        pytest.fail("there was a connection")
    with pytest.raises(StoreUnavailable), sqlite_database.write():
        pytest.fail("there was a connection")

    held.close()


class _CrashesOnce(SqlInbox):
    """A store with a mistake in it, about one row of many."""

    crashes = 1
    claimed = 0

    def claim(self, limit: int, lease_s: float, now: float) -> Sequence[Claim]:
        if self.crashes:
            self.crashes -= 1
            raise KeyError("a mistake")
        self.claimed += 1
        return super().claim(limit, lease_s, now)


class _SendsNothing:
    async def claim(self, limit: int) -> list[object]:
        return []


async def test_a_mistake_while_claiming_does_not_end_the_worker(sqlite_database: Database) -> None:
    inbox = _CrashesOnce(sqlite_database, VAULT)
    worker = Worker(inbox, _SendsNothing(), EchoTurns())  # type: ignore[arg-type]  # what this test uses of them
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while not inbox.claimed:
            await asyncio.sleep(0.05)

    worker.stop()
    await running


@pytest.mark.parametrize(
    ("stored", "believed"), [(0.0, 0.0), (1_030.0, 1_030.0), (1_000.0 + 60 + CLOCKS_S + 1, 1_000.0)]
)
def test_a_pace_that_no_clock_can_have_left_is_not_believed(stored: float, believed: float) -> None:
    assert believable(stored, 1_000.0, interval=6.0, burst=10) == believed
