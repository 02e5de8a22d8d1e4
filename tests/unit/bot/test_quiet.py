"""When nobody is told anything, by the citizen's own clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.bootstrap import quiet_hours
from bot.quiet import QuietHours
from bot.settings import Settings


def at(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("country", "now", "end"),
    [
        pytest.param("ma", at(23, 19, 59), None, id="Morocco is an hour ahead: 20:59"),
        pytest.param("ma", at(23, 20), at(24, 7), id="21:00"),
        pytest.param("ma", at(24, 6, 59), at(24, 7), id="7:59 the next day"),
        pytest.param("ma", at(24, 7), None, id="8:00"),
        pytest.param("dz", at(23, 20), at(24, 7), id="Algeria, too"),
        pytest.param("mr", at(23, 20, 30), None, id="Mauritania is not: 20:30"),
        pytest.param("mr", at(23, 21), at(24, 8), id="Mauritania, 21:00"),
        pytest.param(None, at(23, 20), at(24, 7), id="whose country is not known: the default's"),
    ],
)
def test_quiet_hours_are_those_of_the_country(country, now: float, end: float | None) -> None:
    assert end == QuietHours(21, 8, "ma").end(country, now)


def test_in_ramadan_morocco_keeps_another_time() -> None:
    night = datetime(2026, 3, 1, 20, 30, tzinfo=UTC).timestamp()  # Africa/Casablanca is at UTC+0 then

    assert QuietHours(21, 8, "ma").end("ma", night) is None


def test_the_same_hour_twice_means_none() -> None:
    assert QuietHours(0, 0, "ma").end("ma", at(23, 3)) is None


def test_hours_within_one_day() -> None:
    assert at(23, 15) == QuietHours(13, 15, "mr").end("mr", at(23, 14))


def test_simulated_phones_are_rung_at_night_unless_it_was_set() -> None:
    real, sandbox = Settings(), Settings(sandbox=True)
    told = Settings.model_validate({"sandbox": True, "quiet": {"since": 22, "until": 8}})

    assert (21, 0, 22) == (quiet_hours(real).since, quiet_hours(sandbox).since, quiet_hours(told).since)
