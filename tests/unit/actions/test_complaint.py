"""A complaint from its first word to its reference, over the sandbox's desk on a real port."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.complaint_ledger import FilingState
from actions.replies import load_wording
from connectors.gov.references import ConnectedDesk
from connectors.gov.registration import RegistrationClient
from connectors.gov.served import Served
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAttempts, InMemoryComplaints
from tests.unit.actions.calls import NOW, action_call, message, run, slot, spoken, turn, validate_form
from tests.unit.actions.conftest import Clock, Desk, make_executor
from tests.unit.actions.form_talk import Talk

WORDING = load_wording()
HOLE, BIN = "Nid-de-poule", "Ordures non ramassées"
TEXT = "Un grand trou devant l'école, الحفرة كبيرة"


@pytest.fixture
def talk(executor_with_desk: ActionExecutor) -> Talk:
    return Talk(executor_with_desk)


async def to_summary(talk: Talk, kind: str = HOLE) -> None:
    await talk.open()
    await talk.tap(kind)
    await talk.say(TEXT)
    await talk.say("Rue inventée 3, Ville Exemple")


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


# ---- afterwards ----------------------------------------------------------------------------------------------------


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


async def test_beside_the_official_page_who_has_complained_here_is_offered_his_own(
    executor_of_permits: ActionExecutor, complaints: InMemoryComplaints
) -> None:
    call = action_call("action_case_status", message("où en est ma réclamation ?", "status"))
    before = await run(executor_of_permits, call)
    complaints.begin("amina", "t1", HOLE, NOW)
    after = await run(executor_of_permits, call)

    assert "https://www.chikaya.ma" in before.text
    assert before.text == after.text
    assert ("i:status", "i:agent") == before.payloads
    assert ("f:complaints", "i:status", "i:agent") == after.payloads


async def test_a_reference_is_looked_for_before_the_official_page(executor_of_permits: ActionExecutor) -> None:
    named = message("où en est ma réclamation 638344", "status")

    assert {"file_number": "638344", "requested_slot": None} == await validate_form(executor_of_permits, named)


async def test_a_form_that_was_left_for_another_keeps_nothing(talk: Talk) -> None:
    await to_summary(talk)
    call = action_call(
        "action_ask_file_number", message("/status", "status"), slots=talk.slots, after=(slot("requested_slot", None),)
    )

    assert {"complaint": None} == (await run(talk.executor, call)).slots
