"""`python -m tests.bench.enumeration`: 10,000 guesses at other people's files within an hour; how many are told?

The real action, the real ledger of wrong tries in SQLite, the sandbox's register over HTTP. Four attackers take turns:
one person at all files; a new person for each guess, at all files; a new person for each guess, with the file numbers
in order; and one who, once a file is locked, guesses *right*. No attacker knows a birth date beforehand: who does needs
only a number (--knows-a-birth-date measures how far the lock goes then: it is by person and by file, not by date).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from fastapi import FastAPI
from rasa_sdk.executor import ActionExecutor

from actions.attempts import FILE_LIMIT
from actions.registry import build_actions
from actions.replies import load_wording
from bot.store.attempts import SqlAttempts
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.vault import Vault
from connectors.gov.api import Case
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.sandbox.registration.api import create_router
from connectors.sandbox.registration.seed import APPLICATIONS, CLIENT_HEADER_EXAMPLE
from tests.unit.actions.calls import NOW, action_call, message, run, turn
from tests.unit.actions.sheets import knowledge
from tests.unit.sandbox.serving import Server

GUESSES = 10_000
WITHIN = timedelta(minutes=55)  # a lock lasts an hour
OLDEST, DATES = date(1930, 1, 1), 30_000  # birth dates to guess among
RIGHT_AFTER = 2 * FILE_LIMIT  # guesses at a file before the right one comes

_WORDING = load_wording()
# What every lookup that tells something ends with, whatever the case.
_SOURCE = _WORDING.text("fr", "case_source", day="").strip(" ,")


@dataclass(frozen=True)
class Guess:
    person: str
    number: str
    born: str
    right: bool = False


@dataclass
class Outcome:
    """`told`: cases that came out. `reached`: guesses that were put to the register. `answers`: what was said."""

    told: int = 0
    reached: int = 0
    right: int = 0
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)


class CountingTracker(RegistrationClient):
    """Counts how many guesses get as far as the register."""

    asked = 0

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        self.asked += 1
        return await super().find(file_id, birth_date)


def guesses(count: int, chance: random.Random) -> Iterator[Guess]:
    """`count` guesses of the four attackers in turn. Every file gets its right date once it must be locked."""
    tried = Counter[str]()

    def some_date() -> str:
        return (OLDEST + timedelta(days=chance.randrange(DATES))).isoformat()

    for number in range(count):
        seed = APPLICATIONS[number // 4 % len(APPLICATIONS)]
        new = f"new-{number}"
        match number % 4:
            case 0:
                guess = Guess("stubborn", seed.file_id, some_date())
            case 1:
                guess = Guess(new, seed.file_id, some_date())
            case 2:
                guess = Guess(new, f"PA-2026-{4000 + number // 4:06d}", some_date())
            case _:
                right = tried[seed.file_id] >= RIGHT_AFTER
                guess = Guess(new, seed.file_id, seed.birth_date if right else some_date(), right)
        tried[guess.number] += 1
        yield guess


def numbers_in_order(count: int) -> Iterator[Guess]:
    """Somebody who knows a birth date and tries file numbers, as a new person each time."""
    for number in range(count):
        yield Guess(f"new-{number}", f"PA-2026-{number:06d}", APPLICATIONS[0].birth_date)


async def attack(every: Iterator[Guess], count: int, folder: Path) -> Outcome:
    """Make all guesses, evenly over `WITHIN` by the action's clock."""
    logging.getLogger("rasa_sdk.executor").setLevel(logging.WARNING)
    app = FastAPI()
    app.include_router(create_router())
    database = Database(f"sqlite:///{folder / 'dalil.db'}")
    migrate(database, Vault(["e" * 43 + "="], b"a key of the benchmark"))
    outcome, made = Outcome(), 0
    with Server(app) as server:
        cases = CountingTracker(RegistrationConfig(f"{server.url}/registration", CLIENT_HEADER_EXAMPLE))
        actions = build_actions(
            knowledge=knowledge(),
            cases=cases,
            attempts=SqlAttempts(database, b"a key of the benchmark"),
            clock=lambda: NOW + WITHIN * made / count,
        )
        executor = ActionExecutor()
        for action in actions:
            executor.register_action(action)
        started = time.perf_counter()
        for made, guess in enumerate(every):
            given = turn(turn_id=f"turn-{made}", person_id=guess.person, language="fr")
            slots: dict[str, object] = {"file_number": guess.number, "birth_date": guess.born}
            call = action_call("action_case_status", message(guess.born, given=given), slots=slots)
            answered = await run(executor, call)
            outcome.right += guess.right
            outcome.told += _SOURCE in answered.result.reply.source
            outcome.answers[answered.text.replace(guess.number, "N")] += 1
        outcome.seconds = time.perf_counter() - started
        outcome.reached = cases.asked
        await cases.close()
    database.close()
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guesses", type=int, default=GUESSES)
    parser.add_argument("--knows-a-birth-date", action="store_true")
    options = parser.parse_args()
    count = options.guesses
    every = numbers_in_order(count) if options.knows_a_birth_date else guesses(count, random.Random(7))
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(attack(every, count, Path(folder)))
    print(f"{count} guesses, {outcome.right} of them right, {outcome.seconds:.0f} s")
    print(
        f"{outcome.reached} reached the register, {outcome.told} cases told, {len(outcome.answers)} different answers"
    )
    return 1 if outcome.told else 0


if __name__ == "__main__":
    sys.exit(main())
