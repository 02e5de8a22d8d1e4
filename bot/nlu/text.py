"""What the classifier sees of a message: two views of it, and its clauses. Pure functions, no Rasa."""

from __future__ import annotations

import re

from knowledge.language.arabizi import to_arabic
from knowledge.language.normalise import normalise

# Shapes become words, so that one example of a file number stands for all of them.
FILE_NUMBER = re.compile(r"(?<![^\W\d_])[a-z]{2}[\W_]{0,4}\d{4}[\W_]{0,4}\d(?:[\W_]{0,2}\d){5}(?!\d)", re.IGNORECASE)
DATE = re.compile(r"(?<!\d)(?:\d{1,2}[\W_]{1,3}\d{1,2}[\W_]{1,3}\d{4}|\d{4}[\W_]{1,3}\d{1,2}[\W_]{1,3}\d{1,2})(?!\d)")
_NUMBER = re.compile(r"\b\d+\b")
_LONGEST = 600  # characters classified: the question is in the first ones, and time stays bounded

_QUESTION_WORDS = (
    "شحال بشحال فين فاين وين منين كيفاش كيف واش شنو اش اشنو شنهي شنهو شكون علاش فوقاش وقتاش امتي قداش كم اين متي ما هل "
    "ماذا لماذا كيفيه لازم خاص خاصني"
)
_ATTACHED_AND = re.compile(rf"(?<!\S)و(?=(?:{'|'.join(_QUESTION_WORDS.split())})(?!\S))")
_LATIN_AND = re.compile(r"(?<!\S)(?:w|o|ou|wa)(?=(?:ch7al|chhal|bch7al|fin|kifach|chno|wach|imta|fo9ach|mnin)(?!\S))", re.IGNORECASE)
_BOUNDARY = re.compile(r"[?؟!.,،؛;:\n]+|(?<!\S)(?:w|wa|o|et|and|puis|ensuite|mais|ولكن|و)(?!\S)", re.IGNORECASE)
_PUNCTUATION_IN_NUMBER = re.compile(r"(?<=\d)[.,،:](?=\d)")


def views(text: str) -> dict[str, str]:
    """`normal`: the message in normalised form; `arabic`: the same with Arabizi in Arabic script.

    Both have file numbers, dates and other numbers replaced by their kind, and `?` as a word where one was asked.
    """
    shaped = DATE.sub(" ladate ", FILE_NUMBER.sub(" numdossier ", text[:_LONGEST]))
    asked = " qqq" if "?" in shaped or "؟" in shaped else ""
    normal = _NUMBER.sub("0", normalise(shaped))
    return {"normal": normal + asked, "arabic": to_arabic(normal) + asked}


def clauses(text: str) -> list[str]:
    """The parts of a message that could each be a question of its own, in order; at least one."""
    joined = _PUNCTUATION_IN_NUMBER.sub("", text[:_LONGEST])
    spaced = _LATIN_AND.sub("w ", _ATTACHED_AND.sub("و ", joined))
    parts = [part.strip() for part in _BOUNDARY.split(spaced)]
    return [part for part in parts if normalise(part)] or [text]
