"""One HTTP call to a government system: a time budget, a size limit, and failures of the closed set only.

A 404 is given back, not raised: whether it means "no such file" is the adapter's to say. So is any other status that a
call names as its system's word for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from connectors.errors import SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow
from connectors.http import HttpMaker

MAX_ANSWER_BYTES = 256 * 1024  # an application file is a few kilobytes; more is a mistake or an attack

_OK = 200
_NOT_FOUND = frozenset({404})
_TOO_MANY_REQUESTS = 429

Query = Mapping[str, str]
Read = TypeVar("Read")


class Answer(BaseModel):
    """Base of what is read from a system: fields that it adds later are no error."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class Got:
    """A complete answer with status 200, or one that means "no such thing"."""

    status: int
    body: bytes

    @property
    def found(self) -> bool:
        return self.status == _OK


class Calls:
    """Calls below one base URL. Opens no connection before the first; `close` at the end."""

    def __init__(self, base_url: str, timeout_s: float, headers: Mapping[str, str], make_http: HttpMaker) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._headers = {"Accept": "application/json", **headers}
        self._http = make_http(base_url, connect=timeout_s, read=timeout_s)

    async def get(self, path: str, query: Query | None = None, unknown: frozenset[int] = _NOT_FOUND) -> Got:
        """`unknown`: the statuses that mean "no such thing" here."""
        return await self._call("GET", path, unknown, query, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Got:
        """Only for calls that read: a POST that is lost is not told apart from one that never left."""
        return await self._call("POST", path, _NOT_FOUND, None, body)

    async def close(self) -> None:
        await self._http.aclose()

    async def _call(
        self, method: str, path: str, unknown: frozenset[int], query: Query | None, body: Mapping[str, Any] | None
    ) -> Got:
        """One budget covers connecting, waiting and reading."""
        url = self._base_url + path
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream(method, url, headers=self._headers, params=query, json=body) as response,
            ):
                return await _got(response, unknown)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise SystemSlow(f"no answer in {self._timeout_s:g} s") from error
        except httpx2.DecodingError as error:
            raise SystemGarbled("undecodable body") from error
        except httpx2.TransportError as error:
            raise SystemDown(type(error).__name__) from error


async def _got(response: httpx2.Response, unknown: frozenset[int]) -> Got:
    status = response.status_code
    if status in (401, 403):
        raise SystemRefused(f"HTTP {status}")
    if status == _TOO_MANY_REQUESTS:
        raise SystemBusy(f"HTTP {status}")
    if status >= 500 or 300 <= status < 400:
        raise SystemDown(f"HTTP {status}")
    if status != _OK and status not in unknown:
        raise SystemGarbled(f"HTTP {status}")
    if status == _OK and response.headers.get("content-type", "").startswith("text/html"):
        raise SystemPaused("a web page instead of data")  # a maintenance page
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise SystemGarbled("answer too large")
    return Got(status, bytes(body))


def read(shape: TypeAdapter[Read], body: bytes) -> Read:
    """`body` as `shape`. Raises `SystemGarbled`, which names fields and no values."""
    try:
        return shape.validate_python(json.loads(body))
    except ValidationError as error:
        fields = sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()})
        raise SystemGarbled(f"unexpected shape: {', '.join(fields)}") from None  # the values stay out of logs
    except (ValueError, RecursionError) as error:
        raise SystemGarbled("not JSON") from error
