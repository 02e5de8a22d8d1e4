"""What is counted right and wrong: labelled messages against what `dalil understand` wrote about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

VARIETIES = ("fr", "ar", "ary", "ary-Latn")
NOT_A_QUESTION = "no question"  # the facet of a message that asks nothing about a procedure

Row = Mapping[str, Any]  # a labelled message, or the object that `dalil understand` writes for it


class Figure(NamedTuple):
    """A share of the messages named by `over`. `better`: 1 when more is better, -1 when less is, 0 when neither."""

    name: str
    over: str
    better: int


FIGURES = (
    Figure("language", "messages", 1),
    Figure("intent", "messages", 1),
    Figure("facet", "questions", 1),
    Figure("all facets of two", "double questions", 1),
    Figure("procedure first", "known", 1),
    Figure("procedure in three", "known", 1),
    Figure("answered", "known", 1),
    Figure("asked back", "known", 0),
    Figure("answered wrongly", "known", -1),
    Figure("unknown procedure answered", "unknown", -1),
    Figure("out of scope answered", "out of scope", -1),
)
_BY_NAME = {figure.name: figure for figure in FIGURES}


@dataclass(frozen=True, slots=True)
class Pair:
    """One labelled message and what Dalil made of it."""

    wanted: Row
    got: Row

    @property
    def expected(self) -> str:
        return reading(self.wanted)

    @property
    def found(self) -> str:
        return reading(self.got)

    @property
    def right(self) -> bool:
        """Intent and facet; of two facets asked, either."""
        asked = self.wanted["intent"] == self.got["intent"] == "procedure"
        return self.expected == self.found or (asked and self.got["facet"] in self.wanted["facets"])


@dataclass(slots=True)
class Score:
    """Counts of one variety, and the messages that went wrong in words."""

    right: dict[str, int] = field(default_factory=dict)
    of: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def count(self, figure: str, hit: bool) -> None:
        if figure not in _BY_NAME:
            raise KeyError(f"{figure!r} is no figure: add it to FIGURES")
        self.right[figure] = self.right.get(figure, 0) + hit
        self.of[figure] = self.of.get(figure, 0) + 1

    def share(self, figure: str) -> float | None:
        """Between 0 and 1; None when there was nothing to count."""
        total = self.of.get(figure, 0)
        return self.right[figure] / total if total else None


def reading(row: Row) -> str:
    """Intent and facet in one word: `procedure/fees`, `greet/-`."""
    return f"{row['intent']}/{row['facet'] or '-'}"


def score(pairs: Iterable[Pair]) -> dict[str, Score]:
    """Scores by variety. Raises KeyError on a variety that is not one of ours."""
    scores = {variety: Score() for variety in VARIETIES}
    for pair in pairs:
        _judge(scores[pair.wanted["variety"]], pair)
    return scores


def _judge(counts: Score, pair: Pair) -> None:
    wanted, got = pair.wanted, pair.got
    counts.count("language", got["language"] == wanted["variety"])
    counts.count("intent", got["intent"] == wanted["intent"])
    if wanted["intent"] == "out_of_scope":
        counts.count("out of scope answered", got["outcome"] == "answered")
    if wanted["intent"] == "procedure":
        _judge_question(counts, wanted, got)
    if pair.expected != pair.found:
        counts.errors.append(f"{wanted['id']}  {pair.expected} → {pair.found}  {wanted['text']}")


def _judge_question(counts: Score, wanted: Row, got: Row) -> None:
    facets, answered = wanted["facets"], got["outcome"] == "answered"
    counts.count("facet", got["intent"] == "procedure" and got["facet"] in facets)
    if len(facets) > 1:
        counts.count("all facets of two", set(got["facets"]) == set(facets))
    if not wanted["procedures"]:
        counts.count("unknown procedure answered", answered)
        return
    found, right = [hit["id"] for hit in got["procedures"]], set(wanted["procedures"])
    counts.count("procedure first", bool(right & set(found[:1])))
    counts.count("procedure in three", bool(right & set(found[:3])))
    counts.count("answered", answered)
    counts.count("asked back", got["outcome"] == "clarify")
    counts.count("answered wrongly", answered and not right & set(found[:1]))


def wrong(pair: Pair) -> list[str]:
    """What went wrong with one message, in the words of the error lists; empty when nothing did."""
    counts = Score()
    _judge(counts, pair)
    hit = {name for name in counts.of if counts.right[name]}
    failed = [figure.name for figure in FIGURES if figure.name in counts.of and _failed(figure, hit)]
    # A facet is never right under a wrong intent, and a wrong answer comes from a wrong procedure: say the cause once.
    if "intent" in failed and "facet" in failed:
        failed.remove("facet")
    if "procedure first" in failed and "procedure in three" in failed:
        failed.remove("procedure first")
    return failed


def _failed(figure: Figure, hit: set[str]) -> bool:
    if figure.name == "answered":
        return False  # asking back is no mistake
    return figure.better == (-1 if figure.name in hit else 1)


def errors(scores: Mapping[str, Score]) -> Iterable[str]:
    """What was understood otherwise than labelled, by variety."""
    for variety, counts in scores.items():
        yield f"{variety}: {len(counts.errors)}"
        yield from (f"  {error}" for error in counts.errors)


def shares(scores: Mapping[str, Score]) -> dict[str, dict[str, float]]:
    """Figure by variety, rounded to what is worth reading; what there was nothing to count for is left out."""
    found: dict[str, dict[str, float]] = {}
    for variety, counts in scores.items():
        named: Sequence[tuple[str, float | None]] = [(figure.name, counts.share(figure.name)) for figure in FIGURES]
        found[variety] = {name: round(share, 4) for name, share in named if share is not None}
    return found
