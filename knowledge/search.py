"""Which sheets a citizen's words mean: lexical and dense scores fused, then the variant (renewal, child, loss) settled.

A search returns what it rejected too, so that an answer can be explained later.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from knowledge.dense import DenseIndex, phrases_of
from knowledge.embedding import Embedder
from knowledge.faq import FaqEntry
from knowledge.index import LexicalIndex, Scores
from knowledge.lexicon import Lexicon, SheetWords, read_sheet
from knowledge.loader import Catalogue
from knowledge.procedures import Country, Procedure
from knowledge.settings import Settings, Words
from knowledge.vocabulary import Vocabulary

_REMEMBERED = 16  # texts, one a turn in hand: a follow-up or another country asks again; few, being citizens' words
_WHOLE = 0.85  # of a name's rarity: a name is whole with its words in another spelling


@dataclass(frozen=True, slots=True)
class Hit:
    """One sheet. `score` (0 to 1) decides; `lexical` (0 to 1) and `dense` (cosine) say where it comes from."""

    procedure: Procedure
    score: float
    lexical: float
    dense: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`hits` from the `ask` threshold up, `rejected` the next ones below it; both best first."""

    hits: tuple[Hit, ...]
    rejected: tuple[Hit, ...]
    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Read:
    """What is known of one sheet alone, whatever the others say: it stays while the sheet does.

    `titled`, `mentioned`: the variants that its titles, and that all its phrases speak of. `unasked`: its factor where
    a citizen speaks of none.
    """

    procedure: Procedure
    words: SheetWords
    titled: frozenset[str]
    mentioned: frozenset[str]
    unasked: float


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a new search takes over from the one before it. The new one's words are added to `lexicon`."""

    lexicon: Lexicon
    sheets: Mapping[str, _Read]
    dense: DenseIndex | None

    def read(self, procedure: Procedure) -> _Read | None:
        """What was read of a sheet; None where it is new or has changed."""
        read = self.sheets.get(procedure.id)
        return read if read is not None and read.procedure is procedure else None


class Search:
    """An immutable index over one catalogue."""

    def __init__(
        self, catalogue: Catalogue, embedder: Embedder, settings: Settings, words: Words, kept: _Kept | None = None
    ) -> None:
        """`kept`: of a search with the same embedder, settings and words; see `with_catalogue`."""
        kept = kept or _Kept(Lexicon(), {}, None)
        self.catalogue = catalogue
        self.vocabulary = Vocabulary(words)
        self._embedder, self._settings, self._words, self._lexicon = embedder, settings, words, kept.lexicon
        questions = tuple(p for p in catalogue if isinstance(p, FaqEntry))
        sheets = tuple(p for p in catalogue if not isinstance(p, FaqEntry))
        self._procedures: tuple[Procedure, ...] = (*sheets, *questions)
        # A question that is no procedure must not change how rare a word is among procedures: two indices.
        self._sheets = len(sheets)
        self._read = {p.id: kept.read(p) or self._read_anew(p) for p in self._procedures}
        found_by = [self._read[p.id].words for p in self._procedures]
        self._lexical = LexicalIndex(found_by[: self._sheets], self._lexicon, settings, self.vocabulary)
        self._lexical_of_all = LexicalIndex(found_by, self._lexicon, settings, self.vocabulary)
        self._dense = DenseIndex(self._procedures, embedder, kept.dense)
        self._lexical_scores = lru_cache(_REMEMBERED)(self._score_words)
        self._dense_scores = lru_cache(_REMEMBERED)(self._dense.score)
        self._by_id = np.argsort(np.argsort([p.id for p in self._procedures]))  # its place in the order of ids
        self._fits_of: dict[tuple[frozenset[str], Country], np.ndarray] = {}

    def with_catalogue(self, catalogue: Catalogue) -> Search:
        """A search over another catalogue, the same as a new one but sooner: only sheets that changed are read.

        A sheet has changed when it is another object: the loader gives the same one while the file stays.
        """
        kept = _Kept(self._lexicon.copy(), self._read, self._dense)
        return Search(catalogue, self._embedder, self._settings, self._words, kept)

    def search(self, text: str, country: Country, *, detail: bool = True) -> SearchResult:
        """The sheets that `text` may mean, those of `country` preferred. `detail`: it asks a price, a place …"""
        started = time.perf_counter()
        lexical = self._lexical_scores(text)
        lexical_done = time.perf_counter()
        dense = self._dense_scores(text)
        dense_done = time.perf_counter()
        hits = self._without_beaten(self._ranked(text, country, lexical, dense), detail)
        limits = self._settings.thresholds
        near = sum(hit.score >= limits.ask for hit in hits[: limits.candidates])
        kept, rejected = tuple(hits[:near]), tuple(hits[near : near + limits.candidates])
        done = time.perf_counter()
        marks = {"lexical": (started, lexical_done), "dense": (lexical_done, dense_done), "rank": (dense_done, done)}
        return SearchResult(kept, rejected, {name: (end - begin) * 1000 for name, (begin, end) in marks.items()})

    def _score_words(self, text: str) -> Scores:
        return np.concatenate([self._lexical.score(text), self._lexical_of_all.score(text)[self._sheets :]])

    def names_nothing(self, text: str) -> bool:
        """Whether `text` holds only words that name no procedure ("w ch7al?", "et pour mon fils ?")."""
        return self._lexical.names_nothing(text)

    def names_whole(self, text: str, procedure: Procedure) -> bool:
        """Whether `text` has every word of one of the names of `procedure`."""
        return bool(self._lexical_of_all.whole_name(text)[self._procedures.index(procedure)] >= _WHOLE)

    def without_uncovered(self, text: str) -> str | None:
        """`text` without the names of services that no sheet is about; None where it names none of those."""
        return self.vocabulary.without_uncovered(text)

    def variant_of(self, procedure: Procedure, text: str) -> Procedure | None:
        """The neighbour of `procedure` that `text` asks for ("and for my son?"), itself if it is that one already."""
        spoken = self.vocabulary.variants(text)
        if not spoken or spoken <= self._read[procedure.id].titled:
            return procedure if spoken else None
        if "minor" in spoken and procedure.minor_variant is not None:
            return self.catalogue.get(procedure.minor_variant)
        neighbours = [self.catalogue.get(related) for related in procedure.related]
        return next((n for n in neighbours if n is not None and spoken & self._read[n.id].titled), None)

    def meant_instead(self, procedure: Procedure, text: str) -> Procedure | None:
        """The neighbour that is about what `text` insists on (a child, a loss), where `procedure` is not."""
        insisted = self.vocabulary.variants(text) & self._settings.insistent
        if not insisted or insisted & self._read[procedure.id].titled:
            return None
        if "minor" in insisted:  # many a sheet that speaks of children is related to a child's passport
            return self.catalogue.get(procedure.minor_variant or "")
        if insisted & self._read[procedure.id].mentioned:  # one sheet for both cases
            return None
        neighbours = [self.catalogue.get(name) for name in procedure.related]
        return next((n for n in neighbours if n is not None and insisted & self._read[n.id].titled), None)

    def is_meant(self, procedure: Procedure, text: str) -> bool:
        """Whether `procedure` is about what `text` insists on; False where it insists on nothing."""
        return bool(self.vocabulary.variants(text) & self._settings.insistent & self._read[procedure.id].titled)

    def speaks_of_another_case(self, procedure: Procedure, text: str) -> bool:
        """Whether `text` is about a case (a suspended licence) of which `procedure` says nothing."""
        exclusive = self.vocabulary.variants(text) & self._settings.exclusive
        return bool(exclusive - self._read[procedure.id].mentioned)

    def generality(self, procedure: Procedure) -> float:
        """How special a sheet's title is: 0 for "passport", more for a renewal, most for a child's."""
        return sum(self._settings.variants[name] for name in self._read[procedure.id].titled)

    def _ranked(self, text: str, country: Country, lexical: np.ndarray, dense: np.ndarray) -> list[Hit]:
        zero, one, fusion = self._settings.dense.zero, self._settings.dense.one, self._settings.fusion
        calibrated = np.clip((dense - zero) / (one - zero), 0, 1)
        fused = fusion.lexical * lexical + fusion.dense * calibrated
        scores = fused.astype(np.float64) * self._fits(self.vocabulary.variants(text), country)
        # Enough for the hits and the rejected even where every question among them is beaten.
        needed = 2 * self._settings.thresholds.candidates + len(self._procedures) - self._sheets
        best = np.lexsort((self._by_id, -scores))[:needed]
        parts = zip(best.tolist(), *(part[best].tolist() for part in (scores, lexical, dense)), strict=True)
        return [Hit(self._procedures[place], *of_sheet) for place, *of_sheet in parts]

    def _fits(self, spoken: frozenset[str], country: Country) -> np.ndarray:
        """The factor of each sheet. Variants are few, and so are the sets of them that are spoken: each is kept."""
        kept = self._fits_of.get((spoken, country))
        if kept is None:
            kept = np.array([self._fit(procedure, spoken, country) for procedure in self._procedures])
            self._fits_of[spoken, country] = kept
        return kept

    def _without_beaten(self, hits: list[Hit], detail: bool) -> list[Hit]:
        """Hits without the questions that do not lead every procedure clearly: they never stand in a procedure's way.

        A detail is a procedure's more than a question's.
        """
        sheets = [hit for hit in hits if not isinstance(hit.procedure, FaqEntry)]
        fusion = self._settings.fusion
        lead = fusion.question_lead_detail if detail else fusion.question_lead
        needed = (sheets[0].score if sheets else 0.0) + lead
        return [hit for hit in hits if not isinstance(hit.procedure, FaqEntry) or hit.score >= needed]

    def _fit(self, procedure: Procedure, spoken: frozenset[str], country: Country) -> float:
        """The factor for the country, the variants asked for and the variants the title insists on."""
        read, fusion = self._read[procedure.id], self._settings.fusion
        factor = 1.0 if procedure.serves(country) else fusion.other_country
        if procedure.id not in self._settings.everyday:
            factor *= fusion.special
        if not spoken:
            return factor * read.unasked
        for name in read.titled - spoken:
            factor *= 1 - self._settings.variants[name]
        for name in spoken - read.titled:
            if any(name in self._read[related].titled for related in procedure.related if related in self._read):
                factor *= fusion.variant_missing
            elif name not in read.mentioned:
                factor *= fusion.variant_unknown
        return factor

    def _read_anew(self, procedure: Procedure) -> _Read:
        titles = (procedure.title.fr, procedure.title.ar, procedure.short_title.fr, procedure.short_title.ar)
        titled = frozenset().union(*(self.vocabulary.variants(title) for title in titles))
        return _Read(
            procedure,
            read_sheet(procedure, self._settings.fields, self._lexicon, self.vocabulary),
            titled,
            mentioned=self.vocabulary.variants(" . ".join(phrases_of(procedure))),
            unasked=math.prod(1 - self._settings.variants[name] for name in titled),
        )
