"""How rows become the vocabulary of `bot.conversation`, and the statements that several stores share.

What runs with every message is a statement made once, when its module is imported, with its values left open
(`bindparam`; names begin with `b_`, for an UPDATE takes plain ones as columns). SQLAlchemy needs more processor time to
put a statement together, and to know it again in its cache, than the database needs to run it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

from actions.contract import Context
from bot.conversation import Conversation, Flood, Owner, Repeats
from bot.store.tables import conversations, identities, people
from bot.vault import Vault
from connectors.messages import Address, IncomingMessage, Medium, OutgoingMessage

ADDRESS_COLUMNS = (
    identities.c.channel.label("address_channel"),
    identities.c.medium,
    identities.c.namespace,
    identities.c.external_id,
)
CONVERSATION_COLUMNS = (
    conversations.c.id.label("conversation_id"),
    conversations.c.owner,
    conversations.c.language,
    conversations.c.chosen_language,
    conversations.c.country,
    conversations.c.context,
    conversations.c.repeats,
    identities.c.person_id,
    people.c.opted_out_at,
    people.c.notice,
    people.c.flood,
    *ADDRESS_COLUMNS,
)


def new_id() -> str:
    return uuid.uuid4().hex


def insert_or_ignore(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """`INSERT ... ON CONFLICT DO NOTHING` of this database; `.returning()` gives no row when one was there already."""
    return insert(connection, table).on_conflict_do_nothing()


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `ON CONFLICT`, in this database's words."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


T = TypeVar("T")
AnyInsert = sqlite.Insert | postgresql.Insert


def made_once(make: Callable[[AnyInsert], T], table: Table) -> Mapping[str, T]:
    """An INSERT that knows `ON CONFLICT`, for either database, by the name of its dialect."""
    return {"sqlite": make(sqlite.insert(table)), "postgresql": make(postgresql.insert(table))}


# ---- addresses -----------------------------------------------------------------------------------------------------


def lookup_of(vault: Vault, address: Address) -> str:
    """The hash by which the identity with this address is found."""
    return vault.lookup("address", address.channel, address.medium.value, address.namespace, address.external_id)


def provider_key(vault: Vault, channel: str, provider_id: str) -> str:
    """The hash of a provider's message id: some of them (WhatsApp's, Telegram's) hold the citizen's number."""
    return vault.lookup("provider", channel, provider_id)


def address_of(row: Row[*tuple[Any, ...]], vault: Vault) -> Address:
    """A row of `ADDRESS_COLUMNS` as an `Address`. Raises `SealedElsewhere`."""
    return Address(
        channel=row.address_channel,
        medium=Medium(row.medium),
        namespace=row.namespace,
        external_id=vault.open(row.external_id),
    )


# ---- messages without their address --------------------------------------------------------------------------------


def incoming_body(message: IncomingMessage) -> str:
    return message.model_dump_json(exclude={"sender", "provider_id", "also"}, exclude_defaults=True)


def incoming(body: str, sender: Address, key: str) -> IncomingMessage:
    """A stored message with its sender again; its `provider_id` is the stored hash of it."""
    return IncomingMessage.model_validate(json.loads(body) | {"sender": sender, "provider_id": key})


def outgoing_body(message: OutgoingMessage) -> str:
    return message.model_dump_json(exclude={"to"}, exclude_defaults=True)


def outgoing(body: str, to: Address) -> OutgoingMessage:
    return OutgoingMessage.model_validate(json.loads(body) | {"to": to})


# ---- conversations -------------------------------------------------------------------------------------------------


def conversation_of(row: Row[*tuple[Any, ...]], vault: Vault) -> Conversation:
    """A row of `CONVERSATION_COLUMNS` as a `Conversation`. Raises `SealedElsewhere`."""
    return Conversation(
        id=row.conversation_id,
        person_id=row.person_id,
        address=address_of(row, vault),
        owner=Owner(row.owner),
        language=row.language,
        chosen_language=row.chosen_language,
        country=row.country,
        opted_out=row.opted_out_at is not None,
        notice=row.notice,
        flood=Flood.model_validate_json(row.flood),
        context=Context.model_validate_json(row.context),
        repeats=Repeats.model_validate_json(row.repeats),
    )
