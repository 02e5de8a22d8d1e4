"""What a person asked to be forgotten, and what is too old to be kept. Nothing here is undone: every row is deleted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, Select, Table, delete, exists, or_, select, update

from bot.store.identity import forget_identity
from bot.store.rows import insert_or_ignore
from bot.store.tables import (
    ASKED,
    OPEN_INBOX,
    OPEN_OUTBOX,
    appointments,
    attempts,
    complaints,
    conversations,
    early_reports,
    follows,
    identities,
    inbox,
    outbox,
    people,
    requests,
    suppressions,
)

LAST_REPLY_S = 2.0  # the web chat reads its last reply in the outbox, a moment after it was sent
BATCH = 500  # rows looked at in one transaction, so that no citizen waits behind a cleaning
PEOPLE = 50  # who asked, in one transaction


def forget_person(connection: Connection, person_id: str, now: float) -> None:
    """Delete all that was said, at once; the address goes by `forget_asked` once the last reply was sent to it.

    An opt-out outlives its person as a keyed hash: who said stop is not written to because he is forgotten. How fast he
    wrote stays until then: a machine that asks for this again and again is not answered the faster for it.
    """
    mine = conversations_of(person_id)
    lock_person(connection, person_id)  # but not for deletion: what adds to his conversations need not wait
    connection.execute(delete(requests).where(requests.c.conversation_id.in_(mine)))
    connection.execute(delete(follows).where(follows.c.conversation_id.in_(mine)))
    done = outbox.c.conversation_id.in_(mine) & ~OPEN_OUTBOX
    connection.execute(delete(outbox).where(done))
    connection.execute(update(outbox).where(outbox.c.conversation_id.in_(mine)).values(inbox_id=None))
    connection.execute(delete(inbox).where(inbox.c.conversation_id.in_(mine) & ~OPEN_INBOX))
    connection.execute(delete(attempts).where(attempts.c.person_id == person_id))
    forget_identity(connection, person_id)
    connection.execute(delete(complaints).where(complaints.c.person_id == person_id))
    connection.execute(delete(appointments).where(appointments.c.person_id == person_id))
    connection.execute(
        update(conversations)
        .where(conversations.c.id.in_(mine))
        .values(context="{}", repeats="{}", language=None, chosen_language=None, updated_at=now)
    )
    connection.execute(update(people).where(people.c.id == person_id).values(forget_at=now, notice=0))


def forget_asked(connection: Connection, now: float) -> list[tuple[str, float]]:
    """Delete the people who asked for it and whose last reply is sent or given up.

    Who wrote again meanwhile is kept: he is a citizen again. The conversations of all who asked, each with the time
    until which Rasa's events of it must go.
    """
    waiting = (
        select(people.c.id, people.c.forget_at, people.c.opted_out_at)
        .where(ASKED, people.c.forget_at <= now - LAST_REPLY_S)
        .order_by(people.c.id)
        .limit(PEOPLE)
    )
    asked: list[tuple[str, float]] = []
    for person in connection.execute(waiting).all():
        rows = lock_person(connection, person.id, to_delete=True)
        asked += [(row.id, person.forget_at) for row in rows]
        if any(row.heard_at is not None and row.heard_at > person.forget_at for row in rows):
            connection.execute(update(people).where(people.c.id == person.id).values(forget_at=None))
            continue
        ids = [row.id for row in rows]
        if _still_open(connection, ids):
            continue
        _suppress(connection, person.id, person.opted_out_at)
        _delete_conversations(connection, ids)
        connection.execute(delete(people).where(people.c.id == person.id))
    return asked


def delete_old(connection: Connection, table: Table, before: float, after_id: int) -> tuple[int, int | None]:
    """Delete rows of the inbox or the outbox that came before then and do not wait, among the next `BATCH` after
    `after_id`: also dead letters, and what is held for somebody who never wrote again.

    Returns how many, and the id to go on after (None: done). Ids rise with time, so this needs no index on it: where
    nothing is old it looks at one batch.
    """
    at, open_rows = (inbox.c.received_at, OPEN_INBOX) if table is inbox else (outbox.c.created_at, OPEN_OUTBOX)
    rows = connection.execute(
        select(table.c.id, at.label("at"), open_rows.label("open"))
        .where(table.c.id > after_id)
        .order_by(table.c.id)
        .limit(BATCH)
    ).all()
    old = [row.id for row in rows if row.at < before and not row.open]
    if table is inbox and old:
        connection.execute(update(outbox).where(outbox.c.inbox_id.in_(old)).values(inbox_id=None))
    if old:
        connection.execute(delete(table).where(table.c.id.in_(old), ~open_rows))  # one may have been taken up again
    more = len(rows) == BATCH and rows[-1].at < before
    return len(old), (rows[-1].id if more else None)


def delete_old_reports(connection: Connection, before: float, unknown_before: float) -> None:
    """Requests that were dealt with, complaints and appointments of before then; reports on messages that were still
    unknown `unknown_before`.
    """
    connection.execute(delete(early_reports).where(early_reports.c.at < unknown_before))
    connection.execute(delete(requests).where(requests.c.resolved_at < before))
    connection.execute(delete(complaints).where(complaints.c.at < before))
    connection.execute(delete(appointments).where(appointments.c.starts_at < before))


def conversations_of(person_id: str) -> Select[tuple[str]]:
    return (
        select(conversations.c.id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.person_id == person_id)
    )


def lock_person(connection: Connection, person_id: str, *, to_delete: bool = False) -> Sequence[Row[str, float | None]]:
    """His conversations and then himself, as every transaction does it that takes both: id and time he was last heard.

    On PostgreSQL a message that comes now waits until the transaction ends, and then meets a new person where he was
    deleted.
    """
    mine = (
        select(conversations.c.id, conversations.c.heard_at)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.person_id == person_id)
        .order_by(conversations.c.id)
        .with_for_update(of=conversations, key_share=not to_delete)
    )
    connection.execute(mine).all()
    himself = select(people.c.id).where(people.c.id == person_id).with_for_update(key_share=not to_delete)
    connection.execute(himself).all()
    return connection.execute(mine).all()  # with those that came while the person was waited for


def _still_open(connection: Connection, ids: list[str]) -> bool:
    waiting = or_(
        exists().where(inbox.c.conversation_id.in_(ids), OPEN_INBOX),
        exists().where(outbox.c.conversation_id.in_(ids), OPEN_OUTBOX),
    )
    return connection.execute(select(waiting)).scalar_one()


def _suppress(connection: Connection, person_id: str, stopped_at: float | None) -> None:
    """Keep that he said stop; or, where he has started again since, that he did not."""
    keys = connection.execute(
        select(identities.c.lookup, identities.c.phone).where(identities.c.person_id == person_id)
    )
    for key in {key for row in keys for key in row if key}:
        if stopped_at is None:
            connection.execute(delete(suppressions).where(suppressions.c.lookup == key))
        else:
            connection.execute(insert_or_ignore(connection, suppressions).values(lookup=key, at=stopped_at))


def _delete_conversations(connection: Connection, ids: list[str]) -> None:
    connection.execute(delete(outbox).where(outbox.c.conversation_id.in_(ids)))
    connection.execute(delete(inbox).where(inbox.c.conversation_id.in_(ids)))
    connection.execute(delete(requests).where(requests.c.conversation_id.in_(ids)))
    connection.execute(delete(follows).where(follows.c.conversation_id.in_(ids)))
    identity_ids = list(connection.scalars(select(conversations.c.identity_id).where(conversations.c.id.in_(ids))))
    connection.execute(delete(conversations).where(conversations.c.id.in_(ids)))
    connection.execute(delete(identities).where(identities.c.id.in_(identity_ids)))
