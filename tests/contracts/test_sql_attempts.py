"""The database's ledger of wrong tries keeps what every ledger promises, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.store.attempts import SqlAttempts
from bot.store.database import Database
from bot.store.tables import attempts
from tests.contracts.attempts_contract import FILE, NOW, AttemptLedgerContract


class TestSqlAttempts(AttemptLedgerContract):
    @pytest.fixture
    def ledger(self, database: Database) -> SqlAttempts:
        return SqlAttempts(database, b"invented key")


def test_the_stored_key_is_not_the_file_s_own(database: Database) -> None:
    SqlAttempts(database, b"invented key").record_failure("amina", FILE, NOW, "turn-1")

    with database.read() as connection:
        [stored] = connection.scalars(select(attempts.c.file_key)).all()
    assert FILE not in stored
