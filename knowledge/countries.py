"""Which country a message is about, from its words: "f dzayer", "en Mauritanie", "فالجزائر", "le passeport algérien".

The words stand in countries.yaml. Only what is sure counts: a birthplace, a journey, an embassy or "nationalité
marocaine" says nothing about whose service is asked for. Where two countries are named, neither is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from knowledge.language.normalise import tokens
from knowledge.procedures import ContentLanguage, Country, Localised

_FILE = Path(__file__).parent / "countries.yaml"

_CLITICS = re.compile(r"w?(?P<inside>[fb])?d?(?:l|el|al)?|و?(?P<inside_ar>[فب])?د?")
_LONGEST_CLITICS = 5  # letters: wfdal
_NEAR = 2  # words


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CountryNames(_Model):
    """How one country is called: itself, its cities, its people (as an adjective)."""

    label: Localised
    names: tuple[str, ...]
    cities: tuple[str, ...]
    people: tuple[str, ...]


class CountryWords(_Model):
    """countries.yaml."""

    countries: dict[Country, CountryNames]
    inside: tuple[str, ...]
    of: tuple[str, ...]
    article: tuple[str, ...]
    toward: tuple[str, ...]
    before: tuple[str, ...]
    unless: tuple[str, ...]
    abroad: tuple[str, ...]
    papers: tuple[str, ...]
    foreign: tuple[str, ...]

    @model_validator(mode="after")
    def _complete(self) -> CountryWords:
        missing = set(Country) - set(self.countries)
        if missing:
            raise ValueError(f"countries lacks {', '.join(sorted(missing))}: give every country its label and names")
        return self


@dataclass(frozen=True, slots=True)
class Named:
    """The country that a text names, and the text without the words that name it."""

    country: Country
    rest: str


class _Kind(Enum):
    NAME = auto()
    CITY = auto()
    PEOPLE = auto()


_Entry = tuple[tuple[str, ...], Country, _Kind]


@dataclass(frozen=True, slots=True)
class _Mention:
    country: Country
    kind: _Kind
    start: int
    end: int
    inside: bool  # "in" is joined to the name: فالجزائر


class Countries:
    """Finds the country in a text; a look-up of words, without any model."""

    def __init__(self, words: CountryWords) -> None:
        self._words = words
        self._entries: dict[str, list[_Entry]] = {}
        for country, names in words.countries.items():
            for kind, texts in ((_Kind.NAME, names.names), (_Kind.CITY, names.cities), (_Kind.PEOPLE, names.people)):
                for text in texts:
                    parts = tuple(tokens(text))
                    self._entries.setdefault(parts[0], []).append((parts, country, kind))
        self._sets: Mapping[str, frozenset[str]] = {
            field: frozenset(word for text in getattr(words, field) for word in tokens(text))
            for field in ("inside", "of", "article", "toward", "before", "unless", "abroad", "papers", "foreign")
        }

    def label(self, country: Country, language: ContentLanguage) -> str:
        """The country's name in a reader's language."""
        return self._words.countries[country].label.get(language)

    def named(self, text: str) -> Named | None:
        """The one country that `text` is surely about; None where it names none, or two, or only in passing."""
        words = tokens(text)
        if not self._sets["abroad"].isdisjoint(words):
            return None
        mentions = list(self._mentions(words))
        places = [mention for mention in mentions if mention.kind is not _Kind.PEOPLE]
        sure = [mention for mention in places if self._is_place(words, mention)]
        if places and not sure:
            return None
        if not places and self._sets["foreign"].isdisjoint(words):
            sure = [mention for mention in mentions if self._is_paper_s(words, mention)]
        if len({mention.country for mention in sure}) != 1:
            return None
        left_out = {i for mention in sure for i in self._span(words, mention)}
        return Named(sure[0].country, " ".join(word for i, word in enumerate(words) if i not in left_out))

    def _mentions(self, words: list[str]) -> Iterator[_Mention]:
        for start, word in enumerate(words):
            for bare, inside in _readings(word):
                for parts, country, kind in self._entries.get(bare, ()):
                    if parts[1:] == tuple(words[start + 1 : start + len(parts)]):
                        yield _Mention(country, kind, start, start + len(parts), inside)
                        break

    def _is_place(self, words: list[str], mention: _Mention) -> bool:
        """Whether a place is where the citizen asks about, not where somebody was born or travels to."""
        start = self._start(words, mention)
        preposition = words[start] if start < mention.start else ""
        if preposition in self._sets["toward"] or (start > 0 and words[start - 1] in self._sets["toward"]):
            return False
        near = words[max(start - _NEAR, 0) : start]
        if not self._sets["before"].isdisjoint(near) and self._sets["unless"].isdisjoint(near):
            return False
        return mention.kind is _Kind.NAME or mention.inside or preposition in self._sets["inside"]

    def _is_paper_s(self, words: list[str], mention: _Mention) -> bool:
        near = words[max(mention.start - _NEAR, 0) : mention.start]
        return not self._sets["papers"].isdisjoint(near)

    def _span(self, words: list[str], mention: _Mention) -> range:
        """The words that only name the country. A nationality stays: it is a part of the paper's name."""
        if mention.kind is _Kind.PEOPLE:
            return range(0)
        return range(self._start(words, mention), mention.end)

    def _start(self, words: list[str], mention: _Mention) -> int:
        """Where the mention begins with its article and preposition."""
        start = mention.start
        if start > 0 and words[start - 1] in self._sets["article"]:
            start -= 1
        if start > 0 and words[start - 1] in self._sets["inside"] | self._sets["of"]:
            start -= 1
        return start


def _readings(word: str) -> Iterator[tuple[str, bool]]:
    """A word as it stands, then without what may be joined to its front; whether that says "in"."""
    yield word, False
    for length in range(1, min(_LONGEST_CLITICS, len(word) - 1) + 1):
        match = _CLITICS.fullmatch(word[:length])
        if match:
            yield word[length:], bool(match["inside"] or match["inside_ar"])


@cache
def load_countries(file: Path = _FILE) -> Countries:
    """The shipped names.

    Raises:
        pydantic.ValidationError: a list or a country is missing or unknown.
    """
    return Countries(CountryWords.model_validate(yaml.safe_load(file.read_text("utf-8"))))
