"""What the contract tests of the store share: people, messages and short ways through inbox and outbox."""

from __future__ import annotations

from sqlalchemy import Table, select

from bot.ports import Claim, OutboxClaim, Price, Priority, TurnPlan
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.vault import Vault
from connectors.messages import (
    Address,
    DeliveryReport,
    DeliveryStatus,
    IncomingMessage,
    Medium,
    OutgoingMessage,
)

SMS = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
TWILIO_WHATSAPP = Address(
    channel="twilio", medium=Medium.WHATSAPP, namespace="+15005550009", external_id="+212600000001"
)
META_WHATSAPP = Address(channel="whatsapp", medium=Medium.WHATSAPP, namespace="1001", external_id="+212600000001")
META_USER = META_WHATSAPP.model_copy(update={"external_id": "MA.1349aaa"})
TELEGRAM = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="7000", external_id="5550001")
LEASE = 30.0


class Store:
    """Inbox and outbox over one database, with a count of messages."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault
        self.inbox, self.outbox = SqlInbox(database, vault), SqlOutbox(database, vault)
        self._count = 0

    def receive(self, sender: Address = SMS, now: float = 0.0, also: tuple[Address, ...] = (), text: str = "") -> int:
        """A message comes; its number."""
        self._count += 1
        message = IncomingMessage(
            provider_id=f"IN{self._count}", sender=sender, text=text or f"salam {self._count}", also=also
        )
        self.inbox.accept(message, now)
        return self._count

    def claim(self, now: float = 0.0) -> Claim:
        [claim] = self.inbox.claim(10, LEASE, now)
        return claim

    def answer(self, claim: Claim, *texts: str, now: float = 0.0, forget: bool = False, **person: object) -> bool:
        """The turn ends with these replies; `person`: what it changes of the conversation."""
        to = claim.conversation.address
        replies = tuple(OutgoingMessage(to=to, text=text, language="fr") for text in texts)
        plan = TurnPlan(claim.conversation.model_copy(update=person), replies, forget=forget)
        return self.inbox.finish(claim, plan, now)

    def exchange(self, sender: Address = SMS, *texts: str, now: float = 0.0, **person: object) -> Claim:
        """A message comes and is answered."""
        self.receive(sender, now)
        claim = self.claim(now)
        self.answer(claim, *texts, now=now, **person)
        return claim

    def notify(self, conversation_id: str, to: Address, text: str, now: float = 0.0) -> int:
        message = OutgoingMessage(to=to, text=text, language="fr")
        return self.outbox.enqueue(conversation_id, message, Priority.NOTIFICATION, now)

    def leaving(self, now: float = 0.0, limit: int = 10) -> list[OutboxClaim]:
        """What may be sent now, where no rate is set."""
        return list(self.outbox.claim_messages(limit, LEASE, now, {}))

    def texts(self, now: float = 0.0) -> list[str]:
        return [claim.message.text for claim in self.leaving(now)]

    def send(self, claim: OutboxClaim, provider_id: str, now: float = 0.0, price: Price | None = None) -> None:
        self.outbox.sent(claim, provider_id, now, price)

    def send_all(self, now: float = 0.0) -> list[str]:
        """Send whatever may leave, in order; the texts."""
        texts = []
        while claims := self.leaving(now):
            for claim in claims:
                self.send(claim, f"OUT{claim.outbox_id}", now)
                texts.append(claim.message.text)
        return texts

    def column(self, column) -> list[object]:
        with self.database.read() as connection:
            return list(connection.scalars(select(column).order_by(*column.table.primary_key)))

    def rows(self, table: Table) -> int:
        with self.database.read() as connection:
            return len(connection.execute(select(table)).all())


def report(
    channel: str,
    provider_id: str,
    status: DeliveryStatus,
    *,
    reference: str | None = None,
    failure: str | None = None,
) -> DeliveryReport:
    return DeliveryReport(
        channel=channel, provider_message_id=provider_id, status=status, reference=reference, failure=failure
    )
