"""`make bench`: the figures of docs/benchmarks.md, measured on the whole running system.

A local provider that speaks Twilio's REST stands at the end: a reply counts when the provider has it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs

import httpx2
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from twilio.request_validator import RequestValidator

from bot.settings import PROJECT
from tests.ports import free_port
from tests.system import System, running

SID, TOKEN = "AC" + "b" * 32, "bench-token"
QUESTIONS = (
    "شنو خاصني باش نجدد لاكارط؟",
    "combien coute le passeport",
    "ch7al f casier judiciaire w fin n9dmo",
    "كم مدة صلاحية جواز السفر؟",
    "bghit n3ref lwra9 dyal lpermis",
    "où faire une carte d'identité pour mon fils",
    "شكرا بزاف",
    "wach kayn chi wahed n hder m3ah",
    "و بشحال؟",
    "quels documents pour l'extrait d'acte de naissance ?",
)


class Provider:
    """Twilio's `Messages.json`: notes when each reply came."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.came: dict[str, float] = {}
        app = FastAPI()
        app.add_api_route("/2010-04-01/Accounts/{sid}/Messages.json", self._create, methods=["POST"])
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))

    async def _create(self, request: Request) -> JSONResponse:
        form = parse_qs((await request.body()).decode())
        self.came.setdefault(form["To"][0], time.perf_counter())
        return JSONResponse({"sid": f"SM{random.getrandbits(128):032x}", "status": "queued"}, 201)

    async def serve(self) -> None:
        await self._server.serve()

    def stop(self) -> None:
        self._server.should_exit = True


async def load(system: System, provider: Provider, rate: float, seconds: float) -> tuple[list[float], list[float], int]:
    """Signed messages of new citizens at `rate` a second: times to 204 and to the provider in ms, and the lost."""
    validator, url = RequestValidator(TOKEN), f"{system.url}/channels/twilio"
    acknowledged: list[float] = []
    sent: dict[str, float] = {}
    total = int(rate * seconds)
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as http:

        async def one(number: int) -> None:
            citizen = f"+2126{number:08d}"
            form = {
                "MessageSid": f"SM{number:032x}",
                "AccountSid": SID,
                "From": citizen,
                "To": "+15005550006",
                "Body": QUESTIONS[number % len(QUESTIONS)],
                "NumMedia": "0",
            }
            headers = {"X-Twilio-Signature": validator.compute_signature(url, form)}
            sent[citizen] = time.perf_counter()
            response = await http.post(url, data=form, headers=headers)
            acknowledged.append((time.perf_counter() - sent[citizen]) * 1000)
            if response.status_code != 204:
                raise RuntimeError(f"webhook answered {response.status_code}")

        with Progress(transient=True) as progress:
            bar = progress.add_task("load", total=total)
            started = time.perf_counter()
            tasks = []
            for number in range(total):
                await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
                tasks.append(asyncio.create_task(one(number)))
                progress.advance(bar)
            await asyncio.gather(*tasks)
        deadline = time.perf_counter() + 30
        while len(provider.came) < total and time.perf_counter() < deadline:
            await asyncio.sleep(0.05)
    replies = [(provider.came[citizen] - at) * 1000 for citizen, at in sent.items() if citizen in provider.came]
    return acknowledged, replies, total - len(replies)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def memory_mb(system: System) -> dict[str, float]:
    """Resident memory (MB) by process; shared pages are counted in each."""
    figures: dict[str, float] = {}
    for process in system.tree():
        line = " ".join(process.cmdline())
        name = next(
            (n for n in ("rasa", "serve", "worker", "sandbox", "run") if re.search(rf"[ .]{n}", line)), process.name()
        )
        figures[name] = figures.get(name, 0.0) + process.memory_info().rss / 2**20
    return figures


async def measure(rate: float, seconds: float) -> dict[str, object]:
    provider = Provider(free_port())
    serving = asyncio.create_task(provider.serve())
    settings = {
        "DALIL_TWILIO__ACCOUNT_SID": SID,
        "DALIL_TWILIO__AUTH_TOKEN": TOKEN,
        "DALIL_TWILIO__SMS_FROM": "+15005550006",
        "DALIL_TWILIO__WHATSAPP_FROM": "+15005550009",
        "DALIL_TWILIO__API_URL": f"http://127.0.0.1:{provider.port}",
    }
    with tempfile.TemporaryDirectory() as folder:
        manager = running(Path(folder), settings)
        system = await asyncio.to_thread(manager.__enter__)
        try:
            idle = memory_mb(system)
            acknowledged, replies, lost = await load(system, provider, rate, seconds)
            busy = memory_mb(system)
            metrics = httpx2.get(f"{system.url}/metrics", trust_env=False).text
        finally:
            await asyncio.to_thread(manager.__exit__, None, None, None)
            provider.stop()
            await serving
    return {
        "start_s": round(system.seconds_to_ready, 1),
        "rate_per_s": rate,
        "seconds": seconds,
        "messages": len(acknowledged),
        "lost": lost,
        "acknowledged_ms": _spread(acknowledged),
        "reply_ms": _spread(replies),
        "memory_idle_mb": {name: round(value) for name, value in idle.items()},
        "memory_busy_mb": {name: round(value) for name, value in busy.items()},
        "memory_total_mb": round(sum(busy.values())),
        "apologies": sum(1 for line in metrics.splitlines() if line.startswith('dalil_turns_total{outcome="failed"')),
    }


def _spread(values: list[float]) -> dict[str, float]:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    figures = {name: round(percentile(values, share), 1) for name, share in shares.items()}
    return {**figures, "max": round(max(values), 1), "mean": round(statistics.fmean(values), 1)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rate", type=float, default=5.0, help="messages a second")
    arguments.add_argument("--seconds", type=float, default=60.0)
    given = arguments.parse_args()
    figures = asyncio.run(measure(given.rate, given.seconds))
    table = Table("figure", "measured", "target", title="Dalil, whole system")
    acknowledged, reply = figures["acknowledged_ms"], figures["reply_ms"]
    table.add_row("start to /health/ready", f"{figures['start_s']} s", "25 s")
    table.add_row("webhook acknowledged p99", f"{acknowledged['p99']} ms", "30 ms")  # type: ignore[index]
    table.add_row("reply handed to the provider p95", f"{reply['p95']} ms", "400 ms")  # type: ignore[index]
    table.add_row("memory of all processes", f"{figures['memory_total_mb']} MB", "1,434 MB")
    table.add_row("messages / lost", f"{figures['messages']} / {figures['lost']}", "0 lost")
    Console().print(table)
    results = PROJECT / "results"
    results.mkdir(exist_ok=True)
    (results / "bench.json").write_text(json.dumps(figures, indent=1))
    Console().print_json(json.dumps(figures))


if __name__ == "__main__":
    main()
