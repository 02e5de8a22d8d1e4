"""People who asked for a human being, and what waits: the small reads of operators."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from bot.ports import Backlog, PersonRequest
from bot.store.database import Database
from bot.store.rows import ADDRESS_COLUMNS, address_of
from bot.store.tables import conversations, identities, inbox, outbox, requests
from bot.vault import Vault


class SqlRequests:
    """`bot.ports.Requests`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def open_requests(self, limit: int) -> Sequence[PersonRequest]:
        query = (
            select(requests, *ADDRESS_COLUMNS)
            .join(conversations, conversations.c.id == requests.c.conversation_id)
            .join(identities, identities.c.id == conversations.c.identity_id)
            .where(requests.c.resolved_at.is_(None))
            .order_by(requests.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            return [
                PersonRequest(
                    id=row.id,
                    conversation_id=row.conversation_id,
                    address=address_of(row, self._vault),
                    reason=row.reason,
                    created_at=row.created_at,
                    resolved_at=row.resolved_at,
                )
                for row in connection.execute(query)
            ]

    def resolve(self, request_id: int, now: float) -> bool:
        with self._db.write() as connection:
            changed = connection.execute(
                update(requests)
                .where(requests.c.id == request_id, requests.c.resolved_at.is_(None))
                .values(resolved_at=now)
            ).rowcount
        return changed > 0


class SqlMonitor:
    """`bot.ports.Monitor`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def check(self) -> None:
        self._db.check()

    def backlog(self, now: float) -> Backlog:
        waiting = select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.state.in_(["queued", "working"]))
        unsent = select(func.count()).where(outbox.c.state.in_(["queued", "sending"]))
        with self._db.read() as connection:
            count, oldest = connection.execute(waiting).one()
            return Backlog(
                inbox=count,
                outbox=connection.execute(unsent).scalar_one(),
                oldest_s=0.0 if oldest is None else max(0.0, now - oldest),
            )
