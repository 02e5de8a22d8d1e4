"""A circuit breaker: a system that failed several times in a row is left alone for a while, then asked once.

Our own, because no kept library fits (looked at on 2026-11-28): aiobreaker's last release is of May 2021, purgatory's
of November 2024, and pybreaker's asynchronous calls need tornado. Not thread-safe: one event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from connectors.errors import SystemBusy, SystemDown, SystemPaused, SystemSlow, Uncertain


class Circuit(StrEnum):
    CLOSED = "closed"  # calls pass
    OPEN = "open"  # calls are refused at once
    HALF_OPEN = "half_open"  # one call is out to see whether the system is back


def is_outage(error: BaseException) -> bool:
    """Whether it says that the system is in trouble. One that refuses us or answers nonsense is at work."""
    return type(error) in (SystemDown, SystemBusy, SystemPaused, SystemSlow, Uncertain)


class Breaker:
    """`opens_after` failures in a row open it for `rests_s` seconds. `clock` counts seconds."""

    def __init__(self, opens_after: int, rests_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._opens_after = opens_after
        self._rests_s = rests_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False

    @property
    def state(self) -> Circuit:
        if self._opened_at is None:
            return Circuit.CLOSED
        return Circuit.HALF_OPEN if self._trying else Circuit.OPEN

    def is_refusing(self) -> bool:
        """Whether a call that comes now would be refused."""
        if self._opened_at is None:
            return False
        return self._trying or self._clock() - self._opened_at < self._rests_s

    @contextmanager
    def watched(self) -> Iterator[None]:
        """One call to the system. Raises `SystemPaused` at once while the circuit is open."""
        if self.is_refusing():
            raise SystemPaused("circuit open", nothing_done=True)
        probe = self._opened_at is not None
        self._trying = probe
        try:
            yield
        except Exception as error:
            if is_outage(error):
                self._failed(probe)
            else:
                self._answered(probe)
            raise
        else:
            self._answered(probe)
        finally:
            if probe:
                self._trying = False  # also where the call was cancelled: then the next one is the probe

    def _failed(self, probe: bool) -> None:
        self._failures += 1
        if probe or (self._opened_at is None and self._failures >= self._opens_after):
            self._opened_at = self._clock()

    def _answered(self, probe: bool) -> None:
        if probe or self._opened_at is None:  # a call from before it opened does not close it
            self._failures, self._opened_at = 0, None
