"""`dalil evaluate`: how right Dalil is on labelled messages, through the same code as a citizen's first message.

Each line: {"id", "text", "variety", "country", "intent", "facet", "facets", "procedures"}: tests/evaluation/README.md.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from bot.settings import Settings
from bot.understanding import understand_stream

VARIETIES = ("fr", "ar", "ary", "ary-Latn")
# Figure, what it is counted over.
FIGURES = (
    ("language", "messages"),
    ("intent", "messages"),
    ("facet", "questions"),
    ("all facets of two", "double questions"),
    ("procedure first", "known"),
    ("procedure in three", "known"),
    ("answered", "known"),
    ("asked back", "known"),
    ("answered wrongly", "known"),
    ("unknown procedure answered", "unknown"),
    ("out of scope answered", "out of scope"),
)


@dataclass(slots=True)
class Score:
    """Counts of one variety, and the messages that went wrong."""

    right: dict[str, int] = field(default_factory=dict)
    of: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def count(self, figure: str, base: str, hit: bool) -> None:
        self.right[figure] = self.right.get(figure, 0) + hit
        key = f"{figure}/{base}"
        self.of[key] = self.of.get(key, 0) + 1

    def share(self, figure: str, base: str) -> float | None:
        total = self.of.get(f"{figure}/{base}", 0)
        return self.right.get(figure, 0) / total if total else None


async def evaluate(settings: Settings, labelled: str) -> dict[str, Score]:
    """Scores by variety of a JSON Lines text. Raises ValueError on a line that cannot be read."""
    wanted = [json.loads(line) for line in labelled.splitlines() if line.strip()]
    lines = [json.dumps({name: row[name] for name in ("id", "text", "country")}) for row in wanted]
    out = io.StringIO()
    await understand_stream(settings, lines, out)
    scores = {variety: Score() for variety in VARIETIES}
    for row, line in zip(wanted, out.getvalue().splitlines(), strict=True):
        _judge(scores[row["variety"]], row, json.loads(line))
    return scores


def _judge(score: Score, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> None:
    score.count("language", "messages", got["language"] == wanted["variety"])
    score.count("intent", "messages", got["intent"] == wanted["intent"])
    answered = got["outcome"] == "answered"
    if wanted["intent"] == "out_of_scope":
        score.count("out of scope answered", "out of scope", answered)
    if wanted["intent"] != "procedure":
        return _note(score, wanted, got)
    facets = wanted["facets"]
    score.count("facet", "questions", got["intent"] == "procedure" and got["facet"] in facets)
    if len(facets) > 1:
        score.count("all facets of two", "double questions", set(got["facets"]) == set(facets))
    if not wanted["procedures"]:
        score.count("unknown procedure answered", "unknown", answered)
        return _note(score, wanted, got)
    found, right = [hit["id"] for hit in got["procedures"]], set(wanted["procedures"])
    score.count("procedure first", "known", bool(right & set(found[:1])))
    score.count("procedure in three", "known", bool(right & set(found[:3])))
    score.count("answered", "known", answered)
    score.count("asked back", "known", got["outcome"] == "clarify")
    score.count("answered wrongly", "known", answered and not right & set(found[:1]))
    return _note(score, wanted, got)


def _note(score: Score, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> None:
    same = (wanted["intent"], wanted["facet"]) == (got["intent"], got["facet"])
    if not same:
        expected, found = (f"{row['intent']}/{row['facet'] or '-'}" for row in (wanted, got))
        score.errors.append(f"{wanted['id']}  {expected} → {found}  {wanted['text']}")


def report(scores: Mapping[str, Score]) -> Table:
    """The figures as a table, one column a variety."""
    table = Table("figure", "over", *scores)
    for figure, base in FIGURES:
        shares = [score.share(figure, base) for score in scores.values()]
        table.add_row(figure, base, *("-" if share is None else f"{share:.3f}" for share in shares))
    return table


def errors(scores: Mapping[str, Score]) -> Iterable[str]:
    """What was understood otherwise than labelled, by variety."""
    for variety, score in scores.items():
        yield f"{variety}: {len(score.errors)}"
        yield from (f"  {error}" for error in score.errors)
