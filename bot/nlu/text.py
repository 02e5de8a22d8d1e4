"""The clauses of a message, each of which could be a question of its own, and the facets that they name. No Rasa."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from knowledge.classifier.views import spell_where
from knowledge.language.arabizi import known_words, to_arabic
from knowledge.language.concepts import concepts_of, lexicon
from knowledge.language.normalise import normalise
from knowledge.language.stem import forms

_NAMES = Path(__file__).parent / "facet_names.json"
_STOP = re.compile(r"[?؟!.,،؛;:\n+&]+")
_STOP_IN_NUMBER = re.compile(r"(?<=\d)[.,،:](?=\d)")
_AND = frozenset({"w", "wa", "o", "et", "and", "puis", "ensuite", "mais", "و", "ولكن"})
_INTERROGATIVE = frozenset({"howmuch", "where", "how", "when", "who", "what", "whether"})
_ASKED_BY_NAME = frozenset({"money", "delay", "doc", "steps", "valid", "office"})  # "casier: prix, délai"
_EDGE = 3  # words beside an "and" among which a name counts: "dossier à préparer et délai"
_REMEMBERED = 8192  # words, each met again and again
_SHORT = 3  # words of a question that only names what is asked


def clauses(text: str) -> list[str]:
    """The parts of a message that could each be a question of its own, in order, in normalised form.

    Parts end at punctuation and at an "and"; in Arabic script that is also a و in front of a question word or of the
    name of what is asked (وشحال, والثمن, but not وراق, which is a word).
    """
    found: list[str] = []
    for part in _STOP.split(_STOP_IN_NUMBER.sub("", spell_where(text))):
        words: list[str] = []
        for word in normalise(part).split():
            joined = _after_and(word)
            if joined is not None:
                found.append(" ".join(words))
                words = []
            if joined != "":
                words.append(joined or word)
        found.append(" ".join(words))
    return [clause for clause in found if clause]


def asks(clause: str) -> bool:
    """Whether a clause is a question: it has a question word, or is nothing but the name of what is asked."""
    about = [concepts_of(word) for word in to_arabic(clause).split()]
    named = {concept for concepts in about for concept in concepts}
    return bool(named & _INTERROGATIVE) or (
        len(about) <= _SHORT and bool(named & _ASKED_BY_NAME) and "proc" not in named
    )


@lru_cache(maxsize=1)
def _facet_names() -> dict[str, str]:
    """Word in normalised form → the facet that it names by itself; "" for words that say the thing is there already."""
    stored: dict[str, str] = json.loads(_NAMES.read_text(encoding="utf-8"))
    return {normalise(word): facet for facet, words in stored.items() for word in words.split()}


@lru_cache(maxsize=_REMEMBERED)
def _named_by(word: str) -> str | None:
    """What `_facet_names` says of a word in any of its forms."""
    names = _facet_names()
    return next((names[form] for form in (*forms(word), *forms(to_arabic(word))) if form in names), None)


def named_facet(clause: str, *, first: bool) -> str | None:
    """The facet that a clause names without asking, beside an "and": "carte grise papiers | et prix" names documents.

    `first`: the "and" follows the clause, so that its end counts, else its beginning. "j'ai mes papiers et …" asks for
    no papers.
    """
    read = [_named_by(word) for word in clause.split()]
    if "" in read:
        return None
    edge = read[-_EDGE:] if first else read[:_EDGE]
    named = [facet for facet in edge if facet]
    if "validity" in named:  # "durée de validité"
        return "validity"
    return (named[-1] if first else named[0]) if named else None


@lru_cache(maxsize=_REMEMBERED)
def _after_and(word: str) -> str | None:
    """What follows the "and" that `word` begins with: "" when it is nothing else, None when it does not."""
    if word in _AND:
        return ""
    if word[0] not in "وw" or word in lexicon() or word in known_words():
        return None
    rest = word[1:]
    spelled = known_words().get(rest, rest)
    if set(concepts_of(spelled)) & (_INTERROGATIVE | _ASKED_BY_NAME):
        return rest
    return rest if any(_facet_names().get(form) for form in forms(spelled)) else None
