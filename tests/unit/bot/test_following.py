"""The citizen's side of following a file: his yes, his list, his end; all of it without Rasa."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from actions import payloads
from actions.contract import Context, FollowFile, UnfollowFile
from actions.replies import load_wording
from bot.conversation import Conversation
from bot.follow_ports import Followed
from bot.ports import Claim, TurnPlan
from connectors.channel import Limits
from connectors.messages import Address, IncomingMessage, Medium, MessageKind, ReplyLanguage
from tests.contracts.store_cases import SMS
from tests.fakes import NoFollows
from tests.unit.bot import turning
from tests.unit.bot.test_consent import Rasa

NOW = 1_800_000_000.0
TELEGRAM = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="bot", external_id="1001")
LIMITS = {
    "telegram": {Medium.TELEGRAM: Limits(max_chars=4096, max_rows=10)},
    "twilio": {Medium.SMS: Limits(max_chars=1600, sms=True)},
}
FOLLOW = str(payloads.Follow())
WORDING = load_wording()
ONE = Followed(7, "PA-2026-004217", NOW + 86_400)
TWO = Followed(9, None, NOW + 86_400)


class Some(NoFollows):
    """`offered`: a file waits for his yes."""

    def __init__(self, *files: Followed, offered: bool = True) -> None:
        self.files, self.offered = files, offered

    def is_offered(self, conversation_id: str, now: float) -> bool:
        return self.offered

    def followed(self, person_id: str) -> Sequence[Followed]:
        return self.files


async def turn(
    follows: Some,
    text: str = "",
    choice: str | None = None,
    language: ReplyLanguage = "fr",
    choices: tuple[str, ...] = (),
    address: Address = TELEGRAM,
) -> TurnPlan:
    """One message after a status answer whose choices are `choices`."""
    rasa = Rasa()
    conversation = Conversation(
        id="c1",
        person_id=turning.PERSON,
        address=address,
        language=language,
        notice=9,
        context=Context(choices=choices, at=datetime.fromtimestamp(NOW - 60, UTC)),
    )
    kind = MessageKind.TEXT if choice is None else MessageKind.CHOICE
    message = IncomingMessage(provider_id="1", sender=address, text=text, choice=choice, kind=kind)
    plan = await turning.turns(rasa, LIMITS, follows).handle_turn(Claim(1, 1, 0, message, conversation, NOW), NOW)
    assert [] == rasa.asked
    return plan


@pytest.mark.parametrize("language", ["fr", "ar", "ary"])
async def test_a_tap_is_a_yes_and_says_what_is_kept_and_how_long(language: ReplyLanguage) -> None:
    plan = await turn(Some(), choice=FOLLOW, language=language)

    assert (FollowFile(wording=1, days=90, look_after_s=3600.0),) == plan.effects
    [message] = plan.messages
    assert "90" in message.text
    assert WORDING.text(language, "follow_started") in message.text
    assert "STOP" in message.text


@pytest.mark.parametrize("language", ["fr", "ar", "ary"])
async def test_all_of_what_he_agrees_to_is_in_one_sms(language: ReplyLanguage) -> None:
    plan = await turn(Some(), choice=FOLLOW, language=language, address=SMS)

    [message] = plan.messages
    assert "90" in message.text
    assert () == plan.conversation.context.rest


async def test_a_yes_in_words_counts_where_nothing_else_was_offered_first() -> None:
    plan = await turn(Some(), "oui", choices=(FOLLOW,))

    assert [FollowFile(wording=1, days=90, look_after_s=3600.0)] == list(plan.effects)


async def test_an_offer_that_is_over_is_said_so() -> None:
    plan = await turn(Some(offered=False), choice=FOLLOW)

    assert () == plan.effects
    assert WORDING.text("fr", "follow_old") in plan.messages[0].text


async def test_who_follows_as_many_as_he_may_is_told_how_to_end_one() -> None:
    plan = await turn(Some(ONE, TWO), choice=FOLLOW)

    assert () == plan.effects
    assert WORDING.text("fr", "follow_full", count="2") in plan.messages[0].text


async def test_the_list_shows_masked_numbers_and_a_way_to_end_each() -> None:
    plan = await turn(Some(ONE, TWO), "quels dossiers suivez-vous ?")

    assert "PA-***217" in plan.messages[0].text
    assert "PA-2026" not in plan.messages[0].text
    assert ("f:off:7", "f:off:9") == plan.conversation.context.choices


@pytest.mark.parametrize(("choice", "follow_id"), [("f:off:7", 7), ("f:off", None)])
async def test_one_is_ended_or_all(choice: str, follow_id: int | None) -> None:
    assert (UnfollowFile(follow_id=follow_id),) == (await turn(Some(ONE, TWO), choice=choice)).effects


async def test_the_words_end_all() -> None:
    plan = await turn(Some(ONE), "ما تبقاش تتبع", language="ary")

    assert (UnfollowFile(),) == plan.effects
    assert WORDING.text("ary", "follow_stopped_all") in plan.messages[0].text


async def test_a_number_that_is_not_his_changes_nothing() -> None:
    assert () == (await turn(Some(ONE), choice="f:off:8")).effects


async def test_who_follows_nothing_is_told_so() -> None:
    plan = await turn(Some(), "ne me suis plus")

    assert () == plan.effects
    assert WORDING.text("fr", "follow_none") in plan.messages[0].text
