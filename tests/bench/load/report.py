"""Keeps figures in results/load.json, shows them as tables and draws them into var/bench."""

from __future__ import annotations

import json
import math
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bot.settings import PROJECT

RESULTS = PROJECT / "results" / "load.json"
PLOTS = PROJECT / "var" / "bench"

Figures = dict[str, Any]


def keep(section: str, figures: list[Figures]) -> None:
    """Put the figures of one scenario into the results; those of the others stay."""
    RESULTS.parent.mkdir(exist_ok=True)
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results[section] = {"measured": machine(), "figures": _finite(figures)}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")


def machine() -> Figures:
    """When and where. `load`: of the last one and five minutes, our own processes included."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "load": [round(value, 2) for value in os.getloadavg()[:2]],
    }


def show(section: str, figures: list[Figures], console: Console) -> None:
    """The tables of one scenario."""
    for table in _TABLES[section](figures):
        console.print(table)


def draw(section: str, figures: list[Figures]) -> Path | None:
    """A PNG, or None where a scenario has nothing to draw."""
    from tests.bench.load import plots  # matplotlib takes a second to import

    make = plots.PLOTS.get(section)
    if make is None:
        return None
    PLOTS.mkdir(parents=True, exist_ok=True)
    path = PLOTS / f"load-{section}.png"
    make(figures, path)
    return path


def _throughput(figures: list[Figures]) -> list[Table]:
    found = Table(
        "system", "ready", "turns/s, p95 < 1 s", "p50", "p95", "p99", "turns/s of a crowd", title="Throughput"
    )
    for one in figures:
        reply = one["best"]["reply_ms"] if one["best"] else {}
        times = [_ms(reply.get(share)) for share in ("p50", "p95", "p99")]
        found.add_row(one["system"], f"{one['ready_s']} s", str(one["best_per_s"]), *times, str(one["crowd_per_s"]))
    return [found, _costs([(one["system"], one["best"] or one["crowd"]) for one in figures])]


def _costs(runs: list[tuple[str, Figures]]) -> Table:
    names = list(dict.fromkeys(name for _, run in runs for name in run["cpu_ms_a_message"]))
    table = Table("system", *names, "all of the system", title="Processor ms a message / MB")
    for system, run in runs:
        cpu, memory = run["cpu_ms_a_message"], run["memory_mb"]
        cells = [
            f"{cpu[name]:.1f} / {memory[name]:.0f}" if name in memory else f"{cpu.get(name, 0):.1f}" for name in names
        ]
        whole = sum(cpu[name] for name in memory)
        table.add_row(system, *cells, f"{whole:.1f} / {sum(memory.values()):.0f}")
    return table


def _latency(figures: list[Figures]) -> list[Table]:
    whole = Table("system", "messages/s", "lost", "p50", "p95", "p99", "acknowledged p99", title="Webhook to provider")
    for one in figures:
        reply = one["reply_ms"]
        whole.add_row(
            one["system"],
            f"{one['rate']:.0f}",
            str(one["lost"]),
            *(_ms(reply[share]) for share in ("p50", "p95", "p99")),
            _ms(one["acknowledged_ms"]["p99"]),
        )
    steps = Table("system", "step", "a message", "mean", "p50", "p95", "p99", title="Dalil's steps")
    for one in figures:
        for name, step in one["steps_ms"].items():
            often = f"{step['count'] / max(1, one['messages']):.2f}"
            steps.add_row(one["system"], name, often, *(_ms(step[key]) for key in ("mean", "p50", "p95", "p99")))
    return [whole, steps, _costs([(one["system"], one) for one in figures])]


def _growth(figures: list[Figures]) -> list[Table]:
    table = Table("system", "messages stored", "turns/s of a crowd", "p95 at half of it", "ack. p99", title="Growth")
    for one in figures:
        for point in one["points"]:
            table.add_row(
                one["system"],
                f"{point['stored']:,}",
                str(point["per_s"]),
                _ms(point["calm_p95_ms"]),
                _ms(point["acknowledged_p99_ms"]),
            )
    return [table]


def _burst(figures: list[Figures]) -> list[Table]:
    table = Table("system", "webhooks/s", "sent", "refused", "lost", "ack. p50", "p95", "p99", title="Bursts")
    for name in ("drained after", "drained/s", "out of order"):
        table.add_column(name)
    for one in figures:
        table.add_row(
            one["system"],
            *(f"{one[key]:.0f}" for key in ("rate", "sent", "refused", "lost")),
            *(_ms(one["acknowledged_ms"][share]) for share in ("p50", "p95", "p99")),
            f"{one['drained_after_s']:.0f} s" if one["drained"] else "not drained",
            str(one["drained_per_s"]),
            f"{one['order']['disordered']} of {one['order']['conversations']}",
        )
    return [table]


def _forged(figures: list[Figures]) -> list[Table]:
    table = Table(
        "system", "messages/s", "forged/s", "p95 alone", "p95 beside", "change", "lost", title="Forged webhooks"
    )
    for one in figures:
        alone, beside = one["alone"], one["beside"]
        table.add_row(
            one["system"],
            f"{one['rate']:.0f}",
            str(one["forged_per_s"]),
            _ms(alone["reply_ms"]["p95"]),
            _ms(beside["reply_ms"]["p95"]),
            f"{one['p95_change']:+.0%}" if math.isfinite(one["p95_change"]) else "–",
            str(beside["lost"]),
        )
    return [table]


_TABLES = {
    "throughput": _throughput,
    "peer": _throughput,
    "latency": _latency,
    "growth": _growth,
    "burst": _burst,
    "forged": _forged,
}


def _ms(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"


def _finite(value: Any) -> Any:
    """JSON knows no infinity: what was never answered is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list) else value
