"""What the sender does about lost answers, closed windows and citizens who want nothing more. On a real database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.outbox import LOOK_UP_AFTER_S, REPORT_WITHIN_S, WINDOW_S, Sender
from bot.quiet import QuietHours
from bot.store.database import Database
from bot.store.tables import outbox, people
from bot.vault import Vault
from connectors.channel import Channel, Limits, Pace, Parsed, Recovery, WebhookRequest
from connectors.errors import OptedOut, SendError, Uncertain, Unreachable, WindowClosed
from connectors.messages import DeliveryStatus, Medium, OutgoingMessage, Sent
from tests.contracts.store_cases import META_WHATSAPP, SMS, TELEGRAM, Store, report

VAULT = Vault(["c" * 43 + "="], b"a key of the tests")
NOW = 1_000_000.0


class Provider(Channel):
    """A channel whose provider takes everything and says so only when it is not told to lose its answer."""

    pace: Mapping[Medium, Pace] = {}
    limits: Mapping[Medium, Limits] = {}

    def __init__(self, name: str, recovery: Recovery) -> None:
        self._name, self._recovery = name, recovery
        self.taken: list[str] = []
        self.references: list[str] = []
        self.templates: list[str] = []
        self.asked_since: list[datetime] = []
        self.trouble: list[SendError] = []
        self.hidden: list[str] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def recovery(self) -> Recovery:
        return self._recovery

    def verify(self, request: WebhookRequest) -> None: ...

    def parse(self, request: WebhookRequest) -> Parsed:
        return Parsed(())

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:
        self.asked_since.append(since)
        if self.trouble:
            raise self.trouble.pop(0)
        return tuple(f"{self._name}{n}" for n, text in enumerate(self.taken) if text == message.text)

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:
        error = self.trouble.pop(0) if self.trouble else None
        if error is not None and not (isinstance(error, Uncertain) and error.detail == "taken"):
            raise error
        self.taken.append(message.text)
        self.references.append(reference)
        if message.template is not None:
            self.templates.append(message.template.name)
        if error is not None:
            raise error
        return Sent(provider_message_id=f"{self._name}{len(self.taken) - 1}")

    async def close(self) -> None: ...


class Desk:
    """A sender over three providers, and the time."""

    def __init__(self, database: Database) -> None:
        self.store, self.now = Store(database, VAULT), NOW
        self.twilio = Provider("twilio", Recovery.LOOK_UP)
        self.meta = Provider("whatsapp", Recovery.REPORT)
        self.telegram = Provider("telegram", Recovery.RESEND)
        channels = {one.name: one for one in (self.twilio, self.meta, self.telegram)}
        self.sender = Sender(self.store.outbox, channels, lambda: self.now, lease_s=15.0, quiet=QuietHours(21, 8, "ma"))

    async def work(self, after: float = 0.0) -> int:
        """Send what may leave then; how many were tried."""
        self.now += after
        tried = 0
        while claims := await self.sender.claim(10):
            for claim in claims:
                await self.sender.send(claim)
            tried += len(claims)
        return tried

    def states(self) -> list[object]:
        return self.store.column(outbox.c.state)


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


LOST = Uncertain("taken")  # the provider took it, and its answer did not come


async def test_a_lost_answer_is_found_at_the_provider_and_nothing_is_sent_twice(desk: Desk) -> None:
    desk.store.exchange(SMS, "reply", now=NOW)
    desk.twilio.trouble = [LOST]
    await desk.work()
    assert 0 == await desk.work(after=LOOK_UP_AFTER_S / 2)  # a provider lists a message a moment after it took it

    await desk.work(after=LOOK_UP_AFTER_S)

    assert (["reply"], ["sent"]) == (desk.twilio.taken, desk.states())
    assert desk.store.outbox.delivered(report("twilio", "twilio0", DeliveryStatus.READ), desk.now)
    assert desk.twilio.asked_since[0] <= datetime.fromtimestamp(NOW, UTC)


async def test_what_the_provider_does_not_have_is_sent_again(desk: Desk) -> None:
    desk.store.exchange(SMS, "reply", now=NOW)
    desk.twilio.trouble = [Uncertain("timeout")]
    await desk.work()

    await desk.work(after=2 * LOOK_UP_AFTER_S)

    assert (["reply"], ["sent"], 1) == (desk.twilio.taken, desk.states(), len(desk.twilio.asked_since))


async def test_an_earlier_message_with_the_same_words_is_not_taken_for_the_lost_one(desk: Desk) -> None:
    desk.store.exchange(SMS, "same words", "same words", now=NOW)
    desk.twilio.trouble = []
    [first] = desk.store.leaving(now=NOW)
    await desk.sender.send(first)
    desk.twilio.trouble = [Uncertain("timeout")]
    await desk.work()

    await desk.work(after=2 * LOOK_UP_AFTER_S)

    assert ["same words", "same words"] == desk.twilio.taken


async def test_a_provider_that_cannot_be_asked_is_asked_again_before_anything_is_sent(desk: Desk) -> None:
    desk.store.exchange(SMS, "reply", now=NOW)
    desk.twilio.trouble = [LOST, Unreachable()]
    await desk.work()
    await desk.work(after=2 * LOOK_UP_AFTER_S)
    assert ["queued"] == desk.states()

    await desk.work(after=60.0)

    assert (["reply"], ["sent"]) == (desk.twilio.taken, desk.states())


async def test_a_worker_that_died_between_the_send_and_the_save_costs_no_second_copy(desk: Desk) -> None:
    desk.store.exchange(SMS, "reply", now=NOW)
    [claim] = await desk.sender.claim(10)
    await desk.twilio.send(claim.message, claim.reference)  # and then the machine was switched off

    await desk.work(after=16.0)
    await desk.work(after=2 * LOOK_UP_AFTER_S)

    assert (["reply"], ["sent"]) == (desk.twilio.taken, desk.states())


async def test_where_a_report_names_our_message_it_is_waited_for(desk: Desk) -> None:
    desk.store.exchange(META_WHATSAPP, "reply", now=NOW)
    desk.meta.trouble = [LOST]
    await desk.work()
    assert 0 == await desk.work(after=REPORT_WITHIN_S / 2)

    [reference] = desk.meta.references
    desk.store.outbox.delivered(report("whatsapp", "wamid", DeliveryStatus.SENT, reference=reference), desk.now)
    await desk.work(after=10 * REPORT_WITHIN_S)

    assert (["reply"], ["sent"]) == (desk.meta.taken, desk.states())


async def test_where_no_report_comes_it_is_sent_again(desk: Desk) -> None:
    desk.store.exchange(META_WHATSAPP, "reply", now=NOW)
    desk.meta.trouble = [Uncertain("timeout")]
    await desk.work()

    await desk.work(after=2 * REPORT_WITHIN_S)

    assert (["reply"], ["sent"]) == (desk.meta.taken, desk.states())


async def test_where_nothing_tells_it_is_rather_sent_twice_than_never(desk: Desk) -> None:
    desk.store.exchange(TELEGRAM, "reply", now=NOW)
    desk.telegram.trouble = [LOST]
    await desk.work()

    await desk.work(after=2.0)

    assert ["reply", "reply"] == desk.telegram.taken


@pytest.mark.parametrize("who_notices", ["we", "the provider", "a report"])
async def test_outside_whatsapp_s_window_a_message_waits_and_a_template_asks_for_a_word(
    desk: Desk, who_notices: str
) -> None:
    claim = desk.store.exchange(META_WHATSAPP, now=NOW)
    if who_notices == "we":
        desk.now += WINDOW_S + 60
    if who_notices == "the provider":
        desk.meta.trouble = [WindowClosed("131047")]
    desk.store.notify(claim.conversation.id, META_WHATSAPP, "your file is ready", now=desk.now)
    await desk.work()
    if who_notices == "a report":
        refused = report("whatsapp", "whatsapp0", DeliveryStatus.FAILED, failure="window_closed")
        assert desk.store.outbox.delivered(refused, desk.now)
        desk.meta.taken.clear()
        await desk.work()
    assert (["reply_waiting"], [""], ["held", "sent"]) == (desk.meta.templates, desk.meta.taken, desk.states())

    desk.store.receive(META_WHATSAPP, now=desk.now + 60)
    await desk.work(after=60.0)

    assert ["", "your file is ready"] == desk.meta.taken


async def test_a_template_goes_out_whatever_the_window(desk: Desk) -> None:
    claim = desk.store.exchange(META_WHATSAPP, now=NOW)
    desk.now += 10 * WINDOW_S
    for text in ("one", "two"):
        desk.store.notify(claim.conversation.id, META_WHATSAPP, text, now=desk.now)

    await desk.work()

    assert ["reply_waiting"] == desk.meta.templates  # once for both


async def test_who_blocked_us_counts_as_having_said_stop_on_every_channel(desk: Desk) -> None:
    desk.store.exchange(SMS, "reply", now=NOW)
    desk.twilio.trouble = [OptedOut("21610")]

    await desk.work()

    assert (["failed"], ["opted_out"]) == (desk.states(), desk.store.column(outbox.c.error_code))
    assert [NOW] == desk.store.column(people.c.opted_out_at)
    assert desk.store.exchange(META_WHATSAPP, now=NOW).conversation.opted_out


NIGHT_S = 7.5 * 3600  # NOW is 13:46 in Morocco, so this is 21:16


async def test_at_night_a_notification_waits_for_the_morning_and_a_reply_does_not(desk: Desk) -> None:
    claim = desk.store.exchange(SMS, "reply", now=NOW)
    desk.store.notify(claim.conversation.id, SMS, "news", NOW)

    await desk.work(after=NIGHT_S)
    assert ["reply"] == desk.twilio.taken
    await desk.work(after=10.7 * 3600)
    assert ["reply"] == desk.twilio.taken
    await desk.work(after=0.2 * 3600)
    assert ["reply", "news"] == desk.twilio.taken
