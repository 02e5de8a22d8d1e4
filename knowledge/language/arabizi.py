"""Darija in Latin letters and digits ("ch7al f lpasspor") → the Arabic script of the same words.

A frequent word has its usual spelling in lexicon/arabizi.json; any other word is written letter by letter, as
Maghrebis read these letters: 2 ء 3 ع 5 خ 6 ط 7 ح 8 ه 9 ق, ch/sh/x ش, kh خ, gh غ, ou/o/u و. French words are
left alone: they are searched and classified as they are. Both sides are in normalised form.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from knowledge.language.normalise import LEXICON, french_words, normalise
from knowledge.language.spelling import respell

_LETTERS = [  # longest first; "e" is a short vowel, which Arabic script leaves out
    ("ch", "ش"), ("sh", "ش"), ("kh", "خ"), ("gh", "غ"), ("th", "ت"), ("dh", "د"), ("ph", "ف"), ("qu", "ك"),
    ("ou", "و"), ("oo", "و"), ("aa", "ا"), ("ee", "ي"), ("ii", "ي"), ("ai", "اي"), ("ay", "اي"),
    ("ei", "ي"), ("ey", "ي"), ("iy", "ي"), ("ya", "يا"), ("ia", "يا"), ("ce", "س"), ("ci", "سي"),
    ("2", "ا"), ("3", "ع"), ("4", "غ"), ("5", "خ"), ("6", "ط"), ("7", "ح"), ("8", "ه"), ("9", "ق"),
    ("a", "ا"), ("b", "ب"), ("c", "ك"), ("d", "د"), ("e", ""), ("f", "ف"), ("g", "ك"), ("h", "ه"), ("i", "ي"),
    ("j", "ج"), ("k", "ك"), ("l", "ل"), ("m", "م"), ("n", "ن"), ("o", "و"), ("p", "ب"), ("q", "ق"), ("r", "ر"),
    ("s", "س"), ("t", "ت"), ("u", "و"), ("v", "ف"), ("w", "و"), ("x", "ش"), ("y", "ي"), ("z", "ز"),
]  # fmt: skip
_TO_ARABIC = dict(_LETTERS)
_UNIT = re.compile("|".join(re.escape(latin) for latin, _ in _LETTERS))
_INITIAL_VOWEL = re.compile(r"^(?:e(?!l)|i)(?=[^aeiou])")  # imta, esmi: written with alef
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z2-9])\1+")  # shadda is not written

_LATIN_WORD = re.compile(r"[a-z0-9]+")
_DIGIT_AS_LETTER = re.compile(r"[a-z][2-9]|[2-9][a-z]")  # ch7al, 3lach; 2026 and PA004 have none of it in a word
_NOT_FRENCH = re.compile(  # letter sequences of Arabizi that French words do not have
    r"kh|gh(?![nt])|^(?:bgh|ch[bdfhjklmnqst]|dy|kt|ka[ny]|ma?ch[a-z]+ch$|nt|nk|nj|nd|ns|tn|tk|bz|mz|mn|wl|wa|ws|hd|ld|lw|lb|lm|ln|lj)"
    r"|[aeiou]ch$|iya$|aw[ae]?|ya$|q(?!u)|^w|[^aeiouy0-9]{5}"
)
_REMEMBERED = 16384  # words, each met again and again: thousands of sheets say two million with a few thousand


@lru_cache(maxsize=1)
def known_words() -> dict[str, str]:
    """Frequent Arabizi spellings → the word in Arabic script, both in normalised form (lexicon/arabizi.json)."""
    words: dict[str, str] = json.loads((LEXICON / "arabizi.json").read_text(encoding="utf-8"))
    return words


@lru_cache(maxsize=_REMEMBERED)
def is_arabizi(token: str) -> bool:
    """Whether one word is Darija in Latin letters. A word that is French as well ("la", "fin") is not."""
    word = normalise(token)
    if not _LATIN_WORD.fullmatch(word) or word.isdigit() or word in french_words():
        return False
    return word in known_words() or bool(_DIGIT_AS_LETTER.search(word) or _NOT_FRENCH.search(word))


def to_arabic(text: str) -> str:
    """`text` in normalised form with its Arabizi words in Arabic script.

    A text without a single Arabizi word comes back normalised and otherwise unchanged. In one that has some, words
    that both languages use are read as Darija ("fin" is where, not the end) and unknown words are written out.
    """
    words = normalise(text).split()
    if not any(is_arabizi(word) for word in words):
        return " ".join(words)
    return " ".join(_word_to_arabic(word) for word in words)


@lru_cache(maxsize=_REMEMBERED)
def _word_to_arabic(word: str) -> str:
    known = known_words().get(word)
    if known is not None:
        return known
    if not _LATIN_WORD.fullmatch(word) or word.isdigit() or word in french_words():
        return word
    return respell(transliterate(word))


def transliterate(word: str) -> str:
    """One Latin word in normalised form, letter by letter. A word of nothing but "e" stays as it is."""
    spelled = _DOUBLED.sub(r"\1", _INITIAL_VOWEL.sub("a", word))
    return normalise(_UNIT.sub(lambda unit: _TO_ARABIC[unit[0]], spelled)) or word
