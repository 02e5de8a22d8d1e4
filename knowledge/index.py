"""The index that search reads: words and vectors of every sheet, in memory, built once and never changed.

Why not bm25s: it scores whole documents over one flat bag of words. Here a sheet is short and fielded, a word counts by
where it stands and by how well it matched (as written, stem, sound), and a score must say which share of the question a
sheet explains; that is a page of numpy. Scores stay BM25's: inverse document frequency times saturating weight.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge import forms
from knowledge.embedding import Embedder, Vectors
from knowledge.language import arabizi
from knowledge.procedures import Procedure
from knowledge.settings import LexicalSettings, Settings
from knowledge.vocabulary import Vocabulary

Scores = npt.NDArray[np.float32]  # one per sheet, in the index's order

_TYPO_LETTERS = 5  # shorter words are too often one letter from another word


@dataclass(frozen=True, slots=True)
class _Posting:
    """Where a key occurs: `sheets` by position, `weights` after saturation (0..1); `idf` scaled to 0..1.

    `naming`: 1 for a word that stands in names, less for one that stands in questions only.
    """

    sheets: npt.NDArray[np.intp]
    weights: Scores
    idf: float
    naming: float


class LexicalIndex:
    """BM25 over weighted fields, with a score of 1 for a sheet that explains every word of the question."""

    def __init__(self, procedures: tuple[Procedure, ...], settings: Settings, vocabulary: Vocabulary) -> None:
        self._size = len(procedures)
        self._settings = settings.lexical
        self._vocabulary = vocabulary
        self._postings = self._build(*_count(procedures, settings))
        self._typos = _deletions(self._postings)

    def score(self, text: str) -> Scores:
        """How much of `text` each sheet explains, 0 to 1, shape [sheets]."""
        total = np.zeros(self._size, dtype=np.float32)
        possible = 0.0
        for readings in forms.words(text):
            if not self._vocabulary.any_empty(readings):
                weight, scores = self._word(readings)
                possible += weight
                total += scores
        return total / possible if possible > 0 else total

    def names_nothing(self, text: str) -> bool:
        """Whether no word of `text` could name a procedure: neither a known name nor an unknown word."""
        return all(
            self._vocabulary.any_empty(readings)
            or self._vocabulary.names_variant(readings)
            or self._is_ordinary(readings)
            for readings in forms.words(text)
        )

    def _is_ordinary(self, readings: tuple[str, ...]) -> bool:
        """Whether a word is everyday language: in questions only, or in a list of frequent words."""
        matches = list(self._matches(readings))
        if matches:
            return all(posting.naming < 1 for _, posting in matches)
        short = any(len(word) < 3 or word.isdigit() for word in readings)
        return short or _is_frequent(readings) or self._vocabulary.any_soft(readings)

    def _word(self, readings: tuple[str, ...]) -> tuple[float, Scores]:
        """One word's weight in the question, and what it adds to each sheet."""
        scores = np.zeros(self._size, dtype=np.float32)
        matches = list(self._matches(readings))
        if not matches:
            ordinary = self._is_ordinary(readings)
            return (self._settings.ordinary_word if ordinary else self._settings.unknown_word), scores
        weight = max(posting.idf * posting.naming for _, posting in matches)
        for quality, posting in matches:
            found = weight * quality * posting.weights
            scores[posting.sheets] = np.maximum(scores[posting.sheets], found)
        return weight, scores

    def _matches(self, readings: tuple[str, ...]) -> Iterator[tuple[float, _Posting]]:
        """Postings of a word under its keys with the quality of each match; typos only if nothing else matched."""
        found = False
        qualities = {"exact": self._settings.exact, "stem": self._settings.stem, "sound": self._settings.sound}
        for word in readings:
            for key, quality in forms.keys(word):
                posting = self._postings.get(key)
                if posting is not None:
                    found = True
                    yield qualities[quality], posting
        if not found:
            for word in readings:
                for key in _nearby(word, self._typos):
                    yield self._settings.typo, self._postings[key]

    def _build(self, mentions: dict[str, dict[int, float]], names: set[str]) -> dict[str, _Posting]:
        lengths = np.zeros(self._size, dtype=np.float32)
        for sheets in mentions.values():
            for sheet, weight in sheets.items():
                lengths[sheet] += weight
        relative = lengths / max(float(lengths.mean()), 1e-9) if self._size else lengths
        most = math.log(1 + (self._size + 0.5) / 0.5)
        postings = {}
        for key, sheets in mentions.items():
            positions = np.fromiter(sheets.keys(), dtype=np.intp)
            raw = np.fromiter(sheets.values(), dtype=np.float32)
            idf = math.log(1 + (self._size - len(sheets) + 0.5) / (len(sheets) + 0.5)) / most
            naming = 1.0 if key in names else self._settings.question_word
            postings[key] = _Posting(positions, self._saturated(raw, relative[positions]), idf, naming)
        return postings

    def _saturated(self, raw: Scores, relative_length: Scores) -> Scores:
        """BM25's term weight, scaled so that a word mentioned without end counts 1."""
        settings: LexicalSettings = self._settings
        norm = settings.saturation * (1 - settings.length + settings.length * relative_length)
        return np.asarray(raw / (raw + norm), dtype=np.float32)


class DenseIndex:
    """The phrases of every sheet as vectors; a sheet is as near as its nearest phrase."""

    def __init__(self, procedures: tuple[Procedure, ...], embedder: Embedder) -> None:
        self._embedder = embedder
        phrases = [[forms.plain(text) for text in phrases_of(procedure)] for procedure in procedures]
        self._starts = np.cumsum([0, *(len(texts) for texts in phrases[:-1])]) if phrases else np.zeros(0, np.intp)
        self._vectors: Vectors = embedder.encode([text for texts in phrases for text in texts])

    def score(self, text: str) -> Scores:
        """Cosine similarity of each sheet's nearest phrase, -1 to 1, shape [sheets]."""
        if not len(self._starts):
            return np.zeros(0, dtype=np.float32)
        similarity = self._vectors @ self._embedder.encode([forms.plain(text)])[0]
        return np.asarray(np.maximum.reduceat(similarity, self._starts), dtype=np.float32)


def _is_frequent(readings: tuple[str, ...]) -> bool:
    return any(word in arabizi.french_words() or word in arabizi.known_words() for word in readings)


def phrases_of(procedure: Procedure) -> list[str]:
    """What citizens may write when they mean this sheet: its titles, names and example questions."""
    titles = [procedure.title.ar, procedure.title.fr, procedure.title.get("ary")]
    short = [procedure.short_title.ar, procedure.short_title.fr, procedure.short_title.get("ary")]
    return list(dict.fromkeys([*titles, *short, *procedure.aliases.all(), *procedure.questions.all()]))


def _count(procedures: tuple[Procedure, ...], settings: Settings) -> tuple[dict[str, dict[int, float]], set[str]]:
    """Per key the weight of its mentions by sheet, and the keys that stand in names."""
    mentions: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    names: set[str] = set()
    for position, procedure in enumerate(procedures):
        for text, weight, is_name in _fields(procedure, settings):
            found = {key for readings in forms.words(text) for word in readings for key, _ in forms.keys(word)}
            for key in found:
                mentions[key][position] += weight
            if is_name:
                names |= found
    return mentions, names


def _fields(procedure: Procedure, settings: Settings) -> Iterator[tuple[str, float, bool]]:
    """Every searched text with its weight and whether it is a name."""
    weights = settings.fields
    for title in (procedure.title, procedure.short_title):
        for text in (title.ar, title.fr, title.get("ary")):
            yield text, weights.title, True
    for text in procedure.aliases.all():
        yield text, weights.aliases, True
    for text in procedure.questions.all():
        yield text, weights.questions, False
    for text in (procedure.summary.ar, procedure.summary.fr, procedure.summary.get("ary")):
        yield text, weights.summary, False


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
