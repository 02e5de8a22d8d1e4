"""Everything that is kept of one person, as plain data, for an operator to hand to him: the right of access.

Rows are given as they are stored, so that nothing is kept that is not shown; what is sealed is opened, what is JSON is
read, and a time is a date; but a one-time secret stays sealed. Only rows of this person's are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, or_, select

from bot.store.database import Database
from bot.store.forgetting import conversations_of
from bot.store.tables import (
    appointments,
    attempts,
    complaints,
    conversations,
    follows,
    identities,
    identity_bindings,
    identity_links,
    inbox,
    outbox,
    people,
    requests,
)
from bot.vault import SealedElsewhere, Vault

Plain = dict[str, object]
"""A row by the names of its columns, ready for JSON."""

_JSON = frozenset({"flood", "context", "repeats", "body"})
_SEALED = frozenset({"external_id", "provider_message_id", "sealed", "waiting"})
UNREADABLE = "sealed under a key that is gone"


class SqlExport:
    """Reads on SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def reached_by(self, person_ids: Sequence[str], channel: str, address: str) -> list[str]:
        """Those of these people whom `address` reaches on a channel (twilio) or medium (sms), or as conversation."""
        query = (
            select(identities.c.person_id, identities.c.external_id, conversations.c.id)
            .join(conversations, conversations.c.identity_id == identities.c.id)
            .where(
                identities.c.person_id.in_(person_ids),
                or_(identities.c.channel == channel, identities.c.medium == channel),
            )
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return sorted({row.person_id for row in rows if address in (row.id, self._opened(row.external_id))})

    def of(self, person_id: str) -> dict[str, list[Plain]]:
        """Every row of this person's by table; `conversations` has the ids that Rasa knows him by."""
        mine = conversations_of(person_id)
        tables: tuple[tuple[Table, ColumnElement[bool]], ...] = (
            (people, people.c.id == person_id),
            (identities, identities.c.person_id == person_id),
            (conversations, conversations.c.id.in_(mine)),
            (inbox, inbox.c.conversation_id.in_(mine)),
            (outbox, outbox.c.conversation_id.in_(mine)),
            (requests, requests.c.conversation_id.in_(mine)),
            (follows, follows.c.conversation_id.in_(mine)),
            (attempts, attempts.c.person_id == person_id),
            (identity_links, identity_links.c.person_id == person_id),
            (identity_bindings, identity_bindings.c.person_id == person_id),
            (complaints, complaints.c.person_id == person_id),
            (appointments, appointments.c.person_id == person_id),
        )
        with self._db.read() as connection:
            return {table.name: self._rows(connection, table, his) for table, his in tables}

    def _rows(self, connection: Connection, table: Table, his: ColumnElement[bool]) -> list[Plain]:
        rows = connection.execute(select(table).where(his).order_by(*table.primary_key)).mappings()
        return [self._plain(row) for row in rows]

    def _plain(self, row: RowMapping) -> Plain:
        return {name: self._value(name, value) for name, value in row.items()}

    def _value(self, name: str, value: object) -> object:
        if value is None:
            return None
        if name in _JSON:
            return json.loads(str(value))
        if name in _SEALED:
            return self._opened(str(value))
        if (name in ("at", "until") or name.endswith("_at")) and isinstance(value, float):
            return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
        return value

    def _opened(self, sealed: str) -> str:
        try:
            return self._vault.open(sealed)
        except SealedElsewhere:
            return UNREADABLE
