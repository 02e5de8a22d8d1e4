"""What each sheet is found by, in numbers: a sheet is read once, and its mentions are two small arrays.

3,000 sheets mention their keys two million times. As numbers numpy sorts them all in a fifth of a second, while other
threads go on; as Python objects they took ten seconds and ten times the memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge import forms
from knowledge.procedures import Procedure
from knowledge.settings import FieldWeights
from knowledge.vocabulary import Vocabulary

Numbers = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]
Readings = tuple[str, ...]  # one word, as typed and in Arabic script

_TYPO_LETTERS = 5  # shorter words are too often one letter from another word


@dataclass(frozen=True, slots=True)
class SheetWords:
    """What one sheet has to be found by. Keys and words are numbers of a `Lexicon`.

    `keys` [mentions], each once, with the `weights` [mentions] of all its mentions together; `length` is their sum.
    `name_keys` [pairs]: the keys of the first name (title or alias), then of the second …; `keys_per_name` [names].
    `name_words`, `words_per_name`: likewise the words, without those that name nothing.
    """

    keys: Numbers
    weights: Weights
    length: float
    name_keys: Numbers
    keys_per_name: Numbers
    name_words: Numbers
    words_per_name: Numbers


class Lexicon:
    """The keys and words of all sheets, numbered from 0 as they are met.

    It only grows: what a changed sheet no longer says keeps its number, and stands nowhere. Grow a `copy` while an
    index still reads this one.
    """

    def __init__(self) -> None:
        self.keys: dict[str, int] = {}
        self.keys_of_words: list[tuple[int, ...]] = []  # by the word's number
        self._words: dict[Readings, int] = {}
        self._shortened: dict[str, tuple[str, ...]] = {}  # longer words by what is left without one letter

    def copy(self) -> Lexicon:
        """A lexicon that can grow without this one."""
        other = Lexicon()
        other.keys, other.keys_of_words = dict(self.keys), list(self.keys_of_words)
        other._words, other._shortened = dict(self._words), dict(self._shortened)
        return other

    def word(self, readings: Readings) -> int:
        """The number of a word, which gets one with its keys when it is met first."""
        number = self._words.get(readings)
        if number is None:
            number = self._words[readings] = len(self.keys_of_words)
            keys = (self._key(key) for word in readings for key, _ in forms.keys(word))
            self.keys_of_words.append(tuple(dict.fromkeys(keys)))
        return number

    def nearby(self, word: str) -> set[str]:
        """Keys at one letter's distance from `word`: one more, one less, or one different."""
        if not _may_be_mistyped(word):
            return set()
        return {near for shorter in _without_a_letter(word) for near in self._shortened.get(shorter, ())}

    def _key(self, key: str) -> int:
        number = self.keys.get(key)
        if number is None:
            number = self.keys[key] = len(self.keys)
            if _may_be_mistyped(key):
                for shorter in _without_a_letter(key):
                    self._shortened[shorter] = (*self._shortened.get(shorter, ()), key)
        return number


def read_sheet(procedure: Procedure, fields: FieldWeights, lexicon: Lexicon, vocabulary: Vocabulary) -> SheetWords:
    """A sheet's words; new ones are added to `lexicon`."""
    mentions: dict[int, float] = defaultdict(float)
    for text, weight in _fields(procedure, fields):
        for key in _keys(text, lexicon):
            mentions[key] += weight
    names = list(_names(procedure))
    keys = [_keys(name, lexicon) for name in names]
    words = [
        [lexicon.word(readings) for readings in forms.words(name) if not vocabulary.any_empty(readings)]
        for name in names
    ]
    return SheetWords(
        keys=_numbers(list(mentions)),
        weights=np.array(list(mentions.values()), dtype=np.float32),
        length=sum(mentions.values()),
        name_keys=_numbers([key for of_name in keys for key in of_name]),
        keys_per_name=_numbers([len(of_name) for of_name in keys]),
        name_words=_numbers([word for of_name in words for word in of_name]),
        words_per_name=_numbers([len(of_name) for of_name in words]),
    )


def _names(procedure: Procedure) -> dict[str, None]:
    """Titles and aliases, each once, in order."""
    titles = [
        text for title in (procedure.title, procedure.short_title) for text in (title.ar, title.fr, title.get("ary"))
    ]
    return dict.fromkeys([*titles, *procedure.aliases.all()])


def _fields(procedure: Procedure, weights: FieldWeights) -> Iterator[tuple[str, float]]:
    """Every searched text with its weight."""
    for text in _names(procedure):
        yield text, weights.names
    for text in procedure.questions.all():
        yield text, weights.questions
    for text in (procedure.summary.ar, procedure.summary.fr, procedure.summary.get("ary")):
        yield text, weights.summary


def _keys(text: str, lexicon: Lexicon) -> dict[int, None]:
    """The keys of a text's words, each once, in order."""
    return dict.fromkeys(key for readings in forms.words(text) for key in lexicon.keys_of_words[lexicon.word(readings)])


def _numbers(values: list[int]) -> Numbers:
    return np.array(values, dtype=np.int32)


def _may_be_mistyped(word: str) -> bool:
    return len(word) >= _TYPO_LETTERS and word.isalpha()


def _without_a_letter(word: str) -> set[str]:
    """`word` itself, and each word that is left of it without one letter."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}
