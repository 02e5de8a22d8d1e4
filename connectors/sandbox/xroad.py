"""A local X-Road Security Server (PR-REST 1.0.4) in front of other simulated systems, with its own faults.

`/r1/{5 parts of the service}/...` is passed to the provider in this process; `/sandbox/xroad/...` is our own remote
control. Both generations of error names can be had. Our choices: who may call is a fixed list, and messages are
hashed over the header lines as they are passed on, because the specification does not say how headers are written.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote
from uuid import uuid4

import httpx2
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp

from connectors.sandbox import xroad_meta as meta
from connectors.sandbox.faults import hang_up, never_answer

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
SERVICE_PARTS = 5
CLIENT_HEADER = "X-Road-Client"
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade"}
_FILTERED = _HOP_BY_HOP | {"transfer-encoding", "host", "user-agent", "server", "content-length", "content-encoding"}

# Fault → the type in both generations, the HTTP status, the message. The messages are like the specification's.
_ERRORS: Mapping[str, tuple[str, str, int, str]] = {
    "access_denied": (
        "Server.ServerProxy.AccessDenied",
        "server.serverproxy.access_denied",
        500,
        "Request is not allowed",
    ),
    "unknown_service": (
        "Server.ServerProxy.UnknownService",
        "server.serverproxy.unknown_service",
        500,
        "Unknown service",
    ),
    "bad_request": ("Client.BadRequest", "client.bad_request", 400, "Error parsing the client's REST request"),
    "missing_header": ("Client.MissingHeaderField", "client.missing_header_field", 400, "Missing X-Road-Client"),
    "provider_timeout": (
        "Server.ServerProxy.NetworkError",
        "server.serverproxy.network_error",
        500,
        "Connect to the service failed: Connection timed out (Connection timed out)",
    ),
    "provider_down": (
        "Server.ServerProxy.ServiceFailed.NetworkError",
        "server.serverproxy.service_failed.network_error",
        500,
        "Connection refused",
    ),
    "outdated_conf": (
        "Server.ClientProxy.OutdatedGlobalConf",
        "server.clientproxy.global_conf_outdated",
        500,
        "Global configuration is expired",
    ),
    "database_error": (
        "Server.ServerProxy.DatabaseError",
        "server.serverproxy.database_error",
        500,
        "Error accessing database (serverconf)",
    ),
    "maintenance": (
        "Server.ServerProxy.MaintenanceMode",
        "server.serverproxy.maintenance_mode",
        500,
        "Security server is in maintenance mode",
    ),
    "inconsistent": (
        "Server.ClientProxy.InconsistentResponse",
        "server.clientproxy.inconsistent_response",
        500,
        "Response message is inconsistent with request message",
    ),
}
Naming = Literal["camel", "snake"]
Kind = Literal[
    "none",
    "access_denied",
    "provider_timeout",
    "provider_down",
    "outdated_conf",
    "database_error",
    "maintenance",
    "inconsistent",
    "maintenance_page",  # of a web server in front: no header of X-Road's
    "other_id",  # the answer to somebody else's request
    "other_service",
    "timeout",
    "drop",
    "throttled",  # 429, 500 and half an answer of what stands in front: no header of X-Road's either
    "down",
    "garbled",
]


class FaultRequest(BaseModel):
    """What every call meets from now on, and in which generation of names."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = "none"
    naming: Naming = "camel"


@dataclass(frozen=True, slots=True)
class Provider:
    """An app in this process that answers a service, and the path below which it does. `spec`: its OpenAPI file."""

    app: ASGIApp
    prefix: str = ""
    spec: Path | None = None


class Told(BaseModel):
    """What the Security Server logged of a call: ids, never content."""

    id: str
    request_id: str
    service: str = Field(description="percent-encoded")


def create_router(providers: Mapping[str, Provider], clients: Iterable[str]) -> APIRouter:
    """A Security Server. `providers`: by INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE; `clients`: who may call."""
    server = _Server(providers, frozenset(clients))
    router = APIRouter()

    @router.api_route("/r1/{rest:path}", methods=METHODS, include_in_schema=False)
    async def call(request: Request) -> Response:
        return await server.take(request)

    @router.get("/listClients", tags=["X-Road"])
    async def clients_of_the_instance() -> Response:
        return server.list_clients()

    @router.post("/sandbox/xroad/faults", tags=["Sandbox"])
    async def set_fault(body: FaultRequest) -> FaultRequest:
        server.fault = body
        return body

    @router.get("/sandbox/xroad/log", tags=["Sandbox"])
    async def log() -> list[Told]:
        return server.log

    return router


class _Server:
    def __init__(self, providers: Mapping[str, Provider], clients: frozenset[str]) -> None:
        self._providers = {_parts(service): provider for service, provider in providers.items()}
        self._clients = {_parts(client) for client in clients}
        self.fault = FaultRequest()
        self.log: list[Told] = []

    async def take(self, request: Request) -> Response:
        if instead := await self._in_front(request):
            return instead
        if self.fault.kind in _ERRORS:
            return self._error(self.fault.kind)
        raw = request.scope["raw_path"].decode("ascii").partition("?")[0].removeprefix("/r1/")
        parts = raw.split("/", SERVICE_PARTS)
        if CLIENT_HEADER not in request.headers:
            return self._error("missing_header")
        client = request.headers[CLIENT_HEADER]
        if len(parts) < SERVICE_PARTS or not all(parts) or len(client.split("/")) not in (3, 4):
            return self._error("bad_request")
        service = "/".join(parts[:SERVICE_PARTS])
        if parts[SERVICE_PARTS - 1] in meta.CODES and len(parts) == SERVICE_PARTS:
            return self._meta(request, _parts(service), _parts(client))
        provider = self._providers.get(_parts(service))
        if provider is None:
            return self._error("unknown_service")
        if _parts(client) not in self._clients:
            return self._error("access_denied")
        path = f"{provider.prefix}/{parts[SERVICE_PARTS]}" if len(parts) > SERVICE_PARTS else provider.prefix
        return await self._pass_on(request, provider, path, service)

    async def _in_front(self, request: Request) -> Response | None:
        """What never comes as far as the Security Server's own errors."""
        match self.fault.kind:
            case "timeout":
                await never_answer(request)
            case "drop":
                await hang_up(request)
            case "maintenance_page":
                return HTMLResponse("<html><body>Maintenance</body></html>", 503)
            case "throttled":
                return PlainTextResponse("", 429, headers={"Retry-After": "5"})
            case "down":
                return PlainTextResponse("Internal Server Error", 500)
            case "garbled":
                return Response('{"fileId": "PA-2026-00', media_type="application/json")
        return None

    def list_clients(self) -> Response:
        return JSONResponse(meta.list_clients([*self._providers, *self._clients]))

    def _meta(self, request: Request, service: tuple[str, ...], client: tuple[str, ...]) -> Response:
        """`listMethods` and its like, of the subsystem that the path names."""
        subsystem, code = service[:4], service[4]
        if code == meta.OPENAPI:
            provider = self._providers.get((*subsystem, request.query_params.get("serviceCode", "")))
            if provider is None or provider.spec is None:
                return self._error("unknown_service")
            content, media_type = meta.open_api(provider.spec)
            return Response(content, media_type=media_type)
        told = code == meta.LIST or client in self._clients
        specs = {each: provider.spec for each, provider in self._providers.items() if told}
        return JSONResponse(meta.list_methods(specs, subsystem))

    async def _pass_on(self, request: Request, provider: Provider, path: str, service: str) -> Response:
        headers = [(name, value) for name, value in request.headers.items() if name not in _FILTERED]
        body = await request.body()
        query = f"?{request.url.query}" if request.url.query else ""
        transport = httpx2.ASGITransport(provider.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, trust_env=False) as http:
            answer = await http.request(
                request.method, f"http://provider.local{path}{query}", headers=headers, content=body
            )
        request_id = str(uuid4())
        sent_id = request.headers.get("X-Road-Id", str(uuid4()))
        own_service = "/".join(quote(part, safe="") for part in _parts(service))
        self.log.append(Told(id=sent_id, request_id=request_id, service=own_service))
        response = Response(answer.content, answer.status_code)
        for name, value in answer.headers.items():
            if name not in _FILTERED:
                response.headers[name] = value
        response.headers["X-Road-Client"] = request.headers[CLIENT_HEADER]
        response.headers["X-Road-Service"] = "X/Y/Z/S/other" if self.fault.kind == "other_service" else own_service
        response.headers["X-Road-Id"] = str(uuid4()) if self.fault.kind == "other_id" else sent_id
        response.headers["X-Road-Request-Id"] = request_id
        response.headers["X-Road-Request-Hash"] = request_hash(headers, body)
        return response

    def _error(self, kind: str) -> Response:
        camel, snake, status, message = _ERRORS[kind]
        name = camel if self.fault.naming == "camel" else snake
        body = {"type": name, "message": message, "detail": str(uuid4())}
        return JSONResponse(body, status, headers={"X-Road-Error": name})


def request_hash(headers: Iterable[tuple[str, str]], body: bytes) -> str:
    """Base64 of SHA512(SHA512(headers)+SHA512(body)), or of SHA512(headers) without a body (PR-REST §4.3)."""
    of_headers = hashlib.sha512("".join(f"{name}:{value}\r\n" for name, value in headers).encode()).digest()
    if not body:
        return base64.b64encode(of_headers).decode()
    return base64.b64encode(hashlib.sha512(of_headers + hashlib.sha512(body).digest()).digest()).decode()


def _parts(identifier: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in identifier.split("/"))
