"""The outbox on a database: what a turn decided to say, sent in order per conversation, at least once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, case, or_, select, true, update

from bot.ports import OutboxClaim
from bot.store.database import Database
from bot.store.rows import due_heads
from bot.store.tables import conversations, identities, outbox
from connectors.messages import Address, DeliveryReport, DeliveryStatus, OutgoingMessage

_RANK = {status.value: rank for rank, status in enumerate(DeliveryStatus)}


class SqlOutbox:
    """`bot.ports.Outbox` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def claim_messages(self, limit: int, lease_s: float, now: float) -> Sequence[OutboxClaim]:
        with self._db.write() as connection:
            ids = due_heads(connection, outbox, ("queued", "sending"), limit, now)
            if not ids:
                return []
            # A row found in "sending" outlived its lease: its worker died between the send and the save.
            connection.execute(
                update(outbox)
                .where(outbox.c.id.in_(ids))
                .values(
                    uncertain=or_(outbox.c.uncertain, outbox.c.state == "sending"),
                    state="sending",
                    attempt=outbox.c.attempt + 1,
                    due_at=now + lease_s,
                )
            )
            rows = connection.execute(select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id)).all()
        return [
            OutboxClaim(
                outbox_id=row.id,
                attempt=row.attempt,
                message=OutgoingMessage.model_validate_json(row.body),
                conversation_id=row.conversation_id,
                uncertain=row.uncertain,
            )
            for row in rows
        ]

    def sent(self, claim: OutboxClaim, provider_message_id: str, now: float) -> None:
        with self._db.write() as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.id == claim.outbox_id)  # no fence: it *was* sent, whoever holds the lease now
                .values(
                    state="sent",
                    sent_at=now,
                    provider_message_id=provider_message_id,
                    delivery=DeliveryStatus.ACCEPTED.value,
                    error_code=None,
                )
            )

    def retry(self, claim: OutboxClaim, retry_at: float, code: str, uncertain: bool) -> None:
        with self._db.write() as connection:
            connection.execute(
                update(outbox)
                .where(_held(claim))
                .values(
                    state="queued",
                    due_at=retry_at,
                    error_code=code,
                    uncertain=true() if uncertain else outbox.c.uncertain,
                )
            )

    def failed(self, claim: OutboxClaim, code: str, opted_out: bool, now: float) -> None:
        with self._db.write() as connection:
            connection.execute(
                update(outbox)
                .where(_held(claim))
                .values(state="failed", delivery=DeliveryStatus.FAILED.value, error_code=code, sent_at=now)
            )
            if opted_out:
                connection.execute(
                    update(conversations)
                    .where(conversations.c.id == claim.conversation_id)
                    .values(reachable=False, updated_at=now)
                )

    def delivered(self, report: DeliveryReport) -> bool:
        current = case(_RANK, value=outbox.c.delivery, else_=-1)
        with self._db.write() as connection:
            changed = connection.execute(
                update(outbox)
                .where(
                    outbox.c.channel == report.channel,
                    outbox.c.provider_message_id == report.provider_message_id,
                    current < _RANK[report.status.value],
                )
                .values(delivery=report.status.value, error_code=report.error_code)
            ).rowcount
        return changed > 0

    def sent_after(self, address: Address, after_id: int, limit: int) -> Sequence[tuple[int, OutgoingMessage]]:
        query = (
            select(outbox.c.id, outbox.c.body)
            .join(conversations, conversations.c.id == outbox.c.conversation_id)
            .join(identities, identities.c.id == conversations.c.identity_id)
            .where(
                identities.c.channel == address.channel,
                identities.c.medium == address.medium.value,
                identities.c.namespace == address.namespace,
                identities.c.external_id == address.external_id,
                outbox.c.state == "sent",
                outbox.c.id > after_id,
            )
            .order_by(outbox.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            return [(row.id, OutgoingMessage.model_validate_json(row.body)) for row in connection.execute(query)]


def _held(claim: OutboxClaim) -> ColumnElement[bool]:
    return and_(outbox.c.id == claim.outbox_id, outbox.c.attempt == claim.attempt, outbox.c.state == "sending")
