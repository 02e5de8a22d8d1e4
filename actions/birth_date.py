"""A birth date as people type it: `12/4/1990`, `١٢-٠٤-١٩٩٠`, `12041990`, `1990-04-12`, `12 avril 1990`, `le 3 mai 85`,
`12 أفريل 1990`, `12 ghocht 1990`. The months' names are in months.yaml.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from actions.phrases import PhraseList
from knowledge.language.normalise import tokens

_FILE = Path(__file__).parent / "months.yaml"
_OLDEST_YEARS = 120
_LONGEST = 2000  # characters; a longer text is no answer to "when were you born?"

# Over what `_parts_of` writes: numbers, and months written as words ("m4"), one space between.
_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?:m(?P<named>\d{1,2})|(?P<month>\d{1,2}))"
_NAMED = r"m(?P<named>\d{1,2})"
_YEAR = r"(?P<year>\d{4})"
_SHORT = r"(?P<year>\d{2})"
_WHOLE_YEAR = (
    re.compile(rf"(?<!\S){_DAY} {_MONTH} {_YEAR}(?!\S)"),
    re.compile(r"(?<!\S)(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})(?!\S)"),
    re.compile(rf"(?<!\S){_YEAR} {_MONTH} {_DAY}(?!\S)"),
    re.compile(rf"(?<!\S){_NAMED} {_DAY} {_YEAR}(?!\S)"),
)
_SHORT_YEAR = (  # not two by two in a phone number
    re.compile(rf"(?<!\S){_DAY} {_NAMED} {_SHORT}(?!\S)"),
    re.compile(rf"(?<!\S)(?<!\d ){_DAY} (?P<month>\d{{1,2}}) {_SHORT}(?! ?\d)"),
)
_NO_YEAR = re.compile(rf"(?<!\S)(?:\d{{1,2}} {_NAMED}|m\d{{1,2}} \d{{1,2}})(?!\S)")

_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"\d+|[^\W\d_]+")
_ARABIC = re.compile(r"[ء-ۿ]")
_ORDINAL = frozenset({"er", "ere", "ère", "e", "eme", "ème", "st", "nd", "rd", "th"})  # 1er, 2ème


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


class _Months(BaseModel):
    """months.yaml: the names of each month, January first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    months: Annotated[tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...], Field(min_length=12, max_length=12)]


def read_birth_date(text: str, today: date) -> Reading:
    """The birth date in `text`. Day before month, as written in all three countries.

    A year of two digits is one of the last century where it cannot be of this one; else he is asked for all four.
    """
    text = unicodedata.normalize("NFKC", text[:_LONGEST])
    if not _DIGIT.search(text):  # most messages are no date
        return Reading(None, DateMistake.NOT_A_DATE)
    plain = " ".join(_parts_of(text))
    match, century = _first(_WHOLE_YEAR, plain), 0
    short = _first(_SHORT_YEAR, plain) if match is None else None
    if short is not None and int(short["year"]) > today.year % 100:
        match, century = short, today.year - today.year % 100 - 100
    if match is None:
        return Reading(None, DateMistake.SHORT_YEAR if short or _NO_YEAR.search(plain) else DateMistake.NOT_A_DATE)
    said = match.groupdict()
    try:
        value = date(century + int(said["year"]), int(said.get("named") or said["month"]), int(said["day"]))
    except ValueError:
        return Reading(None, DateMistake.NO_SUCH_DAY)
    if value > today:
        return Reading(None, DateMistake.FUTURE)
    if value.year < today.year - _OLDEST_YEARS:
        return Reading(None, DateMistake.TOO_OLD)
    return Reading(value)


def _first(patterns: Iterable[re.Pattern[str]], plain: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.search(plain))), None)


def _parts_of(text: str) -> Iterator[str]:
    """Numbers in ASCII digits, and "m4" for the name of the fourth month; every other word vanishes.

    A digit inside a word of Arabizi is a letter ("m3a"): no number, unless the letters are a month or an ordinal's end.
    """
    words = list(_words(text))
    position = 0
    while position < len(words):
        month, length = _month_at(words, position)
        if month:
            yield f"m{month}"
        elif words[position].isdecimal():
            yield words[position]
        position += length or 1


def _words(text: str) -> Iterator[str]:
    """The words of `text`, normalised, and its numbers; "12avril1990" and "1990م" are taken apart."""
    for chunk in re.split(r"[\W_]+", _visible(text)):
        runs: list[str] = _RUN.findall(chunk)
        letters = [run for run in runs if not run.isdecimal()]
        if len(runs) > 1 and not all(map(_stands_by_digits, letters)):
            yield from tokens(chunk)  # "m3a", "4ocht"
            continue
        for run in runs:
            yield from [_ascii(run)] if run.isdecimal() else tokens(run)


def _stands_by_digits(letters: str) -> bool:
    return bool(_ARABIC.search(letters)) or letters.casefold() in _ORDINAL or _month_at(tokens(letters), 0)[0] > 0


def _month_at(words: list[str], start: int) -> tuple[int, int]:
    """The month whose name stands at `start`, and how many words its name has; (0, 0) where none does."""
    return next(
        ((number, length) for number, names in enumerate(_months(), 1) if (length := names.at(words, start))), (0, 0)
    )


@cache
def _months() -> tuple[PhraseList, ...]:
    months = _Months.model_validate(yaml.safe_load(_FILE.read_text("utf-8"))).months
    return tuple(PhraseList.of(names) for names in months)


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.digit(digit)) for digit in digits)


def _visible(text: str) -> str:
    """`text` composed, without invisible and combining marks, which would take a word apart."""
    return "".join(
        char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) not in ("Cf", "Mn")
    )
