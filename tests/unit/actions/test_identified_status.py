"""Files that are told to a verified identity only: never by a birth date, and another's is as one that is not there."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import httpx2
import pytest
from fastapi import FastAPI
from rasa_sdk.executor import ActionExecutor

from actions.attempts import PERSON_LIMIT
from actions.contract import TurnInput
from actions.registry import build_actions
from actions.replies import load_wording
from bot.settings import PROJECT
from connectors.gov.declared import DeclaredClient
from connectors.gov.declared_schema import read_system
from connectors.gov.identified import Identified, WithIdentified
from connectors.gov.registration import RegistrationClient
from connectors.sandbox import benefits
from connectors.sandbox.benefits import CLAIMS
from connectors.sandbox.oidc.people import pairwise
from connectors.sms_pages import pages
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAttempts
from tests.unit.actions.calls import action_call, message, run, turn, validate_form
from tests.unit.actions.conftest import Clock
from tests.unit.sandbox.serving import Server

WORDING = load_wording()
NADIAS, RACHIDS, NOBODYS = "SOC-2026-00012", "SOC-2026-00023", "SOC-2026-99999"
LINK = "https://assistant.services-publics.example.ma/identity/" + "x" * 32


class Known:
    """A `VerifiedIdentity` of an invented person."""

    def __init__(self, person: str) -> None:
        self._name = pairwise(person)

    def is_subject(self, name: str) -> bool:
        return name == self._name


class Signed:
    """`Identities`: who is signed in as whom, and the links that were sent, by person."""

    def __init__(self) -> None:
        self.people: dict[str, Known] = {}
        self.waiting: list[str] = []
        self.refused = False

    def verified(self, person_id: str, now: datetime) -> Known | None:
        return self.people.get(person_id)

    def link(self, given: TurnInput, waiting: str, language: str, now: datetime) -> str | None:
        self.waiting.append(waiting)
        return None if self.refused else LINK


@pytest.fixture(scope="module")
def desk_url() -> Iterator[str]:
    app = FastAPI()
    app.include_router(benefits.create_router())
    with Server(app) as server:
        yield server.url


@pytest.fixture
def identities() -> Signed:
    return Signed()


@pytest.fixture
async def executor(
    knowledge: Knowledge,
    cases: RegistrationClient,
    attempts: InMemoryAttempts,
    clock: Clock,
    desk_url: str,
    identities: Signed,
) -> AsyncIterator[ActionExecutor]:
    values = {"sandbox_url": desk_url, "sandbox_benefits_key": benefits.API_KEY}
    file = PROJECT / "connectors" / "gov" / "systems" / "sandbox_benefits.yaml"
    desk = DeclaredClient(read_system(file, values), values)
    both = WithIdentified(cases, Identified(desk))
    executor = ActionExecutor()
    for action in build_actions(knowledge=knowledge, cases=both, attempts=attempts, clock=clock, identities=identities):
        executor.register_action(action)
    yield executor
    await desk.close()


async def asked(executor: ActionExecutor, number: str, person: str = "amina", turn_id: str = "turn-1") -> str:
    given = turn(turn_id=turn_id, person_id=person, language="fr")
    call = action_call("action_case_status", message(number, given=given), slots={"file_number": number})
    return (await run(executor, call)).text


async def test_the_form_asks_for_no_birth_date(executor: ActionExecutor) -> None:
    slots = await validate_form(executor, message(NADIAS), requested_slot="file_number")
    assert NADIAS == slots["file_number"]
    assert slots["requested_slot"] is None

    other = await validate_form(executor, message("PA-2026-004217"), requested_slot="file_number")
    assert "PA-2026-004217" == other["file_number"]
    assert other.get("requested_slot", "birth_date") == "birth_date"


async def test_who_comes_back_is_not_asked_for_the_number_again(executor: ActionExecutor) -> None:
    latest = message("/status", intent="status", given=turn(resume=NADIAS))
    assert NADIAS == (await validate_form(executor, latest))["file_number"]


async def test_a_stranger_gets_a_link_and_nothing_else(executor: ActionExecutor, identities: Signed) -> None:
    assert {LINK} == {(await asked(executor, number)).split("\n\n")[1] for number in (NADIAS, RACHIDS, NOBODYS)}
    assert [NADIAS, RACHIDS, NOBODYS] == identities.waiting
    identities.refused = True
    assert WORDING.text("fr", "identity_too_many") == await asked(executor, NADIAS)


@pytest.mark.parametrize("language", ["fr", "ar", "ary"])
async def test_the_link_is_whole_on_the_first_page_of_an_sms(executor: ActionExecutor, language: str) -> None:
    given = turn(language=language, chosen_language=language)
    call = action_call("action_case_status", message(NADIAS, given=given), slots={"file_number": NADIAS})
    assert LINK in pages((await run(executor, call)).result.reply, 3)[0]


async def test_the_applicant_is_told(executor: ActionExecutor, identities: Signed) -> None:
    identities.people["amina"] = Known("0001")
    assert WORDING.text("fr", "state_in_progress") in await asked(executor, NADIAS)


async def test_another_persons_file_is_as_one_that_is_not_there(executor: ActionExecutor, identities: Signed) -> None:
    identities.people["amina"] = Known("0001")
    assert [WORDING.text("fr", "case_not_yours")] * 2 == [
        await asked(executor, number, turn_id=number) for number in (RACHIDS, NOBODYS)
    ]


async def test_a_birth_date_opens_nothing_there(executor: ActionExecutor) -> None:
    call = action_call("action_case_status", message(NADIAS), slots={"file_number": NADIAS, "birth_date": "1987-03-14"})
    assert LINK in (await run(executor, call)).text


async def test_who_tries_locks_himself_out_and_not_the_applicant(executor: ActionExecutor, identities: Signed) -> None:
    for number in range(30):
        identities.people[f"p{number}"] = Known("0002")
        await asked(executor, NADIAS, f"p{number}", f"turn {number}")
    for number in range(PERSON_LIMIT):
        await asked(executor, f"SOC-2026-{number:05d}", "p0", f"more {number}")
    assert WORDING.text("fr", "case_locked") == await asked(executor, RACHIDS, "p0", "last")
    identities.people["amina"] = Known("0001")
    assert WORDING.text("fr", "state_in_progress") in await asked(executor, NADIAS)


async def test_a_thousand_guesses_of_a_verified_identity_tell_nothing_but_its_own(
    executor: ActionExecutor, identities: Signed, clock: Clock
) -> None:
    """The attacker is verified, as a new person each time, and knows how numbers are made."""
    chance, told = random.Random(7), set()
    for guess in range(1000):
        person = f"new-{guess}"
        identities.people[person] = Known("0002")
        number = chance.choice([claim.number for claim in CLAIMS] + [f"SOC-2026-{guess % 60:05d}"])
        if (answer := await asked(executor, number, person, f"turn-{guess}")) != WORDING.text("fr", "case_not_yours"):
            told.add((number, "Allocation familiale" in answer))
        clock.now += timedelta(seconds=3)
    assert {(RACHIDS, True)} == told


async def test_a_system_that_is_down_is_said_to_be(executor: ActionExecutor, identities: Signed, desk_url: str) -> None:
    identities.people["amina"] = Known("0001")
    faults = f"{desk_url}/sandbox/benefits/faults"
    httpx2.post(faults, json={"kind": "down"}, trust_env=False).raise_for_status()
    assert WORDING.text("fr", "case_down") == await asked(executor, NADIAS)
    httpx2.post(faults, json={"kind": "none"}, trust_env=False).raise_for_status()


def test_without_a_provider_such_a_system_stops_the_start(knowledge: Knowledge, cases: RegistrationClient) -> None:
    with pytest.raises(ValueError, match="no identity provider is connected"):
        build_actions(
            knowledge=knowledge,
            cases=WithIdentified(None, Identified(cases)),
            attempts=InMemoryAttempts(),
            clock=Clock(),
        )
