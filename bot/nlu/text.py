"""What the classifier sees of a message: three views of it, and its clauses. Pure functions, no Rasa."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Container

from knowledge.language.arabizi import known_words, to_arabic
from knowledge.language.concepts import concepts_of, lexicon
from knowledge.language.normalise import normalise
from knowledge.language.stem import skeleton

# Shapes become words, so that one example of a file number stands for all of them.
FILE_NUMBER = re.compile(r"(?<![^\W\d_])[a-z]{2}[\W_]{0,4}\d{4}[\W_]{0,4}\d(?:[\W_]{0,2}\d){5}(?!\d)", re.IGNORECASE)
DATE = re.compile(r"(?<!\d)(?:\d{1,2}[\W_]{1,3}\d{1,2}[\W_]{1,3}\d{4}|\d{4}[\W_]{1,3}\d{1,2}[\W_]{1,3}\d{1,2})(?!\d)")
_NUMBER = re.compile(r"\b\d+\b")
ASKED, RARE, NOTHING, WHERE = "qqq", "rare", "none", "oulieu"  # words of the views
# "où" loses its accent in the normalised form, and most keyboards' users leave it out: where, not or
_WHERE = re.compile(
    r"(?<!\w)(?:où|ou(?=\s+(?:est|sont|se|je|on|puis|peut|faire|aller|deposer|déposer|trouver)\b))", re.IGNORECASE
)
_LONGEST = 600  # characters classified: the question is in the first ones, and time stays bounded

_STOP = re.compile(r"[?؟!.,،؛;:\n]+")
_STOP_IN_NUMBER = re.compile(r"(?<=\d)[.,،:](?=\d)")
_AND = frozenset({"w", "wa", "o", "et", "and", "puis", "ensuite", "mais", "و", "ولكن"})
_INTERROGATIVE = frozenset({"howmuch", "where", "how", "when", "who", "what", "whether"})
_ASKED_BY_NAME = frozenset({"money", "delay", "doc", "steps", "valid", "office"})  # "casier: prix, délai"
_SHORT = 3  # words of a question that only names what is asked


@dataclass(frozen=True)
class Message:
    """One message, word by word: normalised with Arabizi in Arabic script, and the consonants of each word."""

    words: tuple[str, ...]
    skeletons: tuple[str, ...]
    asked: bool  # with a question mark

    @classmethod
    def of(cls, text: str) -> Message:
        """File numbers, dates and other numbers are replaced by their kind."""
        shaped = DATE.sub(" ladate ", FILE_NUMBER.sub(" numdossier ", _WHERE.sub(WHERE, text[:_LONGEST])))
        words = tuple(to_arabic(_NUMBER.sub("0", normalise(shaped))).split())
        return cls(words, tuple(skeleton(word) or word for word in words), "?" in shaped or "؟" in shaped)

    def views(self, known: Container[str]) -> dict[str, str]:
        """The same message three times, so that examples in one script, spelling or language help the others.

        `words`, `skeletons`, and `concepts`: what the words are about (combien, شحال and كم are one concept). A word
        that is about nothing we know and whose skeleton is not in `known` is RARE: the world outside the service.
        """
        question = [ASKED] if self.asked else []
        about: list[str] = []
        for word, consonants in zip(self.words, self.skeletons, strict=True):
            about.extend(concepts_of(word) or ([] if consonants in known else [RARE]))
        return {
            "words": " ".join([*self.words, *question]),
            "skeletons": " ".join([*self.skeletons, *question]),
            "concepts": " ".join(about) or NOTHING,
        }


def clauses(text: str) -> list[str]:
    """The parts of a message that could each be a question of its own, in order, in normalised form.

    Parts end at punctuation and at an "and"; in Arabic script that is also a و in front of a question word or of the
    name of what is asked (وشحال, والثمن, but not وراق, which is a word).
    """
    found: list[str] = []
    for part in _STOP.split(_STOP_IN_NUMBER.sub("", _WHERE.sub(WHERE, text[:_LONGEST]))):
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
