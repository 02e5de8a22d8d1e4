"""What Rasa logged of a conversation is deleted when its session is over."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.ports import StoreUnavailable
from bot.store.rasa_tracker import KEEP_S, forget_before

NOW = 1_800_000_000.0


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    path = tmp_path / "rasa.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT, timestamp REAL, data TEXT)")
    for age, text in ((KEEP_S + 60, "old words"), (60, "new words")):
        connection.execute("INSERT INTO events (timestamp, data) VALUES (?, ?)", (NOW - age, text))
    connection.commit()
    connection.close()
    return path


def test_old_events_are_deleted_and_new_ones_stay(tracker: Path) -> None:
    assert 1 == forget_before(tracker, NOW)

    connection = sqlite3.connect(tracker)
    assert [("new words",)] == connection.execute("SELECT data FROM events").fetchall()
    connection.close()


def test_nothing_is_left_of_them_in_the_file(tracker: Path) -> None:
    forget_before(tracker, NOW)

    assert b"old words" not in tracker.read_bytes()
    assert b"new words" in tracker.read_bytes()


def test_nothing_is_left_of_them_while_rasa_has_the_file_open(tracker: Path) -> None:
    rasa = sqlite3.connect(tracker)
    rasa.execute("PRAGMA journal_mode = WAL")
    with rasa:
        rasa.execute("INSERT INTO events (timestamp, data) VALUES (?, 'old words in the log')", (NOW - KEEP_S - 1,))

    assert 2 == forget_before(tracker, NOW)

    assert not any(b"old words" in path.read_bytes() for path in tracker.parent.iterdir())
    rasa.close()


def test_without_a_file_or_a_table_there_is_nothing_to_do(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").close()

    assert [0, 0] == [forget_before(tmp_path / name, NOW) for name in ("none.db", "empty.db")]


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "rasa.db").write_text("this is not a database, whatever its name says" * 100)

    with pytest.raises(StoreUnavailable):
        forget_before(tmp_path / "rasa.db", NOW)
