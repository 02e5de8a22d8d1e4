"""The one place where outgoing HTTP clients are made: explicit timeouts, no redirects, only configured origins.

A client made here talks to the origins (scheme, host, port) of the base URLs it was given and to nothing else, so a
wrong setting or a provider's redirect can never carry a credential elsewhere. Plain `http://` is allowed for loopback
only (the local providers). Proxy variables of the environment are not read: `settings.py` alone reads the environment.

Two libraries: httpx2 is the one for everything rare. `CheapClient` is the same over aiohttp, for the one call that
every answer makes: in profiles of the whole app its share fell from 9 to 3 %.
"""

from __future__ import annotations

import ipaddress
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlencode

import aiohttp
import httpx2
from yarl import URL

from connectors.errors import Throttled, Uncertain, Unreachable
from connectors.tls import usual_tls

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0  # longer than any provider needs to accept a message; the outbox's lease is longer still
POOL_SECONDS = 5.0
MAX_CONNECTIONS = 50
KEEP_SECONDS = 5.0  # an idle connection, as httpx2 does

_DEFAULT_PORTS = {"https": 443, "http": 80}
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class HostNotAllowedError(ValueError):
    """A URL that this client must not call. The text names the origin only: a path or query may be secret."""


class HttpMaker(Protocol):
    """What an adapter makes its client by: `http_client`, or a way through a mediator (connectors/gov/xroad.py)."""

    def __call__(self, *base_urls: str, connect: float, read: float) -> httpx2.AsyncClient: ...


def http_client(
    *base_urls: str,
    connect: float = CONNECT_SECONDS,
    read: float = READ_SECONDS,
    tls: ssl.SSLContext | None = None,
    wrap: Callable[[httpx2.AsyncBaseTransport], httpx2.AsyncBaseTransport] = lambda transport: transport,
) -> httpx2.AsyncClient:
    """A client that may call only the origins of `base_urls`. `connect` and `read` are seconds.

    `tls`: certificates other than the usual ones. `wrap` puts a transport around the network's.
    Raises `HostNotAllowedError` at once when a base URL is no absolute http(s) URL, or is plain http beyond loopback.
    """
    allowed = _allowed(base_urls)
    _keep_urls_out_of_logs()

    async def check(request: httpx2.Request) -> None:
        _check(origin(str(request.url)), allowed)

    network = httpx2.AsyncHTTPTransport(
        verify=usual_tls() if tls is None else tls,
        limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS),
        trust_env=False,
    )
    return httpx2.AsyncClient(
        transport=wrap(network),
        timeout=httpx2.Timeout(connect=connect, read=read, write=read, pool=POOL_SECONDS),
        follow_redirects=False,
        trust_env=False,
        event_hooks={"request": [check]},
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What `CheapClient` got."""

    status_code: int
    text: str
    headers: Mapping[str, str]  # whatever the case of a name


class CheapClient:
    """`http_client` over aiohttp: the same origins, time limits, certificates and failures."""

    def __init__(self, *base_urls: str, connect: float = CONNECT_SECONDS, read: float = READ_SECONDS) -> None:
        """Raises `HostNotAllowedError` as `http_client` does."""
        self._allowed = _allowed(base_urls)
        # `connect` is the wait for a connection that is free. aiohttp has no limit for writing: the total is one.
        self._timeout = aiohttp.ClientTimeout(
            total=POOL_SECONDS + connect + 2 * read, connect=POOL_SECONDS, sock_connect=connect, sock_read=read
        )
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """One request, a form where there is `data`, and its whole answer. Never repeated, never redirected.

        Raises `Unreachable` where nothing left, `Uncertain` where it may have.
        """
        called = URL(f"{url}?{urlencode(params, doseq=True)}" if params else url, encoded=True)
        _check(_origin_of(str(called.with_query(None))), self._allowed)
        sent = dict(headers or {})
        if data is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        if auth is not None:
            sent["Authorization"] = aiohttp.encode_basic_auth(*auth)
        body = urlencode(data, doseq=True).encode() if data is not None else None
        try:
            async with self._open().request(method, called, data=body, headers=sent, allow_redirects=False) as answer:
                return Answer(answer.status, await answer.text(), answer.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(type(error).__name__) from None  # the original's text may hold a URL
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeDecodeError) as error:
            raise Uncertain(type(error).__name__) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Made at the first call: it belongs to the running event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MAX_CONNECTIONS,
                    keepalive_timeout=KEEP_SECONDS,
                    ssl=httpx2.create_ssl_context(trust_env=False),
                ),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


def _allowed(base_urls: tuple[str, ...]) -> frozenset[str]:
    """Their origins. Raises `HostNotAllowedError`."""
    if not base_urls:
        raise HostNotAllowedError("no base URL given: this client could call nothing")
    return frozenset(origin(url) for url in base_urls)


def _check(called: str, allowed: frozenset[str]) -> None:
    if called not in allowed:
        raise HostNotAllowedError(f"{called} is not configured; allowed: {', '.join(sorted(allowed))}")


def origin(url: str) -> str:
    """`scheme://host:port` of an absolute http(s) URL, port always written; `HostNotAllowedError` for anything else."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise HostNotAllowedError("a base URL is not a valid URL") from error
    if parsed.scheme not in _DEFAULT_PORTS or not parsed.host:
        raise HostNotAllowedError(
            f"a base URL must start with https:// (or http:// on loopback), not {parsed.scheme!r}"
        )
    if parsed.scheme == "http" and not _is_loopback(parsed.host):
        raise HostNotAllowedError(f"{parsed.host} must be called by https; plain http is for loopback only")
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    return f"{parsed.scheme}://{host}:{parsed.port or _DEFAULT_PORTS[parsed.scheme]}"


_origin_of = lru_cache(maxsize=64)(origin)  # few addresses, again and again


@contextmanager
def send_errors() -> Iterator[None]:
    """Turn transport failures into the closed set: `Unreachable` where nothing left, `Uncertain` where it may have."""
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        raise Unreachable(type(error).__name__) from None  # the original's text may hold a URL with a token
    except httpx2.TransportError as error:
        raise Uncertain(type(error).__name__) from None


def raise_for_overload(response: httpx2.Response | Answer, retry_after: float | None = None) -> None:
    """`Throttled` for 429 (never processed), `Uncertain` for 5xx (perhaps processed). Other answers pass."""
    if response.status_code == _TOO_MANY_REQUESTS:
        raise Throttled("http 429", retry_after if retry_after is not None else _retry_after_header(response))
    if response.status_code >= _SERVER_ERROR:
        raise Uncertain(f"http {response.status_code}")


def _retry_after_header(response: httpx2.Response | Answer) -> float | None:
    """Seconds of a `Retry-After: 120` header; its date form is not used by the providers we call."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keep_urls_out_of_logs() -> None:
    # httpx2 logs every URL at INFO (Telegram's holds the bot token), httpcore2 every header at DEBUG.
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
