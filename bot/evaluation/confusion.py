"""What is mistaken for what, and how far a stated probability can be believed. Pure functions over pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.evaluation.score import NOT_A_QUESTION, VARIETIES, Pair
from knowledge.procedures import Facet

BINS = 10  # of the calibration
WORST = 20  # confusions listed


@dataclass(frozen=True, slots=True)
class Matrix:
    """`counts[i][j]`: messages labelled `labels[i]` that were read as `labels[j]`."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, seen: Iterable[tuple[str, str]], order: Sequence[str] = ()) -> Matrix:
        """`seen`: (labelled, read as). Labels stand in `order`, others after them; those never seen are left out."""
        counts = Counter(seen)
        names = {label for pair in counts for label in pair}
        labels = (*(label for label in order if label in names), *sorted(names - set(order)))
        return cls(labels, tuple(tuple(counts[row, column] for column in labels) for row in labels))

    @property
    def right(self) -> int:
        return sum(row[i] for i, row in enumerate(self.counts))

    @property
    def total(self) -> int:
        return sum(map(sum, self.counts))


def intents(pairs: Iterable[Pair]) -> Matrix:
    return Matrix.of(((p.wanted["intent"], p.got["intent"]) for p in pairs), ("procedure", "out_of_scope"))


def facets(pairs: Iterable[Pair]) -> Matrix:
    """Of the questions about a procedure; any of the facets asked in one message is a right reading of it."""
    seen: list[tuple[str, str]] = []
    for pair in pairs:
        if pair.wanted["intent"] == "procedure":
            found = pair.got["facet"] if pair.got["intent"] == "procedure" else NOT_A_QUESTION
            expected = found if found in pair.wanted["facets"] else pair.wanted["facet"]
            seen.append((expected, found))
    return Matrix.of(seen, [facet.value for facet in Facet])


def languages(pairs: Iterable[Pair]) -> Matrix:
    return Matrix.of(((p.wanted["variety"], p.got["language"]) for p in pairs), VARIETIES)


@dataclass(frozen=True, slots=True)
class Confusion:
    """`times` messages labelled `expected` were read as `found`; `examples`: the ids of the first of them."""

    expected: str
    found: str
    times: int
    examples: tuple[str, ...]


def worst(pairs: Iterable[Pair], most: int = WORST) -> list[Confusion]:
    """The most frequent mistakes of intent and facet, the most frequent first."""
    ids: dict[tuple[str, str], list[str]] = {}
    for pair in pairs:
        if not pair.right:
            ids.setdefault((pair.expected, pair.found), []).append(pair.wanted["id"])
    ranked = sorted(ids.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Confusion(*names, len(found), tuple(found[:3])) for names, found in ranked[:most]]


@dataclass(frozen=True, slots=True)
class Bin:
    """The messages whose reading had a probability in [low, high): what was promised, and what was kept."""

    low: float
    high: float
    messages: int
    promised: float  # mean probability
    kept: float  # share read rightly


def calibration(pairs: Iterable[Pair]) -> list[Bin]:
    """How often a reading is right, by the probability stated for it; bins without messages are left out.

    Messages that the search decided (the NLU was unsure, the words named a procedure) count too: this is the
    probability that logs and thresholds see.
    """
    filled: dict[int, list[tuple[float, bool]]] = {}
    for pair in pairs:
        confidence = float(pair.got["confidence"])
        filled.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, pair.right))
    return [
        Bin(
            number / BINS,
            (number + 1) / BINS,
            len(members),
            sum(confidence for confidence, _ in members) / len(members),
            sum(right for _, right in members) / len(members),
        )
        for number, members in sorted(filled.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of what was promised and what was kept, weighted by messages (expected calibration error)."""
    total = sum(one.messages for one in bins)
    return sum(abs(one.promised - one.kept) * one.messages for one in bins) / total if total else 0.0
