"""follow_ups.yaml, typed and ready for look-up: the words by which citizens go on in a conversation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge.language.normalise import tokens

_FILE = Path(__file__).parent / "follow_ups.yaml"
_CLITICS = re.compile(r"^و?(?:بال|فال|لل|ال|ل)(?=[ء-ي]{3})")

Phrase = tuple[str, ...]  # normalised words


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Correction(_Model):
    opens: tuple[str, ...]
    opens_before_comma: tuple[str, ...]
    meant: tuple[str, ...]
    not_: Annotated[tuple[str, ...], Field(alias="not")]
    not_after: tuple[str, ...]
    but: tuple[str, ...]
    rather: tuple[str, ...]


class _Back(_Model):
    go: tuple[str, ...]
    before: tuple[str, ...]
    to: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]


class _Explain(_Model):
    says: tuple[str, ...]
    around: tuple[str, ...]
    alone: tuple[str, ...]
    longest: Annotated[int, Field(ge=1, le=20)]


class FollowUpWords(_Model):
    """follow_ups.yaml as an editor writes it."""

    context_hours: Annotated[float, Field(gt=0, le=24 * 30)]
    earlier: Annotated[int, Field(ge=1, le=9)]
    longest_move: Annotated[int, Field(ge=1, le=20)]
    sure_facet: Annotated[float, Field(ge=0, le=1)]
    correction: _Correction
    back: _Back
    explain: _Explain
    ordinals: tuple[tuple[str, ...], ...]
    around_ordinals: tuple[str, ...]

    @property
    def context_lifetime(self) -> timedelta:
        return timedelta(hours=self.context_hours)


@dataclass(frozen=True, slots=True)
class PhraseList:
    """Phrases, found in normalised words by the first of them; the longest first."""

    by_first_word: Mapping[str, tuple[Phrase, ...]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> PhraseList:
        """The phrases of `texts`, each once."""
        by_first_word: dict[str, tuple[Phrase, ...]] = {}
        for phrase in sorted({tuple(tokens(text)) for text in texts} - {()}, key=lambda p: (-len(p), p)):
            by_first_word[phrase[0]] = (*by_first_word.get(phrase[0], ()), phrase)
        return cls(by_first_word)

    def at(self, words: Sequence[str], start: int) -> int:
        """How many words the phrase at `start` has; 0 where none stands there."""
        if start >= len(words):
            return 0
        beginning = self.by_first_word.get(words[start], ())
        return next((len(p) for p in beginning if tuple(words[start : start + len(p)]) == p), 0)

    def __contains__(self, word: str) -> bool:
        return (word,) in self.by_first_word.get(word, ())

    def without(self, words: Sequence[str]) -> list[str]:
        """`words` without these phrases."""
        left: list[str] = []
        position = 0
        while position < len(words):
            length = self.at(words, position)
            if not length:
                left.append(words[position])
            position += length or 1
        return left


def bare(word: str) -> str:
    """A word without the article and the preposition joined to it: للاولى and الاولى are اولى."""
    return _CLITICS.sub("", word)


@cache
def load_follow_up_words(file: Path = _FILE) -> FollowUpWords:
    """The shipped words.

    Raises:
        pydantic.ValidationError: a list is missing, unknown or out of its range.
    """
    return FollowUpWords.model_validate(yaml.safe_load(file.read_text("utf-8")))
