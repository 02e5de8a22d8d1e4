"""When a sheet, or the price in it, is old: limits from freshness.yaml, dates from the sheet."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from knowledge.procedures import Country, Fee, Procedure, Sheet


class Limits(BaseModel):
    """freshness.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checked_days: dict[Country, Annotated[int, Field(ge=1)]]
    price_years: Annotated[int, Field(ge=1)]

    @field_validator("checked_days")
    @classmethod
    def _every_country(cls, days: dict[Country, int]) -> dict[Country, int]:
        if missing := set(Country) - set(days):
            raise ValueError(f"no limit for {', '.join(sorted(missing))}; give each country its days")
        return days


def today() -> date:
    """The day that answers are given, by the clock (UTC)."""
    return datetime.now(UTC).date()


def is_old(procedure: Procedure, on: date) -> bool:
    """Whether the sheet was last compared with its sources longer ago than its country allows."""
    return on - procedure.checked_on > timedelta(days=load_limits().checked_days[procedure.country])


def old_price_year(sheet: Sheet, fees: Iterable[Fee], on: date) -> int | None:
    """The year of the newest of `fees` where that is longer ago than prices last; None where it is not or is unknown.

    A price without its own date has that of its newest source.
    """
    dates = [found for fee in fees if (found := _price_date(sheet, fee)) is not None]
    newest = max(dates, default=on)
    limit = (on.year - load_limits().price_years, on.month, on.day)
    return newest.year if (newest.year, newest.month, newest.day) < limit else None


def _price_date(sheet: Sheet, fee: Fee) -> date | None:
    if fee.as_of is not None:
        return _last_day(fee.as_of)
    dates = [_last_day(source.date) for source in sheet.sources if source.ref in fee.sources and source.date]
    return max(dates, default=None)


def _last_day(text: str) -> date:
    """The last day that "2026", "2026-05" or "2026-05-14" may mean: what is called old surely is."""
    year, month, day = ([int(part) for part in text.split("-")] + [0, 0])[:3]
    month = month or 12
    return date(year, month, day or monthrange(year, month)[1])


@cache
def load_limits() -> Limits:
    """
    Raises:
        pydantic.ValidationError: a limit is missing or out of its range.
    """
    return Limits.model_validate(yaml.safe_load((Path(__file__).parent / "freshness.yaml").read_text("utf-8")))
