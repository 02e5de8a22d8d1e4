"""A complaint after it was filed: its state, its number, and whose it is. Over the sandbox's desk on a real port."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.replies import load_wording
from connectors.gov.references import ConnectedDesk
from connectors.gov.registration import RegistrationClient
from connectors.gov.served import Served
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAttempts, InMemoryComplaints
from tests.unit.actions.calls import NOW, action_call, message, run, slot, turn, validate_form
from tests.unit.actions.conftest import Clock, Desk, make_executor
from tests.unit.actions.form_talk import BIN, HOLE, Talk, to_summary

WORDING = load_wording()


@pytest.fixture
def talk(executor_with_desk: ActionExecutor) -> Talk:
    return Talk(executor_with_desk)


async def follow(talk: Talk) -> str:
    given = turn(person_id=talk.person, choice="f:complaints", turn_id="later", language="fr")
    call = action_call("action_case_status", message("/status", "status", given=given))
    return (await run(talk.executor, call)).text


async def test_one_s_own_complaint_is_followed_without_its_number(talk: Talk, desk: Desk) -> None:
    await to_summary(talk)
    await talk.tap("Envoyer")
    [filed] = desk.filed()
    assert "ouverte" in await follow(talk)

    desk.order(f"requests/{filed['service_request_id']}/close", notes="Réparé.")

    told = await follow(talk)
    assert filed["service_request_id"] in told
    assert "close" in told
    assert "« Réparé. »" in told


async def test_a_token_becomes_a_number_when_the_desk_gives_it(
    talk: Talk, desk: Desk, complaints: InMemoryComplaints
) -> None:
    await to_summary(talk, BIN)
    assert "viendra plus tard" in (await talk.tap("Envoyer")).text
    assert "pas encore numérotée" in await follow(talk)
    [filing] = complaints.latest("amina", 1)

    number = desk.order(f"tokens/{filing.receipt.token}/number")["service_request_id"]

    assert number in await follow(talk)
    assert number == complaints.latest("amina", 1)[0].receipt.ref


async def test_a_complaint_without_number_is_said_to_be_without(talk: Talk) -> None:
    await to_summary(talk, "Remarque à la commune")
    assert "ne donne pas de numéro" in (await talk.tap("Envoyer")).text

    assert "ne donne pas de suivi" in await follow(talk)


async def test_nobody_follows_another_person_s_complaints(talk: Talk, executor_with_desk: ActionExecutor) -> None:
    await to_summary(talk)
    await talk.tap("Envoyer")

    assert "aucune réclamation" in await follow(Talk(executor_with_desk, person="brahim"))


@pytest.mark.parametrize("text", ["638344", "ma réclamation n° ٦٣٨٣٤٤ ?"])
async def test_the_status_form_takes_a_complaint_s_number_and_asks_for_no_birth_date(
    executor_with_desk: ActionExecutor, text: str
) -> None:
    latest = message(text, "status", given=turn(language="fr"))
    slots = await validate_form(executor_with_desk, latest, requested_slot="file_number")

    assert {"file_number": "638344", "requested_slot": None} == slots

    call = action_call("action_case_status", latest, slots={"file_number": "638344"})
    told = await run(executor_with_desk, call)
    assert "Nid-de-poule, réclamation 638344" in told.text
    assert "ouverte" in told.text


async def test_a_wrong_number_counts_as_a_wrong_try(executor_with_desk: ActionExecutor) -> None:
    said = []
    for number in range(6):
        given = turn(turn_id=f"t{number}", language="fr")
        call = action_call(
            "action_case_status", message("x", "status", given=given), slots={"file_number": f"10000{number}"}
        )
        said.append((await run(executor_with_desk, call)).text)

    assert WORDING.text("fr", "complaint_not_found") == said[0] == said[4]
    assert WORDING.text("fr", "case_locked") == said[5]


async def test_a_complaint_that_names_its_number_is_followed_and_nothing_is_filed(talk: Talk, desk: Desk) -> None:
    said = await talk.open("où en est ma réclamation 638344")

    assert "638344" in said.text
    assert "ouverte" in said.text


@pytest.fixture
def executor_of_permits(
    knowledge: Knowledge,
    cases: RegistrationClient,
    attempts: InMemoryAttempts,
    clock: Clock,
    connected: ConnectedDesk,
    complaints: InMemoryComplaints,
) -> ActionExecutor:
    """A desk beside a register that has no files of complaints, as `Served` says."""
    served = Served(frozenset({"ma.permis_construire"}))
    return make_executor(knowledge, cases, attempts, clock, served=served, desk=connected, complaints=complaints)


async def test_who_has_complained_here_is_told_of_that_and_the_official_page_stands_below(
    executor_of_permits: ActionExecutor, complaints: InMemoryComplaints
) -> None:
    call = action_call("action_case_status", message("où en est ma réclamation ?", "status"))
    of_the_page = action_call("action_case_status", message("ma réclamation sur chikaya.ma", "status"))
    before = await run(executor_of_permits, call)
    complaints.begin("amina", "t1", HOLE, NOW)
    after = await run(executor_of_permits, call)

    assert "https://www.chikaya.ma" in before.text
    assert ("i:status", "i:agent") == before.payloads
    assert HOLE in after.text
    assert after.text.index(HOLE) < after.text.index("https://www.chikaya.ma")
    assert HOLE not in (await run(executor_of_permits, of_the_page)).text


async def test_a_reference_is_looked_for_before_the_official_page(executor_of_permits: ActionExecutor) -> None:
    named = message("où en est ma réclamation 638344", "status")

    assert {"file_number": "638344", "requested_slot": None} == await validate_form(executor_of_permits, named)


async def test_a_form_that_was_left_for_another_keeps_nothing(talk: Talk) -> None:
    await to_summary(talk)
    call = action_call(
        "action_ask_file_number", message("/status", "status"), slots=talk.slots, after=(slot("requested_slot", None),)
    )

    assert {"complaint": None} == (await run(talk.executor, call)).slots
