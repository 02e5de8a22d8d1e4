"""Wrong tries at reading somebody's file. Implements `actions.attempts.AttemptLedger` on the database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import and_, delete, or_, select

from actions.attempts import REMEMBERED_FOR, Tries
from bot.privacy import keyed_hash
from bot.store.database import Database
from bot.store.rows import insert_or_ignore
from bot.store.tables import attempts


class SqlAttempts:
    """Keeps tries for as long as they matter. `key` makes the stored file keys useless to who only has the database."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._db = database
        self._key = key

    def failures(self, person_id: str, file_key: str, now: datetime) -> Tries:
        stored_key = self._hidden(file_key)
        query = select(attempts.c.person_id, attempts.c.file_key, attempts.c.at).where(
            or_(attempts.c.person_id == person_id, attempts.c.file_key == stored_key),
            attempts.c.at > (now - REMEMBERED_FOR).timestamp(),
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        times = [(row.person_id == person_id, row.file_key == stored_key, _time(row.at)) for row in rows]
        return Tries(
            pair=tuple(at for person, file, at in times if person and file),
            person=tuple(at for person, _, at in times if person),
            file=tuple(at for _, file, at in times if file),
        )

    def record_failure(self, person_id: str, file_key: str, now: datetime, turn_id: str) -> None:
        with self._db.write() as connection:
            connection.execute(
                insert_or_ignore(connection, attempts).values(
                    person_id=person_id, file_key=self._hidden(file_key), turn_id=turn_id, at=now.timestamp()
                )
            )
            connection.execute(delete(attempts).where(attempts.c.at <= (now - REMEMBERED_FOR).timestamp()))

    def clear(self, person_id: str, file_key: str) -> None:
        with self._db.write() as connection:
            connection.execute(
                delete(attempts).where(
                    and_(attempts.c.person_id == person_id, attempts.c.file_key == self._hidden(file_key))
                )
            )

    def _hidden(self, file_key: str) -> str:
        return keyed_hash(self._key, "attempts", file_key)


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
