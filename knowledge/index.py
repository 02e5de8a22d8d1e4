"""The words of every sheet, in memory, built once and never changed.

Why not bm25s: it scores whole documents over one flat bag of words. Here a sheet is short and fielded, a word counts by
where it stands and by how well it matched (as written, stem, sound), and a score must say which share of the question a
sheet explains; that is a page of numpy. Scores stay BM25's: inverse document frequency times saturating weight.

Rarity and length are relative to all sheets, so one changed sheet changes every weight a little. That is why an index
is made anew, but from sheets read before (`knowledge.lexicon`): a sort of two million numbers and a few passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knowledge import forms
from knowledge.language import arabizi
from knowledge.lexicon import Lexicon, Numbers, SheetWords
from knowledge.settings import LexicalSettings, Settings
from knowledge.vocabulary import Vocabulary

Scores = npt.NDArray[np.float32]  # one per sheet, in the index's order
_REMEMBERED = 4096  # words, most of them met again in the next questions


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each key stands, by position and rising: key k at `places[starts[k] : starts[k + 1]]`.

    `starts` [keys + 1], `places` [pairs of a key and a place].
    """

    starts: Numbers
    places: Numbers

    @property
    def counts(self) -> Numbers:
        """In how many places each key stands, shape [keys]."""
        return np.diff(self.starts)

    def slice_of(self, key: int) -> slice:
        return slice(self.starts[key], self.starts[key + 1])


@dataclass(frozen=True, slots=True)
class _Posting:
    """Where a key occurs: `sheets` by position, `weights` after saturation (0..1); `idf` scaled to 0..1.

    `names`: the titles and aliases it stands in, by position among all of them. `naming`: 1 for a word of a name, less
    for one that stands in questions only.
    """

    sheets: Numbers
    weights: Scores
    names: Numbers
    idf: float
    naming: float


Match = tuple[float, _Posting]  # quality (0 to 1) and where


@dataclass(frozen=True, slots=True)
class _Found:
    """A word with what it counts. It `explains` so much of these `sheets`, and `adds` so much to these `names`.

    `ordinary`: it stands in questions only.
    """

    weight: float
    ordinary: bool
    sheets: npt.NDArray[np.intp]
    explains: Scores
    names: npt.NDArray[np.intp]
    adds: Scores


class LexicalIndex:
    """BM25 over weighted fields, with a score of 1 for a sheet that explains every word of the question."""

    def __init__(
        self, sheets: Sequence[SheetWords], lexicon: Lexicon, settings: Settings, vocabulary: Vocabulary
    ) -> None:
        """`sheets` were read with `lexicon`, which must not change any more."""
        self._size = len(sheets)
        self._settings = settings.lexical
        self._qualities = {
            "exact": self._settings.exact,
            "stem": self._settings.stem,
            "sound": self._settings.sound,
            "standard": self._settings.standard,
        }
        self._vocabulary = vocabulary
        self._lexicon = lexicon
        self._sheets, self._weights = self._mentions(sheets)
        self._idf = self._rarities()
        self._names = _names(sheets, len(lexicon.keys))
        names_per_sheet = np.array([len(sheet.keys_per_name) for sheet in sheets], dtype=np.intp)
        self._name_starts = np.cumsum(names_per_sheet) - names_per_sheet
        self._full = _rarities_of_names(sheets, _rarities_of_words(lexicon, self._idf))
        self._found = lru_cache(_REMEMBERED)(self._find)  # each word is asked for when a question is read, and scored
        self._postings: dict[str, _Posting | None] = {}  # only of keys that were asked for and are in the lexicon

    def score(self, text: str) -> Scores:
        """How well each sheet fits, 0 to 1, shape [sheets]: the share of `text` that it explains, lowered where `text`
        has only a part of each of its names ("certificat" of "certificat de naissance").
        """
        explained, whole = self._explained(text)
        share = self._settings.whole_name
        return np.asarray(explained * (1 - share + share * whole), dtype=np.float32)

    def whole_name(self, text: str) -> Scores:
        """How much of its nearest name `text` has of each sheet, 0 to 1, shape [sheets]."""
        return self._explained(text)[1]

    def _explained(self, text: str) -> tuple[Scores, Scores]:
        """The share of `text` that each sheet explains, and how much of a name of the sheet `text` has."""
        explained = np.zeros(self._size, dtype=np.float32)
        named = np.zeros(len(self._full), dtype=np.float32)
        known = unknown = 0.0
        for readings in dict.fromkeys(forms.words(text)):
            if not self._vocabulary.any_empty(readings):
                found = self._found(readings)
                if found is None:
                    unknown += self._weight_unknown(readings)
                    continue
                known += found.weight
                explained[found.sheets] += found.explains
                named[found.names] += found.adds
        if known == 0 or not self._size:
            return explained, np.zeros_like(explained)
        possible = known + min(unknown, self._settings.unknown_words)
        whole = np.maximum.reduceat(np.minimum(named / self._full, 1), self._name_starts)
        return np.asarray(explained / possible, dtype=np.float32), np.asarray(whole, dtype=np.float32)

    def names_nothing(self, text: str) -> bool:
        """Whether no word of `text` could name a procedure: neither a known name nor an unknown word."""
        variant = self._vocabulary.variant_words(text)
        return all(
            position in variant or self._vocabulary.any_empty(readings) or self._is_ordinary(readings)
            for position, readings in enumerate(forms.words(text))
        )

    def _is_ordinary(self, readings: tuple[str, ...]) -> bool:
        """Whether a word is everyday language: in questions only, or in a list of frequent words."""
        found = self._found(readings)
        if found is not None:
            return found.ordinary
        short = any(len(word) < 3 or word.isdigit() for word in readings)
        return short or _is_frequent(readings) or self._vocabulary.any_soft(readings)

    def _find(self, readings: tuple[str, ...]) -> _Found | None:
        """Where a word stands; None where no sheet has it."""
        matches = list(self._matches(readings))
        if not matches:
            return None
        sheets, best = _best(self._size, [(posting.sheets, quality * posting.weights) for quality, posting in matches])
        names, adds = _best(len(self._full), [(posting.names, quality * posting.idf) for quality, posting in matches])
        weight = self._weight(matches, float(best.max(initial=0)))
        ordinary = all(posting.naming < 1 for _, posting in matches)
        return _Found(weight, ordinary, sheets, weight * best, names, adds)

    def _weight(self, matches: list[Match], best: float) -> float:
        """What a word counts: rare ones most, but those that stand in one phrase of a sheet by chance little."""
        rarity = max(posting.idf * posting.naming for _, posting in matches)
        return rarity * math.pow(best, self._settings.by_chance)

    def _weight_unknown(self, readings: tuple[str, ...]) -> float:
        """What a word that no sheet has counts against all of them."""
        return self._settings.ordinary_word if self._is_ordinary(readings) else self._settings.unknown_word

    def _matches(self, readings: tuple[str, ...]) -> Iterator[Match]:
        """Postings of a word under its keys with the quality of each match; typos only if nothing else matched."""
        found = False
        for word in readings:
            for key, quality in forms.keys(word):
                posting = self._posting(key)
                if posting is not None:
                    found = True
                    yield self._qualities[quality], posting
        if not found:
            for word in readings:
                for key in self._lexicon.nearby(word):
                    posting = self._posting(key)
                    if posting is not None and posting.naming == 1:
                        yield self._settings.typo, posting

    def _posting(self, key: str) -> _Posting | None:
        """Where `key` stands; None where no sheet of this index has it."""
        number = self._lexicon.keys.get(key)
        if number is None:
            return None
        if key not in self._postings:
            self._postings[key] = self._posting_of(number)
        return self._postings[key]

    def _posting_of(self, number: int) -> _Posting | None:
        mentions, names = self._sheets.slice_of(number), self._names.slice_of(number)
        if mentions.start == mentions.stop:
            return None
        return _Posting(
            self._sheets.places[mentions],
            self._weights[mentions],
            self._names.places[names],
            float(self._idf[number]),
            1.0 if names.start < names.stop else self._settings.question_word,
        )

    def _mentions(self, sheets: Sequence[SheetWords]) -> tuple[_Places, Scores]:
        """The sheets that mention each key, and what each of these mentions weighs."""
        lengths = np.array([sheet.length for sheet in sheets], dtype=np.float32)
        relative = lengths / max(float(lengths.mean()), 1e-9) if self._size else lengths
        keys_per_sheet = np.array([len(sheet.keys) for sheet in sheets], dtype=np.intp)
        position = np.repeat(np.arange(self._size, dtype=np.int32), keys_per_sheet)
        places, order = _by_key(_joined([sheet.keys for sheet in sheets]), position, len(self._lexicon.keys))
        raw = np.concatenate([np.zeros(0, dtype=np.float32), *(sheet.weights for sheet in sheets)])
        return places, self._saturated(raw[order], relative[places.places])

    def _rarities(self) -> npt.NDArray[np.float64]:
        """The inverse document frequency of each key, 0 to 1, shape [keys]."""
        most = math.log(1 + (self._size + 0.5) / 0.5)
        by_count = [math.log(1 + (self._size - n + 0.5) / (n + 0.5)) / most for n in range(self._size + 1)]
        return np.array(by_count)[self._sheets.counts]

    def _saturated(self, raw: Scores, relative_length: Scores) -> Scores:
        """BM25's term weight, scaled so that a word mentioned without end counts 1."""
        settings: LexicalSettings = self._settings
        norm = settings.saturation * (1 - settings.length + settings.length * relative_length)
        return np.asarray(raw / (raw + norm), dtype=np.float32)


def _best(size: int, found: Sequence[tuple[Numbers, Scores | float]]) -> tuple[npt.NDArray[np.intp], Scores]:
    """Those of `size` places where something was found, and the best score at each."""
    scores = np.zeros(size, dtype=np.float32)
    for places, score in found:
        scores[places] = np.maximum(scores[places], score)
    somewhere = np.flatnonzero(scores > 0)  # of booleans: several times as fast as of numbers
    return somewhere, scores[somewhere]


def _is_frequent(readings: tuple[str, ...]) -> bool:
    """Whether a word is among the frequent ones of Darija in Latin letters."""
    return any(word in arabizi.known_words() for word in readings)


def _by_key(keys: Numbers, position: Numbers, count: int) -> tuple[_Places, npt.NDArray[np.intp]]:
    """Pairs of a key and a position put in order: by key, then as they come. Also the order itself.

    `count`: how many keys there are.
    """
    order = _order(keys)
    starts = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(keys, minlength=count), out=starts[1:])
    return _Places(starts, position[order]), order


def _order(keys: Numbers) -> npt.NDArray[np.intp]:
    """The stable order of `keys`, half a number after the other: 16 bits are sorted by counting, five times as fast."""
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    upper = (keys >> 16).astype(np.uint16)
    return np.asarray(order[np.argsort(upper[order], kind="stable")])


def _names(sheets: Sequence[SheetWords], count: int) -> _Places:
    """The names that each of the `count` keys stands in, by position among the names of all sheets."""
    keys_per_name = _joined([sheet.keys_per_name for sheet in sheets])
    position = np.repeat(np.arange(len(keys_per_name), dtype=np.int32), keys_per_name)
    return _by_key(_joined([sheet.name_keys for sheet in sheets]), position, count)[0]


def _rarities_of_words(lexicon: Lexicon, idf: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The rarity of each word of the lexicon, which is that of its rarest key, shape [words]."""
    keys_of_words = lexicon.keys_of_words
    if not keys_of_words:
        return np.zeros(0)
    keys_per_word = np.array([len(keys) for keys in keys_of_words])
    keys = np.array([key for of_word in keys_of_words for key in of_word], dtype=np.int32)
    return np.maximum.reduceat(idf[keys], np.cumsum(keys_per_word) - keys_per_word)


def _rarities_of_names(sheets: Sequence[SheetWords], rarities: npt.NDArray[np.float64]) -> Scores:
    """The rarity of each name's words together; infinite for a name without any: it can never be whole."""
    words_per_name = _joined([sheet.words_per_name for sheet in sheets])
    position = np.repeat(np.arange(len(words_per_name)), words_per_name)
    words = _joined([sheet.name_words for sheet in sheets])
    full = np.bincount(position, weights=rarities[words], minlength=len(words_per_name))
    return np.where(full > 0, full, math.inf).astype(np.float32)


def _joined(arrays: list[Numbers]) -> Numbers:
    """One array of them all, also where there are none."""
    return np.concatenate([np.zeros(0, dtype=np.int32), *arrays])
