"""Which rows may be worked on now: everything that decides about order is here.

On PostgreSQL the rows are locked, and rows that another worker has locked are passed over; SQLite has one writer. Both
queries walk an index of what is due, so what was done, what waits for later and what a full sender still has to send
costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, or_, select, union_all

from bot.ports import Priority
from bot.store.tables import OPEN_INBOX, OPEN_OUTBOX, among, conversations, inbox, outbox


def inbox_heads(connection: Connection, limit: int, now: float) -> list[int]:
    """Ids of messages that are due, open, and the oldest open one of their conversation."""
    earlier = inbox.alias("earlier")
    before = exists().where(
        earlier.c.conversation_id == inbox.c.conversation_id,
        earlier.c.id < inbox.c.id,
        among(earlier.c.state, "queued", "working"),
    )
    due = (
        select(inbox.c.id)
        .where(OPEN_INBOX, inbox.c.due_at <= now, ~before)
        .order_by(inbox.c.due_at, inbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=inbox)
    )
    return list(connection.scalars(due))


def outbox_heads(connection: Connection, senders: Sequence[str], limit: int, now: float) -> list[int]:
    """Ids of messages of these senders that may leave now, replies first; at most one of a conversation.

    Within a conversation replies go before notifications, and each kind in its order; nothing starts while something of
    the same conversation is being sent, for they could overtake each other.
    """
    if not senders:
        return []
    candidates = _candidates(connection, senders, limit, now)
    if not candidates:
        return []
    # The conversation is locked with its row: while this transaction takes one message of it, another transaction may
    # store a reply that a third one would see as due.
    locked = (
        select(outbox.c.id)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(outbox.c.id.in_(candidates), OPEN_OUTBOX, outbox.c.due_at <= now)
        .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
        .with_for_update(skip_locked=True, of=[outbox, conversations], key_share=True)
    )
    ids = list(connection.scalars(locked))
    if not ids or connection.dialect.name == "sqlite":
        return ids
    # Looked at once more under the lock: what was committed since the first look is seen now.
    other = outbox.alias("other")
    still = select(outbox.c.id).where(outbox.c.id.in_(ids), ~exists().where(_before(outbox, other)))
    heads = set(connection.scalars(still))
    return [one for one in ids if one in heads]


def _candidates(connection: Connection, senders: Sequence[str], limit: int, now: float) -> list[int]:
    """One look for each sender and priority, so that a hundred thousand notifications hide no reply."""
    looks = [_look(sender, priority, limit, now) for sender in senders for priority in Priority]
    found = union_all(*(select(look.subquery()) for look in looks)).subquery()
    first = select(found.c.id).order_by(found.c.priority, found.c.due_at, found.c.id).limit(limit)
    return list(connection.scalars(first))


def _look(sender: str, priority: Priority, limit: int, now: float) -> Select[tuple[int, int, float]]:
    other = outbox.alias()
    return (
        select(outbox.c.id, outbox.c.priority, outbox.c.due_at)
        .where(
            outbox.c.sender == sender,
            outbox.c.priority == priority.value,
            OPEN_OUTBOX,
            outbox.c.due_at <= now,
            ~exists().where(_before(outbox, other)),
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
    )


def _before(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether `other` must go before `one`, or is being sent."""
    # A row found in "sending" outlived its lease: it waits for nothing that is queued, or the two would wait for ever.
    waits, under_way = among(one.c.state, "queued"), among(other.c.state, "sending")
    first = or_(other.c.priority < one.c.priority, and_(other.c.priority == one.c.priority, other.c.id < one.c.id))
    return and_(
        other.c.conversation_id == one.c.conversation_id,
        other.c.id != one.c.id,
        among(other.c.state, "queued", "sending"),
        or_(and_(under_way, or_(waits, other.c.id < one.c.id)), and_(waits, first)),
    )
