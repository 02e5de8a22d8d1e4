"""One writer at a time on SQLite, among the threads of this process and all processes of this machine.

SQLite lets one connection write, and tells the others to come again: they sleep, up to 100 ms at a time, and whoever
sleeps is overtaken by whoever has just finished. A provider that waits for its acknowledgement waits for that long.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.ports import StoreUnavailable

LOOK_S = (0.0002, 0.0005, 0.001)  # how soon to look again; a write takes about a millisecond


class Turnstile:
    """A lock beside the database file `path`. Threads queue in front of it; one of each process looks at a time.

    Two locks, so that nobody who has just written overtakes whoever waits: one has to hold `next` to wait for `lock`,
    and keeps it until he has `lock`. The kernel frees both when their process dies.
    """

    def __init__(self, path: str, patience_s: float) -> None:
        self._path = path
        self._patience_s = patience_s
        self._threads = threading.Lock()
        self._files: tuple[int, int] | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the lock. Raises `StoreUnavailable` after `patience_s` seconds, or when there can be no such lock."""
        with self._threads:
            lock = self._pass()
            try:
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def _pass(self) -> int:
        deadline = time.monotonic() + self._patience_s
        try:
            if self._files is None:
                self._files = (_open(f"{self._path}-next"), _open(f"{self._path}-lock"))
            following, lock = self._files
            _take(following, deadline)
            try:
                _take(lock, deadline)
            finally:
                fcntl.flock(following, fcntl.LOCK_UN)
        except TimeoutError:
            raise StoreUnavailable("database write failed: another process keeps its lock") from None
        except OSError as error:
            raise StoreUnavailable(f"database write failed: {type(error).__name__} at its lock") from None
        return lock


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _take(file: int, deadline: float) -> None:
    looked = 0
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            time.sleep(LOOK_S[min(looked, len(LOOK_S) - 1)])
            looked += 1
        else:
            return
