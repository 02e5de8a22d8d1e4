"""Everything that is not a procedure: one sentence, the right effect, and the context left as it was."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.contract import ChooseLanguage, Context, OptOut, Outcome, RequestPerson
from actions.replies import load_wording
from actions.small_talk import EXAMPLES
from knowledge.present import present
from knowledge.procedures import Facet
from tests.unit.actions import sheets
from tests.unit.actions.calls import LEFT, NOW, Answered, acted, action_call, message, run, turn

WORDING = load_wording()
SPOKEN_OF = Context(
    procedure="ma.casier_judiciaire", facets=("fees",), choices=("a:ma.casier_judiciaire:where",), at=NOW
)


async def say(executor: ActionExecutor, action: str, text: str, intent: str, **fields: object) -> Answered:
    given = turn(**{"context": SPOKEN_OF, "chosen_language": "fr", **fields})
    return await run(executor, action_call(action, message(text, intent, given=given)))


@pytest.mark.parametrize(
    ("action", "intent", "key", "choices"),
    [
        pytest.param("action_thanks", "thanks", "thanks", SPOKEN_OF.choices, id="thanks"),
        pytest.param("action_goodbye", "goodbye", "goodbye", SPOKEN_OF.choices, id="goodbye"),
        pytest.param("action_help", "help", "help", ("i:status", "i:agent", "i:language"), id="help"),
        pytest.param("action_deny", "deny", "deny", (), id="no"),
    ],
)
async def test_small_talk_has_one_sentence_and_keeps_what_was_spoken_of(
    executor: ActionExecutor, action: str, intent: str, key: str, choices: tuple[str, ...]
) -> None:
    said = await say(executor, action, "...", intent)

    assert WORDING.text("fr", key) == said.text
    assert SPOKEN_OF.model_copy(update={"choices": choices}) == said.context
    assert Outcome.HANDLED is said.result.outcome
    assert () == said.result.effects


async def test_a_greeting_offers_only_examples_that_can_be_answered(executor: ActionExecutor) -> None:
    said = await say(executor, "action_greet", "bonjour", "greet")

    assert WORDING.text("fr", "greet") == said.text
    assert ("a:ma.casier_judiciaire:where",) == said.payloads
    assert ["Casier judiciaire : Où aller"] == [choice.title for choice in said.result.reply.choices]
    assert str(EXAMPLES["ma"][2]) == said.payloads[0]


async def test_a_greeting_where_no_sheet_is_published_offers_what_works(executor: ActionExecutor) -> None:
    said = await say(executor, "action_greet", "salam", "greet", country="mr")

    assert ("i:status", "i:agent") == said.payloads


async def test_stop_opts_out_and_says_how_to_come_back(executor: ActionExecutor) -> None:
    said = await say(executor, "action_stop", "/stop", "stop")

    assert (OptOut(),) == said.result.effects
    assert "START" in said.text


async def test_a_question_that_sounds_like_stop_opts_nobody_out(executor: ActionExecutor) -> None:
    said = await say(executor, "action_stop", "je veux arrêter mon abonnement cnss", "stop")

    assert () == said.result.effects
    assert "STOP" in said.text


async def test_a_person_is_requested_and_no_time_is_promised(executor: ActionExecutor) -> None:
    said = await say(executor, "action_request_person", "je veux parler à quelqu'un", "agent")

    assert (RequestPerson(reason="asked"),) == said.result.effects
    assert WORDING.text("fr", "person_requested") == said.text


@pytest.mark.parametrize(
    ("action_before", "reason"),
    [
        ("action_answer", "no_answer"),
        ("action_complaint", "complaint"),
        ("action_case_status", "case"),
        ("action_help", "asked"),
    ],
)
@pytest.mark.parametrize(("action", "intent"), [("action_request_person", "agent"), ("action_affirm", "affirm")])
async def test_taking_up_the_offer_of_a_person_tells_what_it_was_about(
    executor: ActionExecutor, action: str, intent: str, action_before: str, reason: str
) -> None:
    given = turn(context=Context(choices=("i:agent", "i:deny"), at=NOW))
    call = action_call(action, message("oui", intent, given=given), before=(acted(action_before),))

    said = await run(executor, call)

    assert [RequestPerson.model_validate({"reason": reason})] == list(said.result.effects)


async def test_asking_for_a_person_ends_the_status_form(executor: ActionExecutor) -> None:
    given = turn(chosen_language="fr", context=Context(choices=("i:deny", "i:agent"), at=NOW))
    call = action_call("action_request_person", message("/agent", "agent", given=given), loop="status_form")

    said = await run(executor, call)

    assert (RequestPerson(reason="case"),) == said.result.effects
    assert LEFT == said.slots
    assert ["active_loop", *["slot"] * 5] == [each["event"] for each in said.events]


async def test_a_yes_after_an_answer_requests_nobody_and_says_what_can_be_asked(executor: ActionExecutor) -> None:
    said = await say(executor, "action_affirm", "ok", "affirm")

    assert () == said.result.effects
    assert ("a:ma.casier_judiciaire:documents", "a:ma.casier_judiciaire:where") == said.payloads


async def test_a_yes_to_nothing_is_a_nod(executor: ActionExecutor) -> None:
    said = await say(executor, "action_affirm", "oui", "affirm", context=Context())

    assert WORDING.text("fr", "affirm") == said.text
    assert () == said.payloads


async def test_a_yes_does_not_pick_a_person_out_of_other_offers(executor: ActionExecutor) -> None:
    said = await say(
        executor, "action_affirm", "oui", "affirm", context=Context(choices=("i:status", "i:agent"), at=NOW)
    )

    assert () == said.result.effects


async def test_a_complaint_is_shown_where_to_go_and_offered_a_person(executor: ActionExecutor) -> None:
    said = await say(executor, "action_complaint", "j'ai un problème avec la commune", "complaint")

    guide = present(sheets.COMPLAINTS, Facet.OVERVIEW, "fr")
    assert [WORDING.text("fr", "complaint_guide"), "\n".join((guide.heading, *guide.lines))] == list(
        said.result.reply.paragraphs
    )
    assert ("i:agent", "i:deny") == said.payloads == said.context.choices
    assert "ma.reclamation_chikaya" == said.context.procedure
    assert () == said.result.effects


async def test_a_complaint_without_a_guide_still_offers_a_person(executor: ActionExecutor) -> None:
    said = await say(executor, "action_complaint", "شكاية", "complaint", country="dz")

    assert WORDING.text("fr", "complaint") == said.text
    assert ("i:agent", "i:deny") == said.payloads


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("répondez en français svp", "fr", id="French, in French"),
        pytest.param("jawbni b lfransawiya", "fr", id="French, in Arabizi"),
        pytest.param("بالفرنسية عافاك", "fr", id="French, in Arabic"),
        pytest.param("parle arabe", "ar", id="Arabic, in French"),
        pytest.param("b l3arbiya", "ar", id="Arabic, in Arabizi"),
        pytest.param("جاوبني بالعربية", "ar", id="Arabic, in Arabic"),
        pytest.param("hder m3aya b darija", "ary", id="Darija, in Arabizi"),
        pytest.param("بالدارجة من فضلك", "ary", id="Darija, in Arabic"),
        pytest.param("العربية المغربية", "ary", id="Moroccan Arabic is Darija"),
    ],
)
async def test_a_language_can_be_asked_for(executor: ActionExecutor, text: str, language: str) -> None:
    said = await say(executor, "action_language", text, "language", chosen_language=None)

    assert (ChooseLanguage.model_validate({"language": language}),) == said.result.effects
    assert WORDING.text(said.result.reply.language, "language_set") == said.text
    assert language == said.result.reply.language


async def test_a_tapped_language_is_taken(executor: ActionExecutor) -> None:
    said = await say(executor, "action_language", "/language", "language", choice="l:ary")

    assert (ChooseLanguage(language="ary"),) == said.result.effects


async def test_a_language_that_is_not_named_is_asked_about(executor: ActionExecutor) -> None:
    said = await say(executor, "action_language", "change de langue", "language")

    assert WORDING.text("fr", "language_which") == said.text
    assert ("l:ar", "l:fr", "l:ary") == said.payloads
    assert () == said.result.effects
