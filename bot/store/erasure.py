"""One person deleted by an operator, who has his address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from bot.store.database import Database
from bot.store.forgetting import LAST_REPLY_S, forget_asked, forget_person
from bot.store.tables import conversations, identities, people
from bot.vault import SealedElsewhere, Vault


@dataclass(frozen=True, slots=True)
class Erased:
    """How many people are gone, how many still have a message in hand, and what Rasa must forget."""

    people: int
    waiting: int
    conversations: Sequence[tuple[str, float]]


class SqlErasure:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def found(self, address: str) -> list[str]:
        """The people with this phone number, address or conversation id.

        Only a phone number and a conversation are found by an index; for other addresses everyone's is opened (half a
        minute for a million), because the operator does not know at which of our ends the citizen wrote.
        """
        phone = self._vault.lookup("phone", address)
        known = (
            select(identities.c.person_id)
            .join(conversations, conversations.c.identity_id == identities.c.id)
            .where(or_(identities.c.phone == phone, conversations.c.id == address))
        )
        with self._db.read() as connection:
            if ids := sorted(set(connection.scalars(known))):
                return ids
            every = connection.execution_options(yield_per=1000).execute(
                select(identities.c.person_id, identities.c.external_id)
            )
            return sorted({row.person_id for row in every if self._is(row.external_id, address)})

    def erase(self, person_ids: Sequence[str], now: float) -> Erased:
        """Delete what was said at once, and themselves unless a message of theirs is in hand."""
        with self._db.write() as connection:
            for person_id in person_ids:
                forget_person(connection, person_id, now)
        with self._db.write() as connection:
            asked = forget_asked(connection, now + LAST_REPLY_S)
            left = connection.scalars(select(people.c.id).where(people.c.id.in_(person_ids))).all()
        return Erased(len(person_ids) - len(left), len(left), asked)

    def _is(self, sealed: str, address: str) -> bool:
        try:
            return self._vault.open(sealed) == address
        except SealedElsewhere:
            return False
