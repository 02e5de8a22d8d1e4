"""The generic cell rate algorithm: whatever comes when, no window ever holds more than the rate and the burst allow."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import advanced, slot

INTERVALS = st.floats(min_value=0.01, max_value=60)
BURSTS = st.integers(min_value=1, max_value=100)
WAITS = st.lists(st.floats(min_value=0, max_value=30), max_size=80)


def departures(waits: list[float], interval: float, burst: int) -> list[tuple[float, float]]:
    """When each message was asked to leave, and when it left."""
    pace, now, left = 0.0, 1_000.0, []
    for wait in waits:
        now += wait
        at = slot(pace, now, interval, burst)
        pace = advanced(pace, at, interval)
        left.append((now, at))
    return left


def test_a_burst_leaves_at_once_and_the_rest_evenly() -> None:
    left = departures([0.0] * 6, interval=2.0, burst=3)

    assert [0, 0, 0, 2, 4, 6] == [at - asked for asked, at in left]


def test_after_a_pause_the_whole_burst_is_there_again() -> None:
    left = departures([0.0, 0.0, 0.0, 100.0, 0.0, 0.0], interval=2.0, burst=2)

    assert [0, 0, 2, 0, 0, 2] == [at - asked for asked, at in left]


@given(WAITS, INTERVALS, BURSTS)
def test_nothing_leaves_before_it_is_asked_to_nor_before_what_came_earlier(
    waits: list[float], interval: float, burst: int
) -> None:
    left = departures(waits, interval, burst)

    assert all(at >= asked for asked, at in left)
    assert all(at <= later for (_, at), (_, later) in pairwise(left))


@given(WAITS, INTERVALS, BURSTS)
def test_more_than_a_burst_never_leaves_faster_than_the_rate(waits: list[float], interval: float, burst: int) -> None:
    left = [at for _, at in departures(waits, interval, burst)]

    for first, later in zip(left, left[burst:], strict=False):
        assert later - first >= interval * (1 - 1e-6)  # one beyond a burst waits for one interval at least


@given(WAITS, INTERVALS, BURSTS)
def test_nobody_waits_longer_than_those_before_him_make_him(waits: list[float], interval: float, burst: int) -> None:
    for number, (asked, at) in enumerate(departures(waits, interval, burst)):
        assert at - asked <= number * interval + 1e-6


@given(st.floats(min_value=0, max_value=1e9), INTERVALS, BURSTS)
def test_who_comes_at_the_time_he_was_told_need_not_wait_again(pace: float, interval: float, burst: int) -> None:
    at = slot(pace, 0.0, interval, burst)

    assert at == pytest.approx(slot(pace, at, interval, burst))
