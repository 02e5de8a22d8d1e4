"""Several writes in one transaction: what waits for SQLite's one writer is written, and synced to the disk, together.

Databases call it group commit. One thread of a process writes for all its coroutines, so that they hand over nothing
to each other: with a thread for each they waited for Python's own lock and for each other's turn.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar

MOST = 8  # calls in one transaction: a webhook of the other process waits for all of them

P = ParamSpec("P")
T = TypeVar("T")
Waiting: TypeAlias = "SimpleQueue[_Piece[Any] | None]"  # None: the end


class Together:
    """Calls in one thread, as many as wait in one `transaction`, in their order. Make it and use it from any thread."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[object]]) -> None:
        self._transaction = transaction
        self._guard = threading.Lock()  # of the thread and its queue, for an instant
        self._waiting: Waiting = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What `call` returns, once it is committed; what it raises, and then nothing of it is stored.

        It may be called a second time, when another call of the same transaction failed: it must change nothing but
        the database.
        """
        piece = _Piece(partial(call, *args, **kwargs))
        with self._guard:
            if self._thread is None:
                self._waiting = SimpleQueue()
                self._thread = threading.Thread(target=self._write, args=(self._waiting,), name="writer", daemon=True)
                self._thread.start()
            self._waiting.put(piece)
        return await piece.ended

    def close(self) -> None:
        """Return once all that waits is done. What comes after it starts a thread anew."""
        with self._guard:
            thread, self._thread = self._thread, None
            self._waiting.put(None)
        if thread is not None:
            thread.join()

    def _write(self, waiting: Waiting) -> None:
        while (first := waiting.get()) is not None:
            pieces = [first]
            if not self._at_once(pieces, waiting):
                for piece in pieces:
                    self._at_once([piece])
            _tell(pieces)

    def _at_once(self, pieces: list[_Piece[Any]], waiting: Waiting | None = None) -> bool:
        """Do these, and all that are `waiting` by the time that it is our turn to write: they are added.

        False when one of several failed, and nothing is decided about any: whose fault it was shows when each is done
        by itself.
        """
        begun = working = False
        try:
            with self._transaction():
                if waiting is not None:
                    pieces += _next(waiting, MOST - len(pieces))
                begun = working = True
                results = [piece.call() for piece in pieces]
                working = False
        except BaseException as error:  # noqa: BLE001 - raised in the coroutine, which else waits for ever
            if working and len(pieces) > 1:
                return False
            if waiting is not None and not begun:  # no way to the database: nobody need wait to find that out himself
                pieces += _next(waiting, waiting.qsize())
            for piece in pieces:
                piece.error = error
        else:
            for piece, result in zip(pieces, results, strict=True):
                piece.result.append(result)
        return True


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


def _next(waiting: Waiting, most: int) -> list[_Piece[Any]]:
    pieces: list[_Piece[Any]] = []
    with suppress(Empty):
        while len(pieces) < most:
            piece = waiting.get_nowait()
            if piece is None:
                waiting.put(None)  # the end: not before these are done
                break
            pieces.append(piece)
    return pieces
