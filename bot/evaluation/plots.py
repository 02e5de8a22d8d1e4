"""The page's tables as PNG files, for where no HTML is shown. Needs matplotlib: a development tool."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.evaluation import confusion
from bot.evaluation.report import Run, SetReport
from bot.evaluation.score import VARIETIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = ("language", "intent", "facet", "procedure first", "answered wrongly", "out of scope answered")
_DPI = 110


class NoMatplotlib(Exception):
    """The development tools are not installed; the message says what to do."""


def write_plots(run: Run, folder: Path) -> list[Path]:
    """PNG files of every set; returns them. Raises NoMatplotlib."""
    need_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    written = []

    def save(name: str, size: tuple[float, float], paint: Callable[[Axes], None]) -> None:
        figure, axes = _canvas(size)
        paint(axes)
        file = folder / f"{name}.png"
        figure.savefig(file, dpi=_DPI)
        written.append(file)

    for one in run.sets:
        name = one.labelled.name
        save(f"{name}-figures", (9, 4.5), partial(_bars, one=one))
        save(f"{name}-calibration", (5, 5), partial(_calibration, one=one))
        drawn = {f"{name}-language": confusion.languages(one.pairs)}
        for variety in VARIETIES:
            drawn[f"{name}-{variety}-intent"] = confusion.intents(one.of(variety))
            drawn[f"{name}-{variety}-facet"] = confusion.facets(one.of(variety))
        for title, matrix in drawn.items():
            side = 2.5 + 0.45 * len(matrix.labels)
            save(title, (side, side), partial(_heatmap, matrix=matrix, title=title))
    return written


def need_matplotlib() -> None:
    """Raises NoMatplotlib, so that nobody waits for figures that cannot be drawn."""
    if importlib.util.find_spec("matplotlib") is None:
        raise NoMatplotlib("Plots need the development tools. Run `requirements/setup.sh dev`.")


def _canvas(size: tuple[float, float]) -> tuple[Figure, Axes]:
    """A figure and its axes that need no screen and keep no state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _bars(axes: Axes, one: SetReport) -> None:
    width = 0.8 / len(VARIETIES)
    for number, variety in enumerate(VARIETIES):
        shares = [one.scores[variety].share(figure) or 0.0 for figure in _SHOWN]
        bars = axes.bar([i + number * width for i in range(len(_SHOWN))], shares, width, label=variety)
        axes.bar_label(bars, fmt="%.2f", fontsize=6)
    axes.set_xticks([i + 1.5 * width for i in range(len(_SHOWN))], [name.replace(" ", "\n", 1) for name in _SHOWN])
    axes.set_ylim(0, 1.08)
    axes.set_title(f"{one.labelled.name}: {len(one.pairs)} messages")
    axes.legend(ncols=len(VARIETIES), loc="upper right")


def _calibration(axes: Axes, one: SetReport) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    axes.plot([b.promised for b in one.bins], [b.kept for b in one.bins], marker="o")
    for b in one.bins:
        axes.annotate(str(b.messages), (b.promised, b.kept), textcoords="offset points", xytext=(4, -10), fontsize=7)
    axes.set_xlabel("stated probability")
    axes.set_ylabel("share read rightly")
    axes.set_title(f"{one.labelled.name}: calibration")


def _heatmap(axes: Axes, matrix: confusion.Matrix, title: str) -> None:
    rows = [[count / (sum(row) or 1) for count in row] for row in matrix.counts]
    if rows:
        axes.imshow(rows, cmap="Greens", vmin=0, vmax=1)
    for i, row in enumerate(matrix.counts):
        for j, count in enumerate(row):
            if count:
                dark = rows[i][j] > 0.6
                axes.text(j, i, str(count), ha="center", va="center", fontsize=7, color="white" if dark else "black")
    axes.set_xticks(range(len(matrix.labels)), matrix.labels, rotation=90, fontsize=8)
    axes.set_yticks(range(len(matrix.labels)), matrix.labels, fontsize=8)
    axes.set_xlabel("read as")
    axes.set_ylabel("labelled")
    axes.set_title(title, fontsize=9)
