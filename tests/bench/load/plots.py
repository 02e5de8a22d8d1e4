"""The figures as pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Figures = dict[str, Any]
LATE_MS = 1000
COLOURS = {
    "rasa": "tab:blue",
    "app": "tab:orange",
    "worker": "tab:red",
    "postgres": "tab:green",
    "supervisor": "tab:grey",
}


def throughput(figures: list[Figures], path: Path) -> None:
    """p95 over the rate, and what a message costs."""
    figure = Figure(figsize=(11, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for one in figures:
        points = [(step["rate"], step["reply_ms"]["p95"]) for step in one["steps"]]
        seen = [(rate, late) for rate, late in points if late is not None and math.isfinite(late)]
        left.plot(*zip(*seen, strict=True), marker="o", label=f"{one['system']} ({one['best_per_s']}/s)")
    left.axhline(LATE_MS, color="black", linewidth=0.8, linestyle="--")
    left.set(yscale="log", xlabel="messages a second", ylabel="p95, webhook to provider (ms)")
    left.legend(fontsize=8)
    for row, one in enumerate(figures):
        base = 0.0
        for name, cost in (one["best"] or one["crowd"])["cpu_ms_a_message"].items():
            if name in COLOURS:
                right.barh(row, cost, left=base, color=COLOURS[name], label=name)
                base += cost
    right.set(
        xlabel="processor ms a message", yticks=range(len(figures)), yticklabels=[one["system"] for one in figures]
    )
    handles = dict(zip(*reversed(right.get_legend_handles_labels()), strict=True))
    right.legend(handles.values(), handles.keys(), fontsize=8)
    _save(figure, path)


def latency(figures: list[Figures], path: Path) -> None:
    """The distribution from webhook to provider."""
    figure = Figure(figsize=(7, 4.2))
    axes = figure.subplots()
    for one in figures:
        times = [value for value in one["times_ms"] if value is not None]
        axes.plot(times, [share / 100 for share in range(len(times))], label=f"{one['system']}, {one['rate']:.0f}/s")
    axes.set(xscale="log", xlabel="webhook to provider (ms)", ylabel="share of messages")
    axes.legend(fontsize=8)
    _save(figure, path)


def growth(figures: list[Figures], path: Path) -> None:
    """Turns a second over messages stored."""
    figure = Figure(figsize=(7, 4.2))
    axes = figure.subplots()
    for one in figures:
        stored = [point["stored"] for point in one["points"]]
        axes.plot(stored, [point["per_s"] for point in one["points"]], marker="o", label=one["system"])
    axes.set(xscale="log", ylim=(0, None), xlabel="messages stored", ylabel="turns a second")
    axes.legend(fontsize=8)
    _save(figure, path)


PLOTS: dict[str, Callable[[list[Figures], Path], None]] = {
    "throughput": throughput,
    "peer": throughput,
    "latency": latency,
    "growth": growth,
}


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)  # a picture without a display
    figure.tight_layout()
    figure.savefig(path, dpi=130)
