"""Labelled messages and what was understood of them, whole: as in tests/evaluation and from `dalil understand`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.evaluation.score import Pair

MakePair = Callable[..., Pair]


@pytest.fixture
def pair() -> MakePair:
    """A French question about the passport's fees, understood rightly; keyword arguments change either side."""

    def make(wanted: dict[str, Any] | None = None, got: dict[str, Any] | None = None) -> Pair:
        labelled = {
            "id": "q1",
            "text": "combien coûte le passeport",
            "variety": "fr",
            "country": "ma",
            "intent": "procedure",
            "facet": "fees",
            "facets": ["fees"],
            "procedures": ["ma.passeport"],
        }
        understood = {
            "id": "q1",
            "language": "fr",
            "intent": "procedure",
            "facet": "fees",
            "facets": ["fees"],
            "procedures": [{"id": "ma.passeport", "score": 0.9}],
            "outcome": "answered",
            "confidence": 0.95,
        }
        return Pair({**labelled, **(wanted or {})}, {**understood, **(got or {})})

    return make


@pytest.fixture
def weather(pair: MakePair) -> MakePair:
    """A message out of scope, refused as it should be."""

    def make(wanted: dict[str, Any] | None = None, got: dict[str, Any] | None = None) -> Pair:
        labelled = {"id": "w1", "text": "كيف الجو", "variety": "ar", "intent": "out_of_scope", "facet": None}
        refused = {"language": "ar", "intent": "out_of_scope", "facet": None, "outcome": "no_answer"}
        labelled |= {"facets": [], "procedures": []}
        refused |= {"facets": [], "procedures": []}
        return pair({**labelled, **(wanted or {})}, {**refused, **(got or {})})

    return make
