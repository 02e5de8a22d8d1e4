"""Rasa's own event log, emptied of what is over.

Rasa keeps every text, file number and birth date of a conversation as events. It needs them only while a form is open
(`session_expiration_time` in domain.yml: one hour), so older ones are deleted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.ports import StoreUnavailable

KEEP_S = 3_600.0


def forget_before(path: Path, now: float) -> int:
    """Delete events older than `KEEP_S` from Rasa's SQLite file; how many. 0 where there is no file or no table yet.

    Raises `StoreUnavailable` when the file cannot be written.
    """
    if not path.exists():
        return 0
    try:
        return _forget(path, now - KEEP_S)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"Rasa's events could not be deleted: {type(error).__name__}") from None


def forget_conversations(path: Path, asked: Sequence[tuple[str, float]]) -> int:
    """Delete the events of these conversations up to the time beside each; how many. Raises `StoreUnavailable`."""
    if not asked or not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as connection:
            if not _has_events(connection):
                return 0
            connection.execute("PRAGMA secure_delete = ON")
            deleted = [
                connection.execute(
                    "DELETE FROM events WHERE sender_id = ? AND coalesce(timestamp, 0) <= ?", one
                ).rowcount
                for one in asked
            ]
            _write_back(connection)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"Rasa's events could not be deleted: {type(error).__name__}") from None
    return sum(deleted)


def events_of(path: Path, conversation_ids: Sequence[str]) -> list[dict[str, object]]:
    """What Rasa still holds of these conversations, the oldest first. Raises `StoreUnavailable`."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            if not _has_events(connection):
                return []
            return [
                json.loads(row[0])
                for one in conversation_ids
                for row in connection.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", (one,))
            ]
    except sqlite3.Error as error:
        raise StoreUnavailable(f"Rasa's events could not be read: {type(error).__name__}") from None


def _forget(path: Path, before: float) -> int:
    with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as connection:
        if not _has_events(connection):
            return 0
        connection.execute("PRAGMA secure_delete = ON")  # overwritten, not only unlinked
        deleted = connection.execute("DELETE FROM events WHERE timestamp < ?", (before,)).rowcount
        _write_back(connection)
        return deleted


def _write_back(connection: sqlite3.Connection) -> None:
    """Rasa's file is in WAL mode: what was overwritten must not stay in the file until the log is full."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _has_events(connection: sqlite3.Connection) -> bool:
    table = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'events'").fetchone()
    return table is not None
