"""The phrases of every sheet as vectors: what the words mean, in whatever language they are written."""

from __future__ import annotations

import numpy as np

from knowledge import forms
from knowledge.embedding import Embedder, Vectors
from knowledge.index import Scores
from knowledge.procedures import Procedure


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
        # Not `@`: BLAS starts a thread per core, and on a busy machine waits for them far longer than this takes.
        similarity = np.einsum("ij,j->i", self._vectors, self._embedder.encode([forms.plain(text)])[0])
        return np.asarray(np.maximum.reduceat(similarity, self._starts), dtype=np.float32)


def phrases_of(procedure: Procedure) -> list[str]:
    """What citizens may write when they mean this sheet: its titles, names and example questions."""
    titles = [procedure.title.ar, procedure.title.fr, procedure.title.get("ary")]
    short = [procedure.short_title.ar, procedure.short_title.fr, procedure.short_title.get("ary")]
    return list(dict.fromkeys([*titles, *short, *procedure.aliases.all(), *procedure.questions.all()]))
