"""What the classifier sees of a message: the same words in several forms, so that spellings and languages meet."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge.language.arabizi import to_arabic
from knowledge.language.concepts import concepts_of
from knowledge.language.darija import standard
from knowledge.language.normalise import normalise
from knowledge.language.stem import forms, skeleton

# Shapes become words, so that one example of a file number stands for all of them.
FILE_NUMBER = re.compile(r"(?<![^\W\d_])[a-z]{2}[\W_]{0,4}\d{4}[\W_]{0,4}\d(?:[\W_]{0,2}\d){5}(?!\d)", re.IGNORECASE)
DATE = re.compile(r"(?<!\d)(?:\d{1,2}[\W_]{1,3}\d{1,2}[\W_]{1,3}\d{4}|\d{4}[\W_]{1,3}\d{1,2}[\W_]{1,3}\d{1,2})(?!\d)")
_NUMBER = re.compile(r"\b\d+\b")
ASKED, RARE, NOTHING, WHERE = "qqq", "rare", "none", "oulieu"  # words of the views
# "où" loses its accent in the normalised form, and most keyboards' users leave it out: where, not or
_WHERE = re.compile(
    r"(?<!\w)(?:où|ou(?=\s+(?:est|sont|se|je|on|puis|peut|faire|aller|deposer|déposer|trouver)\b))", re.IGNORECASE
)
LONGEST = 600  # characters classified: the question is in the first ones, and time stays bounded
_REMEMBERED = 8192  # words, each met again and again
_REACH = 4  # words between which a pair is seen: "combien ... passeport"


def spell_where(text: str) -> str:
    """`text`, cut to `LONGEST`, in which the French "where" is a word of its own."""
    return _WHERE.sub(WHERE, text[:LONGEST])


def pairs(words: Sequence[str], reach: int = _REACH) -> str:
    """Every two words in order with at most `reach` - 1 words between them, as one word each."""
    return " ".join(f"{one}_{other}" for i, one in enumerate(words) for other in words[i + 1 : i + 1 + reach])


@lru_cache(maxsize=_REMEMBERED)
def _stem(word: str) -> str:
    return min(forms(word), key=len)


@dataclass(frozen=True)
class Message:
    """One message, word by word: normalised with Arabizi in Arabic script, and the consonants of each word."""

    words: tuple[str, ...]
    skeletons: tuple[str, ...]
    asked: bool  # with a question mark

    @classmethod
    def of(cls, text: str) -> Message:
        """File numbers, dates and other numbers are replaced by their kind."""
        shaped = DATE.sub(" ladate ", FILE_NUMBER.sub(" numdossier ", spell_where(text)))
        words = tuple(to_arabic(_NUMBER.sub("0", normalise(shaped))).split())
        return cls(words, tuple(skeleton(word) or word for word in words), "?" in shaped or "؟" in shaped)

    def views(self, known: Container[str]) -> dict[str, str]:
        """The same message several times, so that examples in one script, spelling or language help the others.

        `standard`: dialect words as their standard Arabic word. `stems`: those without clitics and endings;
        `stem_pairs`: pairs of them that need not touch. `skeletons`: the consonants as written. `concepts`: what the
        words are about (combien, شحال and كم are one concept), and pairs of these. A word that is about nothing we
        know and whose skeleton is not in `known` is RARE: the world outside the service.
        """
        question = [ASKED] if self.asked else []
        about: list[str] = []
        for word, consonants in zip(self.words, self.skeletons, strict=True):
            about.extend(concepts_of(word) or ([] if consonants in known else [RARE]))
        plain = [one for word in self.words for one in standard(word).split()]
        stems = [_stem(word) for word in plain]
        return {
            "standard": " ".join([*plain, *question]),
            "stems": " ".join([*stems, *question]),
            "stem_pairs": pairs(stems),
            "skeletons": " ".join([*self.skeletons, *question]),
            "concepts": " ".join(about) or NOTHING,
            "concept_pairs": pairs(about),
        }
