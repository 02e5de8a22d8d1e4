"""The inbox on a database: stored once, claimed by lease, in order, finished together with its turn's result."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Update,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)

from actions.contract import Effect, FollowFile, RequestPerson, UnfollowFile
from bot.conversation import Conversation
from bot.ports import Accepted, Claim, TurnPlan
from bot.store.database import Database
from bot.store.follows import start_following, stop_following
from bot.store.forgetting import forget_person, lock_person
from bot.store.heads import inbox_heads
from bot.store.meeting import conversation_id_for, moved
from bot.store.opt_out import opted_out, person_of
from bot.store.outbox import UNREADABLE, queue, release_held
from bot.store.rows import (
    CONVERSATION_COLUMNS,
    conversation_of,
    incoming,
    incoming_body,
    made_once,
    provider_key,
)
from bot.store.tables import conversations, identities, inbox, people, requests
from bot.store.wakeup import INBOX, OUTBOX, notify
from bot.vault import SealedElsewhere, Vault
from connectors.messages import IdentityChange, IncomingMessage, Medium, SubscriptionChange

_STORE = made_once(lambda row: row.on_conflict_do_nothing().returning(inbox.c.id), inbox)
_HEARD = update(conversations).where(conversations.c.id == bindparam("b_id")).values(heard_at=bindparam("b_now"))
_IDS: BindParameter[Sequence[int]] = bindparam("b_ids", expanding=True)
_TAKE = (
    update(inbox)
    .where(inbox.c.id.in_(_IDS))
    .values(state="working", attempt=inbox.c.attempt + 1, due_at=bindparam("b_until"))
)
_TAKEN = (
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
    .where(inbox.c.id.in_(_IDS))
    .order_by(inbox.c.id)
)
_CLOSE = (
    update(inbox)
    .where(inbox.c.id == bindparam("b_id"), inbox.c.attempt == bindparam("b_attempt"), inbox.c.state == "working")
    .values({name: bindparam(f"b_{name}") for name in ("state", "finished_at", "outcome", "error")})
)
_SAVED = ("owner", "language", "chosen_language", "context", "repeats", "updated_at")
_SAVE = (
    update(conversations)
    .where(conversations.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _SAVED} | {"reachable": True})  # who writes can be reached
)


class SqlInbox:
    """`bot.ports.Inbox` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def accept(self, message: IncomingMessage, now: float, trace: str = "") -> Accepted:
        channel = message.sender.channel

        def store(connection: Connection) -> Accepted:
            conversation_id = conversation_id_for(connection, self._vault, message.sender, now, message.also)
            row = {
                "channel": channel,
                "provider_key": provider_key(self._vault, channel, message.provider_id),
                "trace": trace,
                "conversation_id": conversation_id,
                "body": incoming_body(message),
                "due_at": now,
                "received_at": now,
            }
            row_id = connection.execute(_STORE[connection.dialect.name], row).scalar_one_or_none()
            if row_id is not None:
                # WhatsApp's window is open from now on, not from the answer: what was held for him may go at once.
                connection.execute(_HEARD, {"b_id": conversation_id, "b_now": now})
                if message.sender.medium is Medium.WHATSAPP:
                    release_held(connection, conversation_id, now)
                notify(connection, INBOX)
            return Accepted.DUPLICATE if row_id is None else Accepted.STORED

        return self._db.run(store)

    def subscription_changed(self, change: SubscriptionChange, now: float) -> None:
        with self._db.write() as connection:
            conversation_id = conversation_id_for(connection, self._vault, change.sender, now)
            connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(reachable=change.reachable, updated_at=now)
            )
            opted_out(connection, conversation_id, None if change.reachable else now)

    def identity_changed(self, change: IdentityChange, now: float) -> None:
        with self._db.write() as connection:
            moved(connection, self._vault, (change.sender, *change.also), change.becomes, now)

    def claim(self, limit: int, lease_s: float, now: float) -> Sequence[Claim]:
        def take(connection: Connection) -> Sequence[Claim]:
            ids = inbox_heads(connection, limit, now)
            if not ids:
                return []
            connection.execute(_TAKE, {"b_ids": ids, "b_until": now + lease_s})
            rows = connection.execute(_TAKEN, {"b_ids": ids}).all()
            return [claim for row in rows if (claim := self._claim(connection, row, now))]

        return self._db.run(take)

    def _claim(self, connection: Connection, row: Row[*tuple[Any, ...]], now: float) -> Claim | None:
        """The claim of a row; None, and a dead letter, when it cannot be read."""
        try:
            conversation = conversation_of(row, self._vault)
            message = incoming(row.body, conversation.address, row.provider_key)
        except (SealedElsewhere, ValueError):
            values = {"state": "dead", "outcome": "failed", "error": UNREADABLE, "finished_at": now}
            connection.execute(update(inbox).where(inbox.c.id == row.id).values(values))
            return None
        return Claim(
            inbox_id=row.id,
            attempt=row.attempt,
            failures=row.failures,
            message=message,
            conversation=conversation,
            received_at=row.received_at,
            trace=row.trace,
        )

    def renew(self, claims: Sequence[Claim], until: float) -> None:
        if not claims:
            return
        with self._db.write() as connection:
            connection.execute(update(inbox).where(or_(*map(_held, claims))).values(due_at=until))

    def finish(self, claim: Claim, plan: TurnPlan, now: float) -> bool:
        def save(connection: Connection) -> bool:
            closing = {
                "b_id": claim.inbox_id,
                "b_attempt": claim.attempt,
                "b_state": "dead" if plan.failed else "done",
                "b_finished_at": now,
                "b_outcome": plan.outcome,
                "b_error": plan.failed,
            }
            if not connection.execute(_CLOSE, closing).rowcount:
                return False
            if plan.forget:
                person = connection.execute(select(person_of(claim.conversation.id))).scalar_one()
                lock_person(connection, person)
            stops_or_starts = plan.conversation.opted_out != claim.conversation.opted_out
            if stops_or_starts:  # before this turn's messages: what still waits is dropped, the goodbye is not
                _save_conversation(connection, claim.conversation, plan.conversation, now)
                opted_out(connection, plan.conversation.id, now if plan.conversation.opted_out else None)
            for message in plan.messages:
                queue(connection, plan.conversation.id, message, now, inbox_id=claim.inbox_id, trace=claim.trace)
            if plan.messages:
                notify(connection, OUTBOX)
            if not stops_or_starts:  # late: from here on a webhook of this conversation waits (PostgreSQL)
                _save_conversation(connection, claim.conversation, plan.conversation, now)
            for effect in plan.effects:
                _apply(connection, plan.conversation.id, effect, now)
            if plan.forget:
                forget_person(connection, person, now)
            return True

        return self._db.run(save)

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


def _save_conversation(connection: Connection, before: Conversation, after: Conversation, now: float) -> None:
    saved = {
        "b_id": after.id,
        "b_owner": after.owner.value,
        "b_language": after.language,
        "b_chosen_language": after.chosen_language,
        "b_context": after.context.model_dump_json(),
        "b_repeats": after.repeats.model_dump_json(),
        "b_updated_at": now,
    }
    connection.execute(_SAVE, saved)
    # Only what this turn changed: another conversation of his may have changed the rest meanwhile.
    person: dict[str, object] = {}
    if after.notice != before.notice:
        person["notice"] = after.notice
    if after.flood != before.flood:
        person["flood"] = after.flood.model_dump_json()
    if person:
        given = {f"b_{name}": value for name, value in person.items()}
        connection.execute(_save_person(tuple(person)), given | {"b_conversation": after.id})


@cache
def _save_person(names: tuple[str, ...]) -> Update:
    values: dict[str, BindParameter[object]] = {name: bindparam(f"b_{name}") for name in names}
    return update(people).where(people.c.id == person_of(bindparam("b_conversation"))).values(values)


def _apply(connection: Connection, conversation_id: str, effect: Effect, now: float) -> None:
    match effect:
        case RequestPerson():
            _request_person(connection, conversation_id, effect, now)
        case FollowFile():
            start_following(connection, conversation_id, effect, now)
        case UnfollowFile(follow_id=follow_id):
            stop_following(connection, conversation_id, follow_id)


def _request_person(connection: Connection, conversation_id: str, effect: RequestPerson, now: float) -> None:
    """One open request per conversation: asking twice does not put somebody into the queue twice."""
    still_open = exists().where(requests.c.conversation_id == conversation_id, requests.c.resolved_at.is_(None))
    if not connection.execute(select(still_open)).scalar_one():
        connection.execute(
            requests.insert().values(conversation_id=conversation_id, reason=effect.reason, created_at=now)
        )
