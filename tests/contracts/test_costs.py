"""SMS are counted by day and country, an alarm comes once, and only notifications wait. On both databases."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.budget import Budget, day_of, next_day
from bot.costs import total
from bot.metrics import METRICS
from bot.outbox import Sender
from bot.ports import Price, Priority, Spent, TurnPlan
from bot.prices import PriceTable
from bot.store.costs import SqlCosts, spend_in_turn
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.store.tables import outbox as outbox_table
from bot.vault import Vault
from connectors.channel import Channel, Limits, Pace, Parsed, Recovery, WebhookRequest
from connectors.messages import Address, IncomingMessage, Medium, OutgoingMessage, Sent

AMINA = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
BRAHIM = AMINA.model_copy(update={"external_id": "+213600000002"})
EVENING = datetime(2026, 11, 28, 22, tzinfo=UTC).timestamp()
MORNING = datetime(2026, 11, 29, 0, 0, 1, tzinfo=UTC).timestamp()
KNOWN = {"source": "a contract", "date": "2026-11-01"}
PRICES = PriceTable.model_validate(
    {
        "currency": "EUR",
        "countries": {
            "ma": {"micros": 90_000, **KNOWN},
            "dz": {"micros": None, "source": "a contract", "date": None},
            "mr": {"micros": 1, **KNOWN},
            "other": {"micros": 1, **KNOWN},
        },
    }
)


class Wire(Channel):
    """A provider that takes everything."""

    name = "twilio"
    limits: Mapping[Medium, Limits] = {}
    pace: Mapping[Medium, Pace] = {}
    recovery = Recovery.RESEND

    def __init__(self) -> None:
        self.sent: list[str] = []

    def verify(self, request: WebhookRequest) -> None: ...

    def parse(self, request: WebhookRequest) -> Parsed:
        return Parsed(())

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:
        return ()

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:
        self.sent.append(message.text)
        return Sent(provider_message_id=str(len(self.sent)))

    async def close(self) -> None: ...


class Desk:
    """A sender over one database, with a clock that stands where it is put."""

    def __init__(self, database: Database, vault: Vault, budget: Budget) -> None:
        self.now, self.wire, self.database = EVENING, Wire(), database
        self.inbox, self.outbox = SqlInbox(database, vault), SqlOutbox(database, vault)
        channels = {"twilio": self.wire}
        self.sender = Sender(self.outbox, channels, lambda: self.now, 15.0, PRICES.price_of, PRICES.currency, budget)
        self._count = 0

    def answer(self, text: str, who: Address = AMINA) -> None:
        self._count += 1
        self.inbox.accept(IncomingMessage(provider_id=str(self._count), sender=who, text="salam"), self.now, "abc")
        [claim] = self.inbox.claim(10, 30.0, self.now)
        message = OutgoingMessage(to=who, text=text, language="fr")
        self.inbox.finish(claim, TurnPlan(claim.conversation, (message,)), self.now)
        self.conversation = claim.conversation.id

    def notify(self, text: str) -> None:
        message = OutgoingMessage(to=AMINA, text=text, language="fr")
        self.outbox.enqueue(self.conversation, message, Priority.NOTIFICATION, self.now)

    async def send_all(self) -> None:
        while claims := await self.sender.claim(10):
            for claim in claims:
                await self.sender.send(claim)


async def test_every_sms_is_counted_with_its_segments_and_what_is_known_of_its_cost(
    database: Database, vault: Vault
) -> None:
    desk = Desk(database, vault, Budget())
    counted = METRICS.sms_segments.labels("ma")._value.get()
    desk.answer("x" * 161)
    desk.answer("bonjour", BRAHIM)
    await desk.send_all()

    with database.read() as connection:
        rows = connection.execute(select(outbox_table.c.segments, outbox_table.c.cost_micros)).all()
    assert [(2, 180_000), (1, None)] == [tuple(row) for row in rows]
    listed = SqlCosts(database).since("2026-11-28")
    assert [("2026-11-28", "dz", Spent(1, 0, 1)), ("2026-11-28", "ma", Spent(2, 180_000, 0))] == list(listed)
    assert Spent(3, 180_000, 1) == total([spent for *_, spent in listed]) == desk.outbox.spent("2026-11-28")
    assert [] == list(SqlCosts(database).since("2026-11-29"))
    assert 2 == METRICS.sms_segments.labels("ma")._value.get() - counted


async def test_each_threshold_alarms_once_and_again_the_next_day(
    database: Database, vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(database, vault, Budget(segments=5))
    with caplog.at_level(logging.ERROR):
        for now in (EVENING, MORNING):
            desk.now = now
            for number in range(7):
                desk.answer(f"reply {number}")
            await desk.send_all()

    alarms = [record for record in caplog.records if record.message == "SMS budget"]
    assert [80, 100, 80, 100] == [record.percent for record in alarms]
    assert 14 == len(desk.wire.sent)  # replies are never stopped


def test_the_alarm_comes_once_though_many_workers_send_at_once(database: Database) -> None:
    budget = Budget(segments=40, micros=36_000)
    prices = [Price(country, 1, 1000) for country in ("ma", "dz", "mr", "")]

    def send(number: int) -> list[tuple[str, float]]:
        price = prices[number % 4]
        with database.write() as connection:
            after = spend_in_turn(connection, price, EVENING)
        return budget.crossed(after, price)

    with ThreadPoolExecutor(8) as pool:
        crossed = [one for found in pool.map(send, range(60)) for one in found]

    assert [("cost", 0.8), ("cost", 1.0), ("segments", 0.8), ("segments", 1.0)] == sorted(crossed)


async def test_notifications_wait_for_the_next_day_once_the_budget_is_used_up(database: Database, vault: Vault) -> None:
    desk = Desk(database, vault, Budget(segments=2))
    desk.answer("one")
    await desk.send_all()
    desk.notify("below the budget")
    await desk.send_all()
    desk.notify("above it")
    desk.answer("a reply")
    await desk.send_all()
    assert ["one", "below the budget", "a reply"] == desk.wire.sent

    desk.now = MORNING - 2
    await desk.send_all()
    assert 3 == len(desk.wire.sent)
    desk.now = MORNING
    [claim] = await desk.sender.claim(10)
    assert (1, False, MORNING) == (claim.attempt, claim.uncertain, claim.tried_at)  # waiting was no try
    await desk.sender.send(claim)
    assert "above it" == desk.wire.sent[-1]


async def test_a_cost_budget_counts_money_only(database: Database, vault: Vault) -> None:
    desk = Desk(database, vault, Budget(micros=100_000))
    desk.answer("free, as far as we know", BRAHIM)
    desk.answer("one")
    await desk.send_all()

    assert {"cost": 0.9} == desk.sender._budget.used(desk.outbox.spent(day_of(EVENING)))


def test_the_next_day_starts_at_midnight_utc() -> None:
    assert ("2026-11-28", "2026-11-29") == (day_of(EVENING), day_of(next_day(EVENING)))
    assert next_day(EVENING) - EVENING == 2 * 3600
