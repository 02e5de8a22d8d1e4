"""A complaint from its first word to its reference, over the sandbox's desk on a real port."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.complaint_ledger import FilingState
from actions.replies import load_wording
from tests.fakes import InMemoryComplaints
from tests.unit.actions.calls import action_call, message, run, spoken, turn
from tests.unit.actions.conftest import Clock, Desk
from tests.unit.actions.form_talk import BIN, HOLE, TEXT, Talk, to_summary

WORDING = load_wording()


@pytest.fixture
def talk(executor_with_desk: ActionExecutor) -> Talk:
    return Talk(executor_with_desk)


# ---- the way -------------------------------------------------------------------------------------------------------


async def test_a_complaint_is_filed_after_its_summary_and_a_yes(talk: Talk, desk: Desk) -> None:
    asked = await talk.open()
    assert "Quel est le problème" in asked.text
    assert "c:k:103" in asked.payloads
    assert "sans nom ni numéro" in (await talk.tap(HOLE)).text
    assert "Où est-ce" in (await talk.say(TEXT)).text
    summary = await talk.say("Rue inventée 3, Ville Exemple")
    assert all(part in summary.text for part in (HOLE, TEXT, "Rue inventée 3"))
    assert [] == desk.filed()

    done = await talk.tap("Envoyer")

    [filed] = desk.filed()
    assert (TEXT, "Rue inventée 3, Ville Exemple") == (filed["description"], filed["address"])
    assert filed["service_request_id"] in done.text
    assert "Une équipe passe sous trente jours." in done.text
    assert "22/11/2026" in done.result.reply.source
    assert ("f:complaints",) == done.payloads


async def test_the_text_is_in_no_slot_once_it_is_filed(talk: Talk) -> None:
    await to_summary(talk)
    await talk.tap("Envoyer")

    assert {"complaint": None, "complaint_answer": None} == {
        name: value for name, value in talk.slots.items() if name.startswith("complaint")
    }


async def test_the_kind_s_questions_are_asked_one_by_one(talk: Talk, desk: Desk) -> None:
    await talk.open()
    assert "Combien de lampadaires" in (await talk.tap("Éclairage public en panne")).text
    assert "Dans quel état" in (await talk.say("٣")).text
    assert "Décrivez" in (await talk.tap("Cassé")).text
    await talk.say("Trois lampes cassées")
    summary = await talk.say("Rue inventée 4")
    assert "Cassé" in summary.text
    await talk.tap("Envoyer")

    [filed] = desk.filed()
    assert {"NBLAMPES": ["3"], "ETAT": ["casse"]} == filed["attributes"]


async def test_the_first_message_may_name_the_kind(talk: Talk) -> None:
    assert HOLE in (await talk.open("je signale un nid-de-poule", choice=None)).text


async def test_words_choose_a_kind_too_and_others_are_asked_again(talk: Talk) -> None:
    await talk.open()
    assert "trouvé" in (await talk.say("hmm")).text
    assert BIN in (await talk.say("les ordures")).text


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        pytest.param("nlu_fallback", "je ne sais pas", id="not understood"),
        pytest.param("affirm", "oui mais change le lieu s'il te plaît", id="a yes that says more"),
    ],
)
async def test_only_a_plain_yes_files(talk: Talk, desk: Desk, intent: str, text: str) -> None:
    await to_summary(talk)

    said = await talk.say(text, intent)

    assert "Rien n'est encore envoyé" in said.text
    assert [] == desk.filed()


async def test_a_part_can_be_changed_before_it_is_sent(talk: Talk, desk: Desk) -> None:
    await to_summary(talk)
    await talk.tap("Modifier")
    await talk.tap("Le lieu")
    assert "Rue inventée 9" in (await talk.say("Rue inventée 9")).text
    await talk.tap("Modifier")
    await talk.tap("Le type de problème")
    await talk.tap("Remarque à la commune")
    await talk.tap("Envoyer")

    assert [("104", TEXT, "Rue inventée 9")] == [
        (filed["service_code"], filed["description"], filed["address"]) for filed in desk.filed()
    ]


async def test_a_yes_before_the_summary_is_no_confirmation(talk: Talk, desk: Desk) -> None:
    await talk.open()
    await talk.say("oui", "affirm")
    await talk.tap(HOLE)
    await talk.say("oui oui la route est cassée", "affirm")

    assert [] == desk.filed()


# ---- other things in the middle ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "taken"),
    [
        pytest.param("combien coûte le passeport ?", "ask_fees", False, id="a question"),
        pytest.param("non merci", "deny", False, id="a no"),
        pytest.param("je veux un agent", "agent", False, id="a person"),
        pytest.param("bonjour la rue est sale depuis trois semaines et personne ne passe", "greet", True, id="polite"),
        pytest.param("on a payé et rien n'est fait depuis le mois dernier", "ask_fees", True, id="sounds like fees"),
        pytest.param("les poubelles débordent", "complaint", True, id="a description"),
        pytest.param("poubelle pleine rue 3", "ask_where", True, id="sounds like a place and names no procedure"),
        pytest.param("mon dossier n'avance pas", "status", True, id="about a file"),
        pytest.param("combien coûte le casier judiciaire", "ask_fees", False, id="a question without its mark"),
    ],
)
async def test_what_is_a_description_and_what_is_something_else(
    talk: Talk, text: str, intent: str, taken: bool
) -> None:
    await talk.open()
    await talk.tap(HOLE)

    await talk.say(text, intent)

    assert taken is not talk.rejected
    assert ("place" if taken else "text") == talk.slots["complaint"]["step"]


@pytest.mark.parametrize(
    ("text", "intent", "taken"),
    [
        pytest.param("Rue 3, Hay Salam, Ville Exemple", "greet", True, id="a quarter that greets"),
        pytest.param("hay salam", "greet", True, id="nothing but it"),
        pytest.param("شارع الشكر", "thanks", True, id="a street that thanks"),
        pytest.param("salam", "greet", False, id="a greeting"),
        pytest.param("où en est ma réclamation ?", "status", False, id="a question about another one"),
    ],
)
async def test_a_place_may_be_named_as_a_greeting(talk: Talk, text: str, intent: str, taken: bool) -> None:
    await talk.open()
    await talk.tap(HOLE)
    await talk.say(TEXT)

    await talk.say(text, intent)

    assert taken is not talk.rejected
    assert ("confirm" if taken else "place") == talk.slots["complaint"]["step"]


async def test_after_an_interruption_the_same_list_comes_back_and_the_new_subject_stays_known(talk: Talk) -> None:
    await talk.open()
    said = spoken()
    said["data"]["custom"]["context"] = {"procedure": "ma.casier_judiciaire", "choices": ["a:x:fees"]}
    call = action_call(
        "action_ask_complaint_answer",
        message("combien ?", "ask_fees"),
        slots=talk.slots,
        after=(said,),
        loop="complaint_form",
    )

    back = await run(talk.executor, call)

    assert back.text.startswith("Revenons à votre réclamation")
    assert "ma.casier_judiciaire" == back.context.procedure
    assert back.payloads == back.context.choices


async def test_while_words_are_asked_for_nothing_else_is_read_out_of_them(talk: Talk) -> None:
    await talk.open()
    assert not talk.context.verbatim
    await talk.tap(HOLE)
    assert talk.context.verbatim
    assert () == talk.last.payloads
    await talk.say(TEXT)
    assert talk.context.verbatim
    await talk.say("Rue inventée 3")
    assert not talk.context.verbatim


async def test_leaving_forgets_the_text(talk: Talk) -> None:
    await to_summary(talk)

    left = await run(talk.executor, action_call("action_cancel_form", message("non", "deny"), slots=talk.slots))

    assert "j'oublie ce texte" in left.text
    assert left.slots["complaint"] is None


@pytest.mark.parametrize("word", ["annuler", "Annule !", "إلغاء", "خليها"])
async def test_a_word_leaves_it_where_words_are_asked_for(talk: Talk, desk: Desk, word: str) -> None:
    await talk.open()
    await talk.tap(HOLE)

    left = await talk.say(word)

    assert WORDING.text(left.result.reply.language, "complaint_cancelled") == left.text
    assert talk.slots["complaint"] is None


async def test_a_person_asked_for_in_the_middle_ends_it(talk: Talk) -> None:
    await to_summary(talk)
    call = action_call("action_request_person", message("/agent", "agent"), slots=talk.slots, loop="complaint_form")

    asked = await run(talk.executor, call)

    assert ["complaint"] == [effect.reason for effect in asked.result.effects]
    assert asked.slots["complaint"] is None


# ---- what may go wrong ---------------------------------------------------------------------------------------------


async def test_a_lost_answer_is_said_and_never_filed_again(
    talk: Talk, desk: Desk, complaints: InMemoryComplaints
) -> None:
    await to_summary(talk)
    desk.order("faults", kind="down")

    done = await talk.tap("Envoyer")
    desk.order("faults", kind="none")

    assert "peut-être arrivée" in done.text
    assert "i:agent" in done.payloads
    assert [FilingState.UNCERTAIN] == [filing.state for filing in complaints.latest("amina", 5)]
    assert talk.slots["complaint"] is None


async def test_a_turn_that_is_handled_again_files_nothing_and_tells_what_it_filed(talk: Talk, desk: Desk) -> None:
    await to_summary(talk)
    kept = dict(talk.slots)
    first = await talk.tap("Envoyer")
    talk.slots, talk.number = kept, talk.number - 1

    again = await talk.pick("i:affirm")

    assert 1 == len(desk.filed())
    assert first.text == again.text


async def test_also_where_rasa_has_left_the_form_already(talk: Talk, desk: Desk) -> None:
    await to_summary(talk)
    first = await talk.tap("Envoyer")
    given = turn(turn_id=f"amina-{talk.number}", choice="i:affirm", language="fr")

    again = await run(talk.executor, action_call("action_affirm", message("/affirm", "affirm", given=given)))

    assert first.text == again.text


async def test_a_turn_that_died_while_it_filed_is_uncertain(
    talk: Talk, desk: Desk, complaints: InMemoryComplaints, clock: Clock
) -> None:
    await to_summary(talk)
    complaints.begin("amina", f"amina-{talk.number + 1}", HOLE, clock())

    done = await talk.tap("Envoyer")

    assert "peut-être arrivée" in done.text
    assert [] == desk.filed()


async def test_a_desk_that_takes_no_calls_is_tried_again_with_the_same_text(talk: Talk, desk: Desk) -> None:
    await to_summary(talk)
    desk.order("faults", kind="throttled")
    failed = await talk.tap("Envoyer")
    assert "rien n'est envoyé" in failed.text
    desk.order("faults", kind="none")

    assert "enregistré" in (await talk.tap("Réessayer")).text
    assert [TEXT] == [filed["description"] for filed in desk.filed()]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("down", "complaint_down_open"),
        ("slow", "complaint_slow_open"),
        ("garbled", "complaint_garbled_open"),
        ("throttled", "complaint_busy_open"),
        ("maintenance", "complaint_paused_open"),
    ],
)
async def test_a_desk_that_fails_at_the_start_has_its_own_sentence(talk: Talk, desk: Desk, kind: str, key: str) -> None:
    desk.order("faults", kind=kind)

    said = await talk.open()

    assert WORDING.text("fr", key) == said.text
    assert ("i:complaint", "i:agent") == said.payloads


async def test_without_a_desk_the_sheet_is_given_and_a_person_offered(executor: ActionExecutor) -> None:
    said = await run(executor, action_call("action_complaint", message("/complaint", "complaint")))

    assert ("i:agent", "i:deny") == said.payloads
