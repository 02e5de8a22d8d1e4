"""bot/nlu/text.py and facets.py, knowledge/classifier, without Rasa: clauses, views, storing a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu import intent_classifier
from bot.nlu.facets import read
from bot.nlu.text import asks, clauses
from knowledge.classifier.model import Options, TextClassifier
from knowledge.classifier.views import Message

EXAMPLES = {
    "ask_fees": ["combien coute le passeport", "شحال كتسوى لاكارط", "كم ثمن الجواز", "ch7al f passeport", "prix cin"],
    "ask_where": [
        "où déposer le dossier",
        "فين نقدم الملف",
        "أين أقدم الطلب",
        "fin n9dem dossier",
        "où aller pour la cin",
    ],
    "greet": ["bonjour", "سلام", "السلام عليكم", "salam", "salut"],
}


@pytest.fixture(scope="module")
def model() -> TextClassifier:
    pairs = [(text, intent) for intent, texts in EXAMPLES.items() for text in texts]
    return TextClassifier.train([text for text, _ in pairs], [intent for _, intent in pairs], Options(seed=1))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("combien ? et où", ["combien", "oulieu"], id="a question mark and an and"),
        pytest.param("شنو الوراق وشحال الثمن", ["شنو الوراق", "شحال الثمن"], id="an and in front of a question word"),
        pytest.param("وراق الباسبور وثمنو", ["وراق الباسبور", "ثمنو"], id="و that begins a word is no and"),
        pytest.param("taman w lmodda wfin", ["taman", "lmodda", "fin"], id="Arabizi and, attached or not"),
        pytest.param("75.50 dh ou 1,000", ["7550 dirham ou 1000"], id="points inside numbers divide nothing"),
        pytest.param("؟؟", [], id="nothing but punctuation"),
    ],
)
def test_a_message_divides_into_its_questions(text: str, parts: list[str]) -> None:
    assert clauses(text) == parts


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("combien ca coute", True),
        ("prix", True),
        ("شحال", True),
        ("passeport expire", False),
        ("fils de 16 ans", False),
    ],
)
def test_a_clause_asks_by_a_question_word_or_by_naming_what_is_asked(clause: str, expected: bool) -> None:
    assert asks(clause) is expected


def test_numbers_are_seen_as_their_kind() -> None:
    assert Message.of("PA-2026-004217 né le 12/03/1990, 300 dh").words == (
        *("numdossier", "ne", "le", "ladate", "0", "dirham"),
    )


def test_a_stored_model_gives_the_same_probabilities(model: TextClassifier, tmp_path: Path) -> None:
    model.save(tmp_path)
    texts = ["combien coute la cin", "فين نمشي", "", "zzz"]
    assert np.allclose(TextClassifier.load(tmp_path).probabilities(texts), model.probabilities(texts), atol=5e-3)


def test_training_twice_gives_the_same_model(model: TextClassifier) -> None:
    pairs = [(text, intent) for intent, texts in EXAMPLES.items() for text in texts]
    again = TextClassifier.train([text for text, _ in pairs], [intent for _, intent in pairs], Options(seed=1))
    assert np.array_equal(again.weights, model.weights)


def test_a_damaged_model_is_refused(model: TextClassifier, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        TextClassifier.load(tmp_path)


def test_probabilities_of_any_text_add_up_to_one(model: TextClassifier) -> None:
    assert np.allclose(model.probabilities(["", "😀", "combien", "x" * 4096]).sum(axis=1), 1.0)


def test_courtesy_gives_way_to_the_question_beside_it(model: TextClassifier) -> None:
    reading = read(model, "salam, fin n9dem dossier ?", clause_threshold=0.4)
    assert reading.ranking[0][0] == "ask_where"
    assert [facet for facet, _ in reading.facets] == ["where"]


def test_a_changed_word_list_makes_rasa_train_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = intent_classifier.FacetIntentClassifier
    monkeypatch.setattr(intent_classifier, "LEXICON", tmp_path / "lexicon")
    (tmp_path / "lexicon").mkdir()
    words = tmp_path / "lexicon" / "concepts.json"
    words.write_text("{}", encoding="utf-8")
    before = classifier.fingerprint_addon({})
    assert classifier.fingerprint_addon({}) == before
    words.write_text('{"howmuch": "combien"}', encoding="utf-8")
    assert classifier.fingerprint_addon({}) != before
