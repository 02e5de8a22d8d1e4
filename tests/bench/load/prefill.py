"""Fills a running Dalil's database with messages of the past: answered, sent and delivered, ten to a conversation.

One `INSERT … SELECT` a table, so that a million messages take seconds. Their citizens are never met again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, Subquery, Table, cast, func, insert, literal, select, text
from sqlalchemy.engine import Connection

from bot.store.database import Database
from bot.store.tables import conversations, identities, inbox, outbox, people

A_CONVERSATION = 10  # messages
OLD = "old-"  # what the ids of their conversations begin with
PART = 100_000  # messages a transaction, so that the system is not locked out for long

_INCOMING = (
    '{"event":"message","provider_id":"SM0","sender":{"channel":"twilio"},"kind":"text","text":"' + "ch7al " * 12
)
_OUTGOING = '{"to":{"channel":"twilio","medium":"sms"},"text":"' + "السجل العدلي · الثمن 10 درهم " * 18


def stored(database: Database) -> int:
    """Messages in the inbox."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(inbox)).scalar_one())


def fill(url: str, total: int) -> None:
    """Add old messages until the inbox holds `total`."""
    database = Database(url)
    try:
        done = stored(database)
        while done < total:
            count = min(PART, total - done)
            _add(database, done, count)
            done += count
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    finally:
        database.close()


def _add(database: Database, first: int, count: int) -> None:
    talks = max(1, count // A_CONVERSATION)
    with database.write() as connection:
        latest = int(connection.execute(select(func.coalesce(func.max(identities.c.id), 0))).scalar_one())
        start = int(connection.execute(select(func.coalesce(func.max(inbox.c.id), 0))).scalar_one())
        talk = _numbers(connection, talks)
        person, conversation = _name(f"p{first}-", talk.c.i), _name(f"{OLD}{first}-", talk.c.i)
        _fill(connection, people, {"id": person, "created_at": literal(1.7e9)}, talk)
        _fill(
            connection,
            identities,
            {
                "id": talk.c.i + latest,
                "person_id": person,
                "channel": literal("twilio"),
                "medium": literal("sms"),
                "namespace": literal("+15005550006"),
                "external_id": _name(f"+99{first}", talk.c.i),
                "lookup": _name(f"old{first}-", talk.c.i),
            },
            talk,
        )
        _fill(
            connection,
            conversations,
            {"id": conversation, "identity_id": talk.c.i + latest, "updated_at": literal(1.7e9)},
            talk,
        )
        one = _numbers(connection, count)
        of = _name(f"{OLD}{first}-", (one.c.i - 1) % talks + 1)
        common: dict[str, ColumnElement[Any]] = {
            "conversation_id": of,
            "channel": literal("twilio"),
            "due_at": literal(1.7e9),
        }
        _fill(
            connection,
            inbox,
            {
                **common,
                "id": one.c.i + start,
                "provider_key": _name(f"old{first}-", one.c.i),
                "body": literal(_INCOMING),
                "state": literal("done"),
                "attempt": literal(1),
                "received_at": one.c.i + literal(1.7e9),
                "finished_at": one.c.i + literal(1.7e9),
                "outcome": literal("answered"),
            },
            one,
        )
        _fill(
            connection,
            outbox,
            {
                **common,
                "inbox_id": one.c.i + start,
                "sender": literal("twilio:sms:+15005550006"),
                "body": literal(_OUTGOING),
                "state": literal("sent"),
                "created_at": one.c.i + literal(1.7e9),
                "sent_at": one.c.i + literal(1.7e9),
                "provider_message_id": _name(f"old{first}-", one.c.i),
                "provider_key": _name(f"old{first}-", one.c.i),
                "delivery": literal("delivered"),
            },
            one,
        )
        _go_on_counting(connection)


def _fill(connection: Connection, table: Table, values: Mapping[str, ColumnElement[Any]], source: Subquery) -> None:
    connection.execute(insert(table).from_select(list(values), select(*values.values()).select_from(source)))


def _numbers(connection: Connection, count: int) -> Subquery:
    """1 … count, as column `i`."""
    if connection.dialect.name == "postgresql":
        series = func.generate_series(1, count).table_valued("i").render_derived()
        return select(cast(series.c.i, Integer).label("i")).subquery()
    numbers = select(literal(1).label("i")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.i + 1).where(numbers.c.i < count))
    return select(numbers.c.i).subquery()


def _name(prefix: str, number: ColumnElement[int]) -> ColumnElement[str]:
    return literal(prefix).concat(cast(number, String))


def _go_on_counting(connection: Connection) -> None:
    """Rows were given their ids here: PostgreSQL's sequences must go on after them."""
    if connection.dialect.name == "postgresql":
        for table in (inbox, identities):
            sequence = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))
