"""The outbox on a database: what a turn decided to say, sent in order per conversation and within every rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Double,
    Row,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
    update,
)

from bot.ports import OutboxClaim, Paces, Price, Priority, Report, Spent
from bot.store.costs import spend, spend_in_turn, spent_on
from bot.store.database import Database
from bot.store.heads import outbox_heads
from bot.store.opt_out import unreachable
from bot.store.rates import Rates, make_known, sender_of
from bot.store.reports import mark_sent, reference_of, settle_early, take_report
from bot.store.rows import ADDRESS_COLUMNS, address_of, lookup_of, outgoing, outgoing_body, provider_key
from bot.store.tables import HELD, conversations, identities, inbox, outbox
from bot.store.wakeup import OUTBOX, notify
from bot.vault import SealedElsewhere, Vault
from connectors.messages import Address, DeliveryReport, DeliveryStatus, OutgoingMessage

UNREADABLE = "unreadable"  # sealed with a key that is gone, or written by another version


_IDS: BindParameter[Sequence[int]] = bindparam("b_ids", expanding=True)
_QUEUE = outbox.insert().returning(outbox.c.id)
_ROWS = (
    select(
        outbox,
        conversations.c.pace,
        conversations.c.heard_at,
        conversations.c.country,
        inbox.c.received_at,
        *ADDRESS_COLUMNS,
    )
    .join(conversations, conversations.c.id == outbox.c.conversation_id)
    .outerjoin(inbox, inbox.c.id == outbox.c.inbox_id)
    .join(identities, identities.c.id == conversations.c.identity_id)
    .where(outbox.c.id.in_(_IDS))
    .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
)
_LEASE = (
    update(outbox)
    .where(outbox.c.id.in_(_IDS))
    .values(
        # A row found in "sending" outlived its lease: its worker died between the send and the save.
        uncertain=or_(outbox.c.uncertain, outbox.c.state == "sending"),
        state="sending",
        attempt=outbox.c.attempt + 1,
        due_at=bindparam("b_until"),
        tried_at=func.coalesce(outbox.c.tried_at, bindparam("b_now", type_=Double)),
    )
)


def queue(
    connection: Connection,
    conversation_id: str,
    message: OutgoingMessage,
    now: float,
    *,
    inbox_id: int | None = None,
    trace: str = "",
    priority: Priority = Priority.REPLY,
    instead: str | None = None,
) -> int:
    """Put a message into the outbox; its id. `instead`: the medium that it goes by where it cannot be delivered."""
    sender = sender_of(message.to)
    make_known(connection, sender)
    row = {
        "conversation_id": conversation_id,
        "inbox_id": inbox_id,
        "trace": trace,
        "priority": priority.value,
        "channel": message.to.channel,
        "sender": sender,
        "body": outgoing_body(message),
        "due_at": now,
        "created_at": now,
        "instead": instead,
    }
    outbox_id: int = connection.execute(_QUEUE, row).scalar_one()
    return outbox_id


class SqlOutbox:
    """`bot.ports.Outbox` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    # ---- leases ----------------------------------------------------------------------------------------------------

    def claim_messages(self, limit: int, lease_s: float, now: float, paces: Paces) -> Sequence[OutboxClaim]:
        def take(connection: Connection) -> list[OutboxClaim]:
            rates = Rates(connection, paces, now)
            ids = outbox_heads(connection, rates.senders(), limit, now)
            if not ids:
                return []
            rows = connection.execute(_ROWS, {"b_ids": ids}).all()
            readable = [(row, claim) for row in rows if (claim := self._claim(connection, row, now))]
            admitted = [(row, claim) for row, claim in readable if rates.admit(row)]
            rates.save()
            if admitted:
                ids = [row.id for row, _ in admitted]
                connection.execute(_LEASE, {"b_ids": ids, "b_now": now, "b_until": now + lease_s})
            return [claim for _, claim in admitted]

        return self._db.run(take)

    def _claim(self, connection: Connection, row: Row[*tuple[Any, ...]], now: float) -> OutboxClaim | None:
        """The row as it will be once it is claimed; None, and given up, when it cannot be read."""
        try:
            message = outgoing(row.body, address_of(row, self._vault))
        except (SealedElsewhere, ValueError):
            values = {"state": "failed", "delivery": DeliveryStatus.FAILED.value, "error_code": UNREADABLE}
            connection.execute(update(outbox).where(outbox.c.id == row.id).values(sent_at=now, **values))
            return None
        return OutboxClaim(
            outbox_id=row.id,
            attempt=row.attempt + 1,
            message=message,
            conversation_id=row.conversation_id,
            uncertain=row.uncertain or row.state == "sending",
            taken_over=row.state == "sending",
            tried_at=now if row.tried_at is None else row.tried_at,
            priority=Priority(row.priority),
            heard_at=row.heard_at,
            trace=row.trace,
            reference=reference_of(self._vault, row.id),
            received_at=row.received_at,
            country=row.country,
        )

    def renew(self, claims: Sequence[OutboxClaim], until: float) -> Sequence[tuple[int, int]]:
        if not claims:
            return []
        with self._db.write() as connection:
            statement = update(outbox).where(or_(*map(_held, claims))).values(due_at=until)
            rows = connection.execute(statement.returning(outbox.c.id, outbox.c.attempt)).all()
        return [(row.id, row.attempt) for row in rows]

    # ---- in and out ------------------------------------------------------------------------------------------------

    def enqueue(self, conversation_id: str, message: OutgoingMessage, priority: Priority, now: float) -> int:
        with self._db.write() as connection:
            known = (
                select(conversations.c.id)
                .where(conversations.c.id == conversation_id)
                .with_for_update(read=True, key_share=True)  # or it may be forgotten before the message is stored
            )
            if connection.execute(known).scalar_one_or_none() is None:
                raise LookupError(f"no conversation {conversation_id}")
            notify(connection, OUTBOX)
            return queue(connection, conversation_id, message, now, priority=priority)

    def sent(
        self,
        claim: OutboxClaim,
        provider_message_id: str,
        now: float,
        price: Price | None = None,
        budgeted: bool = False,
    ) -> Spent | None:
        costs = {} if price is None else {"segments": price.segments, "cost_micros": price.micros}
        channel = claim.message.to.channel

        def save(connection: Connection) -> Spent | None:
            was = mark_sent(connection, self._vault, claim.outbox_id, channel, provider_message_id, now, costs=costs)
            if costs and not was:  # two workers sent it: both SMS cost something, and the row says so once
                connection.execute(update(outbox).where(outbox.c.id == claim.outbox_id).values(costs))
            if price is not None and budgeted:
                return spend_in_turn(connection, price, now)
            if price is not None:
                spend(connection, price, now)
            return None

        return self._db.run(save)

    def spent(self, day: str) -> Spent:
        with self._db.read() as connection:
            return spent_on(connection, day)

    def unknown_of(self, claim: OutboxClaim, provider_message_ids: Sequence[str]) -> Sequence[str]:
        channel = claim.message.to.channel
        keys = {provider_key(self._vault, channel, one): one for one in provider_message_ids}
        # The worker that had this row before may have stored its answer since: that one is ours, and no other's.
        others = select(outbox.c.provider_key).where(outbox.c.provider_key.in_(keys), outbox.c.id != claim.outbox_id)
        with self._db.read() as connection:
            known = set(connection.scalars(others))
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

    def postpone(self, claim: OutboxClaim, until: float, code: str) -> None:
        never = claim.attempt == 1 and not claim.uncertain
        values: dict[str, object] = {"tried_at": None} if never else {}
        with self._db.write() as connection:
            connection.execute(
                update(outbox)
                .where(_held(claim))
                .values(state="queued", due_at=until, error_code=code, attempt=outbox.c.attempt - 1, **values)
            )

    def hold(self, claim: OutboxClaim, asking: OutgoingMessage, now: float) -> None:
        mine = outbox.c.conversation_id == claim.conversation_id
        with self._db.write() as connection:
            first = connection.execute(select(outbox.c.id).where(mine, HELD)).first() is None
            held = connection.execute(
                update(outbox).where(_held(claim)).values(state="held", error_code="window_closed")
            ).rowcount
            if held and first:
                queue(connection, claim.conversation_id, asking, now, trace=claim.trace, priority=claim.priority)

    def failed(self, claim: OutboxClaim, code: str, opted_out: bool, now: float, detail: str = "") -> None:
        with self._db.write() as connection:
            if opted_out:  # before the row, so that locks are taken in one order everywhere: conversation, person, row
                unreachable(connection, claim.conversation_id, now)
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

    # ---- what became of it -----------------------------------------------------------------------------------------

    def delivered(self, report: DeliveryReport, now: float) -> Report | None:
        return self._db.run(lambda connection: take_report(connection, self._vault, report, now))

    def settle_early_reports(self, now: float, limit: int = 500) -> int:
        """Apply reports that came while their message's answer was being stored; how many. For housekeeping."""
        with self._db.write() as connection:
            return settle_early(connection, limit, now)

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


def release_held(connection: Connection, conversation_id: str, now: float) -> None:
    """The citizen has written, WhatsApp's window is open: what was held for him may go."""
    mine = outbox.c.conversation_id == conversation_id
    if connection.execute(update(outbox).where(mine, HELD).values(state="queued", due_at=now)).rowcount:
        notify(connection, OUTBOX)


def _held(claim: OutboxClaim) -> ColumnElement[bool]:
    return and_(outbox.c.id == claim.outbox_id, outbox.c.attempt == claim.attempt, outbox.c.state == "sending")
