"""The worker: claims messages, handles turns, sends replies. Any number of them may run, on any number of machines."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from bot import ports
from bot.dialogue import DialogueDown, DialogueFailed
from bot.metrics import METRICS
from bot.outbox import Sender
from bot.turn import Turns

log = logging.getLogger(__name__)

C = TypeVar("C")

RENEWALS = 3  # in the time of one lease: two may fail before it is lost
POLL_S = 0.25  # how soon work is seen that another process stored, or that became due
SOON_S = 0.02  # after one is done, how soon the next of its conversation is looked for

CONCURRENCY = 16  # turns wait for Rasa and for the disk: with 8 a fifth of two processors stood idle (tests.bench.load)
MAX_FAILURES = 3  # tries of a message that fails by its own fault, before the citizen gets an apology
DOWN_DELAY_S = 1.0
FAILED_DELAY_S = 0.5
HOUSEKEEPING_S = 300.0
SET_BACK_S = 5.0  # a smaller step of the clock makes nobody wait for long
FORGET_AFTER_S = 3.0  # a person who asked to be forgotten goes so soon, once his last reply has left


Listen = Callable[[Callable[[], None], Callable[[], None]], Awaitable[None]]
"""Calls the first whenever another process stored something for the inbox's loop, the second for the outbox's."""


async def _hear_nothing(_inbox: Callable[[], None], _outbox: Callable[[], None]) -> None:
    """For a database that tells nobody: the loops look by themselves."""


class Beside(Protocol):
    """A loop that runs as long as the worker does. `run` raises nothing."""

    async def run(self) -> None: ...

    def stop(self) -> None: ...


class Worker:
    """Two loops, one over the inbox and one over the outbox; `wake` and `listen` save them the poll.

    `lease_s`: how long a row is ours before another worker may take it; held on to while the work goes on. `forget` is
    called with the time every `HOUSEKEEPING_S`: it deletes what must not be kept.
    """

    def __init__(
        self,
        inbox: ports.Inbox,
        sender: Sender,
        turns: Turns,
        clock: Callable[[], float] = time.time,
        lease_s: float = 15.0,
        forget: Callable[[float], object] = lambda _now: None,
        listen: Listen = _hear_nothing,
        beside: Sequence[Beside] = (),
        in_thread: ports.InThread = asyncio.to_thread,
    ) -> None:
        self._in_thread = in_thread
        self._lease_s = lease_s
        self._listen = listen
        self._beside = beside
        self._turns_in_hand: dict[int, ports.Claim] = {}
        self._sends_in_hand: dict[int, ports.OutboxClaim] = {}
        self._forget = forget
        self._inbox = inbox
        self._sender = sender
        self._turns = turns
        self._clock = clock
        self._inbox_signal = _Signal()
        self._outbox_signal = _Signal()
        self._stopping = asyncio.Event()
        self._tidy_signal = asyncio.Event()

    def wake(self) -> None:
        """Something was stored. Call from the event loop's thread."""
        self._inbox_signal.set()

    async def run(self) -> None:
        """Work until `stop`; then finish what is in hand and return."""
        beside = [
            asyncio.ensure_future(self._listen(self._inbox_signal.set, self._outbox_signal.set)),
            asyncio.create_task(self._hold_on()),
        ]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._loop(self._claim_turns, self._turn, self._inbox_signal))
                group.create_task(self._loop(self._sender.claim, self._send, self._outbox_signal))
                group.create_task(self._housekeeping())
                for loop in self._beside:
                    group.create_task(loop.run())
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._stopping.is_set()

    def stop(self) -> None:
        self._stopping.set()
        self._inbox_signal.set()
        self._outbox_signal.set()
        self._tidy_signal.set()
        for loop in self._beside:
            loop.stop()

    async def _hold_on(self) -> None:
        """Renew the leases of all that is in hand, so that slow work is never done by two."""
        ahead = self._clock() - time.monotonic()
        while True:
            await asyncio.sleep(self._lease_s / RENEWALS)
            before, ahead = ahead, self._clock() - time.monotonic()
            if ahead < before - SET_BACK_S:
                log.warning("the clock was set back", extra={"seconds": round(before - ahead)})
                self._tidy_signal.set()  # brings back what waits for a time that is far off again
            try:
                if turns := list(self._turns_in_hand.values()):
                    await asyncio.to_thread(self._inbox.renew, turns, self._clock() + self._lease_s)
                if sends := list(self._sends_in_hand.values()):
                    await self._sender.renew(sends)
            except ports.StoreUnavailable as error:
                log.error("leases not renewed", extra={"reason": str(error)})

    async def _housekeeping(self) -> None:
        """Every so often, and soon after somebody asked for it, forget what must not be kept."""
        while not self._stopping.is_set():
            self._tidy_signal.clear()
            try:
                await asyncio.to_thread(self._forget, self._clock())
            except ports.StoreUnavailable as error:
                log.error("housekeeping failed", extra={"reason": str(error)})
            await _wait(self._tidy_signal, HOUSEKEEPING_S)

    async def _loop(
        self,
        claim: Callable[[int], Awaitable[list[C]]],
        handle: Callable[[C], Awaitable[None]],
        signal: _Signal,
    ) -> None:
        running: set[asyncio.Task[None]] = set()

        def done(task: asyncio.Task[None]) -> None:
            """Something may have waited for its place, or behind it in its conversation."""
            look = signal.set if len(running) == CONCURRENCY else signal.set_soon
            running.discard(task)
            look()

        while not self._stopping.is_set():
            signal.clear()
            claimed: list[C] = []
            if room := CONCURRENCY - len(running):
                try:
                    claimed = await claim(room)
                except ports.StoreUnavailable as error:
                    log.error("database unavailable", extra={"reason": str(error)})
                    await asyncio.sleep(DOWN_DELAY_S)
                except Exception:
                    # A mistake of ours, perhaps about one row: it must not end the loop, and with it all answers.
                    log.exception("claim crashed")
                    await asyncio.sleep(DOWN_DELAY_S)
            for item in claimed:
                task = asyncio.ensure_future(handle(item))
                running.add(task)
                task.add_done_callback(done)
            if not room or len(claimed) < room:  # there is no more, or whatever there is must wait
                await signal.wait(POLL_S)
        if running:
            await asyncio.wait(running)

    async def _claim_turns(self, limit: int) -> list[ports.Claim]:
        return list(await self._in_thread(self._inbox.claim, limit, self._lease_s, self._clock()))

    async def _turn(self, claim: ports.Claim) -> None:
        self._turns_in_hand[claim.inbox_id] = claim
        METRICS.in_hand.labels("inbox").set(len(self._turns_in_hand))
        try:
            await self._handle(claim)
        except ports.StoreUnavailable as error:
            # The lease runs out and the message is taken again: nothing was applied.
            log.error("turn not saved", extra=_ids(claim) | {"reason": str(error)})
        finally:
            self._turns_in_hand.pop(claim.inbox_id, None)
            METRICS.in_hand.labels("inbox").set(len(self._turns_in_hand))

    async def _handle(self, claim: ports.Claim) -> None:
        started = time.perf_counter()
        METRICS.step.labels("wait").observe(max(0.0, self._clock() - claim.received_at))
        try:
            plan = await self._turns.handle_turn(claim, self._clock())
        except DialogueDown as error:
            METRICS.turn_failures.labels("dialogue_down").inc()
            log.warning("dialogue down", extra=_ids(claim) | {"reason": str(error)})
            await self._release(claim, DOWN_DELAY_S, counts=False, error="dialogue_down")
            return
        except DialogueFailed as error:
            log.error("turn failed", extra=_ids(claim) | {"attempt": claim.attempt, "reason": str(error)})
            await self._failed(claim, "dialogue_failed")
            return
        except Exception:
            # A mistake of ours. Unhandled it would leave the message to its lease, again and again, and its
            # conversation blocked behind it. The log has the place, never the text.
            log.exception("turn crashed", extra=_ids(claim) | {"attempt": claim.attempt})
            await self._failed(claim, "crashed")
            return
        METRICS.step.labels("turn").observe(time.perf_counter() - started)
        await self._finish(claim, plan)

    async def _failed(self, claim: ports.Claim, error: str) -> None:
        """Try again later, or give the message up with an apology."""
        METRICS.turn_failures.labels(error).inc()
        if claim.failures + 1 < MAX_FAILURES:
            await self._release(claim, FAILED_DELAY_S * 2**claim.failures, counts=True, error=error)
        else:
            await self._finish(claim, self._turns.apology(claim, error, self._clock()))

    async def _finish(self, claim: ports.Claim, plan: ports.TurnPlan) -> None:
        if await self._in_thread(self._inbox.finish, claim, plan, self._clock()):
            METRICS.turns.labels(plan.outcome).inc()
            log.info("answered", extra=_ids(claim) | {"outcome": plan.outcome})
            if plan.failed:
                log.error("dead letter", extra=_ids(claim) | {"code": plan.failed})
            if plan.conversation.opted_out and not claim.conversation.opted_out:
                METRICS.opted_out.labels(claim.message.sender.channel, "word").inc()
            self._outbox_signal.set()
            if plan.forget:
                asyncio.get_running_loop().call_later(FORGET_AFTER_S, self._tidy_signal.set)
        else:
            METRICS.leases_lost.labels("inbox").inc()
            log.warning("lease lost", extra=_ids(claim) | {"attempt": claim.attempt})

    async def _release(self, claim: ports.Claim, delay: float, *, counts: bool, error: str) -> None:
        await asyncio.to_thread(self._inbox.release, claim, self._clock() + delay, counts, error)

    async def _send(self, claim: ports.OutboxClaim) -> None:
        self._sends_in_hand[claim.outbox_id] = claim
        METRICS.in_hand.labels("outbox").set(len(self._sends_in_hand))
        try:
            await self._sender.send(claim)
        except ports.StoreUnavailable as error:
            log.error("send not saved", extra={"outbox": claim.outbox_id, "trace": claim.trace, "reason": str(error)})
        finally:
            self._sends_in_hand.pop(claim.outbox_id, None)
            METRICS.in_hand.labels("outbox").set(len(self._sends_in_hand))


class _Signal:
    """Tells a loop to look for work: at once, or soon. To look soon is rarely needed under load, where the next message
    makes the loop look anyway: half of all looks are saved.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        self._event.set()

    def set_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON_S, self.set)

    def clear(self) -> None:
        """The loop looks now: nothing that came before need tell it again."""
        self._event.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def wait(self, seconds: float) -> None:
        await _wait(self._event, seconds)


def _ids(claim: ports.Claim) -> dict[str, object]:
    return {"inbox": claim.inbox_id, "trace": claim.trace}


async def _wait(signal: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(signal.wait(), seconds)
    except TimeoutError:
        return
