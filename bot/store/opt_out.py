"""Stop means stop: on every channel of a person, and for what was going to be said to him before he said it."""

from __future__ import annotations

from sqlalchemy import BindParameter, Connection, ScalarSelect, delete, or_, select, update

from bot.store.identity import forget_identity
from bot.store.tables import HELD, OPEN_OUTBOX, among, conversations, follows, identities, outbox, people
from connectors.messages import DeliveryStatus


def person_of(conversation_id: str | BindParameter[str]) -> ScalarSelect[str]:
    """Who is behind a conversation now: two people may have turned out to be one since it was claimed."""
    return (
        select(identities.c.person_id)
        .join(conversations, conversations.c.identity_id == identities.c.id)
        .where(conversations.c.id == conversation_id)
        .scalar_subquery()
    )


def opted_out(connection: Connection, conversation_id: str, at: float | None) -> None:
    """The person behind a conversation said stop (`at`), or start again (None).

    What still waits for him is dropped, replies too: the confirmation, stored after this, is the last he hears. No file
    is followed for him any more.
    """
    person = person_of(conversation_id)
    if at is None:
        connection.execute(update(people).where(people.c.id == person).values(opted_out_at=None))
        return
    connection.execute(
        update(people).where(people.c.id == person, people.c.opted_out_at.is_(None)).values(opted_out_at=at)
    )
    forget_identity(connection, connection.execute(select(person)).scalar_one_or_none() or "")
    his = (
        select(conversations.c.id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.person_id == person)
    )
    connection.execute(delete(follows).where(follows.c.conversation_id.in_(his)))
    waiting = OPEN_OUTBOX & among(outbox.c.state, "queued")
    connection.execute(
        update(outbox)
        .where(outbox.c.conversation_id.in_(his), or_(waiting, HELD))
        .values(state="failed", error_code="opted_out", delivery=DeliveryStatus.FAILED.value, sent_at=at)
    )


def unreachable(connection: Connection, conversation_id: str, now: float) -> None:
    """The provider says that the citizen wants nothing more: taken as his word on every channel."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(reachable=False, updated_at=now)
    )
    opted_out(connection, conversation_id, now)
