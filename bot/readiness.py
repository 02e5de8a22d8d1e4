"""Whether this instance may be sent traffic, and everything else that is wrong, in one line each.

Two kinds. A *problem* makes /health/ready answer 503; a *warning* never does: taking every instance out of rotation
because a channel is misconfigured would lose messages that can be stored. Of the problems, those of `storage` alone
make /health/accepting answer 503: while Rasa is down, messages are stored and answered later.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot import ports
from bot.budget import WARNING, Budget, day_of
from bot.metrics import METRICS
from bot.ports import Backlog, Priority, Spent

DISK_FULL_MB = 20  # less than this and the database's next file may not fit: the provider must keep its message
_MB = 2**20


@dataclass(frozen=True, slots=True)
class Health:
    storage: tuple[str, ...] = ()  # nothing can be stored
    problems: tuple[str, ...] = ()  # those, and what else keeps citizens from being answered at all
    warnings: tuple[str, ...] = ()  # a person should look


class Readiness:
    """Looks at everything when it is asked. `mistakes`: how many are in the content.

    `worker_lives`: asked where one worker belongs to this web process (`dalil run`); others are seen by the backlog.
    """

    def __init__(
        self,
        monitor: ports.Monitor,
        spent: Callable[[str], Spent],
        dialogue_ready: Callable[[], Awaitable[bool]],
        mistakes: Callable[[], int],
        budget: Budget,
        var_dir: Path,
        disk_min_mb: int,
        backlog_max_s: float,
        worker_lives: Callable[[], Awaitable[bool]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._worker_lives = worker_lives
        self._monitor = monitor
        self._spent = spent
        self._dialogue_ready = dialogue_ready
        self._mistakes = mistakes
        self._budget = budget
        self._var_dir = var_dir
        self._disk_min_mb = disk_min_mb
        self._backlog_max_s = backlog_max_s
        self._clock = clock

    async def examine(self) -> Health:
        storage, warnings = await self.storage()
        problems = list(storage)
        if not await self._dialogue_ready():
            problems.append("rasa: no answer, or no model loaded; messages are kept and answered once it is back")
        if self._worker_lives is not None and not await self._worker_lives():
            problems.append("worker: no answer; messages are kept and answered once it is back")
        if not any(line.startswith("database") for line in storage):
            warnings += await asyncio.to_thread(self._stored)
        if mistakes := self._mistakes():
            warnings.append(f"content: {mistakes} mistakes in the files, the sheets before them are live; see the log")
        return Health(tuple(storage), tuple(problems), tuple(warnings))

    async def storage(self) -> tuple[list[str], list[str]]:
        """What keeps messages from being stored, and what soon may."""
        problems, warnings = [], []
        try:
            await asyncio.to_thread(self._monitor.check)
        except ports.StoreUnavailable as error:
            problems.append(f"database: {error}")
        free = self._free_mb()
        if free < DISK_FULL_MB:
            problems.append(f"disk: {free} MB free at {self._var_dir.name}/, nothing more can be stored; free some")
        elif free < self._disk_min_mb:
            warnings.append(f"disk: {free} MB free at {self._var_dir.name}/, less than {self._disk_min_mb} MB")
        return problems, warnings

    def measure(self) -> None:
        """Set the gauges of what is stored. Raises `StoreUnavailable`."""
        now = self._clock()
        backlog = self._monitor.backlog()
        inbox = {"none": backlog.inbox}
        outbox = {priority.name.lower(): waiting for priority, waiting in backlog.outbox.items()}
        for queue, by_priority in (("inbox", inbox), ("outbox", outbox)):
            for priority, waiting in by_priority.items():
                METRICS.backlog.labels(queue, priority).set(waiting.count)
                METRICS.oldest.labels(queue, priority).set(waiting.oldest_s(now))
        METRICS.database_up.set(1)
        METRICS.held.set(backlog.held)
        METRICS.following.set(backlog.following)
        for queue, count in backlog.dead.items():
            METRICS.dead.labels(queue).set(count)
        METRICS.misconfigured.clear()
        for channel, count in backlog.misconfigured.items():
            METRICS.misconfigured.labels(channel).set(count)
        for kind, share in self._budget.used(self._spent(day_of(now))).items():
            METRICS.budget_used.labels(kind).set(share)
        METRICS.disk_free.set(self._free_mb() * _MB)

    def _stored(self) -> list[str]:
        try:
            backlog, spent = self._monitor.backlog(), self._spent(day_of(self._clock()))
        except ports.StoreUnavailable as error:
            return [f"database: {error}"]
        return [*self._backlog(backlog), *_channels(backlog), *self._costs(spent)]

    def _backlog(self, backlog: Backlog) -> list[str]:
        """Notifications may wait for their turn, and for the next day's budget: their age says nothing."""
        now, lines = self._clock(), []
        for name, waiting in (("inbox", backlog.inbox), ("outbox", backlog.outbox[Priority.REPLY])):
            if (age := waiting.oldest_s(now)) > self._backlog_max_s:
                lines.append(
                    f"backlog: {waiting.count} in the {name}, the oldest for {age:.0f} s"
                    f" (more than {self._backlog_max_s:.0f} s)"
                )
        return lines

    def _costs(self, spent: Spent) -> list[str]:
        lines = [
            f"budget: {share:.0%} of today's SMS {kind} used up" + ("; notifications wait" if share >= 1 else "")
            for kind, share in self._budget.used(spent).items()
            if share >= WARNING
        ]
        if self._budget.micros and spent.unpriced:
            lines.append(f"budget: {spent.unpriced} SMS segments of today have no price (DALIL_PRICES_FILE)")
        return lines

    def _free_mb(self) -> int:
        place = self._var_dir if self._var_dir.exists() else self._var_dir.parent
        return shutil.disk_usage(place).free // _MB


def _channels(backlog: Backlog) -> list[str]:
    return [
        f"channel {channel}: misconfigured, {count} messages wait; mend its credentials or sender and start again"
        for channel, count in sorted(backlog.misconfigured.items())
    ]
