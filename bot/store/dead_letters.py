"""Messages that were given up for reasons of ours, for a person to look at: `bot.ports.DeadLetters` on the database.

Of the inbox: what was answered with an apology, or could not be read. Of the outbox: what never left, unless the
citizen wants nothing more. They are deleted with everything else of their age, and with their person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, insert, literal, select, update

from bot.ports import CannotReplay, DeadLetter, LetterContent
from bot.store.database import Database
from bot.store.rows import ADDRESS_COLUMNS, address_of
from bot.store.tables import DEAD_INBOX, DEAD_OUTBOX, conversations, identities, inbox, outbox, people
from bot.store.wakeup import INBOX, OUTBOX, notify
from bot.vault import SealedElsewhere, Vault

_TABLES: dict[str, Table] = {"in": inbox, "out": outbox}
_DEAD = {"in": DEAD_INBOX, "out": DEAD_OUTBOX}
_COLUMNS: dict[str, list[ColumnElement[Any]]] = {
    "in": [
        inbox.c.error.label("reason"),
        inbox.c.received_at.label("at"),
        inbox.c.failures.label("tries"),
        literal(None).label("provider_code"),
    ],
    "out": [
        outbox.c.error_code.label("reason"),
        outbox.c.created_at.label("at"),
        outbox.c.attempt.label("tries"),
        outbox.c.provider_code,
    ],
}
_NAMED = "No dead letter has this id: it was replayed, dropped or too old, or its citizen was forgotten."


class SqlDeadLetters:
    """`bot.ports.DeadLetters` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def letters(self, limit: int, reason: str | None = None) -> Sequence[DeadLetter]:
        with self._db.read() as connection:
            found = [
                _letter(box, row)
                for box in _TABLES
                for row in connection.execute(_narrowed(_query(box), box, reason).limit(limit))
            ]
        return sorted(found, key=lambda letter: (letter.at, letter.id))[:limit]

    def letter(self, letter_id: str) -> DeadLetter:
        box, number = _parsed(letter_id)
        with self._db.read() as connection:
            row = connection.execute(_query(box).where(_TABLES[box].c.id == number)).one_or_none()
        if row is None:
            raise LookupError(_NAMED)
        return _letter(box, row)

    def content(self, letter_id: str) -> LetterContent:
        box, number = _parsed(letter_id)
        table = _TABLES[box]
        query = (
            select(table.c.body, *ADDRESS_COLUMNS)
            .join(conversations, conversations.c.id == table.c.conversation_id)
            .join(identities, identities.c.id == conversations.c.identity_id)
            .where(table.c.id == number, _DEAD[box])
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise LookupError(_NAMED)
        try:
            return LetterContent(body=row.body, address=address_of(row, self._vault).external_id)
        except SealedElsewhere:
            return LetterContent(body=row.body, address=None)

    def replay(self, letter_id: str, now: float) -> int:
        box, number = _parsed(letter_id)
        table = _TABLES[box]
        with self._db.write() as connection:
            of = select(table.c.conversation_id).where(table.c.id == number, _DEAD[box])
            conversation_id = connection.execute(of).scalar_one_or_none()
            if conversation_id is None:
                raise LookupError(_NAMED)
            _refuse_where_it_must_not(connection, conversation_id)
            row = connection.execute(select(table).where(table.c.id == number, _DEAD[box])).one_or_none()
            if row is None:
                raise LookupError(_NAMED)
            fresh = _again(connection, row, now) if box == "in" else _send_again(connection, row, now)
            notify(connection, INBOX if box == "in" else OUTBOX)
        return fresh

    def drop(self, letter_id: str) -> None:
        box, number = _parsed(letter_id)
        table = _TABLES[box]
        with self._db.write() as connection:
            if box == "in":
                connection.execute(update(outbox).where(outbox.c.inbox_id == number).values(inbox_id=None))
            if not connection.execute(delete(table).where(table.c.id == number, _DEAD[box])).rowcount:
                raise LookupError(_NAMED)  # and nothing is changed


def _parsed(letter_id: str) -> tuple[str, int]:
    box, _, number = letter_id.partition(":")
    if box not in _TABLES or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise LookupError(f"{letter_id!r} is no id of a dead letter: they look like in:12 and out:34.")
    return box, int(number)


def _query(box: str) -> Select[*tuple[Any, ...]]:
    table, columns = _TABLES[box], _COLUMNS[box]
    return (
        select(table.c.id, table.c.channel, table.c.conversation_id, table.c.trace, *columns)
        .where(_DEAD[box])
        .order_by(table.c.id)
    )


def _narrowed(query: Select[*tuple[Any, ...]], box: str, reason: str | None) -> Select[*tuple[Any, ...]]:
    if reason is None:
        return query
    return query.where((inbox.c.error if box == "in" else outbox.c.error_code) == reason)


def _letter(box: str, row: Row[*tuple[Any, ...]]) -> DeadLetter:
    return DeadLetter(
        id=f"{box}:{row.id}",
        at=row.at,
        channel=row.channel,
        reason=row.reason or "unknown",
        # The failure that gave a message up is not among those that were stored before it.
        attempts=row.tries + 1 if box == "in" else row.tries,
        provider_code=row.provider_code,
        conversation_id=row.conversation_id,
        trace=row.trace,
    )


def _refuse_where_it_must_not(connection: Connection, conversation_id: str) -> None:
    """Lock the conversation, as whoever adds to it does, and look at whose it is."""
    connection.execute(
        select(conversations.c.id).where(conversations.c.id == conversation_id).with_for_update(key_share=True)
    )
    person = connection.execute(
        select(people.c.forget_at, people.c.opted_out_at)
        .join(identities, identities.c.person_id == people.c.id)
        .join(conversations, conversations.c.identity_id == identities.c.id)
        .where(conversations.c.id == conversation_id)
    ).one_or_none()
    if person is None or person.forget_at is not None:
        raise CannotReplay("the citizen asked to be forgotten")
    if person.opted_out_at is not None:
        raise CannotReplay("the citizen said stop")


def _again(connection: Connection, row: Row[*tuple[Any, ...]], now: float) -> int:
    """A new row at the end of the line: put back in its old place, it would run beside a later message of his."""
    connection.execute(update(outbox).where(outbox.c.inbox_id == row.id).values(inbox_id=None))
    connection.execute(delete(inbox).where(inbox.c.id == row.id))
    kept = {name: getattr(row, name) for name in ("channel", "provider_key", "trace", "conversation_id", "body")}
    added = insert(inbox).values(**kept, due_at=now, received_at=now).returning(inbox.c.id)
    return int(connection.execute(added).scalar_one())


def _send_again(connection: Connection, row: Row[*tuple[Any, ...]], now: float) -> int:
    connection.execute(delete(outbox).where(outbox.c.id == row.id))
    names = ("conversation_id", "inbox_id", "trace", "priority", "channel", "sender", "body", "uncertain", "tried_at")
    kept = {name: getattr(row, name) for name in names}
    added = insert(outbox).values(**kept, due_at=now, created_at=now).returning(outbox.c.id)
    return int(connection.execute(added).scalar_one())
