"""Stop, start, the notice, "what do you keep" and "delete my data": what one turn plans, without Rasa where it can."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.contract import Context, OptOut, Outcome, TurnInput, TurnResult
from actions.replies import load_wording
from bot import notice
from bot.conversation import Conversation, Owner, Repeats
from bot.guard import load_guard_rules
from bot.notice import Notices
from bot.ports import Claim, TurnPlan
from bot.turn import Dialogue
from connectors.channel import Limits
from connectors.messages import Address, Choice, IncomingMessage, Medium, Reply, ReplyLanguage
from connectors.sms_text import segments
from tests.unit.bot import turning

NOW = 1_800_000_000.0
SMS = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
TELEGRAM = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="bot", external_id="1001")
LIMITS = {
    "telegram": {Medium.TELEGRAM: Limits(max_chars=4096, max_rows=10)},
    "twilio": {Medium.SMS: Limits(max_chars=1600, sms=True)},
}
WORDING = load_wording()


class Rasa(Dialogue):
    """Answers everything, opts out at /stop, and remembers what it was asked."""

    def __init__(self, language: ReplyLanguage = "fr") -> None:
        self.asked: list[str] = []
        self.language = language

    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]:
        self.asked.append(text)
        choices = (Choice(title="Prix", short="Prix", payload="a:ma.casier_judiciaire:fees"),)
        reply = Reply(language=self.language, paragraphs=("Réponse.",), source="Source : x", choices=choices)
        effects = (OptOut(),) if text == "/stop" else ()
        return [TurnResult(outcome=Outcome.ANSWERED, reply=reply, effects=effects)]


class Citizen:
    """Writes one message after the other, a few seconds apart."""

    def __init__(self, address: Address = TELEGRAM, rasa: Rasa | None = None, **fields: object) -> None:
        self.rasa = rasa or Rasa()
        self.turns = turning.turns(self.rasa, LIMITS)
        self.conversation = Conversation.model_validate(
            {"id": "c1", "person_id": turning.PERSON, "address": address, "language": "fr", **fields}
        )
        self.now = NOW
        self.said: list[str] = []

    async def writes(self, text: str, after: float = 7.0) -> TurnPlan:
        self.now += after
        message = IncomingMessage(provider_id=str(self.now), sender=self.conversation.address, text=text)
        plan = await self.turns.handle_turn(Claim(1, 1, 0, message, self.conversation, self.now), self.now)
        self.conversation = plan.conversation
        self.said = [sent.text for sent in plan.messages]
        return plan


def told(**fields: object) -> Citizen:
    return Citizen(notice=notice.VERSION, **fields)


# ---- the notice ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "sms"), [(TELEGRAM, False), (SMS, True)])
async def test_the_first_answer_carries_the_notice_and_no_other_does(address: Address, sms: bool) -> None:
    citizen = Citizen(address)
    expected = Notices(WORDING, turning.OPERATOR, 90).first("fr", "ma", sms=sms)

    await citizen.writes("combien coute le passeport")
    [first] = citizen.said
    await citizen.writes("et le casier ?")

    assert first.replace("ê", "e").count(expected.replace("ê", "e")) == 1
    assert all("STOP" not in text for text in citizen.said)


async def test_it_stands_after_the_source_and_before_the_choices() -> None:
    citizen = Citizen()

    plan = await citizen.writes("combien coute le passeport")

    [message] = plan.messages
    assert message.menu is not None
    source, last = message.text.split("\n\n")[1:]
    assert ("Source : x", True) == (source, last.startswith("Service tenu par"))


async def test_the_law_is_that_of_the_citizen_s_country() -> None:
    citizen = Citizen(country="mr")
    await citizen.writes("salam")

    assert "2017-020" in citizen.said[0]


async def test_who_says_stop_first_is_not_told_until_he_starts() -> None:
    citizen = Citizen()
    await citizen.writes("STOP")
    assert ["Réponse.", 0] == [citizen.said[0].split("\n")[0], citizen.conversation.notice]
    assert "Service" not in citizen.said[0]

    await citizen.writes("START")
    assert "Service tenu par" in citizen.said[0]


async def test_silence_is_no_first_answer() -> None:
    citizen = Citizen(owner=Owner.AGENT)
    await citizen.writes("salam")

    assert ([], 0) == (citizen.said, citizen.conversation.notice)


# ---- stop and start ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", "stop svp", "arrêtez de m'écrire", "ما بقيتش باغي الرسائل", "حبسو", "7bess"])
async def test_stop_needs_no_nlu(word: str) -> None:
    citizen = told()
    await citizen.writes(word)

    assert (["/stop"], True) == (citizen.rasa.asked, citizen.conversation.opted_out)


async def test_stop_is_heard_while_a_person_has_the_conversation_and_in_the_middle_of_a_flood() -> None:
    with_a_person = told(owner=Owner.AGENT)
    await with_a_person.writes("STOP")
    assert with_a_person.conversation.opted_out

    flooding = told()
    for n in range(load_guard_rules().flood.burst + 3):
        await flooding.writes(f"soal {n}", after=0.01)
    assert not flooding.said
    await flooding.writes("حبس", after=0.01)
    assert flooding.conversation.opted_out


async def test_after_stop_everything_but_start_is_met_with_silence() -> None:
    citizen = told()
    await citizen.writes("STOP")
    for text in ("combien coute le passeport", "allo ?", "STOP", "1", "vie privée", "oui"):
        plan = await citizen.writes(text)
        assert ([], "opted_out") == (citizen.said, plan.outcome)

    await citizen.writes("reprendre")
    assert (False, 1, "/greet") == (citizen.conversation.opted_out, len(citizen.said), citizen.rasa.asked[-1])


async def test_no_longer_wanting_it_is_one_stop_which_ends_a_form_first_and_a_no_where_one_is_offered() -> None:
    citizen = told()
    await citizen.writes("ما بقيتش باغي")
    assert ["/stop"] == citizen.rasa.asked

    offered = told(context=Context(choices=("i:agent", "i:deny"), at=datetime.fromtimestamp(NOW, UTC)))
    await offered.writes("ما بقيتش باغي")
    assert ["ما بقيتش باغي"] == offered.rasa.asked


async def test_the_first_word_of_all_is_answered_in_its_own_language() -> None:
    citizen = Citizen(language=None)
    await citizen.writes("désabonnez-moi svp")

    assert "fr" == citizen.conversation.language


# ---- what is kept --------------------------------------------------------------------------------------------------


async def test_what_is_kept_is_told_without_rasa_and_stands_for_the_notice() -> None:
    citizen = Citizen()
    plan = await citizen.writes("que gardez-vous sur moi ?")

    assert ([], "kept", notice.VERSION) == (citizen.rasa.asked, plan.outcome, citizen.conversation.notice)
    assert "12 (vos messages), 11 (mes réponses)" in citizen.said[0]
    assert "Service tenu par" not in citizen.said[0]


async def test_on_an_sms_it_comes_page_by_page() -> None:
    citizen = told(address=SMS, language="ary")
    pages = []
    for text in ("شنو عندكم عليا", "0", "0", "0"):
        await citizen.writes(text)
        pages += citizen.said
        if not citizen.conversation.context.rest:
            break

    assert len(pages) > 1
    assert "09.08" in pages[-1]


# ---- give me my data -----------------------------------------------------------------------------------------------


async def test_his_data_are_told_with_the_last_messages_where_they_fit() -> None:
    citizen = told()
    plan = await citizen.writes("donne-moi mes données")

    assert ([], "exported", 1) == (citizen.rasa.asked, plan.outcome, len(citizen.said))
    for part in (
        "depuis le 21/09/2026 : 12 (vos messages), 11 (mes réponses), 0 (demandes d'une personne)",
        "21/09/2026, vous : combien coute le passeport\n21/09/2026, Dalil : Passeport · Prix 500 DH\n",
        "Prix 500 DH\n21/09/2026, vous : …",
        "Effacés après 90 jours. Pour une copie complète, demandez à Dalil (essai). SUPPRIMER efface tout (loi 09-08).",
    ):
        assert part in citizen.said[0]


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "export my data"), ("ar", "أرسل لي بياناتي"), ("ary", "عطيني المعلومات ديالي")]
)
async def test_on_an_sms_his_data_are_a_summary_of_three_segments(language: str, text: str) -> None:
    citizen = told(address=SMS, language=language)
    await citizen.writes(text)

    [page] = citizen.said
    assert segments(page).segments <= 3
    assert not citizen.conversation.context.rest
    assert "12" in page
    assert "combien" not in page


# ---- delete my data ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("yes", ["SUPPRIMER", "oui", "احذف"])
async def test_deleting_asks_once_and_then_deletes(yes: str) -> None:
    citizen = told()
    asked = await citizen.writes("supprimez mes données")
    assert (False, "forget_asked", [WORDING.text("fr", "forget_ask")]) == (asked.forget, asked.outcome, citizen.said)

    done = await citizen.writes(yes)
    assert (True, "forgotten", []) == (done.forget, done.outcome, citizen.rasa.asked)
    assert WORDING.text(citizen.conversation.language or "fr", "forgotten") in citizen.said


@pytest.mark.parametrize("between", ["non", "combien coute le passeport", "STOP", "vie privée"])
async def test_anything_else_keeps_everything(between: str) -> None:
    citizen = told()
    await citizen.writes("SUPPRIMER")
    plan = await citizen.writes(between)
    assert not plan.forget

    if not citizen.conversation.opted_out:
        plan = await citizen.writes("oui")
        assert not plan.forget


async def test_a_yes_of_tomorrow_deletes_nothing() -> None:
    citizen = told()
    await citizen.writes("SUPPRIMER")
    plan = await citizen.writes("oui", after=86_400)

    assert (False, ["oui"]) == (plan.forget, citizen.rasa.asked)


async def test_who_opted_out_is_forgotten_in_silence() -> None:
    citizen = told()
    await citizen.writes("STOP")
    plan = await citizen.writes("SUPPRIMER")

    assert (True, [], True) == (plan.forget, citizen.said, citizen.conversation.opted_out)


# ---- guards --------------------------------------------------------------------------------------------------------


async def test_a_flood_gets_one_friendly_sentence() -> None:
    citizen, said = told(), []
    for n in range(load_guard_rules().flood.burst + 10):
        plan = await citizen.writes(f"soal {n}", after=0.01)
        said += citizen.said

    assert ("flood", 1) == (plan.outcome, said.count(WORDING.text("fr", "flood")))


async def test_a_machine_that_sends_our_text_back_is_left_alone_until_start() -> None:
    citizen, outcomes = told(), []
    await citizen.writes("salam")
    for _ in range(6):
        plan = await citizen.writes(citizen.said[-1] if citizen.said else "Réponse.", after=20)
        outcomes.append(plan.outcome)
    assert ["answered", "loop", "loop", "loop", "loop", "loop"] == outcomes

    await citizen.writes("START")
    assert citizen.said


async def test_pages_that_wait_survive_a_message_that_is_left_unanswered() -> None:
    waiting = Context(rest=("page 2",), at=datetime.fromtimestamp(NOW, UTC))
    citizen = told(address=SMS, context=waiting, repeats=Repeats(quiet_until=NOW + 60))

    await citizen.writes("allo")
    assert [] == citizen.said
    await citizen.writes("0")
    assert ["page 2"] == citizen.said


async def test_messages_that_waited_for_rasa_are_no_flood() -> None:
    """They arrived at a person's pace, and are only worked on at once."""
    citizen, outcomes = told(), set()
    for n in range(2 * load_guard_rules().flood.burst):
        message = IncomingMessage(provider_id=str(n), sender=TELEGRAM, text=f"soal {n}")
        claim = Claim(1, 1, 0, message, citizen.conversation, NOW + 5 * n + n % 3)
        plan = await citizen.turns.handle_turn(claim, NOW + 10_000)
        citizen.conversation = plan.conversation
        outcomes.add(plan.outcome)

    assert {"answered"} == outcomes


async def test_start_again_and_again_is_a_repetition_and_between_stops_a_flood() -> None:
    citizen = told()
    greeted = [len((await citizen.writes("START", after=1)).messages) for _ in range(8)]
    assert [1, 1, 1, 0, 0, 0, 0, 0] == greeted

    to_and_fro = told()
    for _ in range(2 * load_guard_rules().flood.burst):
        await to_and_fro.writes("STOP", after=0.01)
        plan = await to_and_fro.writes("START", after=0.01)
    assert ("flood", [], False) == (plan.outcome, to_and_fro.said, to_and_fro.conversation.opted_out)


async def test_a_message_that_is_tried_again_is_counted_once() -> None:
    """A turn that failed is planned again from the conversation as it was stored."""
    citizen = told()
    message = IncomingMessage(provider_id="1", sender=TELEGRAM, text="salam")
    claim = Claim(1, 1, 0, message, citizen.conversation, NOW)

    plans = [await citizen.turns.handle_turn(claim, NOW + n) for n in range(5)]

    assert {"answered"} == {plan.outcome for plan in plans}
    assert 1 == plans[-1].conversation.repeats.count
