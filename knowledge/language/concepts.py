"""What the words of a question are about, across languages: شحال, combien and كم are all `howmuch`.

lexicon/concepts.json says which words ask for money, a place, papers, time ... and which name a procedure or the
world outside the service. Editors can read and extend it. The intent classifier uses it as one more view of a message.
"""

from __future__ import annotations

import json
from functools import lru_cache

from knowledge.language.normalise import LEXICON
from knowledge.language.stem import forms, skeleton

_SHORTEST_SKELETON = 3  # consonants: fewer are shared by too many words


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[str, ...]]:
    """Word in normalised form → its concepts."""
    stored: dict[str, str] = json.loads((LEXICON / "concepts.json").read_text(encoding="utf-8"))
    found: dict[str, tuple[str, ...]] = {}
    for concept, words in stored.items():
        for word in words.split():
            found[word] = (*found.get(word, ()), concept)
    return found


@lru_cache(maxsize=1)
def _by_skeleton() -> dict[str, tuple[str, ...]]:
    """Consonants → concepts, where all words with these consonants agree."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for word, about in lexicon().items():
        consonants = skeleton(word)
        if len(consonants) >= _SHORTEST_SKELETON:
            found.setdefault(consonants, set()).add(about)
    return {consonants: next(iter(abouts)) for consonants, abouts in found.items() if len(abouts) == 1}


@lru_cache(maxsize=8192)
def concepts_of(word: str) -> tuple[str, ...]:
    """The concepts of one word in normalised form (Arabizi already in Arabic script); empty when it is not known."""
    candidates = forms(word)
    known = lexicon()
    for form in candidates:
        if form in known:
            return known[form]
    if word.isascii():
        return ()
    consonants = _by_skeleton()
    for form in candidates:
        if (about := consonants.get(skeleton(form))) is not None:
            return about
    return ()


def concepts(words: list[str]) -> list[str]:
    """The concepts of `words`, in order, unknown words left out."""
    return [concept for word in words for concept in concepts_of(word)]
