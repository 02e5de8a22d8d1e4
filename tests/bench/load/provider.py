"""A local Twilio: takes `Messages.json`, answers at once with a message SID, and tells who was written to.

A bare protocol over httptools, because provider, citizens and the system under test share the machine's cores: a
message costs about 60 µs here.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import cast

import httptools

Came = Callable[[str, str, float], None]  # phone (digits), SID, time (time.perf_counter)

_TO = re.compile(rb"(?:^|&)To=%2B(\d+)")


class Provider:
    """Listens on a loopback port. SIDs are counted up, so that they say in which order messages came.

    `delay_s`: how long an answer takes; Twilio's own API takes 0.05 to 0.2 s.
    """

    def __init__(self, came: Came, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.taken = 0
        self._came = came
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """The port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def take(self, body: bytes) -> bytes:
        """The answer to one message."""
        found = _TO.search(body)
        if found is None:
            return _answer(400, b'{"code":21604,"message":"no recipient","status":400}')
        self.taken += 1
        sid = f"SM{self.taken:032x}"
        self._came(found[1].decode(), sid, time.perf_counter())
        return _answer(201, f'{{"sid":"{sid}","status":"queued"}}'.encode())


class _Connection(asyncio.Protocol):
    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._parser = httptools.HttpRequestParser(self)
        self._body = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body.clear()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        answer = self._provider.take(bytes(self._body))
        if self._provider.delay_s:
            asyncio.get_running_loop().call_later(self._provider.delay_s, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _answer(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
