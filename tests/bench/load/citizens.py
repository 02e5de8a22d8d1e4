"""What citizens write in the load test: short conversations in four varieties, as data.

A conversation is a list of steps. Words for courtesy and for going on stand here; questions are those of
tests/evaluation (2,151 messages, all different, so that no cache of a system under test sees the same text twice in a
row). The same seed gives the same conversations, to every system.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeVar

from bot.settings import PROJECT

T = TypeVar("T")
Step = Literal["greeting", "question", "two_facets", "follow_up", "number", "out_of_scope", "thanks"]

# How many of a hundred citizens hold which conversation.
SHAPES: tuple[tuple[int, tuple[Step, ...]], ...] = (
    (20, ("greeting", "question", "follow_up", "thanks")),
    (20, ("question", "follow_up", "number")),
    (15, ("question", "number", "follow_up", "thanks")),
    (15, ("two_facets", "follow_up")),
    (10, ("greeting", "question", "out_of_scope", "question")),
    (10, ("out_of_scope", "question", "thanks")),
    (10, ("question", "question", "question")),
)

# Half of the citizens write Darija, most of them in Latin letters.
VARIETIES = (("ary-Latn", 30), ("ary", 25), ("fr", 25), ("ar", 20))

_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "fr": {
        "greeting": ("Bonjour", "bonsoir", "salut", "Bonjour, j'ai une question"),
        "follow_up": ("et c'est combien ?", "ça prend combien de temps ?", "et où je dois aller ?", "quels papiers ?"),
        "thanks": ("merci beaucoup", "Merci pour votre aide", "ok merci"),
    },
    "ar": {
        "greeting": ("السلام عليكم", "مرحبا", "صباح الخير"),
        "follow_up": ("وكم الثمن؟", "وكم يستغرق ذلك؟", "وأين أذهب؟", "وما هي الوثائق؟"),
        "thanks": ("شكرا جزيلا", "شكرا لكم", "بارك الله فيكم"),
    },
    "ary": {
        "greeting": ("سلام", "السلام عليكم خويا", "لاباس؟"),
        "follow_up": ("و بشحال؟", "و شحال كتعطل؟", "و فين نمشي؟", "و شنو الوراق؟"),
        "thanks": ("شكرا بزاف", "الله يرحم الوالدين", "شكرا خويا"),
    },
    "ary-Latn": {
        "greeting": ("salam", "slm", "salam khoya labas"),
        "follow_up": ("w b ch7al?", "w ch7al kat3tel?", "w fin nmchi?", "w chno lwra9?"),
        "thanks": ("chokran bzaf", "lah yrhem lwalidin", "chokran khoya"),
    },
}

_PREFIXES = {"ma": "2126", "dz": "2135", "mr": "2224"}  # mobile numbers; the digits after them are counted up


@dataclass(frozen=True, slots=True)
class Script:
    """One citizen's messages, in order. `phone`: digits without the plus sign."""

    phone: str
    texts: tuple[str, ...]


def scripts(seed: int, first: int) -> Iterator[Script]:
    """Citizens without end. `first`: the number of the first one; nobody before it is met again."""
    chosen = random.Random(seed)
    number = first
    while True:
        variety = _drawn(chosen, VARIETIES)
        steps = _drawn(chosen, tuple((steps, share) for share, steps in SHAPES))
        country = "ma" if chosen.random() < 0.8 else chosen.choice(("dz", "mr"))
        yield Script(f"{_PREFIXES[country]}{number:08d}", _texts(chosen, steps, variety, country))
        number += 1


def turns_a_citizen() -> float:
    """On average."""
    return sum(share * len(steps) for share, steps in SHAPES) / sum(share for share, _ in SHAPES)


def _texts(chosen: random.Random, steps: tuple[Step, ...], variety: str, country: str) -> tuple[str, ...]:
    said: list[str] = []
    for step in steps:
        texts = _pool(step, variety, country)
        text = chosen.choice(texts)
        while text in said:  # nobody asks the same twice: the third time is not answered on purpose
            text = chosen.choice(texts)
        said.append(text)
    return tuple(said)


@cache
def _pool(step: Step, variety: str, country: str) -> tuple[str, ...]:
    match step:
        case "number":
            return ("1", "2", "1", "0")  # "0": the next page of an SMS that was cut
        case "question":
            return tuple(row["text"] for row in _asked()[variety, country] if len(row["facets"]) == 1)
        case "two_facets":
            pairs = [row["text"] for row in _asked()[variety, country] if len(row["facets"]) > 1]
            return tuple(pairs) if len(pairs) > 1 else _pool("question", variety, country)
        case "out_of_scope":
            return tuple(row["text"] for row in _rows() if row["variety"] == variety and row["intent"] == step)
        case _:
            return _WORDS[variety][step]


@cache
def _asked() -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in _rows():
        if row["intent"] == "procedure":
            found[row["variety"], row["country"]].append(row)
    return found


@cache
def _rows() -> tuple[dict[str, str], ...]:
    paths = sorted((PROJECT / "tests" / "evaluation").glob("*.jsonl"))
    return tuple(json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines())


def _drawn(chosen: random.Random, weighted: Sequence[tuple[T, int]]) -> T:
    return chosen.choices([item for item, _ in weighted], [weight for _, weight in weighted])[0]
