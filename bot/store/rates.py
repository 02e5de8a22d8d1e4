"""The rates of our senders and recipients, kept by every claim of the outbox. The arithmetic is in `bot/pace.py`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.pace import advanced, believable, slot
from bot.ports import Paces
from bot.store.rows import made_once
from bot.store.tables import conversations, outbox, paces
from connectors.channel import Pace
from connectors.messages import Address, Medium

_NO_PACE = Pace()
_SEEN = "senders"  # of a database connection: senders that a claim over it found in the table, so that they stay there
_MAKE_KNOWN = made_once(lambda row: row.on_conflict_do_nothing(), paces)
_ALL = select(paces).order_by(paces.c.sender)
# Locked on PostgreSQL, and waited for: workers on other machines share these rates. Passing over what is locked would
# leave a reply to the next look, a quarter of a second later.
_ALL_LOCKED = _ALL.with_for_update()


def sender_of(address: Address) -> str:
    """Our own end of an address, as the outbox and the rates name it."""
    return f"{address.channel}:{address.medium.value}:{address.namespace}"


def make_known(connection: Connection, sender: str) -> None:
    """A sender is asked for its messages only when it is in the table. Waits for nobody who holds its row."""
    if sender not in connection.info.get(_SEEN, ()):
        connection.execute(_MAKE_KNOWN[connection.dialect.name], {"sender": sender, "pace": 0.0})


class Rates:
    """One claim's view: which senders may go on, and which of the rows at hand may leave now."""

    def __init__(self, connection: Connection, limits: Paces, now: float) -> None:
        self._connection = connection
        self._limits = limits
        self._now = now
        paced = any(limit.per_second for limit in limits.values())
        self._senders: dict[str, float] = {
            row.sender: self._pace_of(row.sender, row.pace)
            for row in connection.execute(_ALL_LOCKED if paced else _ALL)
        }
        connection.info[_SEEN] = frozenset(self._senders)
        self._used: set[str] = set()

    def senders(self) -> list[str]:
        """All senders that may send now."""
        return [sender for sender in self._senders if self._may_send(sender, self._limit_of(sender))]

    def admit(self, row: Row[*tuple[Any, ...]]) -> bool:
        """Whether this row may leave now; if so its sender's and its recipient's rates are used up by one.

        A recipient who must wait gets a time to be due at; a sender's rows stay as they are, for it is asked first.
        """
        limit = self._limit_of(row.sender)
        if not self._may_send(row.sender, limit):
            return False
        if limit.recipient_s:
            pace = believable(row.pace, self._now, limit.recipient_s, limit.recipient_burst)
            due = slot(pace, self._now, limit.recipient_s, limit.recipient_burst)
            if due > self._now:
                self._connection.execute(update(outbox).where(outbox.c.id == row.id).values(due_at=due))
                return False
            self._connection.execute(
                update(conversations)
                .where(conversations.c.id == row.conversation_id)
                .values(pace=advanced(pace, self._now, limit.recipient_s))
            )
        if limit.per_second:
            self._senders[row.sender] = advanced(self._senders.get(row.sender, 0.0), self._now, 1 / limit.per_second)
            self._used.add(row.sender)
        return True

    def save(self) -> None:
        """Store what `admit` used up."""
        for sender in sorted(self._used):
            self._connection.execute(update(paces).where(paces.c.sender == sender).values(pace=self._senders[sender]))

    def _pace_of(self, sender: str, stored: float) -> float:
        limit = self._limit_of(sender)
        return believable(stored, self._now, 1 / limit.per_second, limit.burst) if limit.per_second else stored

    def _limit_of(self, sender: str) -> Pace:
        channel, medium, _ = sender.split(":", 2)
        return self._limits.get((channel, Medium(medium)), _NO_PACE)

    def _may_send(self, sender: str, limit: Pace) -> bool:
        if not limit.per_second:
            return True
        return slot(self._senders.get(sender, 0.0), self._now, 1 / limit.per_second, limit.burst) <= self._now
