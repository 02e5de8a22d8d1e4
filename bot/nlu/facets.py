"""One message, several questions: "ch7al f passeport w fin n9dmo" asks the fees and where. No Rasa here."""

from __future__ import annotations

from dataclasses import dataclass

from bot.nlu.text import asks, clauses
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
    second half of a name. A whole message that is read as courtesy, as a mere name of a procedure, or with less
    certainty than one of its questions, gives way to the question.
    """
    parts = clauses(text)[:_MOST_CLAUSES]
    questions = [part for part in parts if asks(part)] if len(parts) > 1 else []
    rows = model.probabilities([text, *questions])
    whole = sorted(zip(model.labels, rows[0].tolist(), strict=True), key=lambda pair: -pair[1])
    best, confidence = whole[0]
    asked: dict[str, float] = {}
    for row in rows[1:]:
        index = int(row.argmax())
        label, probability = model.labels[index], float(row[index])
        if label.startswith(ASK) and label != OVERVIEW and probability >= clause_threshold:
            asked[label] = max(probability, asked.get(label, 0.0))
    if best in asked:
        asked[best] = max(asked[best], confidence)
    elif asked and (
        best in _COURTESY or best == OVERVIEW or (best.startswith(ASK) and confidence < max(asked.values()))
    ):
        first = next(iter(asked))
        whole = [(first, asked[first]), *((label, p) for label, p in whole if label != first)]
    elif best.startswith(ASK):
        asked = {best: confidence, **asked}
    else:
        asked = {}
    facets = tuple((label[len(ASK) :], round(probability, 4)) for label, probability in asked.items())
    return Reading(tuple(whole), facets)
