"""The inbox on a database: stored once, claimed by lease, in order, finished together with its turn's result."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, select, update

from actions.contract import RequestPerson
from bot.ports import Accepted, Claim, TurnPlan
from bot.store.database import Database
from bot.store.rows import (
    CONVERSATION_COLUMNS,
    conversation_id_for,
    conversation_of,
    due_heads,
    insert_or_ignore,
)
from bot.store.tables import conversations, identities, inbox, outbox, requests
from connectors.messages import IncomingMessage, SubscriptionChange


class SqlInbox:
    """`bot.ports.Inbox` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def accept(self, message: IncomingMessage, now: float) -> Accepted:
        with self._db.write() as connection:
            row_id = connection.execute(
                insert_or_ignore(connection, inbox)
                .values(
                    channel=message.sender.channel,
                    provider_id=message.provider_id,
                    conversation_id=conversation_id_for(connection, message.sender, now),
                    body=message.model_dump_json(),
                    due_at=now,
                    received_at=now,
                )
                .returning(inbox.c.id)
            ).scalar_one_or_none()
        return Accepted.DUPLICATE if row_id is None else Accepted.STORED

    def subscription_changed(self, change: SubscriptionChange, now: float) -> None:
        with self._db.write() as connection:
            conversation_id = conversation_id_for(connection, change.sender, now)
            connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(reachable=change.reachable, updated_at=now)
            )

    def claim(self, limit: int, lease_s: float, now: float) -> Sequence[Claim]:
        with self._db.write() as connection:
            ids = due_heads(connection, inbox, ("queued", "working"), limit, now)
            if not ids:
                return []
            connection.execute(
                update(inbox)
                .where(inbox.c.id.in_(ids))
                .values(state="working", attempt=inbox.c.attempt + 1, due_at=now + lease_s)
            )
            rows = connection.execute(
                select(
                    inbox.c.id,
                    inbox.c.attempt,
                    inbox.c.failures,
                    inbox.c.body,
                    inbox.c.received_at,
                    *CONVERSATION_COLUMNS,
                )
                .join(conversations, conversations.c.id == inbox.c.conversation_id)
                .join(identities, identities.c.id == conversations.c.identity_id)
                .where(inbox.c.id.in_(ids))
                .order_by(inbox.c.id)
            ).all()
        return [
            Claim(
                inbox_id=row.id,
                attempt=row.attempt,
                failures=row.failures,
                message=IncomingMessage.model_validate_json(row.body),
                conversation=conversation_of(row),
                received_at=row.received_at,
            )
            for row in rows
        ]

    def finish(self, claim: Claim, plan: TurnPlan, now: float) -> bool:
        with self._db.write() as connection:
            closed = connection.execute(
                update(inbox)
                .where(_held(claim))
                .values(
                    state="dead" if plan.failed else "done",
                    finished_at=now,
                    outcome=plan.outcome,
                    error=plan.failed,
                )
            ).rowcount
            if not closed:
                return False
            _save_conversation(connection, plan, now)
            for message in plan.messages:
                connection.execute(
                    outbox.insert().values(
                        conversation_id=plan.conversation.id,
                        inbox_id=claim.inbox_id,
                        channel=message.to.channel,
                        body=message.model_dump_json(),
                        due_at=now,
                        created_at=now,
                    )
                )
            for effect in plan.effects:
                if isinstance(effect, RequestPerson):
                    _request_person(connection, plan.conversation.id, effect, now)
        return True

    def release(self, claim: Claim, retry_at: float, counts: bool, error: str) -> None:
        with self._db.write() as connection:
            connection.execute(
                update(inbox)
                .where(_held(claim))
                .values(
                    state="queued",
                    due_at=retry_at,
                    failures=inbox.c.failures + (1 if counts else 0),
                    error=error,
                )
            )


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(inbox.c.id == claim.inbox_id, inbox.c.attempt == claim.attempt, inbox.c.state == "working")


def _save_conversation(connection: Connection, plan: TurnPlan, now: float) -> None:
    after = plan.conversation
    connection.execute(
        update(conversations)
        .where(conversations.c.id == after.id)
        .values(
            owner=after.owner.value,
            language=after.language,
            chosen_language=after.chosen_language,
            opted_out=after.opted_out,
            reachable=True,  # who writes to us can be reached
            context=after.context.model_dump_json(),
            repeats=after.repeats.model_dump_json(),
            updated_at=now,
        )
    )


def _request_person(connection: Connection, conversation_id: str, effect: RequestPerson, now: float) -> None:
    """One open request per conversation: asking twice does not put somebody into the queue twice."""
    still_open = exists().where(requests.c.conversation_id == conversation_id, requests.c.resolved_at.is_(None))
    if not connection.execute(select(still_open)).scalar_one():
        connection.execute(
            requests.insert().values(conversation_id=conversation_id, reason=effect.reason, created_at=now)
        )
