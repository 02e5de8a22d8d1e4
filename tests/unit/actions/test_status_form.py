"""The form in the middle of a conversation: what fills a slot, what is refused, and what is left to other rules."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.replies import load_wording
from tests.unit.actions.calls import LEFT, acted, action_call, message, run, slot, spoken, turn, validate_form

WORDING = load_wording()
NUMBER = "PA-2026-004217"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("PA-2026-004217", id="as printed"),
        pytest.param("pa 2026 004217", id="small letters and spaces"),
        pytest.param("pa2026004217", id="in one word"),
        pytest.param("PA–2026—004217", id="long dashes"),
        pytest.param("PA-٢٠٢٦-٠٠٤٢١٧", id="Arabic digits"),
        pytest.param("PA-۲۰۲۶-۰۰۴۲۱۷", id="Persian digits"),
        pytest.param("\u202bPA-2026\u200e-004217\u202c", id="bidi marks inside"),
        pytest.param("رقم الملف ديالي هو PA-2026-004217 شكرا", id="in a sentence"),
        pytest.param("P.A/2026/004 217", id="dots, slashes, a space"),
    ],
)
async def test_a_file_number_is_understood(executor: ActionExecutor, text: str) -> None:
    slots = await validate_form(executor, message(text), requested_slot="file_number")

    assert {"file_number": NUMBER} == slots


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("PA-2026-00421", id="a digit too few"),
        pytest.param("PA-2026-0042177", id="a digit too many"),
        pytest.param("2026-004217", id="no letters"),
        pytest.param("je ne sais pas", id="words"),
        pytest.param("' OR 1=1; --", id="an SQL fragment"),
        pytest.param("{{7*7}}", id="a template fragment"),
        pytest.param("9" * 4096, id="four thousand digits"),
        pytest.param("🤷", id="an emoji"),
    ],
)
async def test_what_is_no_file_number_is_refused(executor: ActionExecutor, text: str) -> None:
    slots = await validate_form(executor, message(text), requested_slot="file_number")

    assert {"file_number": None} == slots


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("12/04/1990", id="slashes"),
        pytest.param("12-4-1990", id="dashes, one digit"),
        pytest.param("١٢/٠٤/١٩٩٠", id="Arabic digits"),
        pytest.param("12.04.1990", id="dots"),
        pytest.param("12041990", id="in one word"),
        pytest.param("1990-04-12", id="year first"),
        pytest.param("\u200f12\u200f/04/1990", id="bidi marks inside"),
        pytest.param("né le 12/04/1990 à Fès", id="in a sentence"),
        pytest.param("12 avril 1990", id="a month in French"),
        pytest.param("12 أبريل 1990", id="a month in Arabic"),
        pytest.param("12/04/90", id="a short year of the last century"),
    ],
)
async def test_a_birth_date_is_understood(executor: ActionExecutor, text: str) -> None:
    slots = await validate_form(executor, message(text), requested_slot="birth_date", file_number=NUMBER)

    assert {"birth_date": "1990-04-12"} == slots


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("demain", "birth_date_invalid", id="a word"),
        pytest.param("12/04/10", "birth_date_short_year", id="a short year of either century"),
        pytest.param("12 نيسان", "birth_date_short_year", id="no year"),
        pytest.param("31/02/1990", "birth_date_no_such_day", id="the 31st of February"),
        pytest.param("04/25/1990", "birth_date_no_such_day", id="month first"),
        pytest.param("23/11/2026", "birth_date_future", id="tomorrow"),
        pytest.param("12/04/1890", "birth_date_too_old", id="136 years ago"),
    ],
)
async def test_what_is_no_birth_date_is_refused_with_the_reason(
    executor: ActionExecutor, text: str, sentence: str
) -> None:
    slots = await validate_form(executor, message(text), requested_slot="birth_date", file_number=NUMBER)
    asked = await run(executor, ask_again("birth_date", text, file_number=NUMBER))

    assert {"birth_date": None} == slots
    assert WORDING.text("fr", sentence) == asked.text


async def test_one_message_may_hold_both(executor: ActionExecutor) -> None:
    text = "mon dossier PA-2026-004217, né le 12/04/1990"

    slots = await validate_form(executor, message(text, "status"), requested_slot=None)

    assert {"file_number": NUMBER, "birth_date": "1990-04-12"} == slots


async def test_a_question_about_the_file_without_its_number_fills_nothing(executor: ActionExecutor) -> None:
    assert {} == await validate_form(executor, message("où en est mon dossier ?", "status"), requested_slot=None)


async def test_the_number_can_be_corrected_when_the_date_is_asked(executor: ActionExecutor) -> None:
    text = "pardon, PA-2026-004218"

    slots = await validate_form(executor, message(text), requested_slot="birth_date", file_number=NUMBER)
    asked = await run(executor, ask_again("birth_date", text, file_number="PA-2026-004218"))

    assert {"file_number": "PA-2026-004218"} == slots
    assert WORDING.text("fr", "ask_birth_date") == asked.text


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("et combien coûte le passeport ?", "ask_fees", id="a question about a procedure"),
        pytest.param("/ask_documents", "ask_documents", id="an old button"),
        pytest.param("je veux parler à quelqu'un", "agent", id="a person is asked for"),
        pytest.param("bonjour", "greet", id="a greeting"),
        pytest.param("aide", "help", id="help"),
        pytest.param("non laisse tomber", "deny", id="a no"),
        pytest.param("/stop", "stop", id="stop"),
        pytest.param("au revoir", "goodbye", id="a goodbye"),
    ],
)
@pytest.mark.parametrize("requested", ["file_number", "birth_date"])
async def test_a_clear_other_wish_is_left_to_the_rules(
    executor: ActionExecutor, text: str, intent: str, requested: str
) -> None:
    assert {} == await validate_form(executor, message(text, intent), requested_slot=requested)


async def test_an_unsure_other_wish_is_taken_as_an_answer(executor: ActionExecutor) -> None:
    latest = message("dossier", "ask_documents", confidence=0.3)

    assert {"file_number": None} == await validate_form(executor, latest, requested_slot="file_number")


async def test_a_date_with_few_digits_is_an_answer_whatever_the_nlu_thinks(executor: ActionExecutor) -> None:
    latest = message("le 3 mai 85", "ask_fees", confidence=0.99)

    slots = await validate_form(executor, latest, requested_slot="birth_date", file_number=NUMBER)

    assert {"birth_date": "1985-05-03"} == slots


async def test_digits_are_an_answer_whatever_the_nlu_thinks(executor: ActionExecutor) -> None:
    latest = message("c'est le 12/04/1990", "ask_fees", confidence=0.99)

    slots = await validate_form(executor, latest, requested_slot="birth_date", file_number=NUMBER)

    assert {"birth_date": "1990-04-12"} == slots


def ask_again(requested: str, text: str, intent: str = "nlu_fallback", **slots: object) -> dict[str, object]:
    """The call of action_ask_<requested> after an answer that did not fill it."""
    return action_call(
        f"action_ask_{requested}",
        message(text, intent, given=turn(language="fr")),
        slots={"requested_slot": requested, **slots},
        after=(slot("requested_slot", requested), acted("status_form"), slot(requested, None)),
        loop="status_form",
    )


async def test_the_first_question_gives_an_example(executor: ActionExecutor) -> None:
    call = action_call("action_ask_file_number", message("où en est mon dossier", "status"))

    asked = await run(executor, call)

    assert WORDING.text("fr", "ask_file_number", example=NUMBER) == asked.text
    assert () == asked.payloads == asked.context.choices


async def test_a_refused_number_is_explained_with_a_way_out(executor: ActionExecutor) -> None:
    asked = await run(executor, ask_again("file_number", "PA-2026-1"))

    assert WORDING.text("fr", "file_number_invalid", example=NUMBER) == asked.text
    assert ("i:deny", "i:agent") == asked.payloads == asked.context.choices


@pytest.mark.parametrize("intent", ["status", "affirm"])
async def test_a_yes_or_the_same_question_is_no_wrong_number(executor: ActionExecutor, intent: str) -> None:
    asked = await run(executor, ask_again("file_number", "oui mon dossier", intent))

    assert WORDING.text("fr", "ask_file_number", example=NUMBER) == asked.text


@pytest.mark.parametrize("requested", ["file_number", "birth_date"])
async def test_after_an_interruption_the_way_back_is_short_and_keeps_the_answers_choices(
    executor: ActionExecutor, requested: str
) -> None:
    call = action_call(
        f"action_ask_{requested}",
        message("combien coûte le passeport", "ask_fees"),
        slots={"requested_slot": requested},
        after=(acted("action_answer"), spoken(), slot("requested_slot", requested), acted("status_form")),
        loop="status_form",
    )

    asked = await run(executor, call)

    assert WORDING.text("fr", f"ask_{requested}_back") == asked.text
    assert asked.result.context is None


async def test_without_a_system_the_form_ends_before_it_asks(executor_without_system: ActionExecutor) -> None:
    slots = await validate_form(executor_without_system, message("où en est mon dossier", "status"))

    assert {"requested_slot": None} == slots


@pytest.mark.parametrize(
    ("text", "intent", "sentence", "effects"),
    [
        pytest.param("non", "deny", "case_cancelled", [], id="no"),
        pytest.param("safi baraka", "stop", "case_cancelled_stop", [], id="a free stop means the form"),
        pytest.param("/stop", "stop", "stop", ["opt_out"], id="the keyword stops all messages"),
        pytest.param("bye", "goodbye", "case_cancelled", [], id="goodbye"),
    ],
)
async def test_the_form_can_be_left(
    executor: ActionExecutor, text: str, intent: str, sentence: str, effects: list[str]
) -> None:
    given = turn(chosen_language="fr")
    call = action_call("action_cancel_form", message(text, intent, given=given), slots={"file_number": NUMBER})

    left = await run(executor, call)

    assert WORDING.text("fr", sentence) == left.text
    assert effects == [effect.kind for effect in left.result.effects]
    assert LEFT == left.slots
    assert {"event": "active_loop", "name": None} == {k: v for k, v in left.events[0].items() if k != "timestamp"}
