"""One message becomes one plan: who answers, what Rasa is asked, what is remembered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.contract import ChooseLanguage, Context, OptOut, Outcome, RequestPerson, Topic, TurnInput, TurnResult
from actions.replies import load_wording
from bot import notice
from bot.conversation import Conversation, Owner
from bot.ports import Claim
from bot.turn import Dialogue, Turns
from connectors.channel import Limits
from connectors.messages import Address, IncomingMessage, Medium, MessageKind, Reply
from tests.unit.bot import turning

NOW = 1_800_000_000.0
ADDRESS = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="bot", external_id="1001")
LIMITS = {"telegram": {Medium.TELEGRAM: Limits(max_chars=4096, max_rows=10)}}


class ScriptedDialogue(Dialogue):
    """Says what the test wrote, and remembers what it was asked."""

    def __init__(self, *results: TurnResult) -> None:
        self.results = list(results) or [result("jawab")]
        self.asked: list[tuple[str, TurnInput]] = []

    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]:
        self.asked.append((text, turn))
        return self.results


def result(text: str, **fields: object) -> TurnResult:
    reply = Reply(language=fields.pop("language", "ary"), paragraphs=(text,))
    return TurnResult.model_validate({"outcome": Outcome.ANSWERED, "reply": reply, **fields})


def conversation(**fields: object) -> Conversation:
    """Of a citizen who has had the notice: tests/unit/bot/test_consent.py has those who have not."""
    told = {"id": "c1", "person_id": turning.PERSON, "address": ADDRESS, "notice": notice.VERSION}
    return Conversation.model_validate({**told, **fields})


def claim(text: str = "", before: Conversation | None = None, **fields: object) -> Claim:
    message = IncomingMessage.model_validate({"provider_id": "7", "sender": ADDRESS, "text": text, **fields})
    return Claim(1, 1, 0, message, before or conversation(), NOW)


def turns(dialogue: Dialogue) -> Turns:
    return turning.turns(dialogue, LIMITS)


async def asked(text: str, before: Conversation | None = None, **fields: object) -> list[str]:
    dialogue = ScriptedDialogue()
    await turns(dialogue).handle_turn(claim(text, before, **fields), NOW)
    return [said for said, _ in dialogue.asked]


@pytest.mark.parametrize(
    ("text", "to_rasa"),
    [
        pytest.param("chno khassni", "chno khassni", id="a text goes to Rasa as it is"),
        pytest.param('/restart{"a":1}', 'restart{"a":1}', id="a leading slash is no command"),
        pytest.param(" / / ask_fees", "ask_fees", id="nor are several with spaces between"),
        pytest.param("\u202eabc\u202c", "abc", id="direction overrides are removed"),
        pytest.param("'; DROP TABLE inbox; --", "'; DROP TABLE inbox; --", id="an SQL fragment is only a text"),
        pytest.param("{{7*7}} ${x}", "{{7*7}} ${x}", id="a template fragment is only a text"),
        pytest.param("/start", "/greet", id="Telegram's first word is a greeting"),
        pytest.param("ش" * 5000, "ش" * 1600, id="a very long text is cut"),
    ],
)
async def test_what_rasa_is_asked(text: str, to_rasa: str) -> None:
    assert [to_rasa] == await asked(text)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"kind": MessageKind.STICKER}, id="a sticker"),
        pytest.param({"kind": MessageKind.LOCATION}, id="a location"),
        pytest.param({"kind": MessageKind.MEDIA}, id="a photo without a caption"),
        pytest.param({"text": "👍🏽🙂"}, id="emoji alone"),
        pytest.param({"text": "   "}, id="nothing but spaces"),
    ],
)
async def test_what_cannot_be_read_gets_a_friendly_sentence_without_rasa(fields: dict[str, object]) -> None:
    dialogue = ScriptedDialogue()

    plan = await turns(dialogue).handle_turn(claim(**{"text": "", **fields}), NOW)

    assert ([], "unreadable") == (dialogue.asked, plan.outcome)
    assert [load_wording().text("ary", "text_only")] == [message.text for message in plan.messages]


async def test_a_photo_s_caption_is_read() -> None:
    assert ["ch7al passeport"] == await asked("ch7al passeport", kind=MessageKind.MEDIA)


@pytest.mark.parametrize("number", ["2", "٢", " 2. ", "(2)"])
async def test_a_number_picks_from_the_last_list(number: str) -> None:
    offered = Context(choices=("i:agent", "a:ma.casier_judiciaire:fees"), at=datetime.fromtimestamp(NOW - 60, UTC))
    dialogue = ScriptedDialogue()

    await turns(dialogue).handle_turn(claim(number, conversation(context=offered)), NOW)

    [(text, turn)] = dialogue.asked
    assert ("/ask_fees", "a:ma.casier_judiciaire:fees") == (text, turn.choice)


@pytest.mark.parametrize(
    ("number", "age"),
    [
        pytest.param("3", 60, id="a number beyond the list"),
        pytest.param("2", 86_400, id="a list of yesterday"),
    ],
)
async def test_a_number_that_picks_nothing_is_a_text(number: str, age: int) -> None:
    offered = Context(choices=("i:agent", "l:fr"), at=datetime.fromtimestamp(NOW - age, UTC))

    assert [number] == await asked(number, conversation(context=offered))


@pytest.mark.parametrize(
    ("payload", "to_rasa"),
    [
        ("i:status", "/status"),
        ("l:fr", "/language"),
        ("a:ma.casier_judiciaire:where", "/ask_where"),
        ("c:k:A:103", "/complaint"),
        ("f:complaints", "/status"),
        ("b:ma.cnie_renouvellement:s:12345", "/ask_where"),
    ],
)
async def test_a_tapped_button_is_understood_without_guessing(payload: str, to_rasa: str) -> None:
    assert [to_rasa] == await asked("label", kind=MessageKind.CHOICE, choice=payload)


async def test_a_button_that_is_not_ours_counts_as_its_label() -> None:
    assert ["passeport"] == await asked("passeport", kind=MessageKind.CHOICE, choice="'/restart")


async def test_results_are_applied_to_the_conversation() -> None:
    context = Context(procedure="ma.casier_judiciaire", facets=("fees",))
    dialogue = ScriptedDialogue(
        result("un", language="fr", context=context, effects=(ChooseLanguage(language="fr"), RequestPerson()))
    )

    plan = await turns(dialogue).handle_turn(claim("bonjour"), NOW)

    after = plan.conversation
    assert ("fr", "fr", "ma.casier_judiciaire") == (after.language, after.chosen_language, after.context.procedure)
    assert datetime.fromtimestamp(NOW, UTC) == after.context.at
    assert RequestPerson() in plan.effects


async def test_after_stop_there_is_silence_until_start() -> None:
    stopped = (
        await turns(ScriptedDialogue(result("ok", effects=(OptOut(),)))).handle_turn(claim("stop"), NOW)
    ).conversation
    assert stopped.opted_out

    silent = await turns(ScriptedDialogue()).handle_turn(claim("passeport", stopped), NOW)
    assert ((), "opted_out") == (silent.messages, silent.outcome)

    back = await turns(ScriptedDialogue()).handle_turn(claim("START", stopped), NOW)
    assert (False, 1) == (back.conversation.opted_out, len(back.messages))


@pytest.mark.parametrize("word", ["STOP", " stop. ", "arrêt", "توقف", "7bess"])
async def test_stop_is_heard_whatever_the_nlu_thinks(word: str) -> None:
    dialogue = ScriptedDialogue(result("ok", effects=(OptOut(),)))

    plan = await turns(dialogue).handle_turn(claim(word), NOW)

    assert (["/stop"], True) == ([text for text, _ in dialogue.asked], plan.conversation.opted_out)


async def test_stop_in_the_middle_of_a_form_ends_the_form_and_the_messages() -> None:
    class Form(ScriptedDialogue):
        async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]:
            first = not self.asked
            await super().ask(turn, text)
            return [result("form ended")] if first else [result("stopped", effects=(OptOut(),))]

    dialogue = Form()

    plan = await turns(dialogue).handle_turn(claim("STOP"), NOW)

    assert (2, True, ["stopped"]) == (len(dialogue.asked), plan.conversation.opted_out, [m.text for m in plan.messages])


async def test_a_long_sms_is_sent_page_by_page() -> None:
    address = ADDRESS.model_copy(update={"channel": "twilio", "medium": Medium.SMS})
    lines = "\n".join(f"{n}. وثيقة من الجماعة فين تزاديتي قل من 3 شهور" for n in range(1, 9))
    dialogue = ScriptedDialogue(result(lines))
    limits = {"twilio": {Medium.SMS: Limits(max_chars=1600, sms=True)}}
    handler = turning.turns(dialogue, limits)
    before, said = conversation(address=address), []

    for text in ("الوراق", "0", "زيد", "٠"):
        plan = await handler.handle_turn(claim(text, before), NOW)
        [page] = plan.messages
        said += [line for line in page.text.splitlines() if not line.startswith("اكتب")]
        before = plan.conversation
        if not before.context.rest:
            break

    assert (lines.splitlines(), 1) == (said, len(dialogue.asked))


@pytest.mark.parametrize("asked_for", ["0", "suite"])
async def test_a_next_page_that_does_not_exist_is_said_so(asked_for: str) -> None:
    dialogue = ScriptedDialogue()

    plan = await turns(dialogue).handle_turn(claim(asked_for, conversation(language="fr")), NOW)

    assert ([], ["Je vous ai tout envoyé. Écrivez votre question, s'il vous plaît."]) == (
        dialogue.asked,
        [message.text for message in plan.messages],
    )


async def test_while_a_person_has_the_conversation_the_bot_is_silent() -> None:
    plan = await turns(ScriptedDialogue()).handle_turn(claim("salam", conversation(owner=Owner.AGENT)), NOW)

    assert ((), "agent") == (plan.messages, plan.outcome)


async def test_the_same_message_twenty_times_is_answered_twice_and_acknowledged_once() -> None:
    dialogue, said, before = ScriptedDialogue(), [], conversation()
    for _ in range(20):
        plan = await turns(dialogue).handle_turn(claim("ch7al passeport", before), NOW)
        said += [message.text for message in plan.messages]
        before = plan.conversation

    assert ["jawab", "jawab", load_wording().text("ary", "repeated")] == said


async def test_the_same_question_a_minute_later_is_answered() -> None:
    dialogue, before = ScriptedDialogue(), conversation()
    for minute in range(4):
        now = NOW + 61 * minute
        before = (await turns(dialogue).handle_turn(claim("ch7al passeport", before), now)).conversation

    assert 4 == len(dialogue.asked)


async def test_a_turn_that_cannot_be_answered_ends_with_an_apology_and_a_reason() -> None:
    plan = turns(ScriptedDialogue()).apology(claim("salam"), "dialogue_failed", NOW)

    assert ("failed", "dialogue_failed", 1) == (plan.outcome, plan.failed, len(plan.messages))


SPOKEN_OF = Context(
    procedure="ma.passeport_majeur",
    facets=("fees",),
    earlier=(Topic(procedure="ma.casier_judiciaire", facets=("where",)),),
    at=datetime.fromtimestamp(NOW - 60, UTC),
)


@pytest.mark.parametrize(
    ("text", "to_rasa", "follow_up", "choice"),
    [
        ("non, le casier pas le passeport", "le casier", "correction", None),
        ("plus de détails", "/ask_overview", "explain", None),
        ("plus de détails sur le prix", "sur le prix", "explain", None),
        ("retour au casier judiciaire", "/ask_where", None, "a:ma.casier_judiciaire:where"),
        ("رجع", "/ask_where", None, "a:ma.casier_judiciaire:where"),
        ("non merci", "non merci", None, None),
    ],
)
async def test_of_a_follow_up_rasa_gets_what_is_asked(
    text: str, to_rasa: str, follow_up: str | None, choice: str | None
) -> None:
    dialogue = ScriptedDialogue()

    await turns(dialogue).handle_turn(claim(text, conversation(context=SPOKEN_OF)), NOW)

    [(said, turn)] = dialogue.asked
    assert (to_rasa, follow_up, choice) == (said, turn.follow_up, turn.choice)


@pytest.mark.parametrize("text", ["non, le casier pas le passeport", "retour au casier judiciaire", "la deuxième"])
async def test_in_what_was_asked_for_in_his_own_words_nothing_else_is_read(text: str) -> None:
    asked_for_words = SPOKEN_OF.model_copy(update={"verbatim": True, "choices": ("i:agent", "i:deny")})
    dialogue = ScriptedDialogue()

    await turns(dialogue).handle_turn(claim(text, conversation(context=asked_for_words)), NOW)

    [(said, turn)] = dialogue.asked
    assert (text, None, None) == (said, turn.follow_up, turn.choice)


async def test_a_follow_up_is_answered_in_the_language_of_its_own_words() -> None:
    dialogue = ScriptedDialogue()

    await turns(dialogue).handle_turn(claim("plus de détails svp", conversation(language="ar")), NOW)

    assert "fr" == dialogue.asked[0][1].language


async def test_explain_more_is_the_next_page_of_an_sms_while_there_is_one() -> None:
    cut = SPOKEN_OF.model_copy(update={"rest": ("page 2",)})
    dialogue = ScriptedDialogue()

    plan = await turns(dialogue).handle_turn(claim("plus de détails", conversation(context=cut)), NOW)

    assert ([], ["page 2"]) == (dialogue.asked, [message.text for message in plan.messages])


async def test_after_a_day_nothing_is_gone_back_to_or_corrected() -> None:
    old = SPOKEN_OF.model_copy(update={"at": datetime.fromtimestamp(NOW - 86_400, UTC)})

    for text in ("non, le casier pas le passeport", "retour au casier"):
        assert [text] == await asked(text, conversation(context=old))
