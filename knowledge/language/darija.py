"""Dialect words → the one standard Arabic word that stands for them, so that a text in MSA teaches a text in Darija.

lexicon/darija.json: {standard word: "dialect words"}, all in normalised form; Moroccan Darija first, then Algerian,
Hassaniya, Tunisian and Levantine words. Verbs stand there with their inflected and negated forms. It is built:
build_darija.py says from what. lexicon/standard.json lists frequent standard words that stand for themselves.
"""

from __future__ import annotations

import json
from functools import lru_cache

from knowledge.language.normalise import LEXICON
from knowledge.language.stem import forms


@lru_cache(maxsize=1)
def lexicon() -> dict[str, str]:
    """Dialect word → standard word or words ("ما زال"), both in normalised form."""
    stored: dict[str, str] = json.loads((LEXICON / "darija.json").read_text(encoding="utf-8"))
    return {word: standard for standard, words in stored.items() for word in words.split()}


@lru_cache(maxsize=1)
def standard_words() -> frozenset[str]:
    """Words that stand for themselves: those of lexicon/standard.json, and what dialect words are read as."""
    listed: str = json.loads((LEXICON / "standard.json").read_text(encoding="utf-8"))["words"]
    return frozenset((*listed.split(), *(word for words in lexicon().values() for word in words.split())))


def is_known(word: str) -> bool:
    """Whether `word` in normalised form is in one of the two, as it is written."""
    return word in lexicon() or word in standard_words()


@lru_cache(maxsize=8192)
def standard(word: str) -> str:
    """The standard word of one word in normalised form (Arabizi already in Arabic script); `word` when none is known.

    The longest form that is known counts: تتبع is standard itself and not ت + تبع, البلديه is بلديه and not ب + لديه.
    """
    known, itself = lexicon(), standard_words()
    for form in forms(word):
        if form in known:
            return known[form]
        if form in itself:
            return form
    return word
