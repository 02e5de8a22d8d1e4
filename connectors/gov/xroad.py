"""X-Road message protocol for REST (PR-REST 1.0.4): any adapter's calls, through a Security Server.

`XRoad.base_url(service)` is the adapter's base URL and `XRoad.http_client` its `make_http`; the adapter knows nothing
of it. What the mediator itself answers becomes one of the closed set (connectors/gov/xroad_errors.py), what the
provider answers is passed on unchanged. The GovStack Information Mediator is an X-Road with other names for the
caller's header; its files define no error body of their own.

`X-Road-UserId` is never sent: it would be a person's number. `X-Road-Request-Hash` is computed and verified by the
Security Servers over headers that only they see; it is kept as evidence, not computed again here.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote
from uuid import UUID, uuid4

import httpx2

from connectors.errors import SystemGarbled
from connectors.gov.xroad_errors import MAX_ERROR_BYTES, mediator_error
from connectors.http import CONNECT_SECONDS, READ_SECONDS, HostNotAllowedError, http_client, origin

logger = logging.getLogger(__name__)

PROTOCOL: Final = "r1"
EXCHANGE: Final = "x_road"  # key of the `Exchange` in a response's `extensions`

_SERVICE_PARTS = 5


@dataclass(frozen=True, slots=True)
class XRoadConfig:
    """Identifiers are in the form of the wire: parts separated by `/`, a `/` inside a part written `%2F`.

    `client`: INSTANCE/CLASS/MEMBER[/SUBSYSTEM]. `client_headers`: the names under which it is sent. A live Security
    Server checks `X-Road-Client`; GovStack's files say `Information-Mediator-Client` or `X-GovStack-Client`.
    `target_server`: INSTANCE/CLASS/CODE/SERVER, only where one certain Security Server must be asked.
    `certificate`, `private_key`, `authority`: PEM files for mutual TLS with our own Security Server; empty: none.
    """

    security_server: str
    client: str
    client_headers: tuple[str, ...] = ("X-Road-Client", "Information-Mediator-Client")
    error_header: str = "X-Road-Error"
    target_server: str = ""
    certificate: str = ""
    private_key: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What identifies one call in the logs of both Security Servers; nothing of its content.

    `id` is ours, `request_id` the Security Server's, `request_hash` (base64) ties the answer to the request. `status`
    is the HTTP status. `failure`: the mediator's error code, empty where the provider answered.
    """

    id: str
    request_id: str
    request_hash: str
    status: int
    failure: str


class XRoad:
    """The way through one Security Server. Raises `ValueError` at once when an identifier or a file is wrong."""

    def __init__(self, config: XRoadConfig, on_exchange: Callable[[Exchange], None] | None = None) -> None:
        headers = dict.fromkeys(config.client_headers, encoded(config.client, (3, 4)))
        if not headers:
            raise ValueError("client_headers is empty: no Security Server would know who calls")
        if config.target_server:
            headers["X-Road-Security-Server"] = encoded(config.target_server, (4,))
        self._headers = headers
        self._error_header = config.error_header
        self._origin = origin(config.security_server)
        self._root = f"{config.security_server.rstrip('/')}/{PROTOCOL}/"
        self._tls = _tls(config)
        self._on_exchange = on_exchange or _log

    def base_url(self, service: str) -> str:
        """Where a service's paths begin. `service`: INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE."""
        return self._root + encoded(service, (_SERVICE_PARTS,))

    def http_client(
        self, *base_urls: str, connect: float = CONNECT_SECONDS, read: float = READ_SECONDS
    ) -> httpx2.AsyncClient:
        """An `HttpMaker`: a client that calls through this Security Server and nowhere else.

        Its calls raise `SystemDown`, `SystemRefused`, `SystemSlow` or `SystemGarbled` where the mediator failed.
        """
        for url in base_urls:
            if not url.startswith(self._root):
                raise HostNotAllowedError(f"a base URL does not begin with {self._origin}/{PROTOCOL}/")
        return http_client(*base_urls, connect=connect, read=read, tls=self._tls, wrap=self._wrap)

    def _wrap(self, network: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        return _XRoadTransport(network, self._headers, self._error_header, self._on_exchange)


def encoded(identifier: str, lengths: tuple[int, ...]) -> str:
    """`identifier` with every part percent-encoded (PR-REST §4.2). `lengths`: how many parts it may have."""
    parts = [unquote(part) for part in identifier.split("/")]
    if len(parts) not in lengths or not all(part.strip() for part in parts):
        allowed = " or ".join(str(length) for length in lengths)
        raise ValueError(f"an X-Road identifier must have {allowed} parts, none of them empty")
    if any(part in (".", "..") or not part.isprintable() for part in parts):
        raise ValueError("a part of an X-Road identifier cannot be written in a path")
    return "/".join(quote(part, safe="") for part in parts)


class _XRoadTransport(httpx2.AsyncBaseTransport):
    """Says who calls, gives every call an id, and tells the mediator's errors from the provider's."""

    def __init__(
        self,
        network: httpx2.AsyncBaseTransport,
        headers: dict[str, str],
        error_header: str,
        on_exchange: Callable[[Exchange], None],
    ) -> None:
        self._network = network
        self._headers = headers
        self._error_header = error_header
        self._on_exchange = on_exchange

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        sent_id = str(uuid4())
        request.headers.update(self._headers)  # an adapter may have set one of these names itself
        request.headers["X-Road-Id"] = sent_id
        response = await self._network.handle_async_request(request)
        try:
            await self._check(request, response, sent_id)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def aclose(self) -> None:
        await self._network.aclose()

    async def _check(self, request: httpx2.Request, response: httpx2.Response, sent_id: str) -> None:
        headers = response.headers
        error = None
        if self._error_header in headers:
            error = mediator_error(headers[self._error_header], await _beginning(response), sent_id)
        exchange = Exchange(
            id=sent_id,
            request_id=_uuid(headers.get("X-Road-Request-Id", "")),
            request_hash=_hash(headers.get("X-Road-Request-Hash", "")),
            status=response.status_code,
            failure=error.code if error else "",
        )
        response.extensions[EXCHANGE] = exchange
        self._on_exchange(exchange)
        if error:
            raise error.failure
        if headers.get("X-Road-Id", sent_id) != sent_id:
            raise SystemGarbled(f"x-road: answer to another request, id {sent_id}")
        if not _same_service(headers.get("X-Road-Service"), request.url):
            raise SystemGarbled(f"x-road: answer of another service, id {sent_id}")


async def _beginning(response: httpx2.Response) -> bytes:
    """The body, or as much of it as an error of the mediator can be."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ERROR_BYTES:
            break
    return bytes(body[:MAX_ERROR_BYTES])


def _same_service(answered: str | None, url: httpx2.URL) -> bool:
    """Whether the service in the answer is the one in the path; True where the answer names none."""
    path = url.raw_path.decode("ascii").partition("?")[0]
    asked = path.partition(f"/{PROTOCOL}/")[2].split("/")[:_SERVICE_PARTS]
    return answered is None or [unquote(part) for part in answered.split("/")] == [unquote(part) for part in asked]


def _uuid(value: str) -> str:
    """Only what is an id goes into a log."""
    try:
        return str(UUID(value))
    except ValueError:
        return ""


def _hash(value: str) -> str:
    """The base64 of 64 bytes, or nothing."""
    fits = len(value) == 88 and value.endswith("==") and all(sign.isalnum() or sign in "+/" for sign in value[:86])
    return value if fits and value.isascii() else ""


def _log(exchange: Exchange) -> None:
    logger.info(
        "x-road: id %s, request %s, hash %s, HTTP %s%s",
        exchange.id,
        exchange.request_id or "unknown",
        exchange.request_hash or "none",
        exchange.status,
        f", {exchange.failure}" if exchange.failure else "",
    )


def _tls(config: XRoadConfig) -> ssl.SSLContext | None:
    """Raises `OSError` or `ssl.SSLError` where a file cannot be read."""
    if bool(config.certificate) != bool(config.private_key):
        raise ValueError("certificate and private_key belong together")
    if not config.certificate and not config.authority:
        return None
    context = ssl.create_default_context(cafile=config.authority or None)
    if config.certificate:
        context.load_cert_chain(config.certificate, config.private_key)
    return context
