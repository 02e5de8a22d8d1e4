"""The inbox on a database: stored once, claimed by lease, in order, finished together with its turn's result."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from actions.contract import RequestPerson
from bot.conversation import Conversation
from bot.ports import Accepted, Claim, TurnPlan
from bot.store.database import Database
from bot.store.forgetting import forget_person
from bot.store.meeting import conversation_id_for, moved
from bot.store.outbox import queue, release_held
from bot.store.rows import (
    CONVERSATION_COLUMNS,
    conversation_of,
    due_heads,
    incoming,
    incoming_body,
    insert_or_ignore,
    provider_key,
)
from bot.store.tables import conversations, identities, inbox, people, requests
from bot.store.wakeup import INBOX, OUTBOX, notify
from bot.vault import Vault
from connectors.messages import IdentityChange, IncomingMessage, Medium, SubscriptionChange


class SqlInbox:
    """`bot.ports.Inbox` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def accept(self, message: IncomingMessage, now: float, trace: str = "") -> Accepted:
        channel = message.sender.channel
        with self._db.write() as connection:
            conversation_id = conversation_id_for(connection, self._vault, message.sender, now, message.also)
            row_id = connection.execute(
                insert_or_ignore(connection, inbox)
                .values(
                    channel=channel,
                    provider_key=provider_key(self._vault, channel, message.provider_id),
                    trace=trace,
                    conversation_id=conversation_id,
                    body=incoming_body(message),
                    due_at=now,
                    received_at=now,
                )
                .returning(inbox.c.id)
            ).scalar_one_or_none()
            if row_id is not None:
                if message.sender.medium is Medium.WHATSAPP:
                    release_held(connection, conversation_id, now)
                notify(connection, INBOX)
        return Accepted.DUPLICATE if row_id is None else Accepted.STORED

    def subscription_changed(self, change: SubscriptionChange, now: float) -> None:
        with self._db.write() as connection:
            conversation_id = conversation_id_for(connection, self._vault, change.sender, now)
            connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(reachable=change.reachable, updated_at=now)
            )
            opted_out(connection, conversation_id, None if change.reachable else now)

    def identity_changed(self, change: IdentityChange, now: float) -> None:  # noqa: ARG002 - nothing is dated by it
        with self._db.write() as connection:
            for known in (change.sender, *change.also):
                if moved(connection, self._vault, known, change.becomes):
                    return

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
                    inbox.c.trace,
                    inbox.c.provider_key,
                    *CONVERSATION_COLUMNS,
                )
                .join(conversations, conversations.c.id == inbox.c.conversation_id)
                .join(identities, identities.c.id == conversations.c.identity_id)
                .join(people, people.c.id == identities.c.person_id)
                .where(inbox.c.id.in_(ids))
                .order_by(inbox.c.id)
            ).all()
        claims = []
        for row in rows:
            conversation = conversation_of(row, self._vault)
            claims.append(
                Claim(
                    inbox_id=row.id,
                    attempt=row.attempt,
                    failures=row.failures,
                    message=incoming(row.body, conversation.address, row.provider_key),
                    conversation=conversation,
                    received_at=row.received_at,
                    trace=row.trace,
                )
            )
        return claims

    def renew(self, claims: Sequence[Claim], until: float) -> None:
        with self._db.write() as connection:
            connection.execute(update(inbox).where(or_(*map(_held, claims))).values(due_at=until))

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
            _save_conversation(connection, claim.conversation, plan.conversation, now)
            for message in plan.messages:
                queue(connection, plan.conversation.id, message, now, inbox_id=claim.inbox_id, trace=claim.trace)
            if plan.messages:
                notify(connection, OUTBOX)
            for effect in plan.effects:
                if isinstance(effect, RequestPerson):
                    _request_person(connection, plan.conversation.id, effect, now)
            if plan.forget:
                forget_person(connection, plan.conversation.person_id, now)
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


def opted_out(connection: Connection, conversation_id: str, at: float | None) -> None:
    """The person behind a conversation said stop (`at`), or start again (None): on all of his conversations."""
    of_conversation = (
        select(identities.c.person_id)
        .join(conversations, conversations.c.identity_id == identities.c.id)
        .where(conversations.c.id == conversation_id)
        .scalar_subquery()
    )
    connection.execute(update(people).where(people.c.id == of_conversation).values(opted_out_at=at))


def _save_conversation(connection: Connection, before: Conversation, after: Conversation, now: float) -> None:
    person = {
        name: value
        for name, value, changed in (
            ("opted_out_at", now if after.opted_out else None, after.opted_out != before.opted_out),
            ("notice", after.notice, after.notice != before.notice),
            ("flood", after.flood.model_dump_json(), after.flood != before.flood),
        )
        if changed
    }
    if person:
        connection.execute(update(people).where(people.c.id == after.person_id).values(person))
    connection.execute(
        update(conversations)
        .where(conversations.c.id == after.id)
        .values(
            owner=after.owner.value,
            language=after.language,
            chosen_language=after.chosen_language,
            reachable=True,  # who writes to us can be reached
            heard_at=now,
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
