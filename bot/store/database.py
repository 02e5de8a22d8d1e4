"""One engine for SQLite and PostgreSQL, and the two ways to use it: `read()` and `write()`."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from bot.ports import StoreUnavailable
from bot.store.together import Together
from bot.store.turnstile import Turnstile
from bot.store.wakeup import Pipes, due

_USED = "dalil_used"  # in a connection's `info`: when it was put back

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[[Connection], T]

# libpq: a database machine that vanished without a word is noticed within seconds, not after the kernel's two hours.
_CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
BUSY_TIMEOUT_MS = 5_000  # another process holds SQLite's write lock: wait this long before giving up
IDLED_S = 0.5  # a server needs longer than that to come back
FROZEN_MS = 15_000  # a machine stands still in the middle of a transaction: what it locked is free again after this


class Database:
    """A pool of connections. Thread-safe."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql" and parsed.get_driver_name() != "psycopg":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError("DALIL_DATABASE_URL: SQLite must be a file, e.g. sqlite:///var/dalil.db")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine: Engine = create_engine(parsed, pool_size=8)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._pipes: Pipes | None = Pipes(parsed.database)
            self._writer: Callable[[], AbstractContextManager[None]] = Turnstile(
                parsed.database, BUSY_TIMEOUT_MS / 1000
            )
        else:
            self._pipes, self._writer = None, nullcontext
            self.engine = create_engine(parsed, pool_size=10, max_overflow=5, connect_args=_CONNECTION)
            event.listen(self.engine, "connect", _prepare_postgres)
            _ask_after_idling(self.engine)
        self._shared = _Shared()
        self._together = Together(self._share) if self.is_sqlite else None

    async def in_thread(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`call`, a store's method that uses `run`, in another thread: `bot.ports.InThread`.

        On SQLite several such calls share a transaction, and one may be made twice: it must change nothing else.
        """
        if self._together is None:
            return await asyncio.to_thread(call, *args, **kwargs)
        return await self._together.run(call, *args, **kwargs)

    def run(self, work: Work[T]) -> T:
        """What `work` returns for a connection in a transaction that writes; committed, unless it is in `in_thread`.

        For what happens with every message. Raises what it raises, or `StoreUnavailable`, and then nothing was stored.
        """
        if (connection := self._shared.connection) is not None:
            return work(connection)
        with self.write() as connection:
            return work(connection)

    @contextmanager
    def _share(self) -> Iterator[None]:
        """A transaction that every `run` of this thread is a part of."""
        with self.write() as connection:
            self._shared.connection = connection
            try:
                yield
            finally:
                self._shared.connection = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes. Commits on success; raises `StoreUnavailable` when nothing could be stored."""
        if self._shared.connection is not None:
            raise RuntimeError("a call of in_thread writes by Database.run: this would wait for itself")
        try:
            with self._writer(), self.engine.begin() as connection:
                due(connection)  # what a transaction that was rolled back left behind
                yield connection
                told = due(connection)
            if told and self._pipes:
                self._pipes.tell(told)
        except DBAPIError as error:
            # The driver's message may quote parameters: only its class goes on.
            raise StoreUnavailable(f"database write failed: {type(error.orig).__name__}") from None
        except PoolTimeout:
            raise StoreUnavailable("database write failed: every connection is waiting for it") from None

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """A transaction that changes the schema. Raises `StoreUnavailable`, and then nothing has changed.

        SQLite changes a table by making it anew: the old one is dropped, and with it, as long as foreign keys are kept,
        every row that others point to. So they are checked once, at the end (https://www.sqlite.org/lang_altertable.html).
        """
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        try:
            with self._writer(), self.engine.connect().execution_options(dalil_rebuild=True) as connection:
                try:
                    with connection.begin():
                        yield connection
                        if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                            raise StoreUnavailable("database not migrated: rows would point to rows that do not exist")
                finally:
                    connection.invalidate()  # the next transaction gets a connection that keeps foreign keys
        except DBAPIError as error:
            raise StoreUnavailable(f"database migration failed: {type(error.orig).__name__}") from None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        try:
            with self.engine.connect().execution_options(dalil_read=True) as connection:
                yield connection
        except DBAPIError as error:
            raise StoreUnavailable(f"database read failed: {type(error.orig).__name__}") from None
        except PoolTimeout:
            raise StoreUnavailable("database read failed: every connection is waiting for it") from None

    def scrub(self) -> None:
        """Empty SQLite's write-ahead log, which still holds the pages of what was deleted. No-op on PostgreSQL.

        While another connection reads, as much as possible is done, and the rest at the next call.
        """
        if self.is_sqlite:
            raw = self.engine.raw_connection()  # outside a transaction, which would hold the log
            try:
                with self._writer():
                    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            except sqlite3.Error as error:
                raise StoreUnavailable(f"database not scrubbed: {type(error).__name__}") from None
            finally:
                raw.close()

    def check(self) -> None:
        """Raise `StoreUnavailable` unless the schema is there and can be written.

        SQLite: the write lock is taken and given back. PostgreSQL: after a failover this may be the server that only
        reads.
        """
        try:
            with self.write() as connection:
                connection.execute(text("SELECT 1 FROM inbox LIMIT 1"))
                if not self.is_sqlite and connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":
                    raise StoreUnavailable("database check failed: it can be read only")
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"database check failed: {type(error).__name__}") from None

    def close(self) -> None:
        if self._together is not None:
            self._together.close()
        self.engine.dispose()


class _Shared(threading.local):
    """The connection of this thread's transaction, while several calls share it."""

    connection: Connection | None = None


def _prepare_postgres(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's own connection type
    connection.autocommit = True  # or the setting would end with this transaction
    connection.execute(f"SET idle_in_transaction_session_timeout = {FROZEN_MS}")
    connection.autocommit = False


def _ask_after_idling(engine: Engine) -> None:
    """Before it is used, ask a connection that has idled whether the server is there; if not, make all anew.

    `pool_pre_ping` asks every time: of a busy process that is one statement more in each transaction.
    """

    def put_back(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = time.monotonic()

    def taken(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get(_USED, math.inf) > IDLED_S:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise InvalidatePoolError from error

    event.listen(engine, "checkin", put_back)
    event.listen(engine, "checkout", taken)


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's own connection type
    connection.isolation_level = None  # SQLAlchemy's "begin" event below decides how a transaction starts
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a stored message survives a power cut: we have told the provider 200
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten: a citizen was told that it is gone
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    reading = options.get("dalil_read", False)
    if options.get("dalil_rebuild", False):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # which has no effect inside a transaction
    # IMMEDIATE takes the write lock at once: a deferred transaction that later writes can fail without waiting.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
