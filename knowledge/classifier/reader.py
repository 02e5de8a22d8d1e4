"""Which features of a block a text has: what scikit-learn's analyzers give, with what each word gives remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

_REMEMBERED = 4096  # words a block; people use the same few again and again


class Reader:
    """`columns` of a text are those of its n-grams that the vocabulary has, in the order of scikit-learn's analyzer."""

    def __init__(self, analyzer: str, ngrams: tuple[int, int], vocabulary: Mapping[str, int], first: int) -> None:
        """`vocabulary`: n-gram → place in the block; `first`: the block's first column.

        Raises:
            ValueError: an analyzer other than char_wb, and word with single words and pairs.
        """
        if analyzer == "word" and ngrams in ((1, 1), (1, 2)):
            self.columns = self._singles if ngrams == (1, 1) else self._singles_and_pairs
        elif analyzer == "char_wb":
            self.columns = self._letters
        else:
            raise ValueError(f"no reader for {analyzer} {ngrams}")
        self._ngrams, self._first = ngrams, first
        self._place = vocabulary.get
        self._of_word = lru_cache(maxsize=_REMEMBERED)(self._letters_of)

    def _singles(self, text: str) -> list[int]:
        return self._known(text.split())

    def _singles_and_pairs(self, text: str) -> list[int]:
        words = text.split()
        return self._known([*words, *[f"{one} {other}" for one, other in pairwise(words)]])

    def _letters(self, text: str) -> list[int]:
        return [column for word in text.split() for column in self._of_word(word)]

    def _letters_of(self, word: str) -> tuple[int, ...]:
        return tuple(self._known(list(_grams(f" {word} ", *self._ngrams))))

    def _known(self, grams: list[str]) -> list[int]:
        place, first = self._place, self._first
        return [found + first for gram in grams if (found := place(gram)) is not None]


def _grams(word: str, shortest: int, longest: int) -> Iterator[str]:
    """A word shorter than an n-gram counts once, whole, as in scikit-learn."""
    for size in range(shortest, longest + 1):
        for start in range(max(1, len(word) - size + 1)):
            yield word[start : start + size]
        if len(word) <= size:
            return
