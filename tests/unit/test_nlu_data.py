"""The training examples and the development set are what they claim to be: enough, different, and kept apart.

Two texts are near-duplicates when they have the same words, in any order, after normalisation; or, from
`LONG` words on, when they share at least `ALIKE` of their words (Jaccard index of the two word multisets).
Across intents only the same words count: "fin passeport" and "ch7al passeport" must both be learnt.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from knowledge.language.normalise import tokens

ROOT = Path(__file__).parents[2]
NLU_FILES = sorted((ROOT / "nlu_data" / "nlu").rglob("*.yml"))
DEV_FILES = sorted((ROOT / "tests" / "evaluation").rglob("*.jsonl"))
SHEETS = ROOT / "knowledge" / "content"

VARIETIES = ("fr", "ar", "ary", "ary-Latn")
FACETS = ("overview", "documents", "steps", "fees", "processing_time", "where", "eligibility", "validity")
INTENTS = (
    *(f"ask_{facet}" for facet in FACETS),
    *("status", "complaint", "agent", "greet", "thanks", "goodbye", "help", "language", "stop"),
    *("affirm", "deny", "out_of_scope"),
)
PLENTY, ENOUGH = 60, 25  # different examples per variety: of what is asked most, and of everything else
LONG, ALIKE = 4, 0.7  # words; share of common words
MOST_LINES = 400
PRIVATE_NUMBER = re.compile(r"\d{5,}|\d[\d .-]{7,}\d")  # phone, file and identity numbers
ONE_ENTRY = re.compile(r"^  # (?P<variety>\S+)\n  - intent: (?P<intent>\w+)\n    examples: \|\n", re.MULTILINE)


class Example(NamedTuple):
    intent: str
    variety: str
    text: str
    words: frozenset[tuple[str, int]]  # the multiset of normalised words: a second "la" is ("la", 1)


def words(text: str) -> frozenset[tuple[str, int]]:
    return frozenset((word, n) for word, times in Counter(tokens(text)).items() for n in range(times))


def read(file: Path) -> Iterator[Example]:
    """The examples of one file, with the variety named in the comment above each entry."""
    text = file.read_text(encoding="utf-8")
    entries = yaml.safe_load(text)["nlu"]
    headings = list(ONE_ENTRY.finditer(text))
    assert [heading["intent"] for heading in headings] == [entry["intent"] for entry in entries], (
        f"{file.name}: every entry needs a comment with its variety above it"
    )
    for heading, entry in zip(headings, entries, strict=True):
        for line in entry["examples"].splitlines():
            example = line.removeprefix("- ")
            yield Example(entry["intent"], heading["variety"], example, words(example))


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example for file in NLU_FILES for example in read(file)]


@pytest.fixture(scope="module")
def development() -> list[dict]:
    return [json.loads(line) for file in DEV_FILES for line in file.read_text(encoding="utf-8").splitlines()]


class Index:
    """Examples by their words: only what shares words with a text is compared with it, not all with all."""

    def __init__(self, examples: list[Example]) -> None:
        self.examples = examples
        self._same: dict[frozenset, list[int]] = {}
        self._with: dict[tuple[str, int], list[int]] = {}
        for number, example in enumerate(examples):
            self._same.setdefault(example.words, []).append(number)
            for word in example.words:
                self._with.setdefault(word, []).append(number)

    def like(self, words: frozenset) -> Iterator[int]:
        """The numbers of the near-duplicates of a text with these words; its own, where it is one of the examples."""
        yield from self._same.get(words, ())
        if len(words) < LONG:
            return
        common = Counter(number for word in words for number in self._with.get(word, ()))
        for number, shared in common.items():
            other = self.examples[number].words
            if other != words and len(other) >= LONG and shared >= ALIKE * (len(words) + len(other) - shared):
                yield number


def test_near_duplicates_have_the_same_words_or_most_of_them() -> None:
    texts = ("combien coute le passeport", "le passeport combien coute", "combien coute le le passeport", "passeport")
    index = Index([Example("ask_fees", "fr", text, words(text)) for text in texts])

    assert [sorted(index.like(words(text))) for text in texts] == [[0, 1, 2], [0, 1, 2], [0, 1, 2], [3]]
    assert list(index.like(words("combien coute la carte"))) == []


@pytest.mark.parametrize("file", NLU_FILES, ids=lambda file: file.name)
def test_a_file_is_short_and_each_of_its_lines_is_one_plain_example(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert "\t" not in text
    assert [e.text for e in read(file) if e.text != " ".join(e.text.split()) or not e.words] == []
    assert [e.text for e in read(file) if e.text.startswith("/") or re.search(r"\[.*\]", e.text)] == []


def test_every_intent_has_enough_different_examples_in_every_variety(examples: list[Example]) -> None:
    found = Counter((e.intent, e.variety) for e in examples)
    needed = {
        (intent, variety): PLENTY if intent.startswith("ask_") or intent == "out_of_scope" else ENOUGH
        for intent in INTENTS
        for variety in VARIETIES
    }
    assert set(found) == set(needed)
    assert {key: found[key] for key, least in needed.items() if found[key] < least} == {}


def test_no_example_stands_twice_even_under_another_intent(examples: list[Example]) -> None:
    first: dict[frozenset, Example] = {}
    twice = [(e, first[e.words]) for e in examples if first.setdefault(e.words, e) is not e]
    assert twice == []


@pytest.mark.parametrize("intent", INTENTS)
def test_no_two_examples_of_an_intent_are_near_duplicates(intent: str, examples: list[Example]) -> None:
    own = [e for e in examples if e.intent == intent]
    index = Index(own)
    near = [(one.text, own[other].text) for n, one in enumerate(own) for other in index.like(one.words) if other > n]
    assert near == []


def test_examples_hold_no_phone_file_or_identity_number(examples: list[Example]) -> None:
    assert [e.text for e in examples if PRIVATE_NUMBER.search(e.text)] == []


def test_no_text_of_the_development_set_is_in_the_training_data(
    examples: list[Example], development: list[dict]
) -> None:
    index = Index(examples)
    leaks = [(line["text"], examples[n].text) for line in development for n in index.like(words(line["text"]))]
    assert leaks == []


def test_the_development_set_has_120_different_messages_in_every_variety(development: list[dict]) -> None:
    distinct = {words(line["text"]): line["variety"] for line in development}
    counts = Counter(distinct.values())
    assert len(distinct) == len(development) == len({line["id"] for line in development})
    assert {variety: counts[variety] >= 120 for variety in counts} == dict.fromkeys(VARIETIES, True)


def test_the_development_set_uses_only_known_intents_facets_and_sheets(development: list[dict]) -> None:
    sheets = {f"{path.parent.name}.{path.stem}" for path in SHEETS.glob("*/*.yaml")}
    wrong = [line for line in development if _problem(line, sheets)]
    assert wrong == []


def _problem(line: dict, sheets: set[str]) -> bool:
    asked = line["intent"] == "procedure"
    return (
        line["intent"] not in {"procedure", *INTENTS}
        or line["country"] not in {"ma", "dz", "mr"}
        or not set(line["facets"]) <= set(FACETS)
        or line["facet"] != next(iter(line["facets"]), None)
        or not set(line["procedures"]) <= sheets
        or not asked == bool(line["facets"]) == bool(line["procedures"])
        or (line.get("near_miss", False) and line["intent"] != "out_of_scope")
    )
