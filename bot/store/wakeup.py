"""Workers hear of new work at once, on whatever machine it was stored: PostgreSQL's LISTEN and NOTIFY.

SQLite has no such thing: there the process that stores wakes its own worker, and others look four times a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import psycopg
from sqlalchemy import Connection, make_url

INBOX, OUTBOX = "dalil_inbox", "dalil_outbox"
RETRY_S = 1.0

log = logging.getLogger(__name__)


def notify(connection: Connection, channel: str) -> None:
    """Wake every listener once this transaction is committed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {channel}")


async def listen(url: str, wake: Mapping[str, Callable[[], None]]) -> None:
    """Call `wake[channel]` at every notification, until cancelled. Does nothing for other databases.

    While the connection is lost it is tried again every second; workers then see new work when they look by themselves.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return
    address = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                for channel in wake:
                    await connection.execute(f"LISTEN {channel}".encode())
                for call in wake.values():
                    call()  # whatever came while nobody listened
                async for note in connection.notifies():
                    wake[note.channel]()
        except psycopg.Error as error:
            log.warning("not listening to the database", extra={"reason": type(error).__name__})
        await asyncio.sleep(RETRY_S)
