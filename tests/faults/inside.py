"""Rows that need the inside: real stores and workers in this process, under a clock that the row moves."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from sqlalchemy import func, select, update

from bot.bootstrap import open_stores
from bot.outbox import Sender
from bot.ports import Claim, TurnPlan
from bot.settings import Settings
from bot.store.database import Database
from bot.store.housekeeping import Housekeeping
from bot.store.inbox import SqlInbox
from bot.store.migrate import migrate
from bot.store.outbox import SqlOutbox
from bot.store.tables import inbox as inbox_table
from bot.store.tables import outbox as outbox_table
from bot.store.tables import paces
from bot.vault import Vault
from bot.worker import Worker
from connectors.channels.twilio import Twilio, TwilioConfig
from connectors.messages import Address, IncomingMessage, Medium, OutgoingMessage
from tests.faults.citizens import Citizen, Said, Verdict, Webhook, judge, total
from tests.faults.cluster import LEASE_S, SMS_FROM, open_rows
from tests.faults.echo_rasa import ECHO
from tests.faults.provider import ACCOUNT_SID, AUTH_TOKEN, LISTED_AFTER_S, Provider

VAULT = Vault(["f" * 43 + "="], b"a key of the fault tests")
STEP_S = 7200.0
_numbers = count(1)


class Clock:
    """The machine's clock, moved by `offset` seconds."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


class EchoTurns:
    """In place of `bot.turn.Turns`: the echo, after `seconds`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    async def handle_turn(self, claim: Claim, now: float) -> TurnPlan:
        await asyncio.sleep(self._seconds)
        reply = OutgoingMessage(to=claim.conversation.address, text=ECHO + claim.message.text, language="fr")
        return TurnPlan(claim.conversation, (reply,))

    def apology(self, claim: Claim, reason: str, now: float) -> TurnPlan:
        raise AssertionError(f"no turn fails here: {reason}")


class House:
    """Stores, workers and a provider in this process. Use inside a running event loop."""

    def __init__(self, database_url: str, provider: Provider, workers: int, turn_s: float = 0.0) -> None:
        self.clock, self.provider = Clock(), provider
        self.database = Database(database_url)
        self.events = Path(tempfile.gettempdir()) / "no such Rasa"
        migrate(self.database, VAULT)
        self.inbox, self.outbox = SqlInbox(self.database, VAULT), SqlOutbox(self.database, VAULT)
        self.channel = Twilio(
            TwilioConfig(
                account_sid=ACCOUNT_SID,
                auth_tokens=(AUTH_TOKEN,),
                public_url="http://127.0.0.1:1",
                sms_from=SMS_FROM,
                api_url=provider.url,
            )
        )
        self.citizens: list[Citizen] = []
        self.senders: list[Sender] = []
        self._workers = [self._worker(turn_s) for _ in range(workers)]
        self._running: list[asyncio.Task[None]] = []

    def _worker(self, turn_s: float) -> Worker:
        sender = Sender(self.outbox, {self.channel.name: self.channel}, self.clock, LEASE_S)
        self.senders.append(sender)
        turns = EchoTurns(turn_s)
        tidy = Housekeeping(self.database, self.outbox, 90, self.events)
        return Worker(self.inbox, sender, turns, self.clock, LEASE_S, tidy)  # type: ignore[arg-type]  # what it uses

    def work(self) -> None:
        self._running += [asyncio.create_task(worker.run()) for worker in self._workers]

    async def write(self, citizens: int, each: int) -> None:
        """New citizens write, and old ones none the less: `each` messages of every one."""
        self.citizens += [Citizen(f"+2127{next(_numbers):08d}") for _ in range(citizens)]
        for citizen in self.citizens:
            for _ in range(each):
                await asyncio.to_thread(accept, self.inbox, citizen, f"demande {next(_numbers)} fin", self.clock())

    async def take_turns(self) -> None:
        """Everything that waits is answered, and nothing sent."""
        turns = EchoTurns()
        while claims := self.inbox.claim(100, LEASE_S, self.clock()):
            for claim in claims:
                self.inbox.finish(claim, await turns.handle_turn(claim, self.clock()), self.clock())

    async def close(self, within_s: float) -> Verdict:
        """Wait for the answers, stop, judge."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and await asyncio.to_thread(open_rows, self.database):
            await asyncio.sleep(0.1)
        for worker in self._workers:
            worker.stop()
        await asyncio.wait_for(asyncio.gather(*self._running), 30)
        await self.channel.close()
        self.database.close()
        return total(judge(citizen.accepted, self.provider.to(citizen.number)) for citizen in self.citizens)


def accept(inbox: SqlInbox, citizen: Citizen, text: str, now: float, provider_id: str = "") -> None:
    """Store one message as the web process does."""
    sender = Address(channel="twilio", medium=Medium.SMS, namespace=SMS_FROM, external_id=citizen.number)
    inbox.accept(IncomingMessage(provider_id=provider_id or f"SM{text}", sender=sender, text=text), now)
    citizen.accepted.append(Said(text, time.monotonic()))


def clock_steps_forward(database_url: str, provider: Provider) -> Verdict:
    """Two hours forward while turns are in hand and messages on their way: every lease seems to be over."""

    async def go() -> Verdict:
        house = House(database_url, provider, workers=2, turn_s=0.3)
        await house.write(citizens=12, each=2)
        house.work()
        await asyncio.sleep(0.45)
        house.clock.offset += STEP_S
        await house.write(citizens=4, each=1)
        return await house.close(within_s=40)

    return asyncio.run(go())


def clock_steps_back(database_url: str, provider: Provider) -> Verdict:
    """Two hours back while messages wait: none may have to wait for the time to come round again."""

    async def go() -> Verdict:
        house = House(database_url, provider, workers=2, turn_s=0.1)
        house.clock.offset += STEP_S
        await house.write(citizens=12, each=2)
        house.work()
        await asyncio.sleep(0.25)
        house.clock.offset -= STEP_S
        await house.write(citizens=4, each=1)
        return await house.close(within_s=20)

    return asyncio.run(go())


def worker_wakes_up_late(database_url: str, provider: Provider) -> Verdict:
    """A worker stands still longer than its lease at the two worst moments, and another one takes over meanwhile.

    Before it sends: it must notice that the message is not its own any more. Between sending and saving: its save comes
    while the other looks for the message at the provider.
    """

    async def go() -> Verdict:
        house = House(database_url, provider, workers=2)
        first, second = house.senders
        await house.write(citizens=4, each=1)
        await house.take_turns()
        claims = await first.claim(4)
        sent = [(claim, await house.channel.send(claim.message, claim.reference)) for claim in claims[:2]]
        house.clock.offset += LEASE_S + 1
        await asyncio.sleep(LISTED_AFTER_S)
        theirs = await second.claim(4)
        assert len(claims) == len(theirs) == 4
        for claim, answer in sent:
            house.outbox.sent(claim, answer.provider_message_id, house.clock())
        for claim in theirs:
            await second.send(claim)
        for claim in claims[2:]:
            await first.send(claim)
        house.work()
        return await house.close(within_s=20)

    return asyncio.run(go())


def worker_freezes_in_a_transaction(database_url: str, provider: Provider) -> Verdict:
    """A machine stands still while it holds a lock that every sender needs; PostgreSQL ends its session."""

    async def go() -> Verdict:
        house = House(database_url, provider, workers=1)
        await house.write(citizens=4, each=2)
        await house.take_turns()
        frozen = house.database.engine.connect()
        frozen.execute(select(paces).with_for_update())
        frozen.execute(select(outbox_table).with_for_update())
        house.work()
        verdict = await house.close(within_s=40)
        frozen.invalidate()
        frozen.close()
        return verdict

    return asyncio.run(go())


def store(settings: Settings, citizens: Sequence[Citizen], each: int, webhook: Callable[[Citizen], Webhook]) -> None:
    """Put `each` messages of every citizen into the inbox, turn by turn, without the web process."""
    stores = open_stores(settings)
    try:
        for _ in range(each):
            for citizen in citizens:
                one = webhook(citizen)
                accept(stores.inbox, citizen, one.text, time.time(), one.form["MessageSid"])
    finally:
        stores.close()


def damage(database_url: str, newest: Citizen) -> None:
    """Make the newest stored message unreadable. `newest` wrote it, as the last of all."""
    assert newest.accepted
    database = Database(database_url)
    with database.write() as connection:
        last = select(func.max(inbox_table.c.id)).scalar_subquery()
        connection.execute(update(inbox_table).where(inbox_table.c.id == last).values(body="{"))
    database.close()
