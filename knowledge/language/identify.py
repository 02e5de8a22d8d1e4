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
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class _Model:
    """Log-odds that a text is dialect rather than the standard language of its script."""

    bias: float
    weights: dict[str, float]

    def evidence(self, words: list[str]) -> float:
        return self.bias + mean_weight(self.weights, words)


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


def mean_weight(weights: dict[str, float], words: list[str]) -> float:
    """Sum of the weights of all features, over the square root of their number (the training does the same)."""
    found = [weights.get(feature, 0.0) for word in words for feature in features(word)]
    return sum(found) / math.sqrt(len(found)) if found else 0.0


def identify(text: str) -> Identification:
    """The languages of `text`. Any string is accepted."""
    words = normalise(text[:_LONGEST_TEXT]).split()
    arabic = [word for word in words if _ARABIC.search(word)]
    latin = [word for word in words if _LATIN.search(word) and not _ARABIC.search(word)]
    in_arabic, in_latin = (sum(map(len, part)) for part in (arabic, latin))
    letters = in_arabic + in_latin
    if not letters:
        return Identification("ar")
    models = _models()
    dialect_arabic, dialect_latin = models["arabic"].evidence(arabic), models["latin"].evidence(latin)
    shares: dict[Language, float] = {}
    if arabic:
        share = in_arabic / letters
        shares["ary"] = share * _dialect_share(models["arabic"], arabic, dialect_arabic)
        shares["ar"] = share - shares["ary"]
    if latin:
        share = in_latin / letters
        shares["ary-Latn"] = share * _dialect_share(models["latin"], latin, dialect_latin)
        shares["fr"] = share - shares["ary-Latn"]
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return Identification(
        _main(in_arabic / letters, dialect_arabic > 0, dialect_latin > 0),
        {language: round(share, 3) for language, share in ordered if share >= 0.0005},
    )


def _main(arabic_share: float, dialect_arabic: bool, dialect_latin: bool) -> Language:
    if arabic_share >= _ARABIC_DECIDES:
        return "ary" if dialect_arabic else "ar"
    return "ary-Latn" if dialect_latin else "fr"


def _dialect_share(model: _Model, words: list[str], message: float) -> float:
    """Share of the letters of `words` that is dialect, each word seen in the light of the whole message."""
    dialect = sum(len(word) * _probability(model.evidence([word]) + _CONTEXT * message) for word in words)
    return dialect / sum(map(len, words))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))
