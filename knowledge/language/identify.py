"""Which of our four languages a short, often mixed message is in, and how much of each.

`ar` Modern Standard Arabic, `fr` French, `ary` Maghrebi dialect in Arabic script, `ary-Latn` the same in Latin
letters. The script decides between the pairs (ar, ary) and (fr, ary-Latn); inside a pair a linear model over whole
words and character n-grams decides, whose weights bot/nlu/train_language.py learns from nlu_data/.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from knowledge.language.normalise import LEXICON, normalise

Language = Literal["ar", "fr", "ary", "ary-Latn"]

_SHORTEST, _LONGEST = 2, 4  # characters of an n-gram, word boundaries included
_ARABIC = re.compile(r"[ء-ۿ]")
_LATIN = re.compile(r"[a-z]")
_ARABIC_DECIDES = 0.3  # of the letters: "بغيت la carte nationale" is written by someone who writes in Arabic script
_CONTEXT = 0.5  # how much of the whole message's evidence a single word inherits
_LONGEST_TEXT = 600  # characters looked at: enough to know, and a bound on the time


@dataclass(frozen=True, slots=True)
class Identification:
    """`language` is the main one; `shares` of the letters by language, adding up to 1, largest first.

    A text without letters of our scripts ("2", an emoji, Greek) has no shares, and its `language` means nothing.
    """

    language: Language
    shares: dict[Language, float] = field(default_factory=dict)


class _Model(NamedTuple):
    """Log-odds that a text is dialect rather than the standard language of its script."""

    bias: float
    weights: dict[str, float]


@lru_cache(maxsize=1)
def _models() -> dict[str, _Model]:
    stored = json.loads((LEXICON / "identify.json").read_text(encoding="utf-8"))
    return {script: _Model(model["bias"], model["weights"]) for script, model in stored.items()}


def features(word: str) -> list[str]:
    """What the model sees of one word in normalised form: the word itself and its n-grams."""
    bounded = f"^{word}$"
    size = len(bounded)
    grams = [bounded[i : i + n] for n in range(_SHORTEST, _LONGEST + 1) for i in range(size - n + 1)]
    grams.append("=" + word)
    return grams


def identify(text: str) -> Identification:
    """The languages of `text`. Any string is accepted."""
    words = normalise(text[:_LONGEST_TEXT]).split()
    arabic = [word for word in words if _ARABIC.search(word)]
    latin = [word for word in words if _LATIN.search(word) and not _ARABIC.search(word)]
    in_arabic, in_latin = (sum(map(len, part)) for part in (arabic, latin))
    letters = in_arabic + in_latin
    if not letters:
        return Identification("ar")
    shares: dict[Language, float] = {}
    dialect_arabic = _divide(shares, "ary", "ar", "arabic", arabic, in_arabic / letters)
    dialect_latin = _divide(shares, "ary-Latn", "fr", "latin", latin, in_latin / letters)
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    if in_arabic / letters >= _ARABIC_DECIDES:
        main: Language = "ary" if dialect_arabic else "ar"
    else:
        main = "ary-Latn" if dialect_latin else "fr"
    return Identification(main, {language: round(share, 3) for language, share in ordered if share >= 0.0005})


def _divide(
    shares: dict[Language, float], dialect: Language, standard: Language, script: str, words: list[str], share: float
) -> bool:
    """Divide the `share` of one script's `words` between its two languages; say whether they are dialect as a whole.

    Evidence is the sum of the weights of all features over the square root of their number, as in the training. Each
    word is seen in the light of the whole message.
    """
    if not words:
        return False
    model = _models()[script]
    get = model.weights.get
    sums, counts = [], []
    for word in words:
        found = features(word)
        sums.append(sum([get(feature, 0.0) for feature in found]))
        counts.append(len(found))
    message = model.bias + sum(sums) / math.sqrt(sum(counts))
    in_dialect = sum(
        len(word) * _probability(model.bias + total / math.sqrt(count) + _CONTEXT * message)
        for word, total, count in zip(words, sums, counts, strict=True)
    ) / sum(map(len, words))
    shares[dialect] = share * in_dialect
    shares[standard] = share - shares[dialect]
    return message > 0


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))
