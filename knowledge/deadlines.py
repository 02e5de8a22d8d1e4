"""Until when an administration has to answer, from the date on the receipt: Moroccan law 55-19 (deadlines.yaml).

A calculation, no advice. Our sources say "days" and not which: the last day is computed in calendar days and in working
days (Saturdays and Sundays left out; public holidays are not known here), and between the two nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge.language.normalise import tokens

_FILE = Path(__file__).parent / "deadlines.yaml"
_SATURDAY = 5
_WEEK = 5  # working days


class DeadlineRules(BaseModel):
    """deadlines.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    law: str
    press: str
    in_force: date
    days: Annotated[int, Field(gt=0)]
    investment_days: Annotated[int, Field(gt=0)]
    sheets: tuple[str, ...]
    complaint_sheet: str
    receipt: tuple[str, ...]

    def speaks_of_receipt(self, text: str) -> bool:
        """Whether a message names the receipt."""
        words = f" {' '.join(tokens(text))} "
        return any(f" {' '.join(tokens(name))} " in words for name in self.receipt)


class Stage(StrEnum):
    RUNNING = "running"  # not over, however the days are counted
    UNSURE = "unsure"  # over in calendar days, not in working days
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Deadline:
    """`last_day`: the last one to answer, in calendar days; `last_working_day`: the earliest it can be otherwise."""

    receipt: date
    days: int
    last_day: date
    last_working_day: date

    def stage(self, today: date) -> Stage:
        if today <= self.last_day:
            return Stage.RUNNING
        return Stage.UNSURE if today <= self.last_working_day else Stage.PASSED


def deadline(receipt: date, days: int) -> Deadline:
    """The time to answer a request whose receipt bears this date. The day of the receipt itself does not count."""
    return Deadline(receipt, days, receipt + timedelta(days), _after_working_days(receipt, days))


def _after_working_days(start: date, days: int) -> date:
    """The `days`-th day from Monday to Friday after `start`; `days` is at least 1."""
    if start.weekday() >= _SATURDAY:  # count from the Friday before: the week-end adds nothing
        start -= timedelta(start.weekday() - _SATURDAY + 1)
    weeks, rest = divmod(days, _WEEK)
    end = start + timedelta(weeks=weeks, days=rest)
    return end + timedelta(2) if start.weekday() + rest >= _SATURDAY else end


@cache
def load_deadlines(file: Path = _FILE) -> DeadlineRules:
    """The shipped rules.

    Raises:
        pydantic.ValidationError: a field is missing, unknown or wrong.
    """
    return DeadlineRules.model_validate(yaml.safe_load(file.read_text("utf-8")))
