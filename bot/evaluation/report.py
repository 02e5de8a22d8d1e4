"""What one run found, ready to be shown; and the page that shows it (var/evaluation/report.html)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.evaluation import confusion
from bot.evaluation.comparison import COMPARED, Side
from bot.evaluation.measure import LabelledSet
from bot.evaluation.record import Change
from bot.evaluation.score import FIGURES, VARIETIES, Pair, Score, score, wrong

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class SetReport:
    """One set: its pairs, and what changed since `since` (a commit; "" where no run compares)."""

    labelled: LabelledSet
    pairs: tuple[Pair, ...]
    since: str = ""
    changed: tuple[Change, ...] = ()

    @cached_property
    def scores(self) -> dict[str, Score]:
        return score(self.pairs)

    @cached_property
    def bins(self) -> list[confusion.Bin]:
        return confusion.calibration(self.pairs)

    def of(self, variety: str) -> list[Pair]:
        return [pair for pair in self.pairs if pair.wanted["variety"] == variety]

    def mistakes(self, variety: str) -> list[tuple[Pair, list[str]]]:
        """Every message that went wrong, with what did."""
        judged = ((pair, wrong(pair)) for pair in self.of(variety))
        return [(pair, kinds) for pair, kinds in judged if kinds]

    def change(self, figure: str, variety: str) -> Change | None:
        return next((one for one in self.changed if (one.figure, one.variety) == (figure, variety)), None)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the whole evaluation."""

    commit: str
    date: str
    sets: Sequence[SetReport]
    sides: Sequence[Side]

    @property
    def fell(self) -> list[tuple[str, Change]]:
        return [(one.labelled.name, change) for one in self.sets for change in one.changed if change.fell]


def write_page(run: Run, file: Path) -> None:
    """One HTML file that needs nothing else: no network, no script."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = _share
    page = environment.get_template("report.html").render(
        run=run,
        figures=FIGURES,
        compared=COMPARED,
        varieties=VARIETIES,
        confusion=confusion,
        heat=_heat,
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, "utf-8")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _heat(count: int, row: Iterable[int]) -> int:
    """Per cent of its row, in steps of ten: the class that colours the cell. Anything at all is at least 10."""
    total = sum(row)
    return max(10, round(count / total * 10) * 10) if count and total else 0


def describe(change: Change) -> str:
    """`ary facet 0.912 → 0.880`."""
    return f"{change.variety} {change.figure} {change.before:.3f} → {change.now:.3f}"


def side_rows(sides: Sequence[Side]) -> list[tuple[str, str, Mapping[str, float | None]]]:
    """Figure, system, share by variety: the comparison line by line, both systems of a figure together."""
    return [(name, side.name, side.figures[name]) for name in COMPARED for side in sides]
