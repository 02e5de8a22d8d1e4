"""words.yaml ready for look-up: which words name nothing, and which name a variant (renewal, child, loss)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from knowledge import forms
from knowledge.language import normalise
from knowledge.settings import Words

Phrase = tuple[frozenset[str], ...]  # per word, the keys under which it is recognised

_CONSONANTS = 4
_LETTERS_AFTER_AND = 3  # shorter words may begin with this letter themselves


class Vocabulary:
    """Look-ups over normalised words in any spelling of theirs."""

    def __init__(self, words: Words) -> None:
        self._empty = _normalised([*words.empty, *words.facets])
        self._soft = _normalised(words.soft)
        self._variants: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)  # by the keys of their first word
        for name, texts in words.variants.items():
            _index(self._variants, name, texts)
        self._not_covered: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
        _index(self._not_covered, "", words.not_covered)

    def any_empty(self, readings: tuple[str, ...]) -> bool:
        """Whether a word, as typed or in Arabic script, names no procedure: a function word or a facet's word."""
        return any(word in self._empty or self._is_and_empty(word) for word in readings)

    def _is_and_empty(self, word: str) -> bool:
        """وفين: "and where"."""
        return word.startswith("و") and len(word) > _LETTERS_AFTER_AND and word[1:] in self._empty

    def any_soft(self, readings: tuple[str, ...]) -> bool:
        """Whether a word names something only where a sheet is called so."""
        return any(word in self._soft for word in readings)

    def variants(self, text: str) -> frozenset[str]:
        """The variants that `text` speaks of: {"renewal"}, {"minor"} …"""
        return frozenset(name for name, _ in _spoken(self._variants, text))

    def variant_words(self, text: str) -> frozenset[int]:
        """The words of `text`, by position, that speak of a variant."""
        return frozenset(position for _, span in _spoken(self._variants, text) for position in span)

    def without_uncovered(self, text: str) -> str | None:
        """`text` without the names of services that no sheet is about; None where it names none of those."""
        words = [readings[0] for readings in forms.words(text)]
        spans = [span for _, span in _spoken(self._not_covered, text) if not _is_means(words, span.start)]
        named = {position for span in spans for position in span}
        if not named:
            return None
        return " ".join(word for position, word in enumerate(words) if position not in named)


def _is_means(words: list[str], at: int) -> bool:
    """Whether a name is what something is paid with ("par carte bancaire", بالبطاقة البنكية): nobody asks for that."""
    return words[at].startswith("بال") or (at > 0 and words[at - 1] == "par")


def _index(index: dict[str, list[tuple[str, Phrase]]], name: str, texts: Iterable[str]) -> None:
    """Put phrases under the keys of their first word."""
    for phrase in map(_phrase, texts):
        for key in phrase[0]:
            index[key].append((name, phrase))


def _spoken(index: Mapping[str, list[tuple[str, Phrase]]], text: str) -> Iterator[tuple[str, range]]:
    """Each phrase of `index` that is spoken, by its name, and where."""
    spoken = tuple(_loose(readings) | _stems(readings) for readings in forms.words(text))
    for start, first in enumerate(spoken):
        for name, phrase in (found for key in first for found in index.get(key, ())):
            span = spoken[start : start + len(phrase)]
            if len(span) == len(phrase) and all(map(frozenset.intersection, span, phrase)):
                yield name, range(start, start + len(phrase))


def _normalised(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in normalise.tokens(text))


def _loose(readings: tuple[str, ...]) -> frozenset[str]:
    """A word as typed, and by its consonants where those are many enough (ولادة and ولدي share three, not four)."""
    return frozenset(
        key
        for word in readings
        for key, quality in forms.keys(word)
        if quality == "exact" or (quality == "sound" and len(key) > _CONSONANTS)
    )


def _stems(readings: tuple[str, ...]) -> frozenset[str]:
    """A word without its clitics: لولدي is ولدي."""
    return frozenset(key for word in readings for key, quality in forms.keys(word) if quality == "stem")


def _phrase(text: str) -> Phrase:
    return tuple(_loose(readings) for readings in forms.words(text))
