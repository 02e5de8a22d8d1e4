"""What keeps one government system's trouble from the others and from the citizens who wait for them.

`Guard` is one system's: a time budget, a bulkhead (so many calls at once, so many waiting, the rest refused at once), a
circuit breaker and, for calls that only read, another try within a deadline. `Guarded...` put it around any client of
connectors/gov/api.py, which does not know of it. Lists of services are kept for some minutes; cases, complaints and
slots never. Everything that is raised is of the closed set. Metrics are the caller's: it hands in an `Observer`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import stamina
from stamina.instrumentation import set_on_retry_hooks

from connectors.errors import ConnectorError, SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemSlow, Uncertain
from connectors.gov.breaker import Breaker, Circuit

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

FIRST_PAUSE_S, LONGEST_PAUSE_S, JITTER_S = 0.1, 0.5, 0.1
MARGIN_S = 0.25
_MOST_KEPT = 256  # a list and the questions of each of its kinds


@dataclass(frozen=True, slots=True)
class Policy:
    """How one system is treated. Seconds are wall-clock time.

    `timeout_s`: one try. `deadline_s`: all tries of a call that reads. `attempts`: how many those are. `at_once`: calls
    that run at the same time; `waiting`: how many more may wait, `queue_s` each at most. `opens_after` failures in a
    row open the circuit for `rests_s`. `kept_s`: how long a list of services is kept.
    """

    timeout_s: float = 4.0
    deadline_s: float = 6.0
    attempts: int = 2
    at_once: int = 16
    waiting: int = 32
    queue_s: float = 1.0
    opens_after: int = 5
    rests_s: float = 15.0
    kept_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Observed:
    """One call as it went. `outcome`: "ok", "kept" (from memory), "cancelled" or an error's `code`. `tries`: how often
    the system was really asked; 0 where it was refused before. `running` and `circuit` are as after the call.
    """

    system: str
    operation: str
    outcome: str
    seconds: float
    tries: int
    running: int
    circuit: Circuit


Observer = Callable[[Observed], None]


class Guards:
    """Makes every system's guard. `policy` holds for all, as far as a system has no limits of its own."""

    def __init__(self, policy: Policy = Policy(), observe: Observer = lambda _: None) -> None:
        self._policy = policy
        self._observe = observe

    def of(self, system: str, timeout_s: float, own: Mapping[str, Any] | None = None) -> Guard:
        """`timeout_s`: the client's own budget for a call; the guard's is a little longer, so that the client, who
        knows more, is the one to say what happened. `own`: other fields of `Policy`.
        """
        budget = timeout_s + MARGIN_S
        deadline = max(self._policy.deadline_s, budget)
        policy = replace(self._policy, timeout_s=budget, deadline_s=deadline, **(own or {}))
        return Guard(system, policy, self._observe)


class _Tries(Generic[Result]):
    """A call, and how often it was made."""

    def __init__(self, call: Callable[[], Awaitable[Result]]) -> None:
        self._call = call
        self.made = 0

    async def make(self, budget_s: float, late: type[ConnectorError]) -> Result:
        """The result, or `late` where there is none within `budget_s`."""
        self.made += 1
        try:
            async with asyncio.timeout(budget_s):
                return await self._call()
        except TimeoutError:
            raise late(f"no answer in {budget_s:.1f} s") from None


class Guard:
    """One system's. `observe` is called once for every call; it must not raise."""

    def __init__(
        self,
        system: str,
        policy: Policy,
        observe: Observer = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        set_on_retry_hooks(())  # stamina would count in prometheus and log by itself; `Observed.tries` tells it
        self._system = system
        self._policy = policy
        self._observe = observe
        self._clock = clock
        self._places = asyncio.Semaphore(policy.at_once)
        self._waiting = 0
        self._running = 0
        self._breaker = Breaker(policy.opens_after, policy.rests_s, clock)
        self._kept: dict[Hashable, tuple[float, object]] = {}

    async def read(self, operation: str, call: Callable[[], Awaitable[Result]]) -> Result:
        """A call that may be repeated. A system that is down is asked again; one that is slow or busy would only get
        slower, one that shows a maintenance page shows it again.
        """
        return await self._observed(operation, call, self._repeated, SystemGarbled)

    async def act(self, operation: str, call: Callable[[], Awaitable[Result]]) -> Result:
        """A call that changes something: made once. Raises `Uncertain` when no answer came in time."""
        return await self._observed(operation, call, self._once, Uncertain)

    async def kept(self, operation: str, key: Hashable, call: Callable[[], Awaitable[Result]]) -> Result:
        """As `read`, from memory while that is fresh enough. Only for what is the same for everybody."""
        started = self._clock()
        until, value = self._kept.get((operation, key), (started, None))
        if started < until:
            self._tell(operation, "kept", started, 0)
            return value  # type: ignore[return-value] # the same operation and key stored it
        result = await self.read(operation, call)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[operation, key] = (self._clock() + self._policy.kept_s, result)
        return result

    async def _observed(
        self,
        operation: str,
        call: Callable[[], Awaitable[Result]],
        way: Callable[[_Tries[Result]], Awaitable[Result]],
        unexpected: type[ConnectorError],
    ) -> Result:
        started, tries, outcome = self._clock(), _Tries(call), "cancelled"
        try:
            if self._breaker.is_refusing():
                raise SystemPaused("circuit open", nothing_done=True)
            async with self._place():
                result = await way(tries)
            outcome = "ok"
            return result
        except ConnectorError as error:
            outcome = error.code
            raise
        except Exception as error:
            # A mistake of ours is no new kind of failure for whoever waits. The error's text may hold content: its type
            # is logged, no more.
            outcome = unexpected.code
            logger.error("%s: %s failed unexpectedly: %s", self._system, operation, type(error).__name__)
            raise unexpected(type(error).__name__) from error
        finally:
            self._tell(operation, outcome, started, tries.made)

    async def _repeated(self, tries: _Tries[Result]) -> Result:
        policy = self._policy
        deadline = self._clock() + policy.deadline_s
        async for attempt in stamina.retry_context(
            on=lambda error: type(error) is SystemDown and not self._breaker.is_refusing(),
            attempts=policy.attempts,
            timeout=policy.deadline_s,
            wait_initial=FIRST_PAUSE_S,
            wait_max=LONGEST_PAUSE_S,
            wait_jitter=JITTER_S,
        ):
            with attempt:
                left = deadline - self._clock()
                if left <= 0:
                    raise SystemSlow(f"no answer in {policy.deadline_s:g} s")
                with self._breaker.watched():
                    return await tries.make(min(policy.timeout_s, left), SystemSlow)
        raise AssertionError("stamina raises the last error")

    async def _once(self, tries: _Tries[Result]) -> Result:
        with self._breaker.watched():
            return await tries.make(self._policy.timeout_s, Uncertain)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """A place in the bulkhead. Raises `SystemBusy`: at once when the queue is full, else after `queue_s`."""
        if self._places.locked() and self._waiting >= self._policy.waiting:
            raise SystemBusy("too many calls at once", nothing_done=True)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._policy.queue_s):
                await self._places.acquire()
        except TimeoutError:
            raise SystemBusy("too many calls at once", nothing_done=True) from None
        finally:
            self._waiting -= 1
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._places.release()

    def _tell(self, operation: str, outcome: str, started: float, tries: int) -> None:
        seconds = self._clock() - started
        self._observe(Observed(self._system, operation, outcome, seconds, tries, self._running, self._breaker.state))
