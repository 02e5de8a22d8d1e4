"""The words of every sheet, in memory, built once and never changed.

Why not bm25s: it scores whole documents over one flat bag of words. Here a sheet is short and fielded, a word counts by
where it stands and by how well it matched (as written, stem, sound), and a score must say which share of the question a
sheet explains; that is a page of numpy. Scores stay BM25's: inverse document frequency times saturating weight.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knowledge import forms
from knowledge.language import arabizi
from knowledge.procedures import Procedure
from knowledge.settings import FieldWeights, LexicalSettings, Settings
from knowledge.vocabulary import Vocabulary

Scores = npt.NDArray[np.float32]  # one per sheet, in the index's order
Positions = npt.NDArray[np.intp]

_TYPO_LETTERS = 5  # shorter words are too often one letter from another word


@dataclass(frozen=True, slots=True)
class _Posting:
    """Where a key occurs: `sheets` by position, `weights` after saturation (0..1); `idf` scaled to 0..1.

    `names`: the titles and aliases it stands in, by position among all of them. `naming`: 1 for a word of a name, less
    for one that stands in questions only.
    """

    sheets: Positions
    weights: Scores
    names: Positions
    idf: float
    naming: float


Name = tuple[tuple[str, ...], ...]  # its words, each with its readings


@dataclass(frozen=True, slots=True)
class SheetWords:
    """What one sheet has to be found by: its names, and per key the weight of its mentions."""

    names: tuple[Name, ...]
    mentions: dict[str, float]


Match = tuple[float, _Posting]  # quality (0 to 1) and where


class LexicalIndex:
    """BM25 over weighted fields, with a score of 1 for a sheet that explains every word of the question."""

    def __init__(self, procedures: tuple[Procedure, ...], settings: Settings, vocabulary: Vocabulary) -> None:
        self._size = len(procedures)
        self._settings = settings.lexical
        self._qualities = {
            "exact": self._settings.exact,
            "stem": self._settings.stem,
            "sound": self._settings.sound,
            "standard": self._settings.standard,
        }
        self._vocabulary = vocabulary
        sheets = [read_sheet(procedure, settings.fields) for procedure in procedures]
        names = [name for sheet in sheets for name in sheet.names]
        self._starts = np.cumsum([0, *(len(sheet.names) for sheet in sheets)])[:-1]
        self._name_count = len(names)
        self._postings = self._build(sheets, _standing_in(names))
        self._typos = _deletions(self._postings)
        self._full = np.array([self._weight_of_name(name) for name in names], dtype=np.float32)

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
        named = np.zeros(self._name_count, dtype=np.float32)
        known = unknown = 0.0
        for readings in dict.fromkeys(forms.words(text)):
            if not self._vocabulary.any_empty(readings):
                matches = list(self._matches(readings))
                if not matches:
                    unknown += self._weight_unknown(readings)
                    continue
                best = self._best(matches)
                weight = self._weight(matches, best)
                known += weight
                explained += weight * best
                named += self._best_in_names(matches)
        if known == 0 or not self._size:
            return explained, np.zeros_like(explained)
        possible = known + min(unknown, self._settings.unknown_words)
        whole = np.maximum.reduceat(np.minimum(named / self._full, 1), self._starts)
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
        matches = list(self._matches(readings))
        if matches:
            return all(posting.naming < 1 for _, posting in matches)
        short = any(len(word) < 3 or word.isdigit() for word in readings)
        return short or _is_frequent(readings) or self._vocabulary.any_soft(readings)

    def _weight(self, matches: list[Match], best: Scores) -> float:
        """What a word counts: rare ones most, but those that stand in one phrase of a sheet by chance little."""
        rarity = max(posting.idf * posting.naming for _, posting in matches)
        return rarity * math.pow(float(best.max()), self._settings.by_chance)

    def _weight_unknown(self, readings: tuple[str, ...]) -> float:
        """What a word that no sheet has counts against all of them."""
        return self._settings.ordinary_word if self._is_ordinary(readings) else self._settings.unknown_word

    def _best(self, matches: list[Match]) -> Scores:
        """How surely each sheet has a word, 0 to 1."""
        scores = np.zeros(self._size, dtype=np.float32)
        for quality, posting in matches:
            scores[posting.sheets] = np.maximum(scores[posting.sheets], quality * posting.weights)
        return scores

    def _best_in_names(self, matches: list[Match]) -> Scores:
        """What a word adds to each name it stands in."""
        scores = np.zeros(self._name_count, dtype=np.float32)
        for quality, posting in matches:
            scores[posting.names] = np.maximum(scores[posting.names], quality * posting.idf)
        return scores

    def _weight_of_name(self, name: Name) -> float:
        """The rarity of a name's words together; infinite for a name without any: it can never be whole."""
        words = [readings for readings in name if not self._vocabulary.any_empty(readings)]
        return sum(max(posting.idf for _, posting in self._matches(readings)) for readings in words) or math.inf

    def _matches(self, readings: tuple[str, ...]) -> Iterator[Match]:
        """Postings of a word under its keys with the quality of each match; typos only if nothing else matched."""
        found = False
        for word in readings:
            for key, quality in forms.keys(word):
                posting = self._postings.get(key)
                if posting is not None:
                    found = True
                    yield self._qualities[quality], posting
        if not found:
            for word in readings:
                for key in _nearby(word, self._typos):
                    yield self._settings.typo, self._postings[key]

    def _build(self, read: list[SheetWords], names: dict[str, list[int]]) -> dict[str, _Posting]:
        """The postings, computed for all keys at once: one key's arrays are slices of the arrays of all."""
        lengths = np.array([sum(sheet.mentions.values()) for sheet in read], dtype=np.float32)
        relative = lengths / max(float(lengths.mean()), 1e-9) if self._size else lengths
        ids: dict[str, int] = {}
        of_key = np.array([ids.setdefault(key, len(ids)) for sheet in read for key in sheet.mentions], dtype=np.intp)
        in_sheet = np.repeat(np.arange(self._size), [len(sheet.mentions) for sheet in read])
        raw = np.array([weight for sheet in read for weight in sheet.mentions.values()], dtype=np.float32)
        order = np.argsort(of_key, kind="stable")
        sheets = in_sheet[order]
        weights = self._saturated(raw[order], relative[sheets])
        ends = np.cumsum(np.bincount(of_key, minlength=len(ids))).tolist()
        most = math.log(1 + (self._size + 0.5) / 0.5)
        postings, start = {}, 0
        for key, end in zip(ids, ends, strict=True):
            idf = math.log(1 + (self._size - (end - start) + 0.5) / ((end - start) + 0.5)) / most
            naming = 1.0 if key in names else self._settings.question_word
            standing = np.array(names.get(key, ()), dtype=np.intp)
            postings[key] = _Posting(sheets[start:end], weights[start:end], standing, idf, naming)
            start = end
        return postings

    def _saturated(self, raw: Scores, relative_length: Scores) -> Scores:
        """BM25's term weight, scaled so that a word mentioned without end counts 1."""
        settings: LexicalSettings = self._settings
        norm = settings.saturation * (1 - settings.length + settings.length * relative_length)
        return np.asarray(raw / (raw + norm), dtype=np.float32)


def _is_frequent(readings: tuple[str, ...]) -> bool:
    """Whether a word is among the frequent ones of Darija in Latin letters."""
    return any(word in arabizi.known_words() for word in readings)


def _names(procedure: Procedure) -> list[str]:
    titles = [
        text for title in (procedure.title, procedure.short_title) for text in (title.ar, title.fr, title.get("ary"))
    ]
    return list(dict.fromkeys([*titles, *procedure.aliases.all()]))


@lru_cache(maxsize=8192)  # a changed sheet is read again, the thousands beside it are not
def read_sheet(procedure: Procedure, fields: FieldWeights) -> SheetWords:
    """A sheet's words, read once for all indices that it stands in."""
    mentions: dict[str, float] = defaultdict(float)
    for text, weight in _fields(procedure, fields):
        for key in _keys(forms.words(text)):
            mentions[key] += weight
    return SheetWords(tuple(forms.words(name) for name in _names(procedure)), dict(mentions))


def _standing_in(names: list[Name]) -> dict[str, list[int]]:
    """The names that each key stands in, by position."""
    table: dict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(names):
        for key in _keys(name):
            table[key].append(position)
    return table


def _keys(words: Name) -> set[str]:
    return {key for readings in words for word in readings for key, _ in forms.keys(word)}


def _fields(procedure: Procedure, weights: FieldWeights) -> Iterator[tuple[str, float]]:
    """Every searched text with its weight."""
    for text in _names(procedure):
        yield text, weights.names
    for text in procedure.questions.all():
        yield text, weights.questions
    for text in (procedure.summary.ar, procedure.summary.fr, procedure.summary.get("ary")):
        yield text, weights.summary


def _deletions(postings: dict[str, _Posting]) -> dict[str, list[str]]:
    """Each longer word of a name under itself with one letter left out: finds any single wrong letter."""
    table: dict[str, list[str]] = defaultdict(list)
    for key, posting in postings.items():
        if posting.naming == 1 and len(key) >= _TYPO_LETTERS and key.isalpha():
            for shorter in {key, *(key[:i] + key[i + 1 :] for i in range(len(key)))}:
                table[shorter].append(key)
    return dict(table)


def _nearby(word: str, table: dict[str, list[str]]) -> set[str]:
    """Words at one letter's distance: one more, one less, or one different."""
    if len(word) < _TYPO_LETTERS or not word.isalpha():
        return set()
    return {
        near
        for shorter in (word, *(word[:i] + word[i + 1 :] for i in range(len(word))))
        for near in table.get(shorter, ())
    }
