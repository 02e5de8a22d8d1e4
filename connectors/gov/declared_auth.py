"""How a declared system knows us: a key, an OAuth2 token that is kept while it is valid, a client certificate."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote_plus

import httpx2
from pydantic import BaseModel, Field, JsonValue, ValidationError

from connectors.errors import SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemRefused
from connectors.gov.declared_schema import ApiKey, OAuth2, System, Tls, filled

MAX_TOKEN_BYTES = 64 * 1024
EARLY_S = 30.0  # a token is renewed so long before it ends, so that it never ends on its way
UNSAID_S = 60.0  # how long a token is kept whose end the server does not say (RFC 6749, 5.1 only recommends it)

_REFUSALS = frozenset({401, 403})

Clock = Callable[[], float]


class Auth(Protocol):
    """Puts credentials on one request."""

    async def put_on(self, headers: dict[str, str], query: dict[str, str]) -> None: ...

    def refused(self) -> bool:
        """The system answered 401. True: another try may go better, with a new token."""
        ...


class Key:
    """A key that stays the same. Without one, nothing is put on."""

    def __init__(self, key: ApiKey | None, values: Mapping[str, str]) -> None:
        self._key, self._secret = key, values[key.secret] if key else ""

    async def put_on(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self._key is not None:
            target = headers if self._key.place == "header" else query
            target[self._key.name] = self._key.prefix + self._secret

    def refused(self) -> bool:
        return False


class _Token(BaseModel):
    access_token: str = Field(min_length=1)
    token_type: str = Field(pattern="(?i)^bearer$")
    expires_in: float | None = None


class Token:
    """An OAuth2 token: fetched when first needed, by one caller at a time, and again before it ends.

    `clock`: seconds that only grow.
    """

    def __init__(
        self, oauth: OAuth2, values: Mapping[str, str], http: httpx2.AsyncClient, clock: Clock = time.monotonic
    ) -> None:
        self._oauth, self._http, self._clock = oauth, http, clock
        self._url = filled(oauth.token_url, values)
        self._id, self._secret = values[oauth.client_id], values[oauth.client_secret]
        self._token, self._until = "", 0.0
        self._fetching = asyncio.Lock()

    async def put_on(self, headers: dict[str, str], query: dict[str, str]) -> None:  # noqa: ARG002 - the port's
        async with self._fetching:
            if not self._token or self._clock() >= self._until:
                await self._fetch()
        headers["Authorization"] = f"Bearer {self._token}"

    def refused(self) -> bool:
        self._token = ""
        return True

    async def _fetch(self) -> None:
        form, headers = {"grant_type": "client_credentials"}, {"Accept": "application/json"}
        if self._oauth.scope:
            form["scope"] = self._oauth.scope
        if self._oauth.send == "basic":
            pair = f"{quote_plus(self._id)}:{quote_plus(self._secret)}"  # RFC 6749, 2.3.1
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self._id, "client_secret": self._secret}
        asked = self._clock()
        async with self._http.stream("POST", self._url, data=form, headers=headers) as response:
            body = await body_of(response, MAX_TOKEN_BYTES, "token: ")
        try:
            token = _Token.model_validate(json.loads(body))
        except (ValidationError, ValueError, RecursionError):
            raise SystemGarbled("token: unexpected shape") from None  # the original's text may hold the token
        self._token = token.access_token
        self._until = asked + (UNSAID_S if token.expires_in is None else token.expires_in - EARLY_S)


def make_auth(system: System, values: Mapping[str, str], http: httpx2.AsyncClient, clock: Clock) -> Auth:
    """What the file's `auth` says."""
    if isinstance(system.auth, OAuth2):
        return Token(system.auth, values, http, clock)
    return Key(system.auth if isinstance(system.auth, ApiKey) else None, values)


def make_tls(tls: Tls, values: Mapping[str, str]) -> ssl.SSLContext:
    """A context with our certificate. Raises `ValueError` when a file is missing or is no PEM."""
    try:
        context = ssl.create_default_context(cafile=values[tls.authority] if tls.authority else None)
        context.load_cert_chain(values[tls.certificate], values[tls.key])
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or "not a PEM file"
        raise ValueError(f"client certificate {tls.certificate} or its key {tls.key}: {reason}") from None
    return context


async def body_of(response: httpx2.Response, max_bytes: int, what: str = "") -> bytes:
    """The body of a 200; everything else is an error of the closed set. `what` begins its detail: "token: "."""
    status = response.status_code
    if status in _REFUSALS or (what and status == 400):  # RFC 6749, 5.2: wrong credentials of a token call are a 400
        raise SystemRefused(f"{what}HTTP {status}")
    if status == 429:
        raise SystemBusy(f"{what}HTTP {status}")
    if status >= 500 or 300 <= status < 400:
        raise SystemDown(f"{what}HTTP {status}")
    if status != 200:
        raise SystemGarbled(f"{what}HTTP {status}")
    if response.headers.get("content-type", "").startswith("text/html"):
        raise SystemPaused(f"{what}a web page instead of data")  # a maintenance page
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise SystemGarbled(f"{what}answer too large")
    return bytes(body)


def json_of(body: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SystemGarbled("not JSON") from error
    return value
