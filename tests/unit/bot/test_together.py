"""What waits for the writer is written together, and the mistake of one is nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.ports import StoreUnavailable
from bot.store.database import Database
from bot.store.together import MOST, Together


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'some.db'}")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE notes (word TEXT UNIQUE)"))
    yield database
    database.close()


class Held:
    """A `Together` whose first transaction waits until all the others stand behind it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0
        self.go = threading.Event()
        self.begun = threading.Event()
        self.together = Together(self._write)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        self.transactions += 1
        self.begun.set()
        assert self.go.wait(20)
        with self._database.write() as connection:
            yield connection

    def run(self, *words: str) -> list[str | Exception]:
        """Note every word, the first by itself and the others while it is being written; what became of each."""
        with ThreadPoolExecutor(len(words)) as threads:
            first = threads.submit(self._note, words[0])
            assert self.begun.wait(20)
            others = [threads.submit(self._note, word) for word in words[1:]]
            while len(self.together._waiting) < len(others):
                self.go.wait(0.001)
            self.go.set()
            return [one.result() for one in (first, *others)]

    def _note(self, word: str) -> str | Exception:
        def work(connection: Connection) -> str:
            connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
            if word == "broken":
                raise LookupError(word)
            return f"noted {word}"

        try:
            return self.together.run(work)
        except (LookupError, StoreUnavailable) as error:
            return error

    def noted(self) -> set[str]:
        with self._database.read() as connection:
            return set(connection.scalars(text("SELECT word FROM notes")))


def test_what_waits_is_written_in_one_transaction(database: Database) -> None:
    held = Held(database)

    assert ["noted a", "noted b", "noted c", "noted d"] == held.run("a", "b", "c", "d")
    assert (2, {"a", "b", "c", "d"}) == (held.transactions, held.noted())


def test_a_piece_that_raises_raises_where_it_came_from_and_leaves_nothing(database: Database) -> None:
    held = Held(database)

    first, second, broken, fourth = held.run("a", "b", "broken", "d")

    assert ("noted a", "noted b", "noted d") == (first, second, fourth)
    assert isinstance(broken, LookupError)
    assert {"a", "b", "d"} == held.noted()


def test_a_piece_that_the_database_refuses_takes_no_other_with_it(database: Database) -> None:
    held = Held(database)

    ended = held.run("a", "b", "a", "d")

    assert 1 == sum(isinstance(one, StoreUnavailable) for one in ended)
    assert {"a", "b", "d"} == held.noted()


def test_where_nothing_can_be_written_everybody_is_told_at_once(database: Database) -> None:
    tries = 0
    go, begun = threading.Event(), threading.Event()

    @contextmanager
    def never() -> Iterator[Connection]:
        nonlocal tries
        tries += 1
        begun.set()
        assert go.wait(20)
        raise StoreUnavailable("disk full")
        yield

    together = Together(never)
    with ThreadPoolExecutor(4) as threads:
        ended = [threads.submit(together.run, lambda _connection: None) for _ in range(4)]
        assert begun.wait(20)
        while len(together._waiting) < 3:
            go.wait(0.001)
        go.set()
        assert ["disk full"] * 4 == [str(one.exception()) for one in ended]
    assert 2 == tries


def test_a_transaction_has_an_end(database: Database) -> None:
    held = Held(database)

    held.run(*(str(number) for number in range(MOST + 3)))

    assert (3, MOST + 3) == (held.transactions, len(held.noted()))
