"""The worker's loops on a real database: order, retries, apologies, and what a dead Rasa or provider costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

import pytest
from sqlalchemy import select

from actions.contract import Outcome, TurnInput, TurnResult
from actions.replies import load_wording
from bot import worker as worker_module
from bot.dialogue import DialogueDown, DialogueFailed
from bot.inbox import InboxService
from bot.outbox import MAX_ATTEMPTS, Sender
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.store.tables import inbox as inbox_table
from bot.store.tables import outbox as outbox_table
from bot.turn import Dialogue
from bot.vault import Vault
from bot.worker import Worker
from connectors.channel import Channel, Limits, Pace, Parsed, Recovery, WebhookRequest
from connectors.errors import Misconfigured, OptedOut, Rejected, SendError, Throttled, Uncertain, Unreachable
from connectors.messages import Address, IncomingMessage, Medium, OutgoingMessage, Reply, Sent
from tests.unit.bot import turning

VAULT = Vault(["c" * 43 + "="], b"a key of the tests")
LIMITS = {Medium.TELEGRAM: Limits(max_chars=4096)}


class Echo(Dialogue):
    """Answers with the text; `trouble` is raised first, one at a time."""

    def __init__(self) -> None:
        self.trouble: list[Exception] = []

    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]:
        await asyncio.sleep(0.001)
        if self.trouble:
            raise self.trouble.pop(0)
        return [TurnResult(outcome=Outcome.ANSWERED, reply=Reply(language="fr", paragraphs=(text,)))]


class Wire(Channel):
    """A channel whose provider is a list."""

    name = "telegram"
    limits = LIMITS
    pace: Mapping[Medium, Pace] = {}
    recovery = Recovery.RESEND

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.trouble: list[Exception] = []

    def verify(self, request: WebhookRequest) -> None: ...

    def parse(self, request: WebhookRequest) -> Parsed:
        return Parsed(())

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:
        return ()

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:
        if self.trouble:
            raise self.trouble.pop(0)
        self.sent.append((message.to.external_id, message.text.split("\n\n")[0]))  # without a first answer's notice
        return Sent(provider_message_id=str(len(self.sent)))

    async def close(self) -> None: ...


class System:
    """A running worker with everything around it."""

    def __init__(self, database: Database) -> None:
        self.database, self.dialogue, self.wire, self.now = database, Echo(), Wire(), 1_000.0
        inbox, outbox = SqlInbox(database, VAULT), SqlOutbox(database, VAULT)
        turns = turning.turns(self.dialogue, {"telegram": LIMITS})
        self.worker = Worker(inbox, Sender(outbox, {"telegram": self.wire}, self.clock), turns, self.clock)
        self.service = InboxService(inbox, outbox, self.worker.wake, self.clock)
        self._count = 0

    def clock(self) -> float:
        self.now += 0.01  # time goes on, much faster than on the wall: retries come due at once
        return self.now

    async def receive(self, text: str, who: str = "1001") -> None:
        self._count += 1
        address = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="bot", external_id=who)
        message = IncomingMessage(provider_id=str(self._count), sender=address, text=text)
        await self.service.take("telegram", (message,))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.now += 0.2
                await asyncio.sleep(0.01)

    def column(self, column) -> list[object]:
        with self.database.read() as connection:
            return list(connection.scalars(select(column)))


@pytest.fixture
async def system(sqlite_database: Database) -> AsyncIterator[System]:
    system = System(sqlite_database)
    running = asyncio.create_task(system.worker.run())
    yield system
    system.worker.stop()
    await running


async def test_every_message_is_answered_once_and_in_order(system: System) -> None:
    for number in range(10):
        await system.receive(f"soal {number}", "1001" if number % 2 else "1002")

    await system.until(lambda: len(system.wire.sent) == 10)

    for who, numbers in (("1002", range(0, 10, 2)), ("1001", range(1, 10, 2))):
        assert [f"soal {n}" for n in numbers] == [text for to, text in system.wire.sent if to == who]


async def test_while_rasa_is_down_messages_wait_and_are_answered_afterwards(system: System) -> None:
    system.dialogue.trouble = [DialogueDown("ConnectError") for _ in range(20)]
    await system.receive("salam")

    await system.until(lambda: system.wire.sent == [("1001", "salam")])

    assert ["done"] == system.column(inbox_table.c.state)


async def test_a_turn_that_failed_once_is_tried_again(system: System) -> None:
    system.dialogue.trouble = [DialogueFailed("no action gave a result")]
    await system.receive("salam")

    await system.until(lambda: system.wire.sent == [("1001", "salam")])


async def test_a_turn_that_fails_every_time_ends_with_an_apology_and_a_dead_letter(system: System) -> None:
    system.dialogue.trouble = [DialogueFailed("no action gave a result") for _ in range(3)]
    await system.receive("poison")
    await system.receive("salam")

    await system.until(lambda: len(system.wire.sent) == 2)

    assert [load_wording().text("ary", "apology"), "salam"] == [text for _, text in system.wire.sent]
    assert ["dead", "done"] == system.column(inbox_table.c.state)


async def test_a_mistake_of_ours_costs_one_message_an_apology_and_blocks_nobody(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    system.dialogue.trouble = [ZeroDivisionError("the text of a citizen") for _ in range(3)]
    await system.receive("poison")
    await system.receive("salam")

    await system.until(lambda: len(system.wire.sent) == 2)

    assert [load_wording().text("ary", "apology"), "salam"] == [text for _, text in system.wire.sent]
    assert ["dead", "done"] == system.column(inbox_table.c.state)
    assert "turn crashed" in caplog.messages


async def test_a_mistake_in_an_adapter_is_a_send_that_may_have_happened(system: System) -> None:
    system.wire.trouble = [ZeroDivisionError("the text of a citizen")]
    await system.receive("salam")

    await system.until(lambda: system.column(outbox_table.c.state) == ["sent"])

    assert [True] == system.column(outbox_table.c.uncertain)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Throttled("429", retry_after=1.0), id="the provider asks to slow down"),
        pytest.param(Unreachable(), id="the provider cannot be reached"),
        pytest.param(Uncertain("500"), id="the provider fails in the middle"),
        pytest.param(Misconfigured("401"), id="our credentials are wrong until somebody mends them"),
    ],
)
async def test_a_send_that_may_succeed_later_is_tried_again_and_keeps_the_order(
    system: System, error: SendError
) -> None:
    system.wire.trouble = [error, error]
    await system.receive("wahed")
    await system.receive("jouj")

    await system.until(lambda: len(system.wire.sent) == 2)

    assert ["wahed", "jouj"] == [text for _, text in system.wire.sent]


async def test_a_send_that_can_never_succeed_fails_with_its_code_and_lets_the_next_one_go(system: System) -> None:
    system.wire.trouble = [Rejected("21211")]
    await system.receive("wahed")
    await system.receive("jouj")

    await system.until(lambda: system.column(outbox_table.c.state) == ["failed", "sent"])

    assert [("1001", "jouj")] == system.wire.sent
    assert ["rejected", None] == system.column(outbox_table.c.error_code)


async def test_a_citizen_who_blocked_us_hears_no_more(system: System) -> None:
    system.wire.trouble = [OptedOut("403")]
    await system.receive("wahed")
    await system.until(lambda: system.column(outbox_table.c.error_code) == ["opted_out"])
    await system.receive("jouj")

    await system.until(lambda: system.column(inbox_table.c.outcome)[-1:] == ["opted_out"])

    assert [] == system.wire.sent


async def test_a_provider_that_stays_down_is_given_up_in_the_end(system: System) -> None:
    system.wire.trouble = [Unreachable() for _ in range(MAX_ATTEMPTS)]
    await system.receive("wahed")

    async with asyncio.timeout(10):
        while system.column(outbox_table.c.state) != ["failed"]:
            system.now += 600
            await asyncio.sleep(0.02)


async def test_who_asks_to_be_forgotten_need_not_wait_for_the_next_round(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[float] = []
    monkeypatch.setattr(system.worker, "_forget", rounds.append)
    monkeypatch.setattr(worker_module, "FORGET_AFTER_S", 0.05)
    await system.receive("SUPPRIMER")
    await system.until(lambda: len(system.wire.sent) == 1)
    assert [] == rounds

    await system.receive("oui")

    await system.until(lambda: len(system.wire.sent) == 2 and len(rounds) == 1)
    assert [] == system.column(inbox_table.c.id)
