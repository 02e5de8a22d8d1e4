"""`python -m tests.bench.gov_bulkhead`: what one hanging government system costs the citizens of the others.

Four registers, each a process of its own on 127.0.0.1; 100 status lookups at once, 25 of each. In a third of the
rounds one register hangs, in another it is not asked at all. Told: the 95th percentile of the other 75 (the median over
the rounds, because other work on the machine disturbs some), with one guard a system (connectors/gov/resilience.py),
and, to show that the measurement can fail, with one guard for all. Fails when the hang costs the others over 20 % of
what they need while all is well.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from multiprocessing.connection import Connection
from statistics import median

import httpx2
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table

from connectors.errors import GovError
from connectors.gov.guarded import GuardedTracker
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.resilience import Guard, Policy
from connectors.sandbox.registration.api import create_router
from connectors.sandbox.registration.seed import APPLICATIONS, CLIENT_HEADER_EXAMPLE
from tests.bench.__main__ import percentile
from tests.unit.sandbox.serving import Server

SYSTEMS = 4
LOOKUPS = 100
HANG_S = 60.0
TOLERATED = 1.2
WELL, ALONE, HANGS = "well", "alone", "hangs"
NUMBER, BORN = APPLICATIONS[0].file_id, date.fromisoformat(APPLICATIONS[0].birth_date)
EACH_ITS_OWN = Policy(timeout_s=2.0, deadline_s=4.0)
ONE_FOR_ALL = Policy(timeout_s=2.0, deadline_s=4.0, waiting=LOOKUPS, queue_s=30.0, opens_after=10**9)


def serve(ready: Connection) -> None:
    """A register of its own process; ends when it is terminated."""
    app = FastAPI()
    app.include_router(create_router())
    with Server(app) as server:
        ready.send(server.url)
        ready.poll(None)


@contextmanager
def register() -> Iterator[str]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def hang(url: str, on: bool) -> None:
    order = {"kind": "slow" if on else "none", "seconds": HANG_S}
    httpx2.post(f"{url}/sandbox/registration/faults", json=order, trust_env=False).raise_for_status()


async def lookup(tracker: GuardedTracker) -> tuple[float, bool]:
    """Seconds, and whether the case was told."""
    started = time.perf_counter()
    try:
        found = await tracker.find(NUMBER, BORN)
    except GovError:
        found = None
    return time.perf_counter() - started, found is not None


async def burst(
    clients: Sequence[RegistrationClient], guards: Sequence[Guard], asked: int = SYSTEMS
) -> list[tuple[float, bool]]:
    """All lookups at once, interleaved, those of the first `asked` systems; the outcomes of all but the last one."""
    trackers = [GuardedTracker(client, guard) for client, guard in zip(clients, guards, strict=True)]
    systems = [number % SYSTEMS for number in range(LOOKUPS) if number % SYSTEMS < asked]
    done = await asyncio.gather(*(lookup(trackers[system]) for system in systems))
    return [outcome for system, outcome in zip(systems, done, strict=True) if system < SYSTEMS - 1]


def guards(shared: bool) -> list[Guard]:
    """New ones for every round: nobody profits from a circuit that an earlier round opened."""
    if shared:
        return [Guard("all", ONE_FOR_ALL)] * SYSTEMS
    return [Guard(str(number), EACH_ITS_OWN) for number in range(SYSTEMS)]


async def measure(urls: Sequence[str], rounds: int, shared: bool) -> dict[str, list[list[tuple[float, bool]]]]:
    """The lookups at the systems that work, by what the last one did meanwhile, and by round."""
    clients = [
        RegistrationClient(RegistrationConfig(f"{url}/registration", CLIENT_HEADER_EXAMPLE, timeout_s=5.0))
        for url in urls
    ]
    await burst(clients, guards(shared))  # connections are made once, as in a running system
    figures: dict[str, list[list[tuple[float, bool]]]] = {WELL: [], ALONE: [], HANGS: []}
    for _ in range(rounds):
        for state, by_round in figures.items():
            await asyncio.to_thread(hang, urls[-1], state == HANGS)
            asked = SYSTEMS - 1 if state == ALONE else SYSTEMS
            by_round.append(await burst(clients, guards(shared), asked))
    await asyncio.to_thread(hang, urls[-1], False)
    for client in clients:
        await client.close()
    return figures


def p95_ms(by_round: list[list[tuple[float, bool]]]) -> float:
    return 1000 * median(percentile([seconds for seconds, _ in outcomes], 0.95) for outcomes in by_round)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each kind")
    rounds = parser.parse_args().rounds
    table = Table("guards", "all well", "not asked", "hangs", "cost of the hang", "told while it hung")
    ratios = {}
    with ExitStack() as stack:
        urls = [stack.enter_context(register()) for _ in range(SYSTEMS)]
        for name, shared, times in (("one a system", False, rounds), ("one for all", True, min(rounds, 2))):
            figures = asyncio.run(measure(urls, times, shared))
            p95 = {state: p95_ms(by_round) for state, by_round in figures.items()}
            told = [was_told for outcomes in figures[HANGS] for _, was_told in outcomes]
            ratios[shared] = p95[HANGS] / p95[WELL]
            shown = [f"{p95[state]:.0f} ms" for state in (WELL, ALONE, HANGS)]
            table.add_row(name, *shown, f"{100 * (ratios[shared] - 1):+.0f} %", f"{sum(told)} of {len(told)}")
    Console().print(table)
    return 0 if ratios[False] <= TOLERATED else 1


if __name__ == "__main__":
    sys.exit(main())
