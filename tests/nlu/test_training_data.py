"""nlu_data/: what editors write, checked before anything learns from it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bot.nlu.train_language import examples
from knowledge.language.normalise import normalise

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "nlu_data" / "nlu"
VARIETIES = ("fr", "ar", "ary", "ary-Latn")
FEWEST = 25


def _blocks() -> list[tuple[str, list[str]]]:
    """(intent, its examples) of every block."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.rglob("*.yml"))]
    return [
        (block["intent"], [line[2:] for line in block["examples"].splitlines() if line])
        for file in files
        for block in file["nlu"]
    ]


def test_every_intent_of_the_domain_has_examples_and_no_other_has() -> None:
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    named = {next(iter(intent)) for intent in domain["intents"]} - {"nlu_fallback"}
    assert {intent for intent, _ in _blocks()} == named


def test_every_variety_of_every_intent_has_enough_examples() -> None:
    blocks = iter(_blocks())
    counts: Counter[tuple[str, str]] = Counter()
    for path in sorted(FOLDER.rglob("*.yml")):
        variety = None
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("# ") and line.strip()[2:] in VARIETIES:
                variety = line.strip()[2:]
            if line.strip().startswith("- intent:"):
                assert variety is not None, f"{path.name}: a block without a language comment"
                intent, texts = next(blocks)
                counts[intent, variety] += len(texts)
    intents = {intent for intent, _ in counts}
    few = {(i, v): counts[i, v] for i in sorted(intents) for v in VARIETIES if counts[i, v] < FEWEST}
    assert few == {}


def test_no_text_is_an_example_of_two_intents() -> None:
    intents: dict[str, set[str]] = {}
    for intent, texts in _blocks():
        for text in texts:
            intents.setdefault(normalise(text), set()).add(intent)
    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_the_language_of_every_example_is_known() -> None:
    languages = Counter(language for _, language in examples(FOLDER))
    assert sum(languages.values()) == sum(len(texts) for _, texts in _blocks())
    assert set(languages) == set(VARIETIES)


@pytest.mark.parametrize("private", [r"\b0[5-7]\d{8}\b", r"@[\w-]+\.[a-z]{2,}"])
def test_no_example_holds_a_phone_number_or_an_address(private: str) -> None:
    assert [text for _, texts in _blocks() for text in texts if re.search(private, text)] == []
