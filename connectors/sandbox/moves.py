"""How files move in every simulated government system: by hand, or by themselves as time passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Move = Literal["next", "send_back", "refuse", "cancel"]
State = Literal["open", "returned", "approved", "refused", "closed", "other"]
"""What a state comes to, whatever the system calls it; "other": its code says nothing to anybody else."""


class CannotMoveError(ValueError):
    """The file is not there, or its state does not allow this move."""


class Clock:
    """Minutes since the sandbox started, real ones and those that were let pass by hand."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self.restart()

    def restart(self) -> None:
        self._start, self._passed = self._seconds(), 0.0

    def let_pass(self, minutes: float) -> None:
        self._passed += minutes

    def minutes(self) -> float:
        return (self._seconds() - self._start) / 60 + self._passed


@dataclass(frozen=True, slots=True)
class Planned:
    """A move that a file makes by itself so many minutes after the start."""

    minute: int
    number: str
    move: Move


class Plan:
    """What happens by itself, in order; each step once."""

    def __init__(self, clock: Clock, *steps: Planned) -> None:
        self._clock = clock
        self._steps = sorted(steps, key=lambda step: step.minute)
        self._done = 0

    def due(self) -> Iterator[Planned]:
        """The steps whose time has come since the last call."""
        now = self._clock.minutes()
        while self._done < len(self._steps) and self._steps[self._done].minute <= now:
            self._done += 1
            yield self._steps[self._done - 1]

    def restart(self) -> None:
        self._done = 0
