"""Every ledger of wrong tries keeps the same promises: the fake, and the database's on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from actions.attempts import AttemptLedger
from bot.store.attempts import SqlAttempts
from bot.store.database import Database
from tests.contracts.attempts_contract import AttemptLedgerContract
from tests.fakes import InMemoryAttempts


class TestInMemoryAttempts(AttemptLedgerContract):
    @pytest.fixture
    def ledger(self) -> AttemptLedger:
        return InMemoryAttempts()


class TestSqlAttempts(AttemptLedgerContract):
    @pytest.fixture
    def ledger(self, database: Database) -> AttemptLedger:
        return SqlAttempts(database, b"invented key")
