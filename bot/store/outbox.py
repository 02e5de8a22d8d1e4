"""The outbox on a database: what a turn decided to say, sent in order per conversation and within every rate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, or_, select, true, update

from bot.ports import OutboxClaim, Paces, Price, Priority
from bot.store.database import Database
from bot.store.rates import Rates, sender_of
from bot.store.rows import (
    ADDRESS_COLUMNS,
    address_of,
    due_heads,
    insert,
    lookup_of,
    outgoing,
    outgoing_body,
    provider_key,
)
from bot.store.tables import HELD, conversations, early_reports, identities, outbox, people, spending
from bot.store.wakeup import OUTBOX, notify
from bot.vault import Vault
from connectors.errors import OptedOut
from connectors.messages import Address, DeliveryReport, DeliveryStatus, OutgoingMessage

_RANK = {status.value: rank for rank, status in enumerate(DeliveryStatus)}


def queue(
    connection: Connection,
    conversation_id: str,
    message: OutgoingMessage,
    now: float,
    *,
    inbox_id: int | None = None,
    trace: str = "",
    priority: Priority = Priority.REPLY,
) -> int:
    """Put a message into the outbox; its id."""
    outbox_id: int = connection.execute(
        outbox.insert()
        .values(
            conversation_id=conversation_id,
            inbox_id=inbox_id,
            trace=trace,
            priority=priority.value,
            channel=message.to.channel,
            sender=sender_of(message.to),
            body=outgoing_body(message),
            due_at=now,
            created_at=now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    return outbox_id


class SqlOutbox:
    """`bot.ports.Outbox` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    # ---- leases ----------------------------------------------------------------------------------------------------

    def claim_messages(self, limit: int, lease_s: float, now: float, paces: Paces) -> Sequence[OutboxClaim]:
        with self._db.write() as connection:
            rates = Rates(connection, paces, now)
            ids = due_heads(connection, outbox, ("queued", "sending"), limit, now, *rates.exhausted())
            if not ids:
                return []
            claimed = [row for row in _rows(connection, ids) if rates.admit(row)]
            rates.save()
            if not claimed:
                return []
            # A row found in "sending" outlived its lease: its worker died between the send and the save.
            connection.execute(
                update(outbox)
                .where(outbox.c.id.in_([row.id for row in claimed]))
                .values(
                    uncertain=or_(outbox.c.uncertain, outbox.c.state == "sending"),
                    state="sending",
                    attempt=outbox.c.attempt + 1,
                    due_at=now + lease_s,
                    tried_at=func.coalesce(outbox.c.tried_at, now),
                )
            )
        return [self._claim(row, now) for row in claimed]

    def _claim(self, row: Row[*tuple[Any, ...]], now: float) -> OutboxClaim:
        return OutboxClaim(
            outbox_id=row.id,
            attempt=row.attempt + 1,
            message=outgoing(row.body, address_of(row, self._vault)),
            conversation_id=row.conversation_id,
            uncertain=row.uncertain or row.state == "sending",
            tried_at=now if row.tried_at is None else row.tried_at,
            priority=Priority(row.priority),
            heard_at=row.heard_at,
            trace=row.trace,
            reference=self._reference(row.id),
        )

    def renew(self, claims: Sequence[OutboxClaim], until: float) -> None:
        with self._db.write() as connection:
            connection.execute(update(outbox).where(or_(*map(_held, claims))).values(due_at=until))

    # ---- in and out ------------------------------------------------------------------------------------------------

    def enqueue(self, conversation_id: str, message: OutgoingMessage, priority: Priority, now: float) -> int:
        with self._db.write() as connection:
            known = select(conversations.c.id).where(conversations.c.id == conversation_id)
            if connection.execute(known).scalar_one_or_none() is None:
                raise LookupError(f"no conversation {conversation_id}")
            notify(connection, OUTBOX)
            return queue(connection, conversation_id, message, now, priority=priority)

    def sent(self, claim: OutboxClaim, provider_message_id: str, now: float, price: Price | None = None) -> None:
        with self._db.write() as connection:
            # No fence: it *was* sent, whoever holds the lease now.
            self._mark_sent(connection, claim.outbox_id, claim.message.to.channel, provider_message_id, now)
            if price is not None:
                values = {"segments": price.segments, "cost_micros": price.micros}
                connection.execute(update(outbox).where(outbox.c.id == claim.outbox_id).values(values))
                _spend(connection, price, now)

    def _mark_sent(
        self, connection: Connection, outbox_id: int, channel: str, provider_message_id: str, now: float
    ) -> None:
        key = provider_key(self._vault, channel, provider_message_id)
        early = connection.execute(
            delete(early_reports)
            .where(early_reports.c.provider_key == key)
            .returning(early_reports.c.delivery, early_reports.c.provider_code)
        ).one_or_none()
        connection.execute(
            update(outbox)
            .where(outbox.c.id == outbox_id)
            .values(
                state="sent",
                sent_at=now,
                provider_message_id=self._vault.seal(provider_message_id),
                provider_key=key,
                delivery=early.delivery if early else DeliveryStatus.ACCEPTED.value,
                provider_code=early.provider_code if early else None,
                error_code=None,
            )
        )

    def unknown_of(self, channel: str, provider_message_ids: Sequence[str]) -> Sequence[str]:
        keys = {provider_key(self._vault, channel, one): one for one in provider_message_ids}
        with self._db.read() as connection:
            known = set(connection.scalars(select(outbox.c.provider_key).where(outbox.c.provider_key.in_(keys))))
        return [one for key, one in keys.items() if key not in known]

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

    def hold(self, claim: OutboxClaim, asking: OutgoingMessage, now: float) -> None:
        mine = outbox.c.conversation_id == claim.conversation_id
        with self._db.write() as connection:
            first = connection.execute(select(outbox.c.id).where(mine, HELD)).first() is None
            held = connection.execute(
                update(outbox).where(_held(claim)).values(state="held", error_code="window_closed", attempt=0)
            ).rowcount
            if held and first:
                queue(connection, claim.conversation_id, asking, now, trace=claim.trace, priority=claim.priority)

    def failed(self, claim: OutboxClaim, code: str, opted_out: bool, now: float, detail: str = "") -> None:
        with self._db.write() as connection:
            connection.execute(
                update(outbox)
                .where(_held(claim))
                .values(
                    state="failed",
                    delivery=DeliveryStatus.FAILED.value,
                    error_code=code,
                    provider_code=detail[:64] or None,
                    sent_at=now,
                )
            )
            if opted_out:
                _opted_out(connection, claim.conversation_id, now)

    # ---- what became of it -----------------------------------------------------------------------------------------

    def delivered(self, report: DeliveryReport, now: float) -> bool:
        key = provider_key(self._vault, report.channel, report.provider_message_id)
        rank = _RANK[report.status.value]
        values = {"delivery": report.status.value, "provider_code": report.error_code}
        with self._db.write() as connection:
            if self._was_lost(connection, report, now):
                return True
            if report.failure == OptedOut.code:
                _opted_out_by(connection, key, now)
            row = connection.execute(
                update(outbox)
                .where(outbox.c.provider_key == key, _rank_of(outbox.c.delivery) < rank)
                .values(values)
                .returning(outbox.c.id)
            ).first()
            if row is not None:
                return True
            if connection.execute(select(outbox.c.id).where(outbox.c.provider_key == key)).first() is None:
                statement = insert(connection, early_reports).values(provider_key=key, at=now, **values)
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["provider_key"], set_=values, where=_rank_of(early_reports.c.delivery) < rank
                    )
                )
        return False

    def _was_lost(self, connection: Connection, report: DeliveryReport, now: float) -> bool:
        """Whether this report tells that a message was sent whose answer was lost; then it is recorded."""
        number, _, mark = (report.reference or "").partition(".")
        if not number.isdecimal() or self._reference(int(number)) != f"{number}.{mark}":
            return False
        lost = select(outbox.c.id).where(
            outbox.c.id == int(number),
            outbox.c.channel == report.channel,
            outbox.c.state == "queued",
            outbox.c.uncertain.is_(True),
        )
        if connection.execute(lost).scalar_one_or_none() is None:
            return False
        self._mark_sent(connection, int(number), report.channel, report.provider_message_id, now)
        connection.execute(
            update(outbox)
            .where(outbox.c.id == int(number), _rank_of(outbox.c.delivery) < _RANK[report.status.value])
            .values(delivery=report.status.value, provider_code=report.error_code)
        )
        return True

    def settle_early_reports(self, limit: int = 500) -> int:
        """Apply reports that came while their message's answer was being stored; how many. For housekeeping."""
        with self._db.write() as connection:
            query = select(early_reports, outbox.c.id.label("outbox_id"), outbox.c.delivery.label("current")).join(
                outbox, outbox.c.provider_key == early_reports.c.provider_key
            )
            rows = connection.execute(query.limit(limit)).all()
            for row in rows:
                if _RANK.get(row.current, -1) < _RANK[row.delivery]:
                    values = {"delivery": row.delivery, "provider_code": row.provider_code}
                    connection.execute(update(outbox).where(outbox.c.id == row.outbox_id).values(values))
                connection.execute(delete(early_reports).where(early_reports.c.provider_key == row.provider_key))
        return len(rows)

    def sent_after(self, address: Address, after_id: int, limit: int) -> Sequence[tuple[int, OutgoingMessage]]:
        query = (
            select(outbox.c.id, outbox.c.body)
            .join(conversations, conversations.c.id == outbox.c.conversation_id)
            .join(identities, identities.c.id == conversations.c.identity_id)
            .where(
                identities.c.lookup == lookup_of(self._vault, address),
                outbox.c.state == "sent",
                outbox.c.id > after_id,
            )
            .order_by(outbox.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            return [(row.id, outgoing(row.body, address)) for row in connection.execute(query)]

    def _reference(self, outbox_id: int) -> str:
        """The row's name for a provider. Marked, so that a report on another installation's message fits none here."""
        return f"{outbox_id}.{self._vault.lookup('reference', str(outbox_id))[:12]}"


def _rows(connection: Connection, ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    query = (
        select(outbox, conversations.c.pace, conversations.c.heard_at, *ADDRESS_COLUMNS)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(outbox.c.id.in_(ids))
        .order_by(outbox.c.priority, outbox.c.id)
    )
    return connection.execute(query).all()


def _opted_out(connection: Connection, conversation_id: str, now: float) -> None:
    """The provider says that he wants nothing more: taken as his word on every channel."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(reachable=False, updated_at=now)
    )
    person = (
        select(identities.c.person_id)
        .join(conversations, conversations.c.identity_id == identities.c.id)
        .where(conversations.c.id == conversation_id)
        .scalar_subquery()
    )
    connection.execute(
        update(people).where(people.c.id == person, people.c.opted_out_at.is_(None)).values(opted_out_at=now)
    )


def _opted_out_by(connection: Connection, key: str, now: float) -> None:
    """The recipient of the message with this provider key wants nothing more."""
    found = connection.execute(select(outbox.c.conversation_id).where(outbox.c.provider_key == key)).first()
    if found is not None:
        _opted_out(connection, found.conversation_id, now)


def release_held(connection: Connection, conversation_id: str, now: float) -> None:
    """The citizen has written, WhatsApp's window is open: what was held for him may go."""
    mine = outbox.c.conversation_id == conversation_id
    connection.execute(update(outbox).where(mine, HELD).values(state="queued", due_at=now))


def _spend(connection: Connection, price: Price, now: float) -> None:
    statement = insert(connection, spending).values(
        day=datetime.fromtimestamp(now, UTC).date().isoformat(),
        country=price.country,
        segments=price.segments,
        cost_micros=price.micros,
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["day", "country"],
            set_={
                "segments": spending.c.segments + price.segments,
                "cost_micros": spending.c.cost_micros + price.micros,
            },
        )
    )


def _rank_of(column: ColumnElement[Any]) -> ColumnElement[int]:
    return case(_RANK, value=column, else_=-1)


def _held(claim: OutboxClaim) -> ColumnElement[bool]:
    return and_(outbox.c.id == claim.outbox_id, outbox.c.attempt == claim.attempt, outbox.c.state == "sending")
