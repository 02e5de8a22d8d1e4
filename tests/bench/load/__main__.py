"""`make bench-load`: how much the whole system carries, beside plain Rasa. `python -m tests.bench.load SCENARIO`.

Everything is measured on one machine, citizens and provider included: their share of a core is in the results. Figures
go to results/load.json, pictures to var/bench/.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from rich.console import Console

from tests.bench.load import peer, report, scenarios
from tests.bench.load.driver import Load
from tests.bench.load.systems import dalil, plain_rasa
from tests.bench.load.traffic import traffic

Figures = list[dict[str, Any]]
DATABASES = ("sqlite", "postgresql")
console = Console()


def throughput(given: argparse.Namespace) -> Figures:
    found = []
    for database in given.databases:
        with traffic() as load, dalil(load.port, database, given.settings) as target:
            found.append(scenarios.throughput(load, target, given.seconds or 8, console.print))
    return found


def against_peer(given: argparse.Namespace) -> Figures:
    peer.trained(console.print)
    found = throughput(argparse.Namespace(**{**vars(given), "databases": given.databases[:1]}))
    with traffic() as load, plain_rasa(load.port) as target:
        found.append(scenarios.throughput(load, target, given.seconds or 8, console.print))
    return found


def latency(given: argparse.Namespace) -> Figures:
    found = []
    for database in given.databases:
        with traffic() as load, dalil(load.port, database, given.settings) as target:
            for rate in given.rates or (5, 20):
                base = Load(rate=rate, seconds=0, receipts=given.receipts, provider_s=given.provider_ms / 1000)
                found.append(scenarios.latency(load, target, rate, given.seconds or 15, base))
    return found


def growth(given: argparse.Namespace) -> Figures:
    found = []
    for database in given.databases:
        with traffic() as load, dalil(load.port, database, given.settings) as target:
            found.append(scenarios.growth(load, target, given.sizes, given.seconds or 5, console.print))
    return found


def burst(given: argparse.Namespace) -> Figures:
    found = []
    for database in given.databases:
        with traffic() as load, dalil(load.port, database, given.settings) as target:
            for rate, seconds in ((100, 20), (200, 60)):
                found.append(scenarios.burst(load, target, rate, given.seconds or seconds, console.print))
    return found


def forged(given: argparse.Namespace) -> Figures:
    found = []
    for database in given.databases:
        with traffic() as load, dalil(load.port, database, given.settings) as target:
            rate = (given.rates or (10,))[0]
            found.append(scenarios.forged(load, target, rate, 1000, given.seconds or 60, console.print))
    return found


SCENARIOS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "peer": against_peer,
    "throughput": throughput,
    "latency": latency,
    "growth": growth,
    "burst": burst,
    "forged": forged,
}
# `all`: the peer beside SQLite; growth on both databases; the rest where one tells the most.
ALL = {"peer": ("sqlite",), "throughput": ("postgresql",), "latency": DATABASES, "growth": DATABASES}
ALL |= {"burst": ("sqlite",), "forged": ("sqlite",)}


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    arguments.add_argument("scenario", choices=[*SCENARIOS, "all"])
    arguments.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    arguments.add_argument("--seconds", type=float, default=0.0, help="of each measured step; 0: the scenario's own")
    arguments.add_argument("--rates", nargs="+", type=float, help="messages a second (latency, forged)")
    arguments.add_argument(
        "--sizes", nargs="+", type=int, default=[10**power for power in range(3, 7)], help="(growth)"
    )
    arguments.add_argument("--provider-ms", type=float, default=0.0, help="how long the provider takes (latency)")
    arguments.add_argument("--receipts", action="store_true", help="the provider reports deliveries (latency)")
    arguments.add_argument("--set", dest="settings", nargs="*", default=[], metavar="SETTING=VALUE")
    given = arguments.parse_args()
    given.settings = dict(one.split("=", 1) for one in given.settings)
    for name in SCENARIOS if given.scenario == "all" else [given.scenario]:
        if given.scenario == "all":
            given.databases = ALL[name]
        run(name, given)


def run(name: str, given: argparse.Namespace) -> None:
    console.rule(name)
    figures = SCENARIOS[name](given)
    report.keep(name, figures)
    report.show(name, figures, console)
    picture = report.draw(name, figures)
    console.print(f"results: {report.RESULTS}" + (f", picture: {picture}" if picture else ""))


if __name__ == "__main__":
    main()
