"""One message, several questions: "ch7al f passeport w fin n9dmo" asks the fees and where. No Rasa here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.nlu.text import asks, clauses, named_facet
from knowledge.classifier.model import TextClassifier

ASK = "ask_"
OVERVIEW = "ask_overview"
_COURTESY = frozenset({"greet", "thanks", "goodbye", "affirm"})  # said around a question, never instead of it
_MOST_CLAUSES = 6


@dataclass(frozen=True)
class Reading:
    """`ranking`: (intent, probability), best first. `facets`: (facet, probability) in the order they were asked."""

    ranking: tuple[tuple[str, float], ...]
    facets: tuple[tuple[str, float], ...]


def read(model: TextClassifier, text: str, clause_threshold: float) -> Reading:
    """Classify the message as a whole and each of its questions.

    A question adds its facet from `clause_threshold` on. It never adds the overview: "la carte" after "et" is the
    second half of a name. A thing asked may also be named only, beside another one ("papiers et prix"). A whole message
    that is read as courtesy, as a mere name of a procedure, or with less certainty than one of its questions, gives way
    to the question.
    """
    parts = clauses(text)[:_MOST_CLAUSES]
    questions = [part for part in parts if asks(part)] if len(parts) > 1 else []
    by_question: dict[str, tuple[str, float]] = {}
    rows = model.probabilities([text, *questions])
    whole = sorted(zip(model.labels, rows[0].tolist(), strict=True), key=lambda pair: -pair[1])
    best, confidence = whole[0]
    for part, row in zip(questions, rows[1:], strict=True):
        index = int(row.argmax())
        label, probability = model.labels[index], float(row[index])
        if label.startswith(ASK) and label != OVERVIEW and probability >= clause_threshold:
            by_question[part] = (label, probability)
    asked: dict[str, float] = {}
    for label, probability in _in_order(parts, by_question, clause_threshold):
        asked[label] = max(probability, asked.get(label, 0.0))
    enumerated = len(asked) > 1 and len(asked) > len(set(by_question.values()))
    if best in asked:
        asked[best] = max(asked[best], confidence)
    elif asked and (
        best in _COURTESY
        or best == OVERVIEW
        or (enumerated and best.startswith(ASK))
        or (best.startswith(ASK) and confidence < max(asked.values()))
    ):
        first = next(iter(asked))
        whole = [(first, asked[first]), *((label, p) for label, p in whole if label != first)]
    elif best.startswith(ASK):
        asked = {best: confidence, **asked}
    else:
        asked = {}
    facets = tuple((label[len(ASK) :], round(probability, 4)) for label, probability in asked.items())
    return Reading(tuple(whole), facets)


def _in_order(
    parts: Sequence[str], by_question: Mapping[str, tuple[str, float]], probability: float
) -> list[tuple[str, float]]:
    """What each part asks: read as a question, or named beside an "and" whose other side asks or names another thing.

    "carte grise papiers et prix": a name alone may only be a part of a story, two joined are an enumeration.
    """
    found: list[tuple[str, float] | None] = [by_question.get(part) for part in parts]
    if len(parts) == 1:
        return [one for one in found if one is not None]  # nothing beside it: no name counts
    named = [
        [named_facet(part, first=first) for first in (True, False)] if ours is None else [None, None]
        for part, ours in zip(parts, found, strict=True)
    ]
    for left, right in pairwise(range(len(parts))):
        one = found[left] or _named(named[left][0], probability)
        other = found[right] or _named(named[right][1], probability)
        if one and other and one[0] != other[0]:
            found[left], found[right] = one, other
    return [one for one in found if one is not None]


def _named(facet: str | None, probability: float) -> tuple[str, float] | None:
    return (ASK + facet, probability) if facet else None
