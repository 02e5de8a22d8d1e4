"""Dialect words → the one standard Arabic word that stands for them, so that a text in MSA teaches a text in Darija.

lexicon/darija.json: {standard word: "dialect words"}, all in normalised form; Moroccan Darija first, then Algerian,
Hassaniya, Tunisian and Levantine words. Verbs stand there with their inflected and negated forms.
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
def _standard() -> frozenset[str]:
    return frozenset(lexicon().values())


@lru_cache(maxsize=8192)
def standard(word: str) -> str:
    """The standard word of one word in normalised form (Arabizi already in Arabic script); `word` when none is known.

    A word that is standard itself is left alone before its clitics are taken off: تتبع is not ت + تبع.
    """
    known = lexicon()
    if word in known:
        return known[word]
    if word in _standard():
        return word
    return next((known[form] for form in forms(word)[1:] if form in known), word)
