"""Everything that is sealed, sealed again with the newest key; beside the service, and again after a break.

A row is written only if it still holds what was read. Hashes that no longer fit (the installation's secret was changed
while addresses were sealed under keys of their own) are made anew, so that citizens are recognised again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from bot.store.database import Database
from bot.store.follows import file_key, opened
from bot.store.meeting import is_retired, phone_key
from bot.store.rows import address_of, lookup_of, provider_key
from bot.store.tables import follows, identities, outbox
from bot.vault import SealedElsewhere, Vault

BATCH = 200  # rows of one transaction: a few milliseconds


@dataclass(frozen=True, slots=True)
class Rotated:
    """Rows looked at, of them sealed again or given a new hash, and those that no key of ours opens."""

    seen: int = 0
    changed: int = 0
    unreadable: int = 0

    def __add__(self, other: Rotated) -> Rotated:
        return Rotated(self.seen + other.seen, self.changed + other.changed, self.unreadable + other.unreadable)


class SqlRotation:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def total(self) -> int:
        """How many rows will be looked at."""
        with self._db.read() as connection:
            counts = (
                connection.execute(select(func.count()).select_from(identities)).scalar_one(),
                connection.execute(select(func.count()).where(outbox.c.provider_message_id.is_not(None))).scalar_one(),
                connection.execute(select(func.count()).select_from(follows)).scalar_one(),
            )
        return sum(counts)

    def rotate(self) -> Iterator[Rotated]:
        """Yields what was done after every batch. Raises `StoreUnavailable`."""
        yield from self._walk(self._addresses)
        yield from self._walk(self._sent)
        yield from self._walk(self._followed)

    def _walk(self, batch: Callable[[Connection, int], tuple[Rotated, int | None]]) -> Iterator[Rotated]:
        after: int | None = 0
        while after is not None:
            with self._db.write() as connection:
                done, after = batch(connection, after)
            yield done

    def _addresses(self, connection: Connection, after: int) -> tuple[Rotated, int | None]:
        columns = identities.c
        rows = connection.execute(
            select(identities, columns.channel.label("address_channel"))
            .where(columns.id > after)
            .order_by(columns.id)
            .limit(BATCH)
        ).all()
        done = Rotated()
        for row in rows:
            try:
                values = self._address(row)
            except SealedElsewhere:
                done += Rotated(seen=1, unreadable=1)
                continue
            unchanged = [columns.id == row.id, columns.external_id == row.external_id, columns.lookup == row.lookup]
            if values:
                connection.execute(update(identities).where(*unchanged).values(values))
            done += Rotated(seen=1, changed=int(bool(values)))
        return done, _next(rows)

    def _address(self, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
        address = address_of(row, self._vault)
        values: dict[str, Any] = {}
        if not self._vault.is_current(row.external_id):
            values["external_id"] = self._vault.seal(address.external_id)
        lookup = lookup_of(self._vault, address)
        if row.lookup != lookup and not is_retired(row.lookup):
            # A number that was only named beside the address is learned again with his next message.
            values |= {"lookup": lookup, "phone": phone_key(self._vault, (address,))}
        return values

    def _sent(self, connection: Connection, after: int) -> tuple[Rotated, int | None]:
        columns = outbox.c
        rows = connection.execute(
            select(columns.id, columns.channel, columns.provider_message_id, columns.provider_key)
            .where(columns.id > after, columns.provider_message_id.is_not(None))
            .order_by(columns.id)
            .limit(BATCH)
        ).all()
        done = Rotated()
        for row in rows:
            try:
                given = self._vault.open(row.provider_message_id)
            except SealedElsewhere:
                done += Rotated(seen=1, unreadable=1)
                continue
            key = provider_key(self._vault, row.channel, given)
            values = {} if key == row.provider_key else {"provider_key": key}
            if not self._vault.is_current(row.provider_message_id):
                values["provider_message_id"] = self._vault.seal(given)
            unchanged = [columns.id == row.id, columns.provider_message_id == row.provider_message_id]
            if values:
                connection.execute(update(outbox).where(*unchanged).values(values))
            done += Rotated(seen=1, changed=int(bool(values)))
        return done, _next(rows)

    def _followed(self, connection: Connection, after: int) -> tuple[Rotated, int | None]:
        columns = follows.c
        rows = connection.execute(select(follows).where(columns.id > after).order_by(columns.id).limit(BATCH)).all()
        done = Rotated()
        for row in rows:
            try:
                number, _ = opened(self._vault, row.sealed)
            except SealedElsewhere:
                done += Rotated(seen=1, unreadable=1)
                continue
            key = file_key(self._vault, number)
            values = {} if key == row.file_key else {"file_key": key}
            if not self._vault.is_current(row.sealed):
                values["sealed"] = self._vault.seal(self._vault.open(row.sealed))
            if values:
                unchanged = [columns.id == row.id, columns.sealed == row.sealed]
                connection.execute(update(follows).where(*unchanged).values(values))
            done += Rotated(seen=1, changed=int(bool(values)))
        return done, _next(rows)


def _next(rows: Any) -> int | None:  # noqa: ANN401 - rows of either table
    return rows[-1].id if len(rows) == BATCH else None
