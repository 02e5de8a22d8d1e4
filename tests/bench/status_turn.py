"""`python -m tests.bench.status_turn`: what telling a file's state costs beside the government system's own time.

A register in a process of its own on 127.0.0.1. Each round measures, one after the other: its own time (the same call,
by a bare client) and the whole action (`action_case_status` on rasa-sdk's executor, with guard, client, the ledger of
wrong tries in SQLite, wording). Told: the 95th percentile of action minus call. Rasa's own time is not in it: see
docs/benchmarks.md. Fails above 25 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx2
from rasa_sdk.executor import ActionExecutor

from actions.registry import build_actions
from bot.bootstrap import open_stores
from bot.government import government_systems
from bot.settings import Settings
from connectors.sandbox.registration.seed import APPLICATIONS, CLIENT_HEADER_EXAMPLE
from tests.bench.__main__ import percentile
from tests.bench.gov_bulkhead import register
from tests.unit.actions.calls import action_call, message, turn
from tests.unit.actions.sheets import knowledge

LIMIT_MS = 25.0
FILE = APPLICATIONS[0]  # pending: one call answers it


def status_call(number: int) -> dict[str, object]:
    given = turn(turn_id=f"turn-{number}", language="fr")
    slots: dict[str, object] = {"file_number": FILE.file_id, "birth_date": FILE.birth_date}
    return action_call("action_case_status", message(FILE.birth_date, given=given), slots=slots)


async def measure(settings: Settings, url: str, rounds: int) -> list[tuple[float, float]]:
    """Seconds of the bare call and of the action, by round."""
    stores, systems, executor = open_stores(settings), government_systems(settings), ActionExecutor()
    actions = build_actions(
        knowledge=knowledge(), cases=systems.cases, attempts=stores.attempts, clock=lambda: datetime.now(UTC)
    )
    for action in actions:
        executor.register_action(action)
    headers = {"Information-Mediator-Client": CLIENT_HEADER_EXAMPLE}
    found = []
    async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False) as bare:
        for number in range(rounds):
            started = time.perf_counter()
            (await bare.get(f"/registration/applications/{FILE.file_id}")).raise_for_status()
            called = time.perf_counter()
            answered = await executor.run(status_call(number))
            found.append((called - started, time.perf_counter() - called))
            assert answered is not None
            assert "en cours de traitement" in str(answered.responses)
    await systems.close()
    stores.close()
    return found[rounds // 10 :]  # the first ones make connections


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    with register() as url, TemporaryDirectory() as folder:
        own = {"base_url": f"{url}/registration", "client": CLIENT_HEADER_EXAMPLE}
        settings = Settings(_env_file=None, var_dir=Path(folder), sandbox=False, registration=own)
        found = asyncio.run(measure(settings, url, rounds))
    added = [1000 * (action - call) for call, action in found]
    calls = [1000 * call for call, _ in found]
    p95 = percentile(added, 0.95)
    print(f"the register's own time: {median(calls):.1f} ms p50, {percentile(calls, 0.95):.1f} ms p95")
    print(f"added by a status action: {median(added):.1f} ms p50, {p95:.1f} ms p95 (limit {LIMIT_MS:.0f} ms)")
    return 0 if p95 <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
