"""`make faults`: the whole matrix, row by row on both databases, with a table and results/faults.json."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.settings import PROJECT
from tests.faults.citizens import Verdict
from tests.faults.cluster import Cluster, Kind, running
from tests.faults.rows import BOTH, ROWS, Plan, Row

Result = dict[str, object]
TITLES = ("row", "database", "messages", "rounds", "lost", "twice", "disorder", "foreign", "slowest s", "")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave nothing running
    given = _arguments()
    rows = [row for row in ROWS if not given.rows or any(word in row.name for word in given.rows)]
    console = Console()
    console.print(f"{len(rows)} rows, {given.rounds} kills, seed {given.seed}, load {os.getloadavg()[0]:.1f}")
    results: list[Result] = []
    for database in BOTH if given.database == "both" else (given.database,):
        for real in (False, True):
            wanted = [row for row in rows if row.real is real and database in row.databases]
            if wanted:
                results += _all(wanted, database, real, given, console)
    console.print(_table(results))
    path = PROJECT / "results" / "faults.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"seed": given.seed, "load": os.getloadavg(), "rows": results}, indent=1) + "\n")
    return 0 if all(result["clean"] for result in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="kills in all, shared out among the kill rows")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--rows", nargs="*", default=[], help="only rows whose sentence has one of these words")
    parser.add_argument("--backlog", type=int, default=10_000, help="messages of the backlog row")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the processes' logs; gone afterwards without it")
    return parser.parse_args()


def _all(rows: list[Row], database: Kind, real: bool, given: argparse.Namespace, console: Console) -> Iterator[Result]:
    """One cluster for all rows; after a row that broke it, a new one."""
    left = list(rows)
    while left:
        try:
            with _folder(given.keep) as folder, running(folder, database, real=real) as cluster:
                while left:
                    result = _one(left.pop(0), cluster, given, console)
                    yield result
                    if result["error"]:
                        break
        except AssertionError as failure:  # it did not even start
            console.print(f"[red]{failure}[/red]")
            yield from (_result(row, database, 0, Verdict(0), 0.0, "no cluster") for row in left)
            return


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep / str(time.monotonic_ns())
        return
    with tempfile.TemporaryDirectory(prefix="dalil-faults-") as folder:
        yield Path(folder) / "cluster"


def _one(row: Row, cluster: Cluster, given: argparse.Namespace, console: Console) -> Result:
    rounds = max(1, round(given.rounds * row.share)) if row.share else max(1, given.rounds // 5)
    plan = Plan(rounds, given.backlog, given.seed, lambda line: console.print(f"    [dim]{line}[/dim]"))
    console.print(f"[bold]{row.name}[/bold] ({cluster.database})")
    started, error, verdict = time.monotonic(), "", Verdict(0)
    try:
        cluster.mend()
        verdict = row.does(cluster, plan)
    except Exception as failure:  # noqa: BLE001 - the table says it, and the other rows still run
        error = f"{type(failure).__name__}: {str(failure)[:2000]}"
        console.print(f"  [red]{error}[/red]")
    clean = verdict.clean and verdict.messages > 0 and not error  # a row without messages showed nothing
    seconds = time.monotonic() - started
    console.print(f"  {'✓' if clean else '✗'} {verdict} in {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    return _result(row, cluster.database, rounds if row.share else 0, verdict, seconds, error)


def _result(row: Row, database: Kind, rounds: int, verdict: Verdict, seconds: float, error: str) -> Result:
    return {
        "row": row.name,
        "database": database,
        "rounds": rounds,
        **asdict(verdict),
        "seconds": round(seconds, 1),
        "load": round(os.getloadavg()[0], 1),
        "error": error,
        "clean": verdict.clean and verdict.messages > 0 and not error,
    }


def _table(results: list[Result]) -> Table:
    table = Table(*TITLES, title="Every accepted message answered exactly once, in order")
    for one in results:
        slowest = one["slowest_s"]
        figures = [one[name] for name in ("messages", "rounds", "lost", "duplicated", "disordered", "foreign")]
        assert isinstance(slowest, float)
        mark = "✓" if one["clean"] else "✗"
        table.add_row(str(one["row"]), str(one["database"]), *map(str, figures), f"{slowest:.1f}", mark)
    return table


if __name__ == "__main__":
    sys.exit(main())
