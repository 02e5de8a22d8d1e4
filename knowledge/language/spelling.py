"""A word spelled out from Latin letters → the word that Arabic script writes: تالابي is طلبي, موقاتاعا is مقاطعه.

Arabizi writes every vowel and one letter for ت and ط, س and ص, د and ض, ه and ح, ق and ك. A spelled word is taken for
a known one with the same consonants whose vowels are all among its own; the one with the most vowels is meant.
"""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.language import concepts, darija

_ALIKE = str.maketrans("صطضظذثحق", "ستدددتهك")
_VOWEL = re.compile(r"[اويء]")
_FINAL = re.compile(r"[اه]$")  # a: ا, ه and ة are all written so
_PREFIX = re.compile(r"^(?:ال|كا[تين]|غا[تين]|[لوفبد])(?=...)")  # what may stand before a word that is known
_FEWEST_CONSONANTS = 3
_MOST_VOWELS_TOO_MANY = 4
_PENALTY_FOR_VOWEL = 2  # against 1 for a letter that is only alike
_PENALTY_FOR_END = 3


@lru_cache(maxsize=1)
def _by_consonants() -> dict[str, tuple[str, ...]]:
    words = {*darija.lexicon(), *darija.standard_words(), *concepts.lexicon()}
    found: dict[str, list[str]] = {}
    for word in sorted(words):
        consonants = _consonants(word.translate(_ALIKE))
        if len(consonants) >= _FEWEST_CONSONANTS and not word.isascii():
            found.setdefault(consonants, []).append(word)
    return {consonants: tuple(words) for consonants, words in found.items()}


@lru_cache(maxsize=8192)
def respell(word: str) -> str:
    """The known word that `word`, spelled out from Latin letters in normalised form, stands for; else `word`.

    Two candidates that are equally close count only when they mean the same.
    """
    if darija.is_known(word):
        return word
    found = _closest(word)
    if found is None and (prefix := _PREFIX.match(word)) is not None and not darija.is_known(word[prefix.end() :]):
        found = _closest(word[prefix.end() :])
        found = found and prefix[0] + found
    return found or word


def _closest(word: str) -> str | None:
    spelled = word.translate(_ALIKE)
    candidates: dict[int, list[str]] = {}
    for known in _by_consonants().get(_consonants(spelled), ()):
        cost = _cost(word, spelled, known)
        if cost is not None:
            candidates.setdefault(cost, []).append(known)
    if not candidates:
        return None
    closest = candidates[min(candidates)]
    return closest[0] if len({darija.standard(known) for known in closest}) == 1 else None


def _cost(word: str, spelled: str, known: str) -> int | None:
    """How far `known` is from a `word` spelled out; None where it has a vowel that `word` has not."""
    folded = known.translate(_ALIKE)
    stem, wanted = _FINAL.sub("", spelled), _FINAL.sub("", folded)
    open_end, wanted_open = stem != spelled, wanted != folded
    too_many = len(stem) - len(wanted)
    if too_many > _MOST_VOWELS_TOO_MANY or folded[0] != spelled[0] or (wanted_open and not open_end):
        return None
    rest = iter(stem)
    if not all(letter in rest for letter in wanted):
        return None
    changed = sum(letter not in word for letter in known)
    return _PENALTY_FOR_VOWEL * too_many + changed + (0 if wanted_open == open_end else _PENALTY_FOR_END)


def _consonants(folded: str) -> str:
    return _VOWEL.sub("", _FINAL.sub("", folded))
