"""When wrong tries lock, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.attempts import FILE_LIMIT, PERSON_LIMIT, Tries, file_key, is_locked
from tests.unit.actions.calls import NOW

MINUTE = timedelta(minutes=1)


def minutes_ago(*minutes: int) -> tuple[object, ...]:
    return tuple(NOW - number * MINUTE for number in minutes)


@pytest.mark.parametrize(
    ("times", "locked"),
    [
        pytest.param((), False, id="no tries"),
        pytest.param((4, 3, 2, 1), False, id="four tries"),
        pytest.param((5, 4, 3, 2, 1), True, id="five tries"),
        pytest.param((1, 2, 3, 4, 5), True, id="in any order"),
        pytest.param((63, 62, 61, 60, 59), True, id="the fifth less than an hour ago"),
        pytest.param((64, 63, 62, 61, 60), False, id="the fifth an hour ago"),
        pytest.param((100, 30, 20, 10, 1), False, id="five tries spread over more than an hour"),
        pytest.param((110, 105, 100, 95, 59), True, id="the lock counts from the last of five"),
    ],
)
def test_five_tries_within_an_hour_lock_for_an_hour(times: tuple[int, ...], locked: bool) -> None:
    assert PERSON_LIMIT == 5
    assert locked is is_locked(Tries(pair=minutes_ago(*times)), NOW)
    assert locked is is_locked(Tries(person=minutes_ago(*times)), NOW)


def test_a_file_is_locked_by_twenty_tries_of_anybody() -> None:
    assert not is_locked(Tries(file=minutes_ago(*range(FILE_LIMIT - 1))), NOW)
    assert is_locked(Tries(file=minutes_ago(*range(FILE_LIMIT))), NOW)


def test_a_key_is_the_same_for_a_number_and_says_nothing_about_it() -> None:
    assert file_key("PA-2026-004217") == file_key("PA-2026-004217")
    assert file_key("PA-2026-004217") != file_key("PA-2026-004218")
    assert "4217" not in file_key("PA-2026-004217")
