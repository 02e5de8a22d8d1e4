"""The forms under which one word is found: as written, without clitics, by its consonants, as standard Arabic.

Darija has no spelling: لاكارط, لاكارت, lakart and lacarte are one word. Words are stored and looked up under keys, each
with the quality of the match it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from knowledge.language import arabizi, darija, normalise

Quality = Literal["exact", "stem", "sound", "standard"]
Key = tuple[str, Quality]

_TEXTS = 64  # texts whose reading is remembered; being citizens' words, few are
_SHORTEST_STEM = 3
_BEGINNING = 6  # letters by which long French words of one family are alike: renouveler, renouvellement
_ARABIC = re.compile(r"[ء-ي]")
_ARABIC_CLITICS = ("وال", "فال", "بال", "كال", "دال", "لل", "ال", "و", "ف", "ب", "ل", "د", "ك")
_LATIN_CLITIC = re.compile(r"(?:[wfbd]?l|[wfbd])(?=[bcdfghjklmnpqrstvwxz])")  # lpassport, flcarte: Darija's article
_SAME_SOUND = str.maketrans("طصضظذثق", "تسدددتك")  # as heard and as typed from Latin letters
_LONG_VOWELS = re.compile(r"(?<=.)[اويءه]")
_DOUBLED = re.compile(r"(.)\1+")
_ARABIC_ENDING = re.compile(r"(?:تي|تك|ته|ها|هم|نا|كم|ات|ين|يه|ي|ك|ه|و)$")  # whose it is: بطاقتي, باسبورو
_FRENCH_ENDING = re.compile(r"(?:es|s|x|e)$")


@lru_cache(_TEXTS)  # a question is read several times while it is answered, a sheet's names while it is read
def words(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of `text`, each as typed and, where it is Darija in Latin letters, also in Arabic script."""
    typed = normalise.tokens(text)
    written = arabizi.to_arabic(text).split()
    if len(typed) != len(written):  # not one word for one word: keep both readings
        return tuple((word,) for word in dict.fromkeys([*typed, *written]))
    return tuple((one,) if one == other else (one, other) for one, other in zip(typed, written, strict=True))


@lru_cache(_TEXTS)
def plain(text: str) -> str:
    """The one form that embeddings see: normalised, Darija in Arabic script and as standard Arabic where known."""
    return " ".join(darija.standard(word) for word in arabizi.to_arabic(text).split())


@lru_cache(maxsize=32768)
def keys(word: str) -> tuple[Key, ...]:
    """The keys of one normalised word, best match first. Used alike for what is stored and what is asked."""
    return tuple(_keys(word))


def _keys(word: str) -> Iterator[Key]:
    yield word, "exact"
    if _ARABIC.search(word):
        yield from _arabic_keys(word)
        standard = darija.standard(word)
        if standard != word and " " not in standard:
            yield standard, "standard"
    elif not word.isdigit():
        yield from _latin_keys(word)


def _arabic_keys(word: str) -> Iterator[Key]:
    bare = [word[len(c) :] for c in _ARABIC_CLITICS if word.startswith(c) and len(word) - len(c) >= _SHORTEST_STEM]
    for stem in bare:
        yield stem, "stem"
    for form in (word, *bare):
        ended = _ARABIC_ENDING.sub("", form)
        if len(ended) >= _SHORTEST_STEM:
            yield f"{ended}-", "stem"
        sound = _DOUBLED.sub(r"\1", _LONG_VOWELS.sub("", form.translate(_SAME_SOUND)))
        if len(sound) >= _SHORTEST_STEM:
            yield f"~{sound}", "sound"


def _latin_keys(word: str) -> Iterator[Key]:
    bare = [word]
    clitic = _LATIN_CLITIC.match(word)
    if clitic and len(word) - clitic.end() >= _SHORTEST_STEM + 1:
        bare.append(word[clitic.end() :])
        yield bare[1], "stem"
    for form in bare:
        ended = _FRENCH_ENDING.sub("", form)
        if len(ended) >= _SHORTEST_STEM:
            yield f"{ended}-", "stem"
            sound = _DOUBLED.sub(r"\1", ended.replace("y", "i").replace("ph", "f"))
            yield f"~{sound}", "sound"
        if len(form) > _BEGINNING:
            yield f"{form[:_BEGINNING]}…", "sound"
