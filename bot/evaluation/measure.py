"""Labelled messages through the same code as `dalil understand`, and the figures as a table of the terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.table import Table

from bot.evaluation.score import FIGURES, VARIETIES, Pair, Score
from bot.settings import Settings
from bot.understanding import understand_stream

_FIELDS = {"id", "text", "variety", "country", "intent", "facet", "facets", "procedures"}


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """One file of labelled messages. `digest` changes with every character: figures of two texts do not compare."""

    name: str
    rows: tuple[dict[str, Any], ...]
    digest: str


def read_set(file: Path) -> LabelledSet:
    """Raises ValueError naming the line that is not a labelled message (tests/evaluation/README.md)."""
    text = file.read_text("utf-8")
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{file.name}:{number}: not JSON ({error})") from None
        missing = _FIELDS - set(row) if isinstance(row, dict) else _FIELDS
        if missing:
            raise ValueError(f"{file.name}:{number}: no {', '.join(sorted(missing))}")
        if row["variety"] not in VARIETIES:
            raise ValueError(f"{file.name}:{number}: variety is {row['variety']!r}; write {', '.join(VARIETIES)}")
        rows.append(row)
    if not rows:
        raise ValueError(f"{file.name}: no labelled messages")
    return LabelledSet(file.stem, tuple(rows), sha256(text.encode()).hexdigest()[:12])


async def understood(settings: Settings, rows: Sequence[Mapping[str, Any]]) -> list[Pair]:
    """Each message with what Dalil made of it, in the same order."""
    lines = [json.dumps({name: row[name] for name in ("id", "text", "country")}) for row in rows]
    out = io.StringIO()
    await understand_stream(settings, lines, out)
    return [Pair(row, json.loads(line)) for row, line in zip(rows, out.getvalue().splitlines(), strict=True)]


def table(scores: Mapping[str, Score], title: str = "") -> Table:
    """The figures, one column a variety."""
    shown = Table("figure", "over", *scores, title=title or None, title_justify="left")
    for figure in FIGURES:
        found = [counts.share(figure.name) for counts in scores.values()]
        shown.add_row(figure.name, figure.over, *("-" if share is None else f"{share:.3f}" for share in found))
    return shown
