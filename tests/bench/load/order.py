"""Whether every conversation was answered in its order, read from Dalil's own tables after a run."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import inbox, outbox
from bot.vault import Vault
from tests.bench.load.prefill import OLD


@dataclass(frozen=True, slots=True)
class Order:
    """`messages` accepted, `answered` of them, conversations, and those that were answered out of order."""

    messages: int
    answered: int
    conversations: int
    disordered: int


def check(url: str, vault: Vault) -> Order:
    """A citizen sends a message when the one before is acknowledged, so rows have the order in which he wrote; the
    provider counts up what it gets. Within a conversation its numbers must rise with the rows' ids.
    """
    database = Database(url)
    query = (
        select(inbox.c.conversation_id, inbox.c.id, outbox.c.provider_message_id)
        .outerjoin(outbox, outbox.c.inbox_id == inbox.c.id)
        .where(inbox.c.conversation_id.not_like(f"{OLD}%"))
        .order_by(inbox.c.conversation_id, inbox.c.id, outbox.c.id)
    )
    try:
        with database.read() as connection:
            rows = connection.execute(query).all()
    finally:
        database.close()
    sids: dict[str, list[str]] = {}
    answered: set[int] = set()
    for conversation, message, sid in rows:
        told = sids.setdefault(conversation, [])
        if sid is not None:
            told.append(vault.open(sid))
            answered.add(message)
    disordered = sum(told != sorted(told) for told in sids.values())
    return Order(len({message for _, message, _ in rows}), len(answered), len(sids), disordered)
