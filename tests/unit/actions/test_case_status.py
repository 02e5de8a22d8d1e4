"""Where an application stands: told to its owner only, and every failure with its own honest sentence."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

import httpx2
import pytest
from rasa_sdk.executor import ActionExecutor

from actions.contract import Context
from actions.replies import LANGUAGES, load_wording
from connectors.gov.api import Case, CaseState
from connectors.gov.file_number import FileNumberRule
from connectors.messages import ReplyLanguage
from connectors.sandbox.registration.seed import APPLICATIONS
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAttempts
from tests.unit.actions.calls import NOW, Answered, acted, action_call, message, run, spoken, turn
from tests.unit.actions.conftest import Clock, make_executor

WORDING = load_wording()
EMPTIED = {"file_number": None, "birth_date": None}
ASKED_AGAIN = {"birth_date": None}
MINE = ("PA-2026-004217", "1990-04-12")


def status_call(number: str, born: str, **fields: Any) -> dict[str, Any]:
    given = turn(**{"language": "fr", **fields})
    return action_call(
        "action_case_status", message(born, given=given), slots={"file_number": number, "birth_date": born}
    )


async def ask(executor: ActionExecutor, number: str, born: str, **fields: Any) -> Answered:
    answered = await run(executor, status_call(number, born, **fields))
    not_found = WORDING.text(answered.result.reply.language, "case_not_found") == answered.text
    assert answered.slots == (ASKED_AGAIN if not_found else EMPTIED)
    return answered


async def switch_fault(register_url: str, kind: str) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{register_url}/sandbox/registration/faults", json={"kind": kind, "seconds": 3})
        assert 200 == response.status_code


async def test_the_owner_is_told_service_number_state_day_and_source(executor: ActionExecutor) -> None:
    answered = await ask(executor, *MINE)

    assert (
        "Passeport biométrique, dossier PA-2026-004217\n"
        "Votre dossier est en cours de traitement.\n"
        "Enregistré le 26/10/2026."
    ) == answered.text
    assert "Source : système de l'administration, 22/11/2026" == answered.result.reply.source


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        pytest.param("CN-2026-002894", "state_action_needed_why", id="sent back, and why"),
        pytest.param("CN-2026-001503", "state_approved", id="approved"),
        pytest.param("CJ-2026-000731", "state_rejected_why", id="rejected, and why"),
        pytest.param("PA-2025-009990", "state_closed", id="an unknown code, but ended"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_state_has_its_sentence_in_every_language(
    executor: ActionExecutor, number: str, sentence: str, language: ReplyLanguage
) -> None:
    born = next(seed.birth_date for seed in APPLICATIONS if seed.file_id == number)

    answered = await ask(executor, number, born, chosen_language=language)

    assert WORDING.text(language, sentence) in answered.text.splitlines()


async def test_an_unknown_state_is_quoted_and_not_explained(executor: ActionExecutor) -> None:
    answered = await ask(executor, "RS-2026-020145", "1958-12-31")

    assert WORDING.text("fr", "state_unknown", title="Visite sur place prévue") in answered.text


async def test_a_wrong_birth_date_and_an_unknown_number_get_the_very_same_answer(executor: ActionExecutor) -> None:
    wrong = await ask(executor, "PA-2026-004217", "1990-04-13", turn_id="1")
    unknown = await ask(executor, "PA-2026-999999", "1990-04-12", turn_id="2")

    assert wrong.result == unknown.result
    assert WORDING.text("fr", "case_not_found") == wrong.text


async def test_after_a_look_up_without_result_the_form_stays_open_for_another_try(executor: ActionExecutor) -> None:
    wrong = await ask(executor, "PA-2026-004217", "1990-04-13")
    looked_up = action_call(
        "action_ask_birth_date",
        message("13/04/1990"),
        slots={"file_number": "PA-2026-004217"},
        after=(acted("status_form"), acted("action_case_status"), spoken()),
        loop="status_form",
    )

    assert ["status_form"] == [each["name"] for each in wrong.events if each["event"] == "active_loop"]
    assert ("i:deny", "i:agent") == wrong.payloads
    said_more = await executor.run(looked_up)
    assert said_more is not None
    assert [] == said_more.responses


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("down", "case_down"),
        ("slow", "case_slow"),
        ("garbled", "case_garbled"),
        ("refused", "case_refused"),
        ("throttled", "case_busy"),
        ("maintenance", "case_paused"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_failure_has_its_own_sentence_and_a_next_step(
    executor: ActionExecutor, register_url: str, kind: str, sentence: str, language: ReplyLanguage
) -> None:
    await switch_fault(register_url, kind)

    answered = await ask(executor, *MINE, chosen_language=language)

    assert WORDING.text(language, sentence) == answered.text
    assert ("i:status", "i:agent") == answered.payloads


async def test_while_it_fails_the_page_of_what_is_followed_is_shown(
    executor: ActionExecutor, register_url: str
) -> None:
    await switch_fault(register_url, "down")
    spoken_of = Context(procedure="ma.passeport_biometrique_majeur", facets=("fees",), at=NOW)
    by_context = await ask(executor, *MINE, context=spoken_of)

    named = status_call(*MINE)
    first = {"event": "user", "text": "où en est mon passeport ?", "timestamp": NOW.timestamp()}
    named["tracker"]["events"][2:2] = [first, {"event": "active_loop", "name": "status_form"}]
    by_words = await run(executor, named)

    for answered in (by_context, by_words):
        assert WORDING.text("fr", "case_down") == answered.result.reply.paragraphs[0]
        assert "https://www.passeport.ma/SuiviDemande/SuiviDemande" in answered.text
        assert ("i:status", "i:agent") == answered.payloads


async def test_after_a_try_without_result_what_is_followed_is_still_known(
    executor: ActionExecutor, register_url: str
) -> None:
    await switch_fault(register_url, "down")
    call = status_call(*MINE)
    said = [
        {"event": "user", "text": text, "timestamp": NOW.timestamp()}
        for text in ("où en est mon passeport ?", "13/04/1990")
    ]
    opened = {"event": "active_loop", "name": "status_form"}
    call["tracker"]["events"][2:2] = [said[0], opened, said[1], acted("action_case_status"), opened]

    answered = await run(executor, call)

    assert "https://www.passeport.ma/SuiviDemande/SuiviDemande" in answered.text


async def test_why_a_file_came_back_is_quoted(executor: ActionExecutor) -> None:
    answered = await ask(executor, "CN-2026-002894", "1972-01-01")

    assert "Motif indiqué : « La photo est illisible. »" in answered.text.splitlines()
    assert "Demandez ce qui manque" not in answered.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everything_that_a_system_says_is_told_and_numbers_of_people_are_masked(
    knowledge: Knowledge, clock: Clock, language: ReplyLanguage
) -> None:
    case = Case(
        ref="PA-2026-004217",
        service="Passeport",
        state=CaseState.APPROVED,
        raw_code="OK",
        raw_title="Accepté",
        registered=date(2026, 10, 26),
        ended=True,
        changed=date(2026, 11, 20),
        next_step="Retrait par BE123456 avant le 12/12/2026",
        result="Guichet 3",
    )

    answered = await ask(told_by(knowledge, clock, case), *MINE, chosen_language=language)

    say = WORDING.text
    assert [
        say(language, "case_heading_service", service="Passeport", file=case.ref),
        say(language, "state_approved_what"),
        say(language, "case_next_step", text="Retrait par •••56 avant le 12/12/2026"),
        say(language, "case_result", text="Guichet 3"),
        say(language, "case_registered", day="26/10/2026"),
        say(language, "case_changed", day="20/11/2026"),
    ] == answered.text.splitlines()


async def test_beside_an_unknown_state_only_the_title_is_told(knowledge: Knowledge, clock: Clock) -> None:
    case = Case("PA-2026-004217", "", CaseState.UNKNOWN, "X9", "Visite", None, False, next_step="?", result="?")

    answered = await ask(told_by(knowledge, clock, case), *MINE)

    assert [WORDING.text("fr", "case_heading", file=case.ref), WORDING.text("fr", "state_unknown", title="Visite")] == (
        answered.text.splitlines()
    )


class OneCase:
    """A `CaseTracker` that knows one file."""

    file_numbers = FileNumberRule()

    def __init__(self, case: Case) -> None:
        self._case = case

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        return self._case

    async def close(self) -> None:
        """Holds nothing."""


def told_by(knowledge: Knowledge, clock: Clock, case: Case) -> ActionExecutor:
    return make_executor(knowledge, OneCase(case), InMemoryAttempts(), clock)


async def test_a_system_that_does_not_let_us_in_alerts_a_person(
    executor: ActionExecutor, register_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await switch_fault(register_url, "refused")

    answered = await ask(executor, *MINE)

    assert WORDING.text("fr", "case_refused") == answered.text
    assert ["gov_refused: HTTP 401"] == [
        record.getMessage().rpartition("system: ")[2] for record in caplog.records if record.levelname == "ERROR"
    ]


async def test_a_failing_system_costs_no_try(executor: ActionExecutor, register_url: str) -> None:
    await switch_fault(register_url, "down")
    for number in range(6):
        await ask(executor, *MINE, turn_id=f"down-{number}")
    await switch_fault(register_url, "none")

    answered = await ask(executor, *MINE)

    assert "Votre dossier est en cours de traitement." in answered.text


async def guess_wrongly(executor: ActionExecutor, count: int, number: str = MINE[0], person: str = "amina") -> Answered:
    for guess in range(count):
        answered = await ask(
            executor, number, f"1991-01-{guess + 1:02d}", turn_id=f"{person}-{number}-{guess}", person_id=person
        )
    return answered


async def test_five_wrong_tries_lock_even_the_right_answer_for_an_hour(executor: ActionExecutor, clock: Clock) -> None:
    fifth = await guess_wrongly(executor, 5)
    locked = await ask(executor, *MINE)
    clock.now += timedelta(minutes=59)
    still_locked = await ask(executor, *MINE)
    clock.now += timedelta(minutes=2)
    free = await ask(executor, *MINE)

    assert WORDING.text("fr", "case_not_found") == fifth.text
    assert WORDING.text("fr", "case_locked") == locked.text == still_locked.text
    assert "Votre dossier est en cours de traitement." in free.text


async def test_a_locked_person_is_locked_for_other_files_too(executor: ActionExecutor) -> None:
    await guess_wrongly(executor, 5, "PA-2026-111111")

    assert WORDING.text("fr", "case_locked") == (await ask(executor, *MINE)).text


async def test_another_person_is_not_locked_by_five_tries(executor: ActionExecutor) -> None:
    await guess_wrongly(executor, 5)

    answered = await ask(executor, *MINE, person_id="brahim")

    assert "Votre dossier est en cours de traitement." in answered.text


async def test_ones_own_file_does_not_wash_off_tries_at_others(executor: ActionExecutor) -> None:
    await guess_wrongly(executor, 4, "PA-2026-111111")
    await ask(executor, *MINE)
    await ask(executor, "PA-2026-111111", "1980-01-01", turn_id="fifth")

    assert WORDING.text("fr", "case_locked") == (await ask(executor, *MINE)).text


async def test_a_thousand_guesses_of_one_person_disclose_nothing(executor: ActionExecutor) -> None:
    numbers = [f"PA-2026-{number:06d}" for number in range(4217 - 500, 4217 + 500)]

    said = {(await ask(executor, number, "1990-04-12", turn_id=number)).text for number in numbers}

    assert {WORDING.text("fr", "case_not_found"), WORDING.text("fr", "case_locked")} == said


async def test_many_new_web_visitors_cannot_try_every_birth_date_of_one_file(executor: ActionExecutor) -> None:
    said = [
        (
            await ask(
                executor,
                MINE[0],
                f"1989-{month:02d}-{day:02d}",
                turn_id=f"{month}-{day}",
                person_id=f"visitor-{month}-{day}",
            )
        ).text
        for month in range(1, 4)
        for day in range(1, 11)
    ]

    not_found, locked = WORDING.text("fr", "case_not_found"), WORDING.text("fr", "case_locked")
    assert [not_found] * 20 + [locked] * 10 == said


async def test_without_a_connected_system_the_citizen_is_told_so(executor_without_system: ActionExecutor) -> None:
    call = action_call("action_case_status", message("où en est mon dossier", "status"))

    answered = await run(executor_without_system, call)

    assert WORDING.text("fr", "case_unavailable") == answered.text


async def test_logs_hold_the_turn_and_never_the_number_or_the_date(
    executor: ActionExecutor, register_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await ask(executor, *MINE)
    await guess_wrongly(executor, 6)
    await switch_fault(register_url, "garbled")
    await ask(executor, *MINE, person_id="brahim", turn_id="turn-77")

    said = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    assert ["turn turn-77: government system: gov_garbled: not JSON"] == said
