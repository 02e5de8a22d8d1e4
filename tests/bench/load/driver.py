"""Citizens and provider, in a process of their own: `python -m tests.bench.load.driver`, commanded by traffic.py.

The rate is of messages and is kept whatever the system does (open loop): at each tick the next message of a citizen who
has read the reply to the one before and thought it over, or the first of a new citizen. Nobody writes on before the
reply has come (closed loop within a citizen). A time counts from the tick, so that a late sender flatters no system.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import uvloop

from tests.bench.load.citizens import Script, scripts
from tests.bench.load.client import Pool, Refused, Webhook
from tests.bench.load.provider import Provider

TICK_S = 0.002  # messages due within one tick leave together
HOPELESS_S = 4.0  # as many seconds of messages without a reply: the rate is too high, there is no need to go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One run.

    `rate`: messages a second; 0: `crowd` citizens write as fast as they are answered. `warm_s`: not measured, before
    `seconds` that are. `think_s`: from a reply to the next message. `patience_s`: how long replies are waited for.
    `forged_rate`: forged requests a second beside it. `impatient`: a citizen writes on once the message before is
    acknowledged, not once it is answered. `receipts`: the provider reports each message as delivered.
    """

    rate: float
    seconds: float
    crowd: int = 0
    warm_s: float = 3.0
    think_s: float = 1.0
    patience_s: float = 30.0
    forged_rate: float = 0.0
    impatient: bool = False
    receipts: bool = False
    provider_s: float = 0.0
    give_up: bool = True
    seed: int = 1


@dataclass(slots=True)
class Outcome:
    """What came of it. Times in ms of the measured window; `lost`, `errors` of the whole run."""

    sent: int = 0
    replied: int = 0
    lost: int = 0
    errors: int = 0
    more: int = 0  # messages of the provider beyond the first of a turn
    citizens: int = 0
    window_s: float = 0.0
    answered_in_window: int = 0
    hopeless: bool = False
    drain_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    acknowledged_ms: list[float] = field(default_factory=list)
    reply_ms: list[float] = field(default_factory=list)
    forged: dict[str, int] = field(default_factory=dict)
    forged_ms: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Citizen:
    script: Script
    number: int
    at: int = 0  # the next message
    due: float = 0.0  # of the message that waits for its reply
    waits: bool = False

    @property
    def done(self) -> bool:
        return self.at >= len(self.script.texts)


class Driver:
    """Keeps provider and citizens between runs: a citizen's number is never used twice."""

    def __init__(self) -> None:
        self.provider = Provider(self._came)
        self._citizens: dict[str, _Citizen] = {}
        self._met = 0
        self._sent = 0
        self._webhook: Webhook | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, webhook: Webhook, load: Load) -> Outcome:
        self._webhook, self._load, self._outcome = webhook, load, Outcome()
        self._pool = Pool(webhook.host, webhook.port)
        self._ready: deque[_Citizen] = deque()
        self._citizens.clear()
        self._new = self._strangers(load.seed)
        self.provider.delay_s = load.provider_s
        self._began = time.perf_counter()
        self._opens = self._began + load.warm_s
        self._closes = self._opens + load.seconds
        self._sending = True
        cpu = time.process_time()
        others = [asyncio.create_task(self._forge())] if load.forged_rate else []
        await (self._at_rate() if load.rate else self._in_crowd())
        self._sending = False
        stopped = time.perf_counter()
        await asyncio.gather(*others)
        await self._drained(stopped + load.patience_s)
        ended = time.perf_counter()
        outcome = self._outcome
        outcome.lost = outcome.sent - outcome.replied
        outcome.citizens = len(self._citizens)
        outcome.window_s = max(0.001, min(stopped, self._closes) - self._opens)
        outcome.drain_s, outcome.wall_s = ended - stopped, ended - self._began
        outcome.cpu_s = time.process_time() - cpu
        self._pool.close()
        return outcome

    # ---- sending ---------------------------------------------------------------------------------------------------

    async def _at_rate(self) -> None:
        gap, due = 1 / self._load.rate, self._began
        while (now := time.perf_counter()) < self._closes:
            while due <= now:
                self._send(self._next_citizen(), due)
                due += gap
            if self._load.give_up and self._outcome.sent - self._outcome.replied > self._load.rate * HOPELESS_S:
                self._outcome.hopeless = True
                return
            await asyncio.sleep(max(TICK_S, due - time.perf_counter()))

    async def _in_crowd(self) -> None:
        for _ in range(self._load.crowd):
            self._send(next(self._new), time.perf_counter())
        while time.perf_counter() < self._closes:
            while self._ready:
                self._send(self._next_citizen(), time.perf_counter())
            await asyncio.sleep(TICK_S)

    def _next_citizen(self) -> _Citizen:
        return self._ready.popleft() if self._ready else next(self._new)

    def _strangers(self, seed: int) -> Iterator[_Citizen]:
        for script in scripts(seed, self._met + 1):
            self._met += 1
            citizen = _Citizen(script, self._met)
            self._citizens[script.phone] = citizen
            yield citizen

    def _send(self, citizen: _Citizen, due: float) -> None:
        assert self._webhook is not None
        self._sent += 1
        text = citizen.script.texts[citizen.at]
        citizen.at, citizen.due, citizen.waits = citizen.at + 1, due, True
        request = self._webhook.message(f"SM{os.getpid():08x}{self._sent:024x}", citizen.script.phone, text)
        self._outcome.sent += 1
        self._keep(asyncio.create_task(self._deliver(citizen, request, due)))

    async def _deliver(self, citizen: _Citizen, request: bytes, due: float) -> None:
        try:
            status = await self._pool.post(request)
        except (OSError, Refused):
            status = 0
        now = time.perf_counter()
        if status not in (200, 204):
            self._outcome.errors += 1
        if self._measured(now):
            self._outcome.acknowledged_ms.append((now - due) * 1000)
        if self._load.impatient and not citizen.done:
            self._ready.append(citizen)

    async def _forge(self) -> None:
        assert self._webhook is not None
        prepared = [
            self._webhook.forged(f"SM{number:032x}", f"2127{number:08d}", "salam, chno khassni l passeport?")
            for number in range(500)
        ]
        pool = Pool(self._webhook.host, self._webhook.port)
        gap, due, number = 1 / self._load.forged_rate, self._began, 0
        under_way: set[asyncio.Task[None]] = set()
        while self._sending:
            now = time.perf_counter()
            while due <= now:
                number += 1
                due += gap
                if len(under_way) < 200:  # an attacker's connections
                    task = asyncio.create_task(self._forge_one(pool, prepared[number % len(prepared)]))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
            await asyncio.sleep(TICK_S)
        if under_way:
            await asyncio.wait(under_way)
        self._outcome.forged["due"] = number
        pool.close()

    async def _forge_one(self, pool: Pool, request: bytes) -> None:
        began = time.perf_counter()
        try:
            status = str(await pool.post(request))
        except (OSError, Refused):
            status = "refused"
        self._outcome.forged[status] = self._outcome.forged.get(status, 0) + 1
        self._outcome.forged_ms.append((time.perf_counter() - began) * 1000)

    # ---- replies ---------------------------------------------------------------------------------------------------

    def _came(self, phone: str, sid: str, at: float) -> None:
        citizen = self._citizens.get(phone)
        if self._load.receipts and self._webhook is not None:
            self._keep(asyncio.create_task(self._report(self._webhook.receipt(sid, phone))))
        if citizen is None:
            return  # of a run before, whose patience had ended
        if self._load.impatient:
            self._outcome.replied += 1
            self._outcome.answered_in_window += self._measured(at)
            return
        if not citizen.waits:
            self._outcome.more += 1
            return
        citizen.waits = False
        self._outcome.replied += 1
        if self._measured(at):
            self._outcome.answered_in_window += 1
        if citizen.due >= self._opens and self._opens <= at:
            self._outcome.reply_ms.append((at - citizen.due) * 1000)
        if not citizen.done:
            asyncio.get_running_loop().call_later(self._load.think_s, self._ready.append, citizen)
        elif not self._load.rate:
            self._ready.append(next(self._new))

    async def _report(self, request: bytes) -> None:
        with suppress(OSError, Refused):
            await self._pool.post(request)

    def _measured(self, at: float) -> bool:
        return self._opens <= at < self._closes

    async def _drained(self, until: float) -> None:
        while self._outcome.replied < self._outcome.sent and time.perf_counter() < until:
            await asyncio.sleep(0.02)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.1, until - time.perf_counter()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def main() -> None:
    """Commands come as JSON lines on standard input; each gets one line of answer."""
    driver = Driver()
    _say({"port": await driver.provider.start()})
    while line := await asyncio.to_thread(sys.stdin.readline):
        command: dict[str, Any] = json.loads(line)
        outcome = await driver.run(Webhook(**command["webhook"]), Load(**command["load"]))
        _say(asdict(outcome))


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
