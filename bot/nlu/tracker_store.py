"""What Rasa remembers of a conversation: as little as it needs, in one short transaction a turn.

While a form is open, every event since its session began. Else the last turn only, because rules look no further back
and the context of a conversation lives in the app's database (docs/adr/0012). Rasa's own SQL store keeps, reads and
hands to each action everything since the session began, and writes it through an ORM: a quarter of the processor time
of a turn. The table is the one of Rasa's store, so that what deletes from it (bot/store/rasa_tracker.py) finds what it
knows.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Iterable, List, Optional, Tuple

import ujson
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

BUSY_TIMEOUT_S = 5.0  # the app's housekeeping holds the write lock: wait this long

_TABLE = (
    "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255) NOT NULL, "
    "type_name VARCHAR(255) NOT NULL, timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)"
)
_INDEX = "CREATE INDEX IF NOT EXISTS ix_events_sender_id ON events (sender_id)"
_INSERT = "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, ?, ?, ?)"


class LastTurnStore(TrackerStore):
    """A SQLite file, `db` in endpoints.yml. Raises sqlite3.Error when it cannot be opened."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[str] = None,  # noqa: ARG002 - Rasa passes it
        event_broker: Optional[EventBroker] = None,
        db: str = "rasa.db",
        **kwargs: Dict[str, Any],
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._path = db
        # One thread writes, so that a sync of the disk holds up no other conversation. Reads are short and stay here.
        self._writer = ThreadPoolExecutor(1, "tracker")
        self._writing = self._open()
        self._reading = self._open()

    async def save(self, tracker: DialogueStateTracker) -> None:
        events = needed(tracker)
        rows = [(tracker.sender_id, one.type_name, one.timestamp, ujson.dumps(one.as_dict())) for one in events]
        if rows:  # a conversation that has only been made holds nothing yet
            await asyncio.get_running_loop().run_in_executor(self._writer, self._write, tracker.sender_id, rows)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        rows = self._reading.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", (sender_id,)).fetchall()
        if not rows:
            return None
        return DialogueStateTracker.from_dict(sender_id, [ujson.loads(data) for (data,) in rows], self.domain.slots)

    async def keys(self) -> Iterable[str]:
        return [sender for (sender,) in self._reading.execute("SELECT DISTINCT sender_id FROM events")]

    def _write(self, sender_id: str, rows: List[Tuple[str, str, Optional[float], str]]) -> None:
        with self._writing:
            self._writing.execute("DELETE FROM events WHERE sender_id = ?", (sender_id,))
            self._writing.executemany(_INSERT, rows)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a form that was begun survives a power cut
        connection.execute("PRAGMA secure_delete = ON")  # deleted texts are overwritten, not only unlinked
        with connection:
            connection.execute(_TABLE)
            connection.execute(_INDEX)
        return connection


def needed(tracker: DialogueStateTracker) -> List[Event]:
    """The events that the next turn depends on, oldest first."""
    events = list(tracker.events)
    begun = _last(events, SessionStarted)
    if begun is not None:
        events = events[begun:]
    if tracker.active_loop is not None:
        return events
    said = _last(events, UserUttered)
    if not said:
        return events
    head = events[:1] if isinstance(events[0], SessionStarted) else []
    before = events[said].timestamp
    slots = [SlotSet(one.name, one.value, before) for one in tracker.slots.values() if _outlives(one.name, one.value)]
    return [*head, *slots, *events[said:]]


def _outlives(name: str, value: object) -> bool:
    """Whether a slot is more than what Rasa notes for itself (the metadata that a session began with)."""
    return value is not None and name != "session_started_metadata"


def _last(events: List[Event], kind: type) -> Optional[int]:
    return next((place for place in range(len(events) - 1, -1, -1) if isinstance(events[place], kind)), None)
