"""How rows become the vocabulary of `bot.conversation`, and the statements that several stores share."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Connection, Row, Table, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from actions.contract import Context
from bot.conversation import Conversation, Owner, Repeats, country_of
from bot.store.tables import conversations, identities, people
from connectors.messages import Address, Medium

CONVERSATION_COLUMNS = (
    conversations.c.id.label("conversation_id"),
    conversations.c.owner,
    conversations.c.language,
    conversations.c.chosen_language,
    conversations.c.country,
    conversations.c.opted_out,
    conversations.c.context,
    conversations.c.repeats,
    identities.c.person_id,
    identities.c.channel.label("address_channel"),
    identities.c.medium,
    identities.c.namespace,
    identities.c.external_id,
)


def new_id() -> str:
    return uuid.uuid4().hex


def insert_or_ignore(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """`INSERT ... ON CONFLICT DO NOTHING` of this database; `.returning()` gives no row when one was there already."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing()


def due_heads(connection: Connection, table: Table, open_states: tuple[str, str], limit: int, now: float) -> list[int]:
    """Ids of rows that may be worked on now: due, open, and the oldest open one of their conversation.

    Serves the inbox and the outbox. On PostgreSQL the rows are locked, and rows that another worker has locked are
    passed over; SQLite has one writer.
    """
    earlier = table.alias("earlier")
    head_of_line = ~exists().where(
        earlier.c.conversation_id == table.c.conversation_id,
        earlier.c.id < table.c.id,
        earlier.c.state.in_(open_states),
    )
    due = (
        select(table.c.id)
        .where(table.c.state.in_(open_states), table.c.due_at <= now, head_of_line)
        .order_by(table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=table)
    )
    return list(connection.scalars(due))


def address_of(row: Row[*tuple[Any, ...]]) -> Address:
    return Address(
        channel=row.address_channel, medium=Medium(row.medium), namespace=row.namespace, external_id=row.external_id
    )


def conversation_of(row: Row[*tuple[Any, ...]]) -> Conversation:
    """A row of `CONVERSATION_COLUMNS` as a `Conversation`."""
    return Conversation(
        id=row.conversation_id,
        person_id=row.person_id,
        address=address_of(row),
        owner=Owner(row.owner),
        language=row.language,
        chosen_language=row.chosen_language,
        country=row.country,
        opted_out=row.opted_out,
        context=Context.model_validate_json(row.context),
        repeats=Repeats.model_validate_json(row.repeats),
    )


def conversation_id_for(connection: Connection, address: Address, now: float) -> str:
    """The conversation of an address, made if need be, and locked until the transaction ends.

    The lock matters on PostgreSQL: two messages of one person stored at the same instant get ids in the order in which
    they become visible, so that a worker can never claim the second before the first exists.
    """
    if found := _find(connection, address):
        return found
    person_id, conversation_id = new_id(), new_id()
    connection.execute(people.insert().values(id=person_id, created_at=now))
    identity_id = connection.execute(
        insert_or_ignore(connection, identities)
        .values(person_id=person_id, **address.model_dump(mode="json"))
        .returning(identities.c.id)
    ).scalar_one_or_none()
    if identity_id is None:  # another process met this person a moment ago
        connection.execute(people.delete().where(people.c.id == person_id))
        found = _find(connection, address)
        if found is None:
            raise RuntimeError("an identity exists without its conversation")
        return found
    connection.execute(
        conversations.insert().values(
            id=conversation_id, identity_id=identity_id, country=country_of(address), updated_at=now
        )
    )
    return conversation_id


def _find(connection: Connection, address: Address) -> str | None:
    query = (
        select(conversations.c.id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(
            identities.c.channel == address.channel,
            identities.c.medium == address.medium.value,
            identities.c.namespace == address.namespace,
            identities.c.external_id == address.external_id,
        )
        .with_for_update(of=conversations)  # ignored by SQLite, which has one writer
    )
    return connection.execute(query).scalar_one_or_none()
