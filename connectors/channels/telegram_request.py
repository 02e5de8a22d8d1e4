"""Carries python-telegram-bot's requests over our guarded HTTP client.

The library's own transport would use the unmaintained httpx, call any host, log the token in every URL, and report a
refused connection and a lost answer alike. `BaseRequest` is the library's documented place for another transport.
"""

from __future__ import annotations

import json
import logging

import httpx2
from telegram.request import BaseRequest, RequestData

from connectors.errors import Throttled
from connectors.http import http_client, raise_for_overload, send_errors

_TOO_MANY_REQUESTS = 429


class BotRequest(BaseRequest):
    """Raises our own `SendError`s; the library wraps them in its NetworkError as `__cause__`."""

    def __init__(self, api_url: str, read_seconds: float) -> None:
        logging.getLogger("telegram").setLevel(logging.INFO)  # at DEBUG it logs the token and every text
        self._read_seconds = read_seconds
        self._http = http_client(api_url, read=read_seconds)

    @property
    def read_timeout(self) -> float | None:
        return self._read_seconds

    async def initialize(self) -> None:
        """Nothing to do: the pool opens with its first request."""

    async def shutdown(self) -> None:
        await self._http.aclose()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,  # noqa: ARG002 - the library's signature; the limits are http_client's
        write_timeout: object = None,  # noqa: ARG002
        connect_timeout: object = None,  # noqa: ARG002
        pool_timeout: object = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        data = request_data.json_parameters if request_data else None
        with send_errors():
            response = await self._http.request(method, url, data=data)
        if response.status_code == _TOO_MANY_REQUESTS:
            raise Throttled("http 429", _retry_after(response))
        raise_for_overload(response)
        return response.status_code, response.content


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds from https://core.telegram.org/bots/api#responseparameters."""
    try:
        seconds = json.loads(response.content)["parameters"]["retry_after"]
    except (ValueError, KeyError, TypeError):
        return None
    return float(seconds) if isinstance(seconds, int | float) else None
