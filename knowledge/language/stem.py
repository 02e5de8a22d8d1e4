"""A word without what is attached to it or varies in it: clitics, endings, vowels.

Light on purpose: two spellings of one word meet, and no root is invented. Input and output are in normalised form
(knowledge/language/normalise.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

_ARABIC = re.compile(r"[ء-ي]")
_SHORTEST = 3  # letters that must be left
_REMEMBERED = 16384  # words, each met again and again
_ARTICLE = re.compile(r"^[وف]?(?:ال|لل|بال|فال|كال|دال|هال)")  # والملف بالبطاقه للجواز دالباسبور
_PROCLITIC = re.compile(r"^[وفبلكدت]")  # ولاكارط فالقياده بتمن لكارط
_PROGRESSIVE = re.compile(r"^(?:كا|تا|كي|كت|كن|تي|غا?[نيت])")  # كنخلص كيتخلص تيخلصو غنخلص
_SUFFIX = re.compile(r"(?:هم|كم|ها|نا|ات|ين|ون|وا|ني|[هيكواش])$")
_FRENCH_ENDING = re.compile(r"(?:es|[sex])$")

_ARABIC_VOWELS = re.compile(r"[اويءه]")
_ARABIC_ALIKE = str.maketrans("صطضظثذ", "ستددتد")  # Arabizi writes each pair with one Latin letter
_LATIN_VOWELS = re.compile(r"[aeiouyh]")
_LATIN_ALIKE = (("ph", "f"), ("qu", "k"), ("c", "k"), ("z", "s"))
_REPEATED = re.compile(r"(.)\1+")


def forms(word: str) -> list[str]:
    """`word` and its shorter forms, the word itself first: look each up and take the first that is known."""
    found = [word]
    if not _ARABIC.search(word):
        _add(found, _FRENCH_ENDING.sub("", word))
        if word.endswith("es"):
            _add(found, word[:-1])
        return found
    bare = _ARTICLE.sub("", word)
    for form in (bare, _PROCLITIC.sub("", bare), _PROGRESSIVE.sub("", bare)):
        _add(found, form)
    for form in found.copy():
        _add(found, _SUFFIX.sub("", form))
    return found


@lru_cache(maxsize=_REMEMBERED)
def skeleton(word: str) -> str:
    """The consonants of `word`, alike ones made one: لوراق, lwra9 in Arabic script and الاوراق come close together.

    Empty for a word of vowels only.
    """
    if _ARABIC.search(word):
        return _ARABIC_VOWELS.sub("", word.translate(_ARABIC_ALIKE))
    for written, alike in _LATIN_ALIKE:
        word = word.replace(written, alike)
    return _REPEATED.sub(r"\1", _LATIN_VOWELS.sub("", word))


def _add(found: list[str], form: str) -> None:
    if len(form) >= _SHORTEST and form not in found:
        found.append(form)
