"""Thousands of sheets that no office wrote, for the benchmark of the search only: never shown, never a fact.

Each takes its form (how many names and questions a variety, which facts) from a real sheet. Its names and questions are
parts of real phrases around words of invented syllables, the same words in Arabic and in Latin letters. The same `seed`
makes the same sheets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from knowledge.faq import FaqEntry
from knowledge.loader import Catalogue
from knowledge.procedures import Country, Phrases, Procedure

VARIETIES = ("ar", "fr", "ary", "ary-Latn")
SEED = 20261122
_CONSONANTS = dict(zip("bdfjklmnrstz", "بدفجكلمنرستز", strict=True)) | {"ch": "ش", "gh": "غ", "kh": "خ"}
_VOWELS = {"a": "ا", "i": "ي", "ou": "و"}
_SHARED_WORDS = 400  # invented words that many synthetic sheets use, as "attestation" is used by real ones
_SHORT_TITLE = 20  # characters of a button
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

Word = dict[str, str]  # one invented word by variety
Pools = dict[str, list[list[str]]]  # real phrases by variety, each as its words


def synthetic_sheets(real: Catalogue, count: int, seed: int = SEED) -> Iterator[Procedure]:
    """`count` sheets, each after a real one in turn."""
    chance = random.Random(seed)
    models = [sheet for sheet in real if not isinstance(sheet, FaqEntry)]
    names, questions = _pools([sheet.aliases for sheet in models]), _pools([sheet.questions for sheet in models])
    phrases = [words for pools in (names, questions) for pool in pools.values() for words in pool]
    real_words = {word.casefold() for words in phrases for word in words}
    invented = _invented_words(chance, _SHARED_WORDS + 2 * count, real_words)
    shared, own = invented[:_SHARED_WORDS], invented[_SHARED_WORDS:]
    for number in range(count):
        model = models[number % len(models)]
        subject = [*own[2 * number : 2 * number + 2], *chance.choices(shared, k=2)]
        yield _sheet(model, number, subject, names, questions, chance)


def write_sheets(sheets: Sequence[Procedure], folder: Path) -> None:
    """Each sheet as `folder/<country>/<id>.yaml`, as an editor's file."""
    for country in Country:
        (folder / country).mkdir(parents=True, exist_ok=True)
    for sheet in sheets:
        value = sheet.model_dump(mode="json", by_alias=True, exclude_none=True)
        text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
        (folder / sheet.country / f"{sheet.id.partition('.')[2]}.yaml").write_text(text, "utf-8")


def _sheet(
    model: Procedure, number: int, subject: list[Word], names: Pools, questions: Pools, chance: random.Random
) -> Procedure:
    """A sheet after `model` about `subject`: two words of its own, then two that others have too."""
    title = {
        language: f"{' '.join(chance.choice(names[language])[:2])} {subject[0][language]} {subject[2][language]}"
        for language in ("ar", "fr", "ary")
    }
    changed = {
        "id": f"{model.country}.synthetic_{number:05d}",
        "title": title,
        "short_title": {language: subject[0][language][:_SHORT_TITLE] for language in title},
        "summary": {language: f"{text} {subject[3][language]}." for language, text in title.items()},
        "aliases": _phrases(model.aliases, subject, names, chance),
        "questions": _phrases(model.questions, subject, questions, chance),
        "related": (),
        "minor_variant": None,
    }
    return Procedure.model_validate(model.model_dump(mode="json", by_alias=True) | changed)


def _phrases(like: Phrases, subject: list[Word], pool: Pools, chance: random.Random) -> dict[str, list[str]]:
    """As many phrases a variety as `like` has, none twice."""
    made: dict[str, list[str]] = {}
    for variety, texts in like.model_dump(by_alias=True).items():
        phrases: dict[str, None] = {}
        while len(phrases) < len(texts):
            phrases[_phrase(chance.choice(pool[variety]), [word[variety] for word in subject], chance)] = None
        made[variety] = list(phrases)
    return made


def _phrase(words: list[str], subject: list[str], chance: random.Random) -> str:
    """A real phrase, its longest word replaced by one of the sheet's own; every other time a shared word follows."""
    at = max(range(len(words)), key=lambda position: (len(words[position]), position))
    said = [*words[:at], chance.choice(subject[:2]), *words[at + 1 :]]
    if chance.random() < 0.5:
        said.insert(at + 1, chance.choice(subject[2:]))
    return " ".join(said)


def _pools(all_phrases: list[Phrases]) -> Pools:
    """Without numbers, which a sheet must give alike in each language; in Arabizi digits are letters."""
    pools: Pools = {variety: [] for variety in VARIETIES}
    for phrases in all_phrases:
        for variety, texts in phrases.model_dump(by_alias=True).items():
            plain = [text for text in texts if not any(letter.isdigit() for letter in text)]
            pools[variety] += [text.split() for text in (plain if variety != "ary-Latn" else texts)]
    return pools


def _invented_words(chance: random.Random, count: int, real_words: set[str]) -> list[Word]:
    """Words of two to four syllables, no two alike in either script, none a real one: "dariba" is a tax."""
    words: dict[str, str] = {}  # Latin to Arabic: each syllable has one letter pair, so both are unique
    while len(words) < count:
        size = chance.choices((2, 3, 4), weights=(2, 5, 3))[0]
        syllables = [(chance.choice(list(_CONSONANTS)), chance.choice(list(_VOWELS))) for _ in range(size)]
        latin = "".join(consonant + vowel for consonant, vowel in syllables)
        if latin not in real_words:
            words.setdefault(latin, "".join(_CONSONANTS[c] + _VOWELS[v] for c, v in syllables))
    return [{"fr": latin, "ary-Latn": latin, "ar": arabic, "ary": arabic} for latin, arabic in words.items()]
