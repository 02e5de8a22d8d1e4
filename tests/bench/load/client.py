"""Posts prepared webhooks over kept connections: a bare protocol, about 40 µs a request on this side."""

from __future__ import annotations

import asyncio
import base64
import hmac
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode

import httptools


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where and as whom Twilio calls. `url`: as the signature covers it; `host`, `port`: where it really goes."""

    url: str
    host: str
    port: int
    path: str
    account_sid: str
    auth_token: str

    def message(self, sid: str, phone: str, text: str) -> bytes:
        """A whole request for one SMS, signed, with the fields that Twilio sends."""
        return self._request(
            self.path,
            {
                "ToCountry": "US",
                "ToState": "",
                "SmsMessageSid": sid,
                "NumMedia": "0",
                "ToCity": "",
                "FromZip": "",
                "SmsSid": sid,
                "FromState": "",
                "SmsStatus": "received",
                "FromCity": "",
                "Body": text,
                "FromCountry": "MA",
                "To": "+15005550006",
                "ToZip": "",
                "NumSegments": "1",
                "MessageSid": sid,
                "AccountSid": self.account_sid,
                "From": f"+{phone}",
                "ApiVersion": "2010-04-01",
            },
        )

    def receipt(self, sid: str, phone: str) -> bytes:
        """A delivery report."""
        return self._request(
            self.path + "/status",
            {
                "MessageSid": sid,
                "MessageStatus": "delivered",
                "AccountSid": self.account_sid,
                "From": "+15005550006",
                "To": f"+{phone}",
                "ApiVersion": "2010-04-01",
            },
        )

    def forged(self, sid: str, phone: str, text: str) -> bytes:
        """The same as `message`, signed by somebody who does not know the token."""
        impostor = Webhook(self.url, self.host, self.port, self.path, self.account_sid, "not-the-token")
        return impostor.message(sid, phone, text)

    def _request(self, path: str, form: dict[str, str]) -> bytes:
        url = self.url.removesuffix(self.path) + path
        signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        signature = base64.b64encode(hmac.digest(self.auth_token.encode(), signed.encode(), "sha1")).decode()
        body = urlencode(form).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nUser-Agent: TwilioProxy/1.1\r\n"
            f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nAccept: */*\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Refused(Exception):
    """The other side closed the connection without an answer."""


@dataclass(slots=True)
class Pool:
    """Connections to one address; as many as requests are under way."""

    host: str
    port: int
    opened: int = 0
    _idle: list[_Connection] = field(default_factory=list)

    async def post(self, request: bytes) -> int:
        """The status. Raises `Refused` or OSError. A kept connection that was closed meanwhile is replaced."""
        while self._idle:
            kept = self._idle.pop()
            if kept.open:
                try:
                    return await self._over(kept, request)
                except Refused:
                    break
        return await self._over(await self._connect(), request)

    async def _over(self, connection: _Connection, request: bytes) -> int:
        status = await connection.exchange(request)
        if connection.open:
            self._idle.append(connection)
        return status

    async def _connect(self) -> _Connection:
        self.opened += 1
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, self.host, self.port)
        return connection

    def close(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.open = False
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None
        self._keep = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass
        self.open = True

    def exchange(self, request: bytes) -> asyncio.Future[int]:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self._keep = self._parser.should_keep_alive()

    def on_message_complete(self) -> None:
        if not self._keep:
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, _error: Exception | None) -> None:
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Refused("the connection was closed before the answer"))

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.close()
