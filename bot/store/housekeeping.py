"""What must not be kept goes, a little at a time and beside the service: old messages, people who asked for it.

And what a clock that was set back left in the future is brought back.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from bot.ports import Priority
from bot.store.database import Database
from bot.store.follows import delete_old_follows
from bot.store.forgetting import delete_old, delete_old_reports, forget_asked
from bot.store.identity import delete_old_identity
from bot.store.outbox import SqlOutbox
from bot.store.rasa_tracker import forget_before, forget_conversations
from bot.store.tables import OPEN_INBOX, OPEN_OUTBOX, inbox, outbox

DAY_S = 86_400.0
UNKNOWN_S = DAY_S  # a report that overtook its answer; one on another installation's message is not kept for longer
TURN_AT_MOST_S = 600.0  # nothing makes a message wait longer: leases and retries of a turn are five minutes at most
REPLY_AT_MOST_S = 3600.0  # nor a reply: the longest back-off is 36 minutes
BATCHES = 100  # of each table in one round: fourteen million rows a day, and no round that takes minutes


class Housekeeping:
    """One round each time it is called. `rasa_events`: Rasa's own SQLite file."""

    def __init__(self, database: Database, sent: SqlOutbox, retention_days: int, rasa_events: Path) -> None:
        self._db = database
        self._outbox = sent
        self._retention_s = retention_days * DAY_S
        self._rasa_events = rasa_events

    def __call__(self, now: float) -> None:
        """Raises `StoreUnavailable`; what was deleted before stays deleted."""
        self._bring_back(now)
        self._outbox.settle_early_reports(now)
        forget_before(self._rasa_events, now)
        with self._db.write() as connection:
            asked = forget_asked(connection, now)
        forget_conversations(self._rasa_events, asked)
        before = now - self._retention_s
        for table in (inbox, outbox):
            after = 0
            for _ in range(BATCHES):
                with self._db.write() as connection:
                    _, more = delete_old(connection, table, before, after)
                if more is None:
                    break
                after = more
        with self._db.write() as connection:
            delete_old_reports(connection, before, now - min(UNKNOWN_S, self._retention_s))
            delete_old_follows(connection, now)
        with self._db.write() as connection:
            delete_old_identity(connection, now)
        self._db.scrub()

    def _bring_back(self, now: float) -> None:
        """Messages that wait for a time which only a clock that was set back since can have named are due now."""
        lost_turn = (OPEN_INBOX, inbox.c.due_at > now + TURN_AT_MOST_S)
        lost_reply = (
            OPEN_OUTBOX,
            outbox.c.priority == Priority.REPLY.value,
            outbox.c.due_at > now + REPLY_AT_MOST_S,
        )
        with self._db.write() as connection:
            connection.execute(update(inbox).where(*lost_turn).values(due_at=now))
            connection.execute(update(outbox).where(*lost_reply).values(due_at=now))
