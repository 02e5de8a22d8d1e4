"""One written form for search and for understanding, whatever keyboard a message came from.

Standard library only and Python 3.10-safe: Rasa's environment and the app share it.

Every character is folded on its own (`_Fold`), so that folding twice changes nothing; the few passes over
whole words that follow keep that property (tests/unit/knowledge/language proves it on random text).
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

LEXICON = Path(__file__).parent / "lexicon"

# What one keyboard writes for another's letter. Hamza carriers, alef maksura, ta marbuta; Persian and Urdu
# letters of phone keyboards; Maghrebi letters for g, v, p as most people type them (كريز, فاليز, باسبور).
_ARABIC = {
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ٱ": "ا",
    "ؤ": "و",
    "ئ": "ي",
    "ى": "ي",
    "ی": "ي",
    "ې": "ي",
    "ة": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    "ۀ": "ه",
    "ۃ": "ه",
    "ک": "ك",
    "ڪ": "ك",
    "گ": "ك",
    "ڭ": "ك",
    "ݣ": "ك",
    "ڨ": "ق",
    "ڤ": "ف",
    "ڥ": "ف",
    "پ": "ب",
    "چ": "ج",
    "ژ": "ج",
}
_LATIN = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "ı": "i", "ʼ": " ", "ʻ": " ", "ʾ": " ", "ʿ": " "}
_OWN = {**_ARABIC, **_LATIN, "ـ": ""}  # the last one is tatweel

_REMEMBERED = 64  # a message is read a dozen times while it is answered; being citizens' words, few are kept
_CACHED_CHARACTERS = 8192  # more than all letters of our languages; a bound against hostile text
_DISPLAYED_CONTROLS = "\n\t"


def _fold_once(text: str) -> str:
    out: list[str] = []
    for char in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()):
        own = _OWN.get(char)
        if own is not None:
            out.append(own)
        elif unicodedata.category(char) in ("Mn", "Me", "Cf"):
            continue  # accents, harakat, keycaps, bidi marks, joiners
        elif unicodedata.decimal(char, None) is not None:
            out.append(str(unicodedata.decimal(char)))
        else:
            out.append(char if char.isalnum() else " ")
    return "".join(out)


def _fold_character(char: str) -> str:
    folded = _fold_once(_OWN.get(char, char))  # before NFKD, which would split ڭ-like letters from our table
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


class _Fold(dict[int, str]):
    """A `str.translate` table that is filled as characters are met."""

    def __missing__(self, codepoint: int) -> str:
        folded = _fold_character(chr(codepoint))
        if len(self) < _CACHED_CHARACTERS:
            self[codepoint] = folded
        return folded


_FOLD = _Fold()
_HAMZA_IN_WORD = re.compile(r"(?<=[^\W\d_])ء+|ء+(?=[^\W\d_ء])")  # شراء = شرا; a hamza alone stays
_ELONGATED = re.compile(r"(e)e{2,}|([^\W\d_])\2{2,}")  # شحااااال, merciiii; "créée" keeps two; digits may repeat
_DIGIT_BY_ARABIC = re.compile(r"(?<=[ء-ي])(?=\d)|(?<=\d)(?=[ء-ي])")  # ب300درهم
_NUMBER_WITH_UNIT = re.compile(  # 300dh, 18ans, 5dh; but ch7al, 3lach, sa77a stay whole
    r"\b(\d{2,}(?=[a-z])|\d(?=(?:dhs?|mad|euros?|ans?|mois|jours?|h)\b))"
)
_DIGIT = re.compile(r"\d")
_ELIDES = frozenset("jlpqd")  # letters that begin what _ELIDED finds: most words are not looked at
_ELIDED = re.compile(r"((?:jus|lors|puis|quel)?qu|[ldj])(?=[aeiouh])([a-z]{4,})")  # lattestation, dextrait, quelle


@lru_cache(maxsize=1)
def shorthand() -> dict[str, str]:
    """SMS shorthand → what it stands for, both in normalised form (lexicon/shorthand.json)."""
    table: dict[str, str] = json.loads((LEXICON / "shorthand.json").read_text(encoding="utf-8"))
    return table


@lru_cache(maxsize=1)
def french_words() -> frozenset[str]:
    """Frequent French words in normalised form (lexicon/french.json)."""
    words: list[str] = json.loads((LEXICON / "french.json").read_text(encoding="utf-8"))
    return frozenset(words)


@lru_cache(maxsize=_REMEMBERED)
def normalise(text: str) -> str:
    """The form in which texts are compared: folded words, one space between them, no punctuation.

    Idempotent. Not empty where `text` has a letter. Any string is accepted, lone surrogates included.
    """
    folded = text.translate(_FOLD)
    if "ء" in folded:
        folded = _HAMZA_IN_WORD.sub("", folded)
    folded = _ELONGATED.sub(_shorten, folded)
    if _DIGIT.search(folded):
        folded = _NUMBER_WITH_UNIT.sub(r"\1 ", _DIGIT_BY_ARABIC.sub(" ", folded))
    table = shorthand()
    return " ".join([table.get(word) or _with_elision(word) for word in folded.split()])


def _with_elision(word: str) -> str:
    """Put back the gap of an apostrophe left out (lattestation), where the rest is French and the whole is no word."""
    if word[0] not in _ELIDES:
        return word
    elided = _ELIDED.fullmatch(word)
    if elided is None or elided[2] not in french_words() or word in french_words():
        return word
    return f"{elided[1]} {elided[2]}"


def _shorten(repeated: re.Match[str]) -> str:
    return "ee" if repeated[1] else repeated[2]


def tokens(text: str) -> list[str]:
    """The words of `text` in normalised form."""
    return normalise(text).split()


def ascii_digits(text: str) -> str:
    """`text` with Arabic-Indic, Persian and full-width digits as 0-9; everything else unchanged."""
    if text.isascii():
        return text
    return "".join(
        char if char.isascii() or (digit := unicodedata.decimal(char, None)) is None else str(digit) for char in text
    )


def clean(text: str) -> str:
    """A form that is safe to store and show: NFC, no bidi or zero-width controls, no control characters.

    New lines and tabs stay. A joined emoji family falls apart into its members: its joiner is invisible too.
    """
    kept = "".join(
        char for char in text if char in _DISPLAYED_CONTROLS or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )
    return unicodedata.normalize("NFC", kept).strip()
