"""What must not be kept goes, a little at a time and beside the service: old messages, people who asked for it."""

from __future__ import annotations

from pathlib import Path

from bot.store.database import Database
from bot.store.forgetting import delete_old, delete_old_reports, forget_asked
from bot.store.outbox import SqlOutbox
from bot.store.rasa_tracker import forget_before, forget_conversations
from bot.store.tables import inbox, outbox

DAY_S = 86_400.0


class Housekeeping:
    """One round each time it is called. `rasa_events`: Rasa's own SQLite file."""

    def __init__(self, database: Database, sent: SqlOutbox, retention_days: int, rasa_events: Path) -> None:
        self._db = database
        self._outbox = sent
        self._retention_s = retention_days * DAY_S
        self._rasa_events = rasa_events

    def __call__(self, now: float) -> None:
        """Raises `StoreUnavailable`; what was deleted before stays deleted."""
        self._outbox.settle_early_reports()
        forget_before(self._rasa_events, now)
        with self._db.write() as connection:
            gone = forget_asked(connection)
        forget_conversations(self._rasa_events, gone)
        before = now - self._retention_s
        for table in (inbox, outbox):
            after: int | None = 0
            while after is not None:
                with self._db.write() as connection:
                    _, after = delete_old(connection, table, before, after)
        with self._db.write() as connection:
            delete_old_reports(connection, before)
