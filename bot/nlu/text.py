"""The clauses of a message: each could be a question of its own. Pure functions, no Rasa."""

from __future__ import annotations

import re

from knowledge.classifier.views import spell_where
from knowledge.language.arabizi import known_words, to_arabic
from knowledge.language.concepts import concepts_of, lexicon
from knowledge.language.normalise import normalise

_STOP = re.compile(r"[?؟!.,،؛;:\n]+")
_STOP_IN_NUMBER = re.compile(r"(?<=\d)[.,،:](?=\d)")
_AND = frozenset({"w", "wa", "o", "et", "and", "puis", "ensuite", "mais", "و", "ولكن"})
_INTERROGATIVE = frozenset({"howmuch", "where", "how", "when", "who", "what", "whether"})
_ASKED_BY_NAME = frozenset({"money", "delay", "doc", "steps", "valid", "office"})  # "casier: prix, délai"
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


def _after_and(word: str) -> str | None:
    """What follows the "and" that `word` begins with: "" when it is nothing else, None when it does not."""
    if word in _AND:
        return ""
    if word[0] not in "وw" or word in lexicon() or word in known_words():
        return None
    rest = word[1:]
    spelled = known_words().get(rest, rest)
    return rest if set(concepts_of(spelled)) & (_INTERROGATIVE | _ASKED_BY_NAME) else None
