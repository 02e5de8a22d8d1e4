"""Workers hear of new work at once, whoever stored it: by LISTEN and NOTIFY on PostgreSQL, by named pipes on SQLite.

Whoever does not hear finds the work by looking, four times a second. A process never tells itself: its worker knows.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import psycopg
from sqlalchemy import Connection, make_url

INBOX, OUTBOX = "dalil_inbox", "dalil_outbox"
RETRY_S = 1.0

_SELF = token_hex(8)  # this process, among all that use the database
_DUE = "dalil_wake"  # in a connection's `info`: whom to wake once its transaction is committed
_BYTES = {INBOX: b"i", OUTBOX: b"o"}

log = logging.getLogger(__name__)

Wake = Mapping[str, Callable[[], None]]


def notify(connection: Connection, channel: str) -> None:
    """Wake every listener once this transaction is committed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {channel}, '{_SELF}'")
    else:
        connection.info.setdefault(_DUE, set()).add(channel)


def due(connection: Connection) -> frozenset[str]:
    """Take what this connection's transaction has to tell through `Pipes` (nothing on PostgreSQL)."""
    return frozenset(connection.info.pop(_DUE, ()))


async def listen(url: str, wake: Wake, own: str = _SELF) -> None:
    """Call `wake[channel]` at once, and whenever another than `own` notified it, until cancelled."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        await Pipes(str(parsed.database)).listen(wake, own)
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
                    if note.payload != own:
                        wake[note.channel]()
        except psycopg.Error as error:
            # While the connection is lost it is tried again every second, and workers look by themselves.
            log.warning("not listening to the database", extra={"reason": type(error).__name__})
        await asyncio.sleep(RETRY_S)


class Pipes:
    """A folder beside the SQLite file with one named pipe for each process that listens.

    Pipes and not sockets: a socket's path may hold 108 bytes only. Several threads may `tell` at once.
    """

    def __init__(self, database: str) -> None:
        self._folder = Path(f"{database}-wake")

    def tell(self, channels: frozenset[str]) -> None:
        """Wake the others: what was stored for them is committed by now."""
        told = b"".join(_BYTES[channel] for channel in channels)
        try:
            pipes = list(self._folder.iterdir())
        except FileNotFoundError:
            return  # nobody has ever listened
        for pipe in pipes:
            if pipe.name != _SELF:
                _put(pipe, told)

    async def listen(self, wake: Wake, own: str) -> None:
        """As the function of this name; `own` is the pipe's."""
        self._folder.mkdir(parents=True, exist_ok=True)
        pipe = self._folder / own
        with suppress(FileExistsError):
            os.mkfifo(pipe, 0o600)
        # Opened for writing too, or the pipe would end whenever nobody else has it open.
        reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)

        def heard() -> None:
            told = os.read(reader, 4096)
            for channel, byte in _BYTES.items():
                if byte in told:
                    wake[channel]()

        loop = asyncio.get_running_loop()
        loop.add_reader(reader, heard)
        for call in wake.values():
            call()  # whatever came while nobody listened
        try:
            await asyncio.Event().wait()
        finally:
            loop.remove_reader(reader)
            pipe.unlink(missing_ok=True)
            os.close(reader)


def _put(pipe: Path, told: bytes) -> None:
    try:
        writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nobody has it open: its process was killed
            pipe.unlink(missing_ok=True)
        return
    try:
        with suppress(BlockingIOError):  # full: whoever reads it has been told often enough
            os.write(writer, told)
    finally:
        os.close(writer)
