"""What a person asked to be forgotten, and what is too old to be kept. Nothing here is undone: every row is deleted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, func, or_, select, update

from bot.store.rows import insert_or_ignore
from bot.store.tables import (
    attempts,
    conversations,
    early_reports,
    identities,
    inbox,
    outbox,
    people,
    requests,
    suppressions,
)

BATCH = 500  # rows looked at in one transaction, so that no citizen waits behind a cleaning
_OPEN_INBOX = inbox.c.state.in_(["queued", "working"])
_OPEN_OUTBOX = outbox.c.state.in_(["queued", "sending"])


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a person, in numbers: what he is told when he asks."""

    messages: int
    replies: int
    since: float  # POSIX seconds


def kept_of(connection: Connection, person_id: str) -> Kept:
    mine = _conversations_of(person_id)
    return Kept(
        messages=_count(connection, inbox, inbox.c.conversation_id.in_(mine)),
        replies=_count(connection, outbox, outbox.c.conversation_id.in_(mine)),
        since=connection.execute(select(people.c.created_at).where(people.c.id == person_id)).scalar_one(),
    )


def forget_person(connection: Connection, person_id: str, now: float) -> None:
    """Delete all that was said, at once; the address goes by `forget_asked` once the last reply was sent to it.

    An opt-out outlives its person as a keyed hash: who said stop is not written to because he is forgotten.
    """
    mine = _conversations_of(person_id)
    connection.execute(delete(requests).where(requests.c.conversation_id.in_(mine)))
    done = outbox.c.conversation_id.in_(mine) & ~_OPEN_OUTBOX
    connection.execute(delete(outbox).where(done))
    connection.execute(update(outbox).where(outbox.c.conversation_id.in_(mine)).values(inbox_id=None))
    connection.execute(delete(inbox).where(inbox.c.conversation_id.in_(mine) & ~_OPEN_INBOX))
    connection.execute(delete(attempts).where(attempts.c.person_id == person_id))
    connection.execute(
        update(conversations)
        .where(conversations.c.id.in_(mine))
        .values(context="{}", repeats="{}", language=None, chosen_language=None, updated_at=now)
    )
    connection.execute(update(people).where(people.c.id == person_id).values(forget_at=now, notice=0, flood="{}"))


def forget_asked(connection: Connection) -> list[str]:
    """Delete the people who asked for it and whose last reply is sent or given up; their conversations' ids.

    Who wrote again meanwhile is kept: he is a citizen again.
    """
    waiting = (
        select(people.c.id, people.c.forget_at, people.c.opted_out_at)
        .where(people.c.forget_at.is_not(None))
        .limit(BATCH)
    )
    gone: list[str] = []
    for person in connection.execute(waiting).all():
        mine = select(conversations.c.id, conversations.c.heard_at).join(
            identities, identities.c.id == conversations.c.identity_id
        )
        rows = connection.execute(mine.where(identities.c.person_id == person.id)).all()
        if any(row.heard_at is not None and row.heard_at > person.forget_at for row in rows):
            connection.execute(update(people).where(people.c.id == person.id).values(forget_at=None))
            continue
        ids = [row.id for row in rows]
        if _still_open(connection, ids):
            continue
        if person.opted_out_at is not None:
            _suppress(connection, person.id, person.opted_out_at)
        _delete_conversations(connection, ids)
        connection.execute(delete(people).where(people.c.id == person.id))
        gone += ids
    return gone


def delete_old(connection: Connection, table: Table, before: float, after_id: int) -> tuple[int, int | None]:
    """Delete finished rows of the inbox or the outbox that came before then, among the next `BATCH` after `after_id`.

    Returns how many, and the id to go on after (None: done). Ids rise with time, so this needs no index on it.
    """
    at = table.c.received_at if table is inbox else table.c.created_at
    rows = connection.execute(
        select(table.c.id, table.c.state, at.label("at")).where(table.c.id > after_id).order_by(table.c.id).limit(BATCH)
    ).all()
    finished = ("done",) if table is inbox else ("sent", "failed")
    old = [row.id for row in rows if row.at < before and row.state in finished]
    if table is inbox and old:
        connection.execute(update(outbox).where(outbox.c.inbox_id.in_(old)).values(inbox_id=None))
    if old:
        connection.execute(delete(table).where(table.c.id.in_(old)))
    more = len(rows) == BATCH and rows[-1].at < before
    return len(old), (rows[-1].id if more else None)


def delete_old_reports(connection: Connection, before: float) -> None:
    connection.execute(delete(early_reports).where(early_reports.c.at < before))
    connection.execute(delete(requests).where(requests.c.resolved_at < before))


def _conversations_of(person_id: str) -> Select[tuple[str]]:
    return (
        select(conversations.c.id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.person_id == person_id)
    )


def _count(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()


def _still_open(connection: Connection, ids: list[str]) -> bool:
    waiting = or_(
        exists().where(inbox.c.conversation_id.in_(ids), _OPEN_INBOX),
        exists().where(outbox.c.conversation_id.in_(ids), _OPEN_OUTBOX),
    )
    return connection.execute(select(waiting)).scalar_one()


def _suppress(connection: Connection, person_id: str, at: float) -> None:
    keys = connection.execute(
        select(identities.c.lookup, identities.c.phone).where(identities.c.person_id == person_id)
    )
    for key in {key for row in keys for key in row if key}:
        connection.execute(insert_or_ignore(connection, suppressions).values(lookup=key, at=at))


def _delete_conversations(connection: Connection, ids: list[str]) -> None:
    connection.execute(delete(outbox).where(outbox.c.conversation_id.in_(ids)))
    connection.execute(delete(inbox).where(inbox.c.conversation_id.in_(ids)))
    connection.execute(delete(requests).where(requests.c.conversation_id.in_(ids)))
    identity_ids = list(connection.scalars(select(conversations.c.identity_id).where(conversations.c.id.in_(ids))))
    connection.execute(delete(conversations).where(conversations.c.id.in_(ids)))
    connection.execute(delete(identities).where(identities.c.id.in_(identity_ids)))
