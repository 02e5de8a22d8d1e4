"""Complaints that were filed. Implements `actions.complaint_ledger.ComplaintLedger` on the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from actions.complaint_ledger import Filing, FilingState
from bot.store.database import Database
from bot.store.rows import insert_or_ignore
from bot.store.tables import complaints
from connectors.gov.api import Receipt


class SqlComplaints:
    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, person_id: str, turn_id: str, kind: str, now: datetime) -> Filing | None:
        row = {"turn_id": turn_id, "person_id": person_id, "state": FilingState.FILING.value, "kind": kind}
        with self._db.write() as connection:
            new = insert_or_ignore(connection, complaints).values(row | {"at": now.timestamp()})
            if connection.execute(new.returning(complaints.c.turn_id)).scalar_one_or_none() is not None:
                return None
        return self.of_turn(turn_id)

    def close(self, turn_id: str, state: FilingState, receipt: Receipt = Receipt()) -> None:
        values = {"state": state.value, "ref": receipt.ref, "token": receipt.token, "notice": receipt.notice}
        with self._db.write() as connection:
            connection.execute(update(complaints).where(complaints.c.turn_id == turn_id).values(values))

    def drop(self, turn_id: str) -> None:
        with self._db.write() as connection:
            connection.execute(delete(complaints).where(complaints.c.turn_id == turn_id))

    def of_turn(self, turn_id: str) -> Filing | None:
        with self._db.read() as connection:
            row = connection.execute(select(complaints).where(complaints.c.turn_id == turn_id)).one_or_none()
        return None if row is None else _filing(row)

    def latest(self, person_id: str, limit: int) -> Sequence[Filing]:
        mine = select(complaints).where(complaints.c.person_id == person_id)
        with self._db.read() as connection:
            rows = connection.execute(mine.order_by(complaints.c.at.desc()).limit(limit)).all()
        return [_filing(row) for row in rows]


def _filing(row: Row[*tuple[Any, ...]]) -> Filing:
    receipt = Receipt(row.ref, row.token, row.notice)
    return Filing(row.turn_id, FilingState(row.state), row.kind, datetime.fromtimestamp(row.at, UTC), receipt)
