"""Where no register is connected, the citizen is shown the official page on which he can look himself."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.contract import Context
from actions.replies import load_wording
from connectors.gov.registration import RegistrationClient
from connectors.gov.served import Served
from connectors.gov.trackers import load_trackers
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAttempts
from tests.unit.actions.calls import NOW, Answered, acted, action_call, message, run, turn
from tests.unit.actions.conftest import Clock, make_executor

WORDING = load_wording()
UNKNOWN = WORDING.text("fr", "case_unavailable")


async def ask(executor: ActionExecutor, text: str, **fields: Any) -> Answered:
    given = turn(**{"chosen_language": "fr", **fields})
    return await run(executor, action_call("action_case_status", message(text, "status", given=given)))


def link_of(answered: Answered) -> str:
    """The last line of the card; "" where none is shown."""
    return next((line for line in answered.text.splitlines() if line.startswith("https://")), "")


@pytest.mark.parametrize(
    ("text", "country", "host"),
    [
        ("où en est mon passeport ?", "ma", "www.passeport.ma"),
        ("فين وصل الباسبور ديالي", "ma", "www.passeport.ma"),
        ("fin wsel lpassport dyali", "ma", "www.passeport.ma"),
        ("أين وصلت بطاقتي؟ بطاقة التعريف", "ma", "www.cnie.ma"),
        ("suivi de mon acte de naissance commandé", "ma", "www.watiqa.ma"),
        ("الدوسي ديالي فالمحكمة فين وصل", "ma", "www.mahakim.ma"),
        ("وين راه الباسبور تاعي", "dz", "passeport.interieur.gov.dz"),
        ("où en est mon passeport en Algérie ?", "ma", "passeport.interieur.gov.dz"),
        ("suivi السجل التجاري", "dz", "cnrcinfo.cnrc.dz"),
        ("أين وصل جواز سفري؟ جواز", "mr", "mtnima.gov.mr"),
        ("mon dossier au cri", "ma", "www.cri-invest.ma"),
    ],
)
async def test_the_page_is_that_of_what_is_named(
    executor_without_system: ActionExecutor, text: str, country: str, host: str
) -> None:
    answered = await ask(executor_without_system, text, country=country)

    assert f"https://{host}/" in f"{link_of(answered)}/"


async def test_the_card_says_what_is_needed_what_comes_and_from_where_it_is_known(
    executor_without_system: ActionExecutor,
) -> None:
    answered = await ask(executor_without_system, "où en est mon passeport ?")

    intro, card, note = answered.result.reply.paragraphs
    assert WORDING.text("fr", "tracker_intro") == intro
    assert [
        "Suivi du passeport sur passeport.ma",
        "Préparez le numéro du dossier. Le site peut aussi demander celui de votre CNIE.",
        "La page montre où en est votre demande.",
        "https://www.passeport.ma/SuiviDemande/SuiviDemande",
    ] == card.splitlines()
    assert "Ne m'envoyez ni mot de passe ni code." == note
    assert "Source : demarchesmaroc.com; Dalil (notes), 2026-11 (relu le 28/11/2026)" == answered.result.reply.source
    assert ("i:agent",) == answered.payloads


async def test_what_was_spoken_of_is_followed_when_nothing_is_named(executor_without_system: ActionExecutor) -> None:
    context = Context(procedure="dz.cnibe", facets=("fees",), at=NOW)

    answered = await ask(executor_without_system, "où en est ma demande ?", country="dz", context=context)

    assert "https://passeport.interieur.gov.dz/" == link_of(answered)


@pytest.mark.parametrize("text", ["où en est mon dossier ?", "et ma bourse ?", ""])
async def test_nothing_is_guessed(executor_without_system: ActionExecutor, text: str) -> None:
    assert UNKNOWN == (await ask(executor_without_system, text)).text


@pytest.mark.parametrize(
    ("text", "doubted"),
    [
        pytest.param("mon dossier au tribunal 1032/7206/2024", False, id="a right number"),
        pytest.param("mon dossier au tribunal 7206/2024", True, id="a part of it"),
        pytest.param("mon dossier au tribunal", False, id="no number"),
        pytest.param("mon dossier au tribunal du 12/03/2024", False, id="a date"),
        pytest.param("mon passeport 123456", False, id="a number whose form nobody knows"),
    ],
)
async def test_a_number_that_looks_wrong_is_to_be_checked_and_never_said_not_to_exist(
    executor_without_system: ActionExecutor, text: str, doubted: bool
) -> None:
    answered = await ask(executor_without_system, text)

    assert doubted is (WORDING.text("fr", "tracker_number", example="1032-7206-2024") in answered.text)


async def test_the_receipt_s_date_adds_the_time_to_answer(executor_without_system: ActionExecutor) -> None:
    answered = await ask(executor_without_system, "passeport, récépissé du 01/08/2026, toujours rien")

    assert "passeport.ma" in link_of(answered)
    assert "Récépissé du 01/08/2026" in answered.text


# ---- a register is connected, but not for everything -----------------------------------------------------------------


@pytest.fixture
def executor_of_permits(
    knowledge: Knowledge, cases: RegistrationClient, attempts: InMemoryAttempts, clock: Clock
) -> ActionExecutor:
    return make_executor(knowledge, cases, attempts, clock, served=Served(frozenset({"ma.permis_construire"})))


async def form_asks(executor: ActionExecutor, text: str, intent: str = "status", **slots: object) -> object:
    """What the form does: "goes on", or None where the form ends at once (no slot is then said to be missing)."""
    call = action_call(
        "validate_status_form",
        message(text, intent, given=turn(chosen_language="fr")),
        slots=slots,
        after=(acted("status_form"),),
        loop="status_form",
    )
    response = await executor.run(call)
    assert response is not None
    events = {each["name"]: each["value"] for each in response.events if each["event"] == "slot"}
    return events.get("requested_slot", "goes on")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param("où en est mon passeport ?", None, id="what no system serves"),
        pytest.param("où en est mon passeport PA-2026-004217 ?", "goes on", id="a number is looked for anyway"),
        pytest.param("où en est mon permis de construire ?", "goes on", id="what a system serves"),
        pytest.param("où en est mon dossier ?", "goes on", id="nothing is named"),
        pytest.param("/status", "goes on", id="a tapped button"),
    ],
)
async def test_nobody_is_asked_for_a_number_that_no_system_knows(
    executor_of_permits: ActionExecutor, text: str, asked: str | None
) -> None:
    assert asked == await form_asks(executor_of_permits, text)


async def test_once_the_form_asks_a_question_ends_it_and_a_word_does_not(
    executor_of_permits: ActionExecutor,
) -> None:
    answer = await form_asks(executor_of_permits, "c'est pour mon passeport", "affirm", requested_slot="file_number")
    question = await form_asks(executor_of_permits, "où en est mon passeport ?", requested_slot="file_number")

    assert answer is not None
    assert question is None


async def test_the_page_comes_with_the_way_back_to_the_form(executor_of_permits: ActionExecutor) -> None:
    answered = await ask(executor_of_permits, "où en est mon passeport ?")

    assert "https://www.passeport.ma/SuiviDemande/SuiviDemande" == link_of(answered)
    assert WORDING.text("fr", "tracker_or_number", example="PA-2026-004217") in answered.text
    assert ("i:status", "i:agent") == answered.payloads


@pytest.mark.parametrize("card", load_trackers().cards, ids=lambda card: card.id)
async def test_every_card_is_reached_by_each_of_its_words_or_a_longer_one_s(
    executor_without_system: ActionExecutor, card: Any
) -> None:
    for word in card.words:
        answered = await ask(executor_without_system, f"suivi {word}", country=card.country)

        assert str(card.link) == link_of(answered), word
