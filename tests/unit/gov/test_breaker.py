"""When a circuit opens, and how it closes again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from connectors.errors import SystemDown, SystemGarbled, SystemRefused, SystemSlow, Uncertain
from connectors.gov.breaker import Breaker, Circuit

RESTS = 15.0


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(opens_after=3, rests_s=RESTS, clock=clock)


def call(breaker: Breaker, error: BaseException | None = None) -> None:
    with suppress(Exception, asyncio.CancelledError), breaker.watched():
        if error is not None:
            raise error


def test_it_opens_after_failures_in_a_row_and_then_refuses_at_once(breaker: Breaker) -> None:
    for error in (SystemDown(), SystemSlow(), Uncertain()):
        assert Circuit.CLOSED is breaker.state
        call(breaker, error)

    assert Circuit.OPEN is breaker.state
    with pytest.raises(SystemDown, match="circuit open"), breaker.watched():
        pytest.fail("the system was called")


def test_an_answer_in_between_starts_the_count_anew(breaker: Breaker) -> None:
    for error in (SystemDown(), SystemDown(), None, SystemDown(), SystemDown()):
        call(breaker, error)

    assert Circuit.CLOSED is breaker.state


@pytest.mark.parametrize(
    "error", [SystemGarbled(), SystemRefused(), KeyError()], ids=lambda error: type(error).__name__
)
def test_a_system_that_answers_wrongly_is_at_work(breaker: Breaker, error: Exception) -> None:
    for _ in range(10):
        call(breaker, error)

    assert Circuit.CLOSED is breaker.state


def test_after_its_rest_one_call_goes_out_and_the_others_wait_for_its_outcome(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        call(breaker, SystemDown())
    clock.seconds += RESTS

    assert not breaker.is_refusing()
    with breaker.watched():
        assert Circuit.HALF_OPEN is breaker.state
        assert breaker.is_refusing()
        with pytest.raises(SystemDown), breaker.watched():
            pytest.fail("a second call went out")

    assert Circuit.CLOSED is breaker.state


def test_a_first_call_that_fails_opens_it_for_another_rest(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        call(breaker, SystemDown())
    clock.seconds += RESTS

    call(breaker, SystemSlow())

    assert Circuit.OPEN is breaker.state
    clock.seconds += RESTS - 1
    assert breaker.is_refusing()
    clock.seconds += 1
    assert not breaker.is_refusing()


def test_a_first_call_that_is_cancelled_leaves_the_next_one_to_find_out(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        call(breaker, SystemDown())
    clock.seconds += RESTS

    call(breaker, asyncio.CancelledError())

    assert not breaker.is_refusing()
    call(breaker)
    assert Circuit.CLOSED is breaker.state


def test_calls_from_before_it_opened_neither_close_it_nor_prolong_its_rest(breaker: Breaker, clock: Clock) -> None:
    with suppress(SystemDown), breaker.watched():
        with breaker.watched():
            for _ in range(3):
                call(breaker, SystemDown())
            clock.seconds += RESTS - 1
        assert Circuit.OPEN is breaker.state
        raise SystemDown

    clock.seconds += 1
    assert not breaker.is_refusing()
