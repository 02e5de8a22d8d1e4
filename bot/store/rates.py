"""The rates of our senders and recipients, kept by every claim of the outbox. The arithmetic is in `bot/pace.py`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from bot.pace import advanced, slot
from bot.ports import Paces
from bot.store.rows import insert
from bot.store.tables import conversations, outbox, paces
from connectors.channel import Pace
from connectors.messages import Address, Medium

_NO_PACE = Pace()


def sender_of(address: Address) -> str:
    """Our own end of an address, as the outbox and the rates name it."""
    return f"{address.channel}:{address.medium.value}:{address.namespace}"


class Rates:
    """One claim's view: which senders may go on, and which of the rows at hand may leave now."""

    def __init__(self, connection: Connection, limits: Paces, now: float) -> None:
        self._connection = connection
        self._limits = limits
        self._now = now
        limited = any(limit.per_second for limit in limits.values())
        # Locked on PostgreSQL: workers on other machines share these rates.
        rows = connection.execute(select(paces).with_for_update()).all() if limited else []
        self._senders: dict[str, float] = {row.sender: row.pace for row in rows}
        self._used: set[str] = set()

    def exhausted(self) -> list[ColumnElement[bool]]:
        """Conditions that leave out the rows of senders that may not send now."""
        full = [sender for sender in self._senders if not self._may_send(sender, self._limit_of(sender))]
        return [outbox.c.sender.not_in(full)] if full else []

    def admit(self, row: Row[*tuple[Any, ...]]) -> bool:
        """Whether this row may leave now; if so its sender's and its recipient's rates are used up by one.

        A recipient who must wait gets a time to be due at; a sender's rows stay as they are, for it is asked first.
        """
        limit = self._limit_of(row.sender)
        if not self._may_send(row.sender, limit):
            return False
        if limit.recipient_s:
            due = slot(row.pace, self._now, limit.recipient_s, limit.recipient_burst)
            if due > self._now:
                self._connection.execute(update(outbox).where(outbox.c.id == row.id).values(due_at=due))
                return False
            self._connection.execute(
                update(conversations)
                .where(conversations.c.id == row.conversation_id)
                .values(pace=advanced(row.pace, self._now, limit.recipient_s))
            )
        if limit.per_second:
            self._senders[row.sender] = advanced(self._senders.get(row.sender, 0.0), self._now, 1 / limit.per_second)
            self._used.add(row.sender)
        return True

    def save(self) -> None:
        """Store what `admit` used up."""
        for sender in sorted(self._used):
            statement = insert(self._connection, paces).values(sender=sender, pace=self._senders[sender])
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=["sender"], set_={"pace": self._senders[sender]})
            )

    def _limit_of(self, sender: str) -> Pace:
        channel, medium, _ = sender.split(":", 2)
        return self._limits.get((channel, Medium(medium)), _NO_PACE)

    def _may_send(self, sender: str, limit: Pace) -> bool:
        if not limit.per_second:
            return True
        return slot(self._senders.get(sender, 0.0), self._now, 1 / limit.per_second, limit.burst) <= self._now
