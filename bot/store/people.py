"""What is kept of a person, counted when he asks, and the last of it for him to read."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Table, func, select

from bot.ports import Kept, Said
from bot.store.database import Database
from bot.store.forgetting import conversations_of
from bot.store.tables import (
    ACTIVE,
    appointments,
    complaints,
    follows,
    identity_bindings,
    inbox,
    outbox,
    people,
    requests,
)


class SqlPeople:
    """`bot.ports.People` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def kept_of(self, person_id: str) -> Kept:
        mine = conversations_of(person_id)

        def count(table: Table) -> int:
            counted = select(func.count()).select_from(table).where(table.c.conversation_id.in_(mine))
            return connection.execute(counted).scalar_one()

        def filed(table: Table) -> int:
            counted = select(func.count()).select_from(table).where(table.c.person_id == person_id)
            return connection.execute(counted).scalar_one()

        with self._db.read() as connection:
            since = connection.execute(select(people.c.created_at).where(people.c.id == person_id)).scalar_one_or_none()
            if since is None:
                raise LookupError("no such person")
            followed = select(func.count()).where(follows.c.conversation_id.in_(mine), ACTIVE)
            until = select(func.max(identity_bindings.c.until)).where(identity_bindings.c.person_id == person_id)
            return Kept(
                messages=count(inbox),
                replies=count(outbox),
                since=since,
                requests=count(requests),
                complaints=filed(complaints),
                appointments=filed(appointments),
                follows=connection.execute(followed).scalar_one(),
                identity_until=connection.execute(until).scalar_one_or_none(),
            )

    def said_in(self, conversation_id: str, before: int, limit: int) -> Sequence[Said]:
        """See `bot.ports.People`."""
        theirs = (
            select(inbox.c.received_at.label("at"), inbox.c.body)
            .where(inbox.c.conversation_id == conversation_id, inbox.c.id < before)
            .order_by(inbox.c.id.desc())
            .limit(limit)
        )
        ours = (
            select(outbox.c.created_at.label("at"), outbox.c.body)
            .where(outbox.c.conversation_id == conversation_id)
            .order_by(outbox.c.id.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            said = [
                Said(row.at, mine, str(json.loads(row.body).get("text") or ""))
                for mine, query in ((False, theirs), (True, ours))
                for row in connection.execute(query)
            ]
        return sorted(said, key=lambda one: one.at)[-limit:]
