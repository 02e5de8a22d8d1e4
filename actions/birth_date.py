"""A birth date as people type it: `12/4/1990`, `١٢-٠٤-١٩٩٠`, `12 04 1990`, `12041990`, `1990-04-12`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_OLDEST_YEARS = 120
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2}) (\d{1,2}) (\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4}) (\d{1,2}) (\d{1,2})(?!\d)")
_TOGETHER = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")
_SHORT_YEAR = re.compile(r"(?<!\d)\d{1,2} \d{1,2} \d{2}(?!\d)")


class DateMistake(StrEnum):
    """Why a text is no birth date. The values are the keys of the sentences that say so."""

    NOT_A_DATE = "birth_date_invalid"
    SHORT_YEAR = "birth_date_short_year"
    NO_SUCH_DAY = "birth_date_no_such_day"
    FUTURE = "birth_date_future"
    TOO_OLD = "birth_date_too_old"


@dataclass(frozen=True, slots=True)
class Reading:
    """Either a date or the mistake in it."""

    value: date | None
    mistake: DateMistake | None = None


def read_birth_date(text: str, today: date) -> Reading:
    """The birth date in `text`. Day before month, as written in all three countries."""
    parts = _parts(_plain(text))
    if isinstance(parts, DateMistake):
        return Reading(None, parts)
    try:
        value = date(*parts)
    except ValueError:
        return Reading(None, DateMistake.NO_SUCH_DAY)
    if value > today:
        return Reading(None, DateMistake.FUTURE)
    if value.year < today.year - _OLDEST_YEARS:
        return Reading(None, DateMistake.TOO_OLD)
    return Reading(value)


def _parts(plain: str) -> tuple[int, int, int] | DateMistake:
    """Year, month and day as written."""
    for pattern in (_DAY_FIRST, _TOGETHER):
        if match := pattern.search(plain):
            day, month, year = map(int, match.groups())
            return year, month, day
    if match := _YEAR_FIRST.search(plain):
        year, month, day = map(int, match.groups())
        return year, month, day
    return DateMistake.SHORT_YEAR if _SHORT_YEAR.search(plain) else DateMistake.NOT_A_DATE


def _plain(text: str) -> str:
    """ASCII digits with one space for anything between them; invisible marks vanish."""
    kept = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Nd":
            kept.append(str(unicodedata.digit(character)))
        elif category != "Cf":
            kept.append(" ")
    return " ".join("".join(kept).split())
