"""People who asked for a human being, and what waits: the small reads of operators."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select, update

from bot.ports import Backlog, PersonRequest, Priority, Waiting
from bot.store.database import Database
from bot.store.rows import ADDRESS_COLUMNS, address_of
from bot.store.tables import (
    ACTIVE,
    DEAD_INBOX,
    DEAD_OUTBOX,
    HELD,
    MISCONFIGURED,
    OPEN_INBOX,
    OPEN_OUTBOX,
    conversations,
    identities,
    inbox,
    outbox,
    requests,
)
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

    def backlog(self) -> Backlog:
        with self._db.read() as connection:
            count, since = connection.execute(_WAITING_IN).one()
            waiting = {
                Priority(priority): Waiting(rows, oldest) for priority, rows, oldest in connection.execute(_WAITING_OUT)
            }
            stuck = {row.channel: row.messages for row in connection.execute(_STUCK)}
            held, dead_in, dead_out, active = (connection.execute(_count(one)).scalar_one() for one in _COUNTED)
        return Backlog(
            inbox=Waiting(count, since),
            outbox={priority: waiting.get(priority, Waiting()) for priority in Priority},
            held=held,
            dead={"inbox": dead_in, "outbox": dead_out},
            misconfigured=stuck,
            following=active,
        )


def _count(rows: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).where(rows)


# Each walks one partial index; the two first look at rows that wait, the others at nothing but the index.
_WAITING_IN = select(func.count(), func.min(inbox.c.received_at)).where(OPEN_INBOX)
_WAITING_OUT = (
    select(outbox.c.priority, func.count(), func.min(outbox.c.created_at))
    .where(OPEN_OUTBOX)
    .group_by(outbox.c.priority)
)
_STUCK = select(outbox.c.channel, func.count().label("messages")).where(MISCONFIGURED).group_by(outbox.c.channel)
_COUNTED = (HELD, DEAD_INBOX, DEAD_OUTBOX, ACTIVE)
