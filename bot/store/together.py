"""Several writes in one transaction: what waits for SQLite's one writer is written, and synced to the disk, together.

Databases call it group commit. The thread that gets its turn does the work of all that wait behind it ("flat
combining": Hendler et al., 2010, https://doi.org/10.1145/1810479.1810540), so that work waits for one transaction.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

MOST = 8  # pieces of work in one transaction: a webhook of the other process waits for all of them

T = TypeVar("T")
Work = Callable[[Connection], T]


class Together:
    """`write` opens a transaction that writes. Thread-safe."""

    def __init__(self, write: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._write = write
        self._guard = threading.Lock()  # of the next two, for an instant
        self._leading = False
        self._waiting: deque[_Piece[Any]] = deque()

    def run(self, work: Work[T]) -> T:
        """What `work` returns, once it is committed; what it raises, and then nothing of it is stored.

        It may be run a second time, when another piece of the same transaction failed: it must change nothing but the
        database.
        """
        piece = _Piece(work)
        with self._guard:
            waits, self._leading = self._leading, True
            if waits:
                self._waiting.append(piece)
        if waits:
            piece.wait()
        if not piece.done:
            self._lead(piece)
        return piece.result()

    def _lead(self, piece: _Piece[Any]) -> None:
        """Run this piece and all that wait; then let the first that came meanwhile lead."""
        with self._guard:
            others = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST - 1))]
        self._run([piece, *others])
        with self._guard:
            following = self._waiting.popleft() if self._waiting else None
            self._leading = following is not None
        for one in others if following is None else (*others, following):
            one.wake()

    def _run(self, pieces: list[_Piece[Any]]) -> None:
        """All of them at once; each by itself where one of them failed, for whose fault it was shows then."""
        if len(pieces) == 1 or not self._run_at_once(pieces):
            for piece in pieces:
                self._run_at_once([piece])

    def _run_at_once(self, pieces: list[_Piece[Any]]) -> bool:
        """False when one of several pieces failed, and nothing is decided about any."""
        working = False
        try:
            with self._write() as connection:
                working = True
                results = [piece.work(connection) for piece in pieces]
                working = False
        except BaseException as error:  # noqa: BLE001 - raised in the threads that it belongs to
            if working and len(pieces) > 1:
                return False
            for piece in pieces:
                piece.fail(error)
        else:
            for piece, result in zip(pieces, results, strict=True):
                piece.end(result)
        return True


class _Piece(Generic[T]):
    """One piece of work and how it ended."""

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.done = False
        self._asleep = threading.Lock()
        self._asleep.acquire()
        self._result: list[T] = []
        self._error: BaseException | None = None

    def wait(self) -> None:
        """Until it is done, or has to lead."""
        self._asleep.acquire()

    def wake(self) -> None:
        self._asleep.release()

    def end(self, result: T) -> None:
        self._result.append(result)
        self.done = True

    def fail(self, error: BaseException) -> None:
        self._error = error
        self.done = True

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._result[0]
