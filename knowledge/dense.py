"""The phrases of every sheet as vectors: what the words mean, in whatever language they are written."""

from __future__ import annotations

import numpy as np

from knowledge import forms
from knowledge.embedding import Embedder, Vectors
from knowledge.index import Scores
from knowledge.procedures import Procedure


class DenseIndex:
    """The phrases of every sheet as vectors; a sheet is as near as its nearest phrase."""

    def __init__(self, procedures: tuple[Procedure, ...], embedder: Embedder, before: DenseIndex | None = None) -> None:
        """`before`: an index by the same embedder; the vectors of sheets that it has too are copied from it."""
        self._embedder = embedder
        kept = [before.vectors_of(procedure) if before else None for procedure in procedures]
        vectors = [self._encoded(p) if known is None else known for p, known in zip(procedures, kept, strict=True)]
        ends = np.cumsum([0, *(len(of_sheet) for of_sheet in vectors)])
        self._starts = ends[:-1]
        self._vectors: Vectors = np.concatenate([np.zeros((0, embedder.dimensions), dtype=np.float32), *vectors])
        places = zip(procedures, map(int, ends[:-1]), map(int, ends[1:]), strict=True)
        self._place = {procedure.id: (procedure, slice(start, end)) for procedure, start, end in places}

    def vectors_of(self, procedure: Procedure) -> Vectors | None:
        """The vectors of a sheet's phrases, shape [phrases, dimensions]; None where this index has another text."""
        known, place = self._place.get(procedure.id, (None, slice(0)))
        return self._vectors[place] if known is procedure else None

    def _encoded(self, procedure: Procedure) -> Vectors:
        # Spellings of one phrase come out alike; each is compared with every question, so it is kept once.
        return self._embedder.encode(list(dict.fromkeys(forms.plain(text) for text in phrases_of(procedure))))

    def score(self, text: str) -> Scores:
        """Cosine similarity of each sheet's nearest phrase, -1 to 1, shape [sheets]."""
        if not len(self._starts):
            return np.zeros(0, dtype=np.float32)
        # Not `@`: BLAS starts a thread per core, and on a busy machine waits for them far longer than this takes.
        similarity = np.einsum("ij,j->i", self._vectors, self._embedder.encode([forms.plain(text)])[0])
        return np.asarray(np.maximum.reduceat(similarity, self._starts), dtype=np.float32)


def phrases_of(procedure: Procedure) -> list[str]:
    """What citizens may write when they mean this sheet: its titles, names and example questions."""
    titles = [procedure.title.ar, procedure.title.fr, procedure.title.get("ary")]
    short = [procedure.short_title.ar, procedure.short_title.fr, procedure.short_title.get("ary")]
    return list(dict.fromkeys([*titles, *short, *procedure.aliases.all(), *procedure.questions.all()]))
