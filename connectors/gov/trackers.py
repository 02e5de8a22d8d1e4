"""Cards that say on which official page a citizen sees himself where his request is (trackers.yaml).

These sites have no interface for others. Dalil shows the way to them and never calls them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, field_validator

from connectors.gov.identifiers import IDENTIFIERS, Identifier
from connectors.messages import ReplyLanguage

_FILE = Path(__file__).parent / "trackers.yaml"
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=160, strip_whitespace=True)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Texts(_Model):
    """One text for citizens. `ary` is Moroccan or Algerian Darija, as the card's country; missing, `ar` is shown."""

    ar: Sentence
    fr: Sentence
    ary: Sentence | None = None

    def get(self, language: ReplyLanguage) -> str:
        match language:
            case "fr":
                return self.fr
            case "ary":
                return self.ary or self.ar
            case _:
                return self.ar


class Source(_Model):
    """Who says so. `date`: as exact as the source gives it ("2020", "2020-03", "2020-03-31"), or None."""

    publisher: str
    url: HttpUrl | None
    date: str | None

    @field_validator("date")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        if text is not None and not _DAY.fullmatch(text):
            raise ValueError("write a year, a month or a day: 2020, 2020-03, 2020-03-31")
        return text

    def __str__(self) -> str:
        return f"{self.publisher}, {self.date}" if self.date else self.publisher


class Tracker(_Model):
    """One official page. `procedures`: ids of sheets. `words`: how people name what is followed there. `complaints`: it
    follows complaints, and a citizen may mean one that he filed here.
    """

    id: Annotated[str, StringConstraints(pattern=r"^(ma|dz|mr)_[a-z0-9_]+$")]
    country: Literal["ma", "dz", "mr"]
    link: HttpUrl
    procedures: tuple[str, ...]
    words: Annotated[tuple[str, ...], Field(min_length=1)]
    number: str | None = None  # a key of IDENTIFIERS
    complaints: bool = False
    name: Texts
    needs: Texts
    expect: Texts
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    checked_on: date

    @field_validator("number")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in IDENTIFIERS:
            raise ValueError(f"number: no rule '{name}' in connectors/gov/identifiers.py")
        return name

    @property
    def identifier(self) -> Identifier | None:
        """The rule of the number that the page asks for; None where its form is not known."""
        return None if self.number is None else IDENTIFIERS[self.number]


class Trackers:
    """All cards, found by sheet or by the words of a message."""

    def __init__(self, cards: Sequence[Tracker]) -> None:
        self._cards = tuple(cards)
        self._by_procedure = {procedure: card for card in cards for procedure in card.procedures}

    @property
    def cards(self) -> tuple[Tracker, ...]:
        return self._cards

    def of(self, procedure: str) -> Tracker | None:
        """The page where requests of this sheet are followed."""
        return self._by_procedure.get(procedure)

    def in_country(self, country: str) -> tuple[Tracker, ...]:
        return tuple(card for card in self._cards if card.country == country)


@cache
def load_trackers(file: Path = _FILE) -> Trackers:
    """The shipped cards.

    Raises:
        pydantic.ValidationError: a field is missing, unknown or wrong.
        ValueError: an id, or a sheet's page, stands twice.
    """
    cards = [Tracker.model_validate(entry) for entry in yaml.safe_load(file.read_text("utf-8"))]
    for what in ([card.id for card in cards], [sheet for card in cards for sheet in card.procedures]):
        if twice := {name for name in what if what.count(name) > 1}:
            raise ValueError(f"{file.name}: {', '.join(sorted(twice))} stands twice")
    return Trackers(cards)
