"""What a guard promises: bounded waiting, bounded load, no repeated deeds, and the closed set of failures."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import prometheus_client
import pytest

from connectors.errors import (
    ConnectorError,
    SystemBusy,
    SystemDown,
    SystemGarbled,
    SystemRefused,
    SystemSlow,
    Uncertain,
)
from connectors.gov.api import Booking, Case, CaseState, Complaint, ComplaintStatus, Question, Receipt, Service, Slot
from connectors.gov.breaker import Circuit
from connectors.gov.file_number import FileNumberRule
from connectors.gov.guarded import GuardedBook, GuardedCatalogue, GuardedQuestionedDesk, GuardedTracker
from connectors.gov.resilience import Guard, Observed, Policy

QUICK = Policy(
    timeout_s=0.2, deadline_s=0.5, attempts=2, at_once=2, waiting=2, queue_s=0.1, opens_after=50, rests_s=0.2, kept_s=9
)
BORN = date(1990, 4, 12)
CASE = Case("PA-1", "", CaseState.RECEIVED, "", "", None, ended=False)
SLOT = Slot("1", datetime(2026, 12, 2, 9, tzinfo=UTC), datetime(2026, 12, 2, 10, tzinfo=UTC))
HANGS = "hangs"


class System:
    """Implements every protocol: each call does what comes next in `script` (an error, `HANGS`, or a result)."""

    def __init__(self, *script: object) -> None:
        self.script = list(script)
        self.calls: list[str] = []
        self.at_once = self.most_at_once = 0
        self.closed = False
        self.file_numbers = FileNumberRule()

    async def _do(self, name: str) -> object:
        self.calls.append(name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if step is HANGS:
                await asyncio.sleep(60)
            await asyncio.sleep(0.01)
        finally:
            self.at_once -= 1
        if isinstance(step, BaseException):
            raise step
        return step

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        return await self._do("find")  # type: ignore[return-value]

    async def services(self) -> tuple[Service, ...]:
        return await self._do("services")  # type: ignore[return-value]

    async def kinds(self) -> tuple[Service, ...]:
        return await self._do("kinds")  # type: ignore[return-value]

    async def questions(self, kind: str) -> tuple[Question, ...]:
        return await self._do(f"questions {kind}")  # type: ignore[return-value]

    async def file(self, complaint: Complaint) -> Receipt:
        return await self._do("file")  # type: ignore[return-value]

    async def reference(self, token: str) -> str | None:
        return await self._do("reference")  # type: ignore[return-value]

    async def track(self, ref: str) -> ComplaintStatus | None:
        return await self._do("track")  # type: ignore[return-value]

    async def free_slots(self, service: str, since: datetime, until: datetime) -> tuple[Slot, ...]:
        return await self._do("free_slots")  # type: ignore[return-value]

    async def book(self, slot: Slot, person: str) -> Booking | None:
        return await self._do("book")  # type: ignore[return-value]

    async def cancel(self, ref: str) -> bool:
        return await self._do("cancel")  # type: ignore[return-value]

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def seen() -> list[Observed]:
    return []


@pytest.fixture
def guard(seen: list[Observed]) -> Guard:
    return Guard("register", QUICK, seen.append)


Call = Callable[[System, Guard], Awaitable[object]]

READS: list[tuple[str, Call]] = [
    ("find", lambda system, guard: GuardedTracker(system, guard).find("PA-1", BORN)),
    ("services", lambda system, guard: GuardedCatalogue(system, guard).services()),
    ("kinds", lambda system, guard: GuardedQuestionedDesk(system, guard).kinds()),
    ("questions 1", lambda system, guard: GuardedQuestionedDesk(system, guard).questions("1")),
    ("reference", lambda system, guard: GuardedQuestionedDesk(system, guard).reference("t")),
    ("track", lambda system, guard: GuardedQuestionedDesk(system, guard).track("1")),
    ("free_slots", lambda system, guard: GuardedBook(system, guard).free_slots("1", SLOT.start, SLOT.end)),
]
ACTS: list[tuple[str, Call]] = [
    ("file", lambda system, guard: GuardedQuestionedDesk(system, guard).file(Complaint("1", ""))),
    ("book", lambda system, guard: GuardedBook(system, guard).book(SLOT, "p")),
    ("cancel", lambda system, guard: GuardedBook(system, guard).cancel("1")),
]
each_read = pytest.mark.parametrize(("name", "call"), READS, ids=[name for name, _ in READS])
each_act = pytest.mark.parametrize(("name", "call"), ACTS, ids=[name for name, _ in ACTS])
each_call = pytest.mark.parametrize(("name", "call"), READS + ACTS, ids=[name for name, _ in READS + ACTS])


async def raised(call: Awaitable[object]) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await call
    return caught.value


@each_call
async def test_the_systems_answer_comes_through(guard: Guard, name: str, call: Call) -> None:
    answer = object()
    system = System(answer)

    assert answer is await call(system, guard)
    assert [name] == system.calls


@each_read
async def test_a_call_that_reads_is_made_again_when_the_system_was_down(
    guard: Guard, seen: list[Observed], name: str, call: Call
) -> None:
    answer = object()
    system = System(SystemDown(), answer)

    assert answer is await call(system, guard)
    assert [name, name] == system.calls
    assert [("ok", 2)] == [(each.outcome, each.tries) for each in seen]


@each_act
async def test_a_call_that_acts_is_made_once(guard: Guard, name: str, call: Call) -> None:
    system = System(SystemDown())

    assert SystemDown is type(await raised(call(system, guard)))
    assert [name] == system.calls


@each_act
async def test_a_call_that_acts_and_hangs_is_uncertain(guard: Guard, name: str, call: Call) -> None:
    assert Uncertain is type(await raised(call(System(HANGS), guard)))


@each_read
async def test_a_call_that_reads_and_hangs_is_slow_and_not_repeated(guard: Guard, name: str, call: Call) -> None:
    system = System(HANGS)
    started = time.monotonic()

    assert SystemSlow is type(await raised(call(system, guard)))
    assert time.monotonic() - started < QUICK.timeout_s + 0.15
    assert 1 == len(system.calls)


@pytest.mark.parametrize(
    "error", [SystemSlow(), SystemGarbled(), SystemRefused(), Uncertain()], ids=lambda each: each.code
)
async def test_only_a_system_that_is_down_is_asked_again(guard: Guard, error: ConnectorError) -> None:
    system = System(error)

    assert error is await raised(GuardedTracker(system, guard).find("PA-1", BORN))
    assert 1 == len(system.calls)


async def test_all_tries_together_keep_the_deadline() -> None:
    guard = Guard("register", Policy(timeout_s=0.3, deadline_s=0.4, attempts=5))
    system = System(SystemDown(), HANGS)
    started = time.monotonic()

    error = await raised(GuardedTracker(system, guard).find("PA-1", BORN))

    assert SystemSlow is type(error)
    assert time.monotonic() - started < 0.55


@each_call
async def test_an_unexpected_error_is_of_the_closed_set_and_leaves_no_content_in_the_log(
    guard: Guard, name: str, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        error = await raised(call(System(KeyError("le nom d'un citoyen")), guard))

    acted = name in dict(ACTS)  # then something may have happened
    assert (Uncertain if acted else SystemGarbled, "KeyError") == (type(error), error.detail)
    assert ["register"] == [record.getMessage().partition(":")[0] for record in caplog.records]
    assert "citoyen" not in caplog.text


# ---- bulkhead ------------------------------------------------------------------------------------------------------


async def test_so_many_run_so_many_wait_and_the_rest_is_refused_at_once(guard: Guard, seen: list[Observed]) -> None:
    system = System(HANGS)
    tracker = GuardedTracker(system, guard)
    inside = [asyncio.create_task(raised(tracker.find("PA-1", BORN))) for _ in range(QUICK.at_once + QUICK.waiting)]
    await asyncio.sleep(0.02)
    started = time.monotonic()

    error = await raised(tracker.find("PA-1", BORN))

    assert time.monotonic() - started < QUICK.queue_s / 2
    assert (SystemBusy, "too many calls at once") == (type(error), error.detail)
    waited = await asyncio.gather(*inside)
    assert [SystemSlow] * QUICK.at_once + [SystemBusy] * QUICK.waiting == [type(each) for each in waited]
    assert QUICK.at_once == system.most_at_once
    assert sorted([0, *[0] * QUICK.waiting, *[1] * QUICK.at_once]) == sorted(each.tries for each in seen)


async def test_whoever_waits_gets_a_place_that_becomes_free(guard: Guard) -> None:
    system = System(CASE)

    found = await asyncio.gather(
        *(GuardedTracker(system, guard).find("PA-1", BORN) for _ in range(QUICK.at_once + QUICK.waiting))
    )

    assert [CASE] * 4 == found
    assert QUICK.at_once == system.most_at_once


async def test_a_place_is_given_back_whatever_happens(guard: Guard) -> None:
    for script in (SystemDown(), KeyError(), HANGS):
        for _ in range(3):
            await raised(GuardedBook(System(script), guard).cancel("1"))
    cancelled = asyncio.create_task(GuardedTracker(System(HANGS), guard).find("PA-1", BORN))
    await asyncio.sleep(0.01)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)

    assert CASE == await GuardedTracker(System(CASE), guard).find("PA-1", BORN)


async def test_one_system_that_hangs_costs_another_nothing() -> None:
    hanging, healthy = Guard("a", QUICK), Guard("b", QUICK)
    stuck = [asyncio.create_task(raised(GuardedTracker(System(HANGS), hanging).find("1", BORN))) for _ in range(4)]
    await asyncio.sleep(0.01)
    started = time.monotonic()

    assert CASE == await GuardedTracker(System(CASE), healthy).find("1", BORN)

    assert time.monotonic() - started < 0.1
    await asyncio.gather(*stuck)


# ---- circuit breaker -----------------------------------------------------------------------------------------------


async def test_a_system_that_keeps_failing_is_left_alone_and_asked_again_later(seen: list[Observed]) -> None:
    guard = Guard("register", Policy(attempts=1, opens_after=3, rests_s=0.2), seen.append)
    system = System(*[SystemDown()] * 3, CASE)
    tracker = GuardedTracker(system, guard)

    errors = [await raised(tracker.find("PA-1", BORN)) for _ in range(5)]
    await asyncio.sleep(0.25)

    assert CASE == await tracker.find("PA-1", BORN)
    assert ["", "", "", "circuit open", "circuit open"] == [each.detail for each in errors]
    assert [1, 1, 1, 0, 0, 1] == [each.tries for each in seen]
    states = [each.circuit for each in seen]
    assert [Circuit.CLOSED] * 2 + [Circuit.OPEN] * 3 + [Circuit.CLOSED] == states


async def test_no_further_try_is_made_once_the_circuit_has_opened() -> None:
    guard = Guard("register", Policy(attempts=5, opens_after=2, rests_s=60))
    system = System(SystemDown())

    await raised(GuardedTracker(system, guard).find("PA-1", BORN))

    assert 2 == len(system.calls)


# ---- what is kept --------------------------------------------------------------------------------------------------


async def test_lists_of_services_and_their_questions_are_kept(guard: Guard, seen: list[Observed]) -> None:
    system = System((Service("1", "Trou"),))
    desk, catalogue = GuardedQuestionedDesk(system, guard), GuardedCatalogue(system, guard)

    for _ in range(3):
        await desk.kinds()
        await desk.questions("1")
        await desk.questions("2")
        await catalogue.services()

    assert ["kinds", "questions 1", "questions 2", "services"] == system.calls
    assert ["ok"] * 4 + ["kept"] * 8 == [each.outcome for each in seen]


async def test_what_is_kept_is_asked_for_again_after_its_time() -> None:
    now = [0.0]
    guard = Guard("register", Policy(kept_s=300), clock=lambda: now[0])
    system = System(())
    catalogue = GuardedCatalogue(system, guard)

    await catalogue.services()
    now[0] = 299
    await catalogue.services()
    assert 1 == len(system.calls)
    now[0] = 300
    await catalogue.services()
    assert 2 == len(system.calls)


async def test_a_failure_is_not_kept(guard: Guard) -> None:
    system = System(SystemGarbled(), ())
    catalogue = GuardedCatalogue(system, guard)

    await raised(catalogue.services())

    assert () == await catalogue.services()


async def test_nothing_of_a_person_is_kept(guard: Guard) -> None:
    system = System(None)
    persons = [call for name, call in READS if name in ("find", "reference", "track", "free_slots")]

    for call in persons * 2:
        await call(system, guard)

    assert ["find", "reference", "track", "free_slots"] * 2 == system.calls


# ---- the rest ------------------------------------------------------------------------------------------------------


async def test_every_call_is_observed_once(guard: Guard, seen: list[Observed]) -> None:
    await GuardedTracker(System(CASE), guard).find("PA-1", BORN)

    [told] = seen
    assert Observed("register", "find", "ok", told.seconds, tries=1, running=0, circuit=Circuit.CLOSED) == told
    assert 0 < told.seconds < QUICK.timeout_s


async def test_a_cancelled_call_is_observed_as_such(guard: Guard, seen: list[Observed]) -> None:
    task = asyncio.create_task(GuardedTracker(System(HANGS), guard).find("PA-1", BORN))
    await asyncio.sleep(0.01)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert ["cancelled"] == [each.outcome for each in seen]


async def test_tries_are_counted_nowhere_else(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await GuardedTracker(System(SystemDown(), CASE), guard).find("PA-1", BORN)

    assert [] == caplog.records
    assert b"stamina" not in prometheus_client.generate_latest()


async def test_a_guarded_client_has_the_systems_file_numbers_and_closes_it(guard: Guard) -> None:
    for guarded in (GuardedTracker, GuardedQuestionedDesk, GuardedBook):
        system = System(None)
        await guarded(system, guard).close()
        assert system.closed

    assert FileNumberRule() == GuardedTracker(System(None), guard).file_numbers
