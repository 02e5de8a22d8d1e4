"""What is kept of a person, counted when he asks."""

from __future__ import annotations

from sqlalchemy import Table, func, select

from bot.ports import Kept
from bot.store.database import Database
from bot.store.forgetting import conversations_of
from bot.store.tables import identity_bindings, inbox, outbox, people


class SqlPeople:
    """`bot.ports.People` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def kept_of(self, person_id: str) -> Kept:
        mine = conversations_of(person_id)

        def count(table: Table) -> int:
            counted = select(func.count()).select_from(table).where(table.c.conversation_id.in_(mine))
            return connection.execute(counted).scalar_one()

        with self._db.read() as connection:
            since = connection.execute(select(people.c.created_at).where(people.c.id == person_id)).scalar_one_or_none()
            if since is None:
                raise LookupError("no such person")
            until = select(func.max(identity_bindings.c.until)).where(identity_bindings.c.person_id == person_id)
            return Kept(
                messages=count(inbox),
                replies=count(outbox),
                since=since,
                identity_until=connection.execute(until).scalar_one_or_none(),
            )
