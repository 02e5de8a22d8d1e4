"""Several writes in one transaction: what waits for SQLite's one writer is written, and synced to the disk, together.

Databases call it group commit. One thread of a process writes for all its coroutines, so that they hand over nothing
to each other: with a thread for each, Python's own lock was passed on forty times a message (docs/benchmarks.md).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, ParamSpec, TypeVar

MOST = 8  # calls in one transaction: a webhook of the other process waits for all of them

P = ParamSpec("P")
T = TypeVar("T")


class Together:
    """Calls in one thread, as many as wait in one `transaction`, in their order. Make it and use it from any thread."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[object]]) -> None:
        self._transaction = transaction
        self._waiting: SimpleQueue[_Piece[Any] | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What `call` returns, once it is committed; what it raises, and then nothing of it is stored.

        It may be called a second time, when another call of the same transaction failed: it must change nothing but
        the database.
        """
        piece = _Piece(partial(call, *args, **kwargs))
        if self._thread is None:
            self._start()
        self._waiting.put(piece)
        return await piece.ended

    def close(self) -> None:
        """Return once all that waits is done. What comes after it starts anew."""
        with self._guard:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join()

    def _start(self) -> None:
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
                self._thread.start()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            pieces = [first]
            if not self._at_once(pieces):
                for piece in pieces:
                    self._at_once([piece], alone=True)
            _tell(pieces)

    def _at_once(self, pieces: list[_Piece[Any]], *, alone: bool = False) -> bool:
        """Do these, and unless `alone` all that wait by the time that it is our turn to write: they are added.

        False when one of several failed, and nothing is decided about any: whose fault it was shows when each is done
        by itself.
        """
        begun = working = False
        try:
            with self._transaction():
                if not alone:
                    pieces += self._next(MOST - len(pieces))
                begun = working = True
                results = [piece.call() for piece in pieces]
                working = False
        except BaseException as error:  # noqa: BLE001 - raised where it belongs to
            if working and len(pieces) > 1:
                return False
            if not (begun or alone):  # no way to the database: nobody need find that out by waiting for it himself
                pieces += self._next(self._waiting.qsize())
            for piece in pieces:
                piece.error = error
        else:
            for piece, result in zip(pieces, results, strict=True):
                piece.result.append(result)
        return True

    def _next(self, most: int) -> list[_Piece[Any]]:
        pieces: list[_Piece[Any]] = []
        with suppress(Empty):
            while len(pieces) < most:
                piece = self._waiting.get_nowait()
                if piece is None:
                    self._waiting.put(None)  # the end: not before these are done
                    break
                pieces.append(piece)
        return pieces


class _Piece(Generic[T]):
    """One call, and the future of the coroutine that waits for it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.call = call
        self.loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[T] = self.loop.create_future()
        self.result: list[T] = []
        self.error: BaseException | None = None

    def settle(self) -> None:
        if self.ended.cancelled():
            return
        if self.error is not None:
            self.ended.set_exception(self.error)
        else:
            self.ended.set_result(self.result[0])


def _tell(pieces: Sequence[_Piece[Any]]) -> None:
    """Wake the loops once each, not once for every piece."""

    def settle(mine: Sequence[_Piece[Any]]) -> None:
        for piece in mine:
            piece.settle()

    for loop in {piece.loop for piece in pieces}:
        with suppress(RuntimeError):  # it is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, [piece for piece in pieces if piece.loop is loop])
