"""Which rows may be worked on now: everything that decides about order is here.

On PostgreSQL the rows are locked, and rows that another worker has locked are passed over; SQLite has one writer. Both
queries walk an index of what is due, so what was done, what waits for later and what a full sender still has to send
costs nothing. Statements are made once (see bot/store/rows.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    union_all,
)

from bot.ports import Priority
from bot.store.tables import OPEN_INBOX, OPEN_OUTBOX, among, conversations, inbox, outbox

_NOW: BindParameter[float] = bindparam("b_now")
_LIMIT: BindParameter[int] = bindparam("b_limit")
_IDS: BindParameter[Sequence[int]] = bindparam("b_ids", expanding=True)

_earlier = inbox.alias("earlier")
_INBOX_HEADS = (
    select(inbox.c.id)
    .where(
        OPEN_INBOX,
        inbox.c.due_at <= _NOW,
        ~exists().where(
            _earlier.c.conversation_id == inbox.c.conversation_id,
            _earlier.c.id < inbox.c.id,
            among(_earlier.c.state, "queued", "working"),
        ),
    )
    .order_by(inbox.c.due_at, inbox.c.id)
    .limit(_LIMIT)
    .with_for_update(skip_locked=True, of=inbox)
)


def inbox_heads(connection: Connection, limit: int, now: float) -> list[int]:
    """Ids of messages that are due, open, and the oldest open one of their conversation."""
    return list(connection.scalars(_INBOX_HEADS, {"b_now": now, "b_limit": limit}))


def outbox_heads(connection: Connection, senders: Sequence[str], limit: int, now: float) -> list[int]:
    """Ids of messages of these senders that may leave now, replies first; at most one of a conversation.

    Within a conversation replies go before notifications, and each kind in its order; nothing starts while something of
    the same conversation is being sent, for they could overtake each other.
    """
    if not senders:
        return []
    given = {f"b_sender_{number}": sender for number, sender in enumerate(senders)}
    candidates: list[int] = list(
        connection.scalars(_candidates(len(senders)), given | {"b_now": now, "b_limit": limit})
    )
    if not candidates or connection.dialect.name == "sqlite":
        return candidates
    ids = list(connection.scalars(_LOCKED, {"b_ids": candidates, "b_now": now}))
    if not ids:
        return ids
    # Looked at once more under the lock: what was committed since the first look is seen now.
    heads = set(connection.scalars(_STILL, {"b_ids": ids}))
    return [one for one in ids if one in heads]


@cache
def _candidates(senders: int) -> Select[int]:
    """One look for each sender and priority, so that a hundred thousand notifications hide no reply."""
    looks = [_look(f"b_sender_{number}", priority) for number in range(senders) for priority in Priority]
    found = union_all(*(select(look.subquery()) for look in looks)).subquery()
    return select(found.c.id).order_by(found.c.priority, found.c.due_at, found.c.id).limit(_LIMIT)


def _look(sender: str, priority: Priority) -> Select[tuple[int, int, float]]:
    other = outbox.alias()
    return (
        select(outbox.c.id, outbox.c.priority, outbox.c.due_at)
        .where(
            outbox.c.sender == bindparam(sender),
            outbox.c.priority == literal_column(str(priority.value)),
            OPEN_OUTBOX,
            outbox.c.due_at <= _NOW,
            ~exists().where(_before(outbox, other)),
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(_LIMIT)
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


# The conversation is locked with its row: while this transaction takes one message of it, another transaction may
# store a reply that a third one would see as due.
_LOCKED = (
    select(outbox.c.id)
    .join(conversations, conversations.c.id == outbox.c.conversation_id)
    .where(outbox.c.id.in_(_IDS), OPEN_OUTBOX, outbox.c.due_at <= _NOW)
    .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
    .with_for_update(skip_locked=True, of=[outbox, conversations], key_share=True)
)
_STILL = select(outbox.c.id).where(outbox.c.id.in_(_IDS), ~exists().where(_before(outbox, outbox.alias("other"))))
