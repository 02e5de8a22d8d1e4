"""The time to answer under law 55-19, from the date on the receipt."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import PROJECT
from knowledge.deadlines import Stage, deadline, load_deadlines
from knowledge.loader import load_content

RULES = load_deadlines()
DAYS = st.dates(date(2021, 4, 1), date(2100, 1, 1))
LENGTHS = st.integers(1, 400)


def working_days(after: date, until: date) -> int:
    """Days from Monday to Friday after `after`, `until` included."""
    return sum((after + timedelta(n)).weekday() < 5 for n in range(1, (until - after).days + 1))


def test_sixty_days_and_thirty_for_investment() -> None:
    assert (60, 30) == (RULES.days, RULES.investment_days)
    assert date(2026, 11, 11) == deadline(date(2026, 9, 12), RULES.days).last_day
    assert date(2026, 10, 12) == deadline(date(2026, 9, 12), RULES.investment_days).last_day


@given(DAYS, LENGTHS)
def test_calendar_days_are_counted_from_the_day_after_the_receipt(receipt: date, days: int) -> None:
    assert days == (deadline(receipt, days).last_day - receipt).days


@given(DAYS, LENGTHS)
def test_working_days_are_counted_without_saturdays_and_sundays(receipt: date, days: int) -> None:
    end = deadline(receipt, days).last_working_day

    assert days == working_days(receipt, end)
    assert end.weekday() < 5


@given(DAYS, LENGTHS)
def test_working_days_never_end_before_calendar_days(receipt: date, days: int) -> None:
    found = deadline(receipt, days)

    assert found.last_day <= found.last_working_day


@given(DAYS, LENGTHS)
def test_a_later_receipt_never_has_an_earlier_end(receipt: date, days: int) -> None:
    first, second = deadline(receipt, days), deadline(receipt + timedelta(1), days)

    assert first.last_day < second.last_day
    assert first.last_working_day <= second.last_working_day


@given(DAYS, LENGTHS, st.integers(0, 2000))
def test_time_only_moves_a_deadline_on(receipt: date, days: int, passed: int) -> None:
    order = [Stage.RUNNING, Stage.UNSURE, Stage.PASSED]
    found, today = deadline(receipt, days), receipt + timedelta(passed)

    assert order.index(found.stage(today)) <= order.index(found.stage(today + timedelta(1)))


@pytest.mark.parametrize(
    ("today", "stage"),
    [
        (date(2026, 11, 11), Stage.RUNNING),
        (date(2026, 11, 12), Stage.UNSURE),
        (date(2026, 12, 4), Stage.UNSURE),
        (date(2026, 12, 5), Stage.PASSED),
    ],
)
def test_between_the_two_ways_to_count_nothing_is_claimed(today: date, stage: Stage) -> None:
    assert stage is deadline(date(2026, 9, 12), 60).stage(today)


@pytest.mark.parametrize(
    "text", ["mon récépissé date du 12/09/2026", "عندي الوصل ديال 12/09/2026", "3ndi lwasl 12/9/2026", "RECEPISSE ?"]
)
def test_the_receipt_is_recognised(text: str) -> None:
    assert RULES.speaks_of_receipt(text)


@pytest.mark.parametrize("text", ["né le 12/09/1990", "فين وصل الملف ديالي", "mon passeport"])
def test_other_words_are_no_receipt(text: str) -> None:
    assert not RULES.speaks_of_receipt(text)


def test_the_rules_agree_with_the_sheets() -> None:
    catalogue = load_content(PROJECT / "knowledge" / "content")

    assert all(catalogue.get(sheet) is not None for sheet in (*RULES.sheets, RULES.complaint_sheet))
    law = (PROJECT / "knowledge" / "content" / "faq" / "ma_loi_55_19.yaml").read_text("utf-8")
    assert f"en {RULES.days} jours au plus ({RULES.investment_days} pour l'investissement)" in law
