"""Calls to systems that are acted upon, not only read: an answer that was lost is told apart from a call never made.

For adapters that file and book, and that read a system's own error bodies (`connectors/gov/calls.py` gives those up).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2

from connectors.errors import GovError, SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemSlow, Uncertain
from connectors.http import HttpMaker

MAX_ANSWER_BYTES = 1024 * 1024  # a list of all services, with its descriptions, is some hundred kilobytes

_TOO_MANY_REQUESTS = 429
_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

Fields = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer: status 200, or a refusal (400 to 499) with the system's own body."""

    status: int
    body: bytes


class Exchange:
    """Calls below one base URL. Opens no connection before the first; `close` at the end.

    `timeout_s` covers connecting, waiting and reading; connecting alone may take half of it, so that a host that does
    not answer is known as such before the budget is spent.
    """

    def __init__(self, base_url: str, timeout_s: float, headers: Mapping[str, str], make_http: HttpMaker) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._headers = dict(headers)
        self._http = make_http(base_url, connect=timeout_s / 2, read=timeout_s)

    async def read(self, path: str, query: Fields) -> Reply:
        """A GET. Raises `SystemDown`, `SystemSlow` or `SystemGarbled`."""
        return _processed(await self._call("GET", path, query, None))

    async def act(self, method: str, path: str, query: Fields, form: Fields | None = None) -> Reply:
        """A call that changes something, made once. Raises `Uncertain` where it left and no answer can be read.

        Where it certainly did not reach the system (no connection, or a mediator between turned it away), what is
        raised is what happened, and nothing was done.
        """
        try:
            reply = await self._call(method, path, query, form)
        except GovError as error:
            if error.nothing_done:
                raise
            raise Uncertain(str(error)) from error
        return _processed(reply)

    async def close(self) -> None:
        await self._http.aclose()

    async def _call(self, method: str, path: str, query: Fields, form: Fields | None) -> Reply:
        url = self._base_url + path
        headers = self._headers if form is None else self._headers | _FORM
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream(method, url, headers=headers, params=query, data=form) as response,
            ):
                return await _reply(response)
        except (TimeoutError, httpx2.TimeoutException) as error:
            never_left = isinstance(error, _NEVER_LEFT)
            raise SystemSlow(f"no answer in {self._timeout_s:g} s", nothing_done=never_left) from error
        except httpx2.DecodingError as error:
            raise SystemGarbled("undecodable body") from error
        except httpx2.TransportError as error:
            raise SystemDown(type(error).__name__, nothing_done=isinstance(error, _NEVER_LEFT)) from error


async def _reply(response: httpx2.Response) -> Reply:
    status = response.status_code
    if _turned_away(status):
        return Reply(status, b"")
    if status >= 500:
        raise SystemDown(f"HTTP {status}")
    if status != 200 and status < 400:
        raise SystemGarbled(f"HTTP {status}")
    if status == 200 and response.headers.get("content-type", "").startswith("text/html"):
        raise SystemPaused("a web page instead of data")  # a maintenance page
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise SystemGarbled("answer too large")
    return Reply(status, bytes(body))


def _processed(reply: Reply) -> Reply:
    """`reply`, unless the system did nothing with the call."""
    if reply.status == _TOO_MANY_REQUESTS:
        raise SystemBusy(f"HTTP {reply.status}", nothing_done=True)
    if _turned_away(reply.status):
        raise SystemDown(f"HTTP {reply.status}", nothing_done=True)
    return reply


def _turned_away(status: int) -> bool:
    return status == _TOO_MANY_REQUESTS or 300 <= status < 400
