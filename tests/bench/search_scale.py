"""`python -m tests.bench.search_scale`: what the search costs with the shipped sheets and with 3,000.

Each size is measured in a process of its own, so that its memory is its own. Questions: the development sets. A change
goes live as in the running app: `bot.content_watch` sees the file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bot.content_watch import ContentWatch
from bot.settings import PROJECT
from knowledge.answer import Knowledge
from knowledge.embedding import load_embedder
from knowledge.evaluation import Case, read_cases
from knowledge.faq import FaqEntry
from knowledge.loader import Catalogue, Remembered, load_content
from knowledge.settings import load_settings, load_words
from tests.bench.__main__ import percentile
from tests.bench.synthetic import synthetic_sheets, write_sheets

CONTENT = PROJECT / "knowledge" / "content"
QUESTIONS = [PROJECT / "tests" / "evaluation" / name for name in ("part1.jsonl", "part2.jsonl")]
IDARATI = 3_000  # procedures on idarati.ma
WARM_UP = 50
_BEAT_S = 0.01
CHANGED = Path("ma") / "casier_judiciaire.yaml"

Figures = dict[str, float]


def measure(folder: Path, changes: int) -> Figures:
    """Everything about the content in `folder`, which is written to."""
    remembered: Remembered = {}
    started, cpu = time.perf_counter(), time.process_time()
    catalogue = load_content(folder, remembered)
    loaded, cpu_loaded = time.perf_counter(), time.process_time()
    embedder = load_embedder(str(PROJECT / "knowledge" / "model"))
    knowledge = Knowledge(catalogue, embedder, load_settings(), load_words())
    built, cpu_built = time.perf_counter(), time.process_time()
    memory = psutil.Process().memory_info().rss / 2**20
    cases = [case for file in QUESTIONS for case in read_cases(file)]
    times = searched(knowledge, cases)
    cpu_before = time.process_time()
    live, stalls = asyncio.run(seconds_until_live(folder, knowledge, remembered, changes))
    cpu_live = time.process_time() - cpu_before
    return {
        "sheets": sum(not isinstance(sheet, FaqEntry) for sheet in catalogue),
        "questions asked": len(times),
        "content read, s": round(loaded - started, 2),
        "content read, CPU s": round(cpu_loaded - cpu, 2),
        "index built, s": round(built - loaded, 2),
        "index built, CPU s": round(cpu_built - cpu_loaded, 2),
        "search p50, ms": round(percentile(times, 0.5), 2),
        "search p95, ms": round(percentile(times, 0.95), 2),
        "memory, MB": round(memory),
        "memory at most, while a change is taken in, MB": round(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        ),
        "change live, median s": round(percentile(live, 0.5), 2),
        "change live, most s": round(max(live), 2),
        "change live, CPU s": round(cpu_live / changes, 2),
        "longest stall of the event loop meanwhile, ms": round(max(stalls) * 1000),
    }


def searched(knowledge: Knowledge, cases: list[Case]) -> list[float]:
    """Milliseconds of each search. Every question is asked once: none is in a cache."""
    times = []
    for case in cases:
        started = time.perf_counter()
        knowledge.search(case.text, case.country)
        times.append((time.perf_counter() - started) * 1000)
    return times[WARM_UP:]


async def seconds_until_live(
    folder: Path, knowledge: Knowledge, remembered: Remembered, changes: int, limit_s: float = 300.0
) -> tuple[list[float], list[float]]:
    """From a sheet's new title on disk until questions are answered with it; and how late, in seconds, the event loop
    came back to a task that waits for 10 ms, over and over: as long must a citizen's message wait.
    """
    watch = ContentWatch(folder, knowledge, remembered)
    running = asyncio.create_task(watch.run())
    times, stalls = [], []
    for number in range(changes):
        title = f"Extrait du casier judiciaire (bulletin n° 3) {'abcdefgh'[number % 8]}"
        started = time.perf_counter()
        _retitle(folder / CHANGED, title)
        async with asyncio.timeout(limit_s):
            while knowledge.catalogue.by_id["ma.casier_judiciaire"].title.fr != title:
                before = time.perf_counter()
                await asyncio.sleep(_BEAT_S)
                stalls.append(time.perf_counter() - before - _BEAT_S)
        times.append(time.perf_counter() - started)
    watch.stop()
    await running
    return times, stalls


def _retitle(file: Path, title: str) -> None:
    """Write the sheet with another French title, whole at once as editors' programs do."""
    lines = file.read_text("utf-8").splitlines()
    at = lines.index("title:")
    french = next(row for row in range(at, len(lines)) if lines[row].startswith("  fr:"))
    lines[french] = f"  fr: {json.dumps(title)}"
    fresh = file.with_suffix(".new")
    fresh.write_text("\n".join(lines) + "\n", "utf-8")
    fresh.replace(file)


def content_of(size: int | None, folder: Path) -> Path:
    """A copy of the shipped content in `folder`, with synthetic sheets up to `size` procedures."""
    shutil.copytree(CONTENT, folder)
    if size is not None:
        real: Catalogue = load_content(CONTENT)
        missing = size - sum(not isinstance(sheet, FaqEntry) for sheet in real)
        write_sheets(list(synthetic_sheets(real, missing)), folder)
    return folder


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sheets", type=int, default=IDARATI, help="procedures in the large catalogue")
    arguments.add_argument("--changes", type=int, default=5, help="changes timed with each of both")
    given = arguments.parse_args()
    columns = []
    with tempfile.TemporaryDirectory() as temporary:
        for name, size in (("shipped", None), ("large", given.sheets)):
            folder = content_of(size, Path(temporary) / name)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                columns.append(pool.apply(measure, (folder, given.changes)))
    targets = {
        "index built, s": "5 / 60",
        "search p50, ms": "3 / 10",
        "change live, most s": "2",
    }
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    table = Table("figure", "shipped", "large", "target", title=f"Search at scale (load average at the end: {load})")
    for name in columns[0]:
        table.add_row(name, *(f"{column[name]:,}" for column in columns), targets.get(name, ""))
    Console().print(table)
    results = PROJECT / "results"
    results.mkdir(exist_ok=True)
    (results / "search_scale.json").write_text(
        json.dumps({"load_average": os.getloadavg(), "sizes": columns}, indent=1)
    )


if __name__ == "__main__":
    main()
