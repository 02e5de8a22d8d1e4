"""The whole evaluation, as `make evaluate` runs it: every set, the comparison, the report, the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rich.console import Console, RenderableType
from rich.table import Table

from bot.evaluation import record
from bot.evaluation.comparison import Side, compare
from bot.evaluation.measure import LabelledSet, read_set, table, understood
from bot.evaluation.plots import need_matplotlib, write_plots
from bot.evaluation.report import Run, SetReport, describe, side_rows, write_page
from bot.evaluation.score import VARIETIES, Pair, score, shares
from bot.settings import Settings

Say = Callable[[RenderableType], object]
Peer = Literal["auto", "keep", "none"]


@dataclass(frozen=True, slots=True)
class Wish:
    """`sets`: a folder of labelled messages. `results`: the figures of earlier runs. `peer`: as in `compare`.

    `record`: write the figures there though files differ from the commit.
    """

    sets: Path
    results: Path
    peer: Peer = "auto"
    record: bool = False


def files_of(folder: Path) -> list[Path]:
    """The sets. Raises ValueError when there are none."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise ValueError(f"{folder}: no sets (*.jsonl)")
    return files


async def evaluate_all(settings: Settings, wish: Wish, console: Console) -> Run:
    """Measure, print, write var/evaluation/ and the record. What is raised says what to do (see `dalil evaluate`)."""
    folder = settings.var_dir / "evaluation"
    say: Say = console.print
    need_matplotlib()
    recorded = record.read_record(wish.results)
    sets = [read_set(file) for file in files_of(wish.sets)]
    rows = [row for one in sets for row in one.rows]
    say(f"Asking Dalil {len(rows)} messages of {len(sets)} sets (about a minute) …")
    commit, date = record.state(), f"{datetime.now(UTC):%Y-%m-%d}"
    reports, lines = [], []
    for one, own in _divided(sets, await understood(settings, rows)):
        lines.append(record.Line(commit, date, one.name, one.digest, len(own), shares(score(own)), {}))
        reports.append(_compared(one, own, lines[-1], recorded, say))
        _show_set(reports[-1], say)
    sides = compare(settings, rows, folder / "peer", wish.peer, say)
    _show_sides(sides, say)
    run = Run(commit, date, reports, sides)
    write_page(run, folder / "report.html")
    write_plots(run, folder)
    say(f"Report: {folder / 'report.html'} (and PNG files beside it)")
    if wish.record or not commit.endswith(record.DIRTY):
        speed = {"p50": sides[0].p50_ms, "p95": sides[0].p95_ms}
        record.write_record([replace(line, ms=speed) for line in lines], wish.results)
        say(f"Recorded as {commit} in {wish.results}: commit that file.")
    else:
        say("Not recorded: files differ from the commit (--record records all the same).")
    return run


def _divided(sets: Sequence[LabelledSet], pairs: Sequence[Pair]) -> Iterable[tuple[LabelledSet, tuple[Pair, ...]]]:
    start = 0
    for one in sets:
        yield one, tuple(pairs[start : start + len(one.rows)])
        start += len(one.rows)


def _compared(
    one: LabelledSet,
    own: tuple[Pair, ...],
    line: record.Line,
    recorded: Sequence[record.Line],
    say: Say,
) -> SetReport:
    before = record.baseline(recorded, line)
    if before is None:
        return SetReport(one, own)
    try:
        return SetReport(one, own, before.commit, tuple(record.changes(before, line)))
    except ValueError as error:
        say(f"{error}.")
        return SetReport(one, own)


def _show_set(one: SetReport, say: Say) -> None:
    say(table(one.scores, f"{one.labelled.name}, {len(one.pairs)} messages"))
    if one.since:
        say(f"Since {one.since}: {'; '.join(map(describe, one.changed)) or 'no difference'}.")


def _show_sides(sides: Sequence[Side], say: Say) -> None:
    compared = Table("figure", "system", *VARIETIES, title="The NLU alone", title_justify="left")
    for name, system, by_variety in side_rows(sides):
        found = [by_variety[variety] for variety in VARIETIES]
        compared.add_row(name, system, *("-" if share is None else f"{share:.3f}" for share in found))
    cost = Table("system", "ms p50", "ms p95", "training s", "epochs", "examples", "archive MB")
    for side in sides:
        made = side.trained
        facts: tuple[object, ...] = (side.p50_ms, side.p95_ms)
        facts += (round(made.seconds), made.epochs or "-", made.examples, made.megabytes) if made else ("-",) * 4
        cost.add_row(side.name + (" (stale)" if side.stale else ""), *map(str, facts))
    say(compared)
    say(cost)
