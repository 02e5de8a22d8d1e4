"""Connections to PostgreSQL that idled are asked before they are used, and only those."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine.interfaces import DBAPIConnection

from bot.ports import StoreUnavailable
from bot.store import database as module
from bot.store.database import Database
from tests.contracts.conftest import Server


@pytest.fixture
def pooled(postgres: Server) -> Iterator[Database]:
    database = Database(postgres.fresh())
    yield database
    database.close()


@pytest.fixture
def pings(pooled: Database, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections that were asked."""
    asked: list[object] = []
    ping = pooled.engine.dialect.do_ping

    def asking(connection: DBAPIConnection) -> bool:
        asked.append(connection)
        return ping(connection)

    monkeypatch.setattr(pooled.engine.dialect, "do_ping", asking)
    return asked


def _process(database: Database) -> int:
    with database.write() as connection:
        process: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return process


def _end(database: Database, process: int) -> None:
    """As a restart of the server does it: behind the back of whoever holds the connection."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.write() as connection:
        assert connection.execute(text("SELECT pg_terminate_backend(:one)"), {"one": process}).scalar_one()
    other.close()


def test_a_connection_that_was_just_used_is_not_asked(pooled: Database, pings: list[object]) -> None:
    assert _process(pooled) == _process(pooled) == _process(pooled)
    assert [] == pings


def test_one_that_idled_is_asked_and_used_again(
    pooled: Database, pings: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLED_S", 0.0)

    assert _process(pooled) == _process(pooled)
    assert 1 == len(pings)


def test_one_that_was_lost_while_it_idled_is_made_anew(pooled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = _process(pooled)
    _end(pooled, lost)
    monkeypatch.setattr(module, "IDLED_S", 0.0)

    assert lost != _process(pooled)


def test_one_that_was_lost_at_work_costs_one_error(pooled: Database) -> None:
    lost = _process(pooled)
    _end(pooled, lost)

    with pytest.raises(StoreUnavailable):
        _process(pooled)
    assert lost != _process(pooled)
