"""What waits for the writer is written together, and the mistake of one is nobody else's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text

from bot.ports import StoreUnavailable
from bot.store.database import Database
from bot.store.together import MOST, Together

T = TypeVar("T")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'some.db'}")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE notes (word TEXT UNIQUE)"))
    yield database
    database.close()


class Notes:
    """A store, as `Database.in_thread` calls it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.begun = threading.Event()
        self.go = threading.Event()

    def note(self, word: str) -> str:
        def work(connection: Connection) -> str:
            connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
            if word == "broken":
                raise LookupError(word)
            return f"noted {word}"

        return self._database.run(work)

    def hold(self) -> int:
        """Keep the writer until `go`."""
        self.begun.set()
        assert self.go.wait(20)
        return self._database.run(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    def nested(self) -> None:
        with self._database.write():
            pass

    def noted(self) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(text("SELECT word FROM notes ORDER BY rowid")))


@pytest.fixture
def notes(database: Database) -> Notes:
    return Notes(database)


@pytest.fixture
def transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for every transaction that wrote since."""
    begun: list[str] = []
    write = database.write

    @contextmanager
    def counted() -> Iterator[Connection]:
        begun.append("write")
        with write() as connection:
            yield connection

    monkeypatch.setattr(database, "write", counted)
    return begun


async def _noted(database: Database, notes: Notes, *words: str) -> list[str | BaseException]:
    """Note every word while the writer is held, so that all wait; what became of each."""
    async with asyncio.timeout(20):
        held = asyncio.create_task(database.in_thread(notes.hold))
        await asyncio.to_thread(notes.begun.wait, 20)
        tasks = [asyncio.create_task(database.in_thread(notes.note, word)) for word in words]
        await asyncio.sleep(0)  # each has put its call behind the held one
        notes.go.set()
        _, *ended = await asyncio.gather(held, *tasks, return_exceptions=True)
        return ended


def _run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def test_what_waits_is_written_in_one_transaction_and_in_order(
    database: Database, notes: Notes, transactions: list[str]
) -> None:
    assert ["noted b", "noted a", "noted c"] == _run(_noted(database, notes, "b", "a", "c"))
    assert (2, ["b", "a", "c"]) == (len(transactions), notes.noted())


def test_a_call_that_raises_raises_where_it_came_from_and_leaves_nothing(database: Database, notes: Notes) -> None:
    first, broken, third = _run(_noted(database, notes, "a", "broken", "c"))

    assert ("noted a", "noted c") == (first, third)
    assert isinstance(broken, LookupError)
    assert ["a", "c"] == notes.noted()


def test_a_call_that_the_database_refuses_takes_no_other_with_it(database: Database, notes: Notes) -> None:
    first, again, third = _run(_noted(database, notes, "a", "a", "c"))

    assert ("noted a", "noted c") == (first, third)
    assert isinstance(again, StoreUnavailable)
    assert ["a", "c"] == notes.noted()


def test_a_transaction_has_an_end(database: Database, notes: Notes, transactions: list[str]) -> None:
    words = [str(number) for number in range(MOST + 3)]

    _run(_noted(database, notes, *words))

    assert (3, words) == (len(transactions), notes.noted())


def test_where_nothing_can_be_written_everybody_is_told_at_once() -> None:
    tries = 0
    go, begun = threading.Event(), threading.Event()

    @contextmanager
    def never() -> Iterator[None]:
        nonlocal tries
        tries += 1
        begun.set()
        assert go.wait(20)
        raise StoreUnavailable("disk full")
        yield

    together = Together(never)

    async def all_of_them() -> list[BaseException | None]:
        first = asyncio.create_task(together.run(lambda: None))
        await asyncio.to_thread(begun.wait, 20)
        others = [asyncio.create_task(together.run(lambda: None)) for _ in range(MOST + 3)]
        await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    ended = _run(all_of_them())
    together.close()

    assert ["disk full"] * (MOST + 4) == [str(one) for one in ended]
    assert 1 == tries


def test_a_transaction_that_cannot_be_committed_stores_nothing_of_it(
    database: Database, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = database.write

    @contextmanager
    def full() -> Iterator[Connection]:
        with write() as connection:
            yield connection
            raise StoreUnavailable("disk full")

    monkeypatch.setattr(database, "write", full)
    ended = _run(_noted(database, notes, "a", "b"))

    assert ["disk full"] * 2 == [str(one) for one in ended]
    assert [] == notes.noted()


def test_who_no_longer_waits_harms_nobody(database: Database, notes: Notes) -> None:
    async def one_gives_up() -> str:
        held = asyncio.create_task(database.in_thread(notes.hold))
        await asyncio.to_thread(notes.begun.wait, 20)
        impatient = asyncio.create_task(database.in_thread(notes.note, "a"))
        patient = asyncio.create_task(database.in_thread(notes.note, "b"))
        await asyncio.sleep(0)
        impatient.cancel()
        notes.go.set()
        await held
        return await patient

    assert "noted b" == _run(one_gives_up())
    assert ["a", "b"] == notes.noted()


def test_another_loop_and_a_new_start_after_the_end(database: Database, notes: Notes) -> None:
    assert "noted a" == _run(database.in_thread(notes.note, "a"))
    assert "noted b" == _run(database.in_thread(notes.note, "b"))
    database.close()
    assert "noted c" == _run(database.in_thread(notes.note, "c"))


def test_a_call_that_would_wait_for_itself_says_so(database: Database, notes: Notes) -> None:
    with pytest.raises(RuntimeError, match=r"Database\.run"):
        _run(database.in_thread(notes.nested))


def test_outside_it_a_store_writes_by_itself(database: Database, notes: Notes) -> None:
    assert "noted a" == notes.note("a")
    assert ["a"] == notes.noted()
