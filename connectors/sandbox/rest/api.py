"""A government system with an interface of its own, of no standard: what the YAML-declared adapter is tried against.

`/rest/v1/...` asks for a key and gives the file; `/rest/v2/...` asks for an OAuth2 token and compares the birth date
itself. `/sandbox/rest/...` is our own remote control. Everything here is invented.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Header, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.rest.seed import API_KEY, CLIENT_ID, CLIENT_SECRET, DOSSIERS, Dossier

FaultKind = Literal["none", "down", "slow", "garbled", "throttled", "maintenance"]


class FaultRequest(BaseModel):
    """`seconds`: how long `slow` waits before it answers properly."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    seconds: float = Field(default=5.0, gt=0, le=60)


class Search(BaseModel):
    numero: str
    dateNaissance: str  # noqa: N815 - a key of this system's JSON


@dataclass
class _Desk:
    """`tokens`: valid ones with the time at which they end. `issued`: how many were given out."""

    fault: FaultRequest = field(default_factory=lambda: FaultRequest(kind="none"))
    tokens: dict[str, float] = field(default_factory=dict)
    lifetime_s: float = 300.0
    issued: int = 0


def create_router() -> APIRouter:
    """A router with its own desk: two routers share nothing."""
    desk, router = _Desk(), APIRouter()
    router.include_router(_by_key(desk), prefix="/rest/v1")
    router.include_router(_by_token(desk), prefix="/rest")
    router.include_router(_remote_control(desk), prefix="/sandbox/rest")
    return router


def _by_key(desk: _Desk) -> APIRouter:
    router = APIRouter(tags=["REST sandbox"])

    @router.get("/dossiers/{number}")
    async def get_dossier(number: str, x_api_key: Annotated[str, Header()] = "") -> Response:
        if fault := await _faulty(desk):
            return fault
        if not _same(x_api_key, API_KEY):
            return JSONResponse({"erreur": "CLE_INVALIDE"}, 401)
        found = _dossier(number)
        return JSONResponse({"dossier": found.as_json()} if found else {"erreur": "INCONNU"}, 200 if found else 404)

    return router


def _by_token(desk: _Desk) -> APIRouter:
    router = APIRouter(tags=["REST sandbox"])

    @router.post("/oauth/token")
    async def token(
        grant_type: Annotated[str, Form()],
        client_id: Annotated[str, Form()] = "",
        client_secret: Annotated[str, Form()] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> Response:
        if authorization.startswith("Basic "):
            pair = b64decode(authorization.removeprefix("Basic ")).decode().split(":", 1)
            client_id, client_secret = (unquote_plus(part) for part in pair)
        if grant_type != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if not (_same(client_id, CLIENT_ID) and _same(client_secret, CLIENT_SECRET)):
            return JSONResponse({"error": "invalid_client"}, 401)
        fresh = secrets.token_urlsafe(24)
        desk.tokens[fresh] = time.monotonic() + desk.lifetime_s
        desk.issued += 1
        return JSONResponse({"access_token": fresh, "token_type": "Bearer", "expires_in": desk.lifetime_s})

    @router.post("/v2/recherche")
    async def search(body: Search, authorization: Annotated[str, Header()] = "") -> Response:
        if fault := await _faulty(desk):
            return fault
        if desk.tokens.get(authorization.removeprefix("Bearer "), 0.0) <= time.monotonic():
            return JSONResponse({"erreur": "JETON_INVALIDE"}, 401)
        found = _dossier(body.numero)
        hits = [found.as_json()] if found and found.born == body.dateNaissance else []
        return JSONResponse({"total": len(hits), "resultats": hits})

    return router


def _remote_control(desk: _Desk) -> APIRouter:
    router = APIRouter(tags=["Sandbox"])

    @router.get("/demo")
    async def demo() -> dict[str, list[dict[str, str]]]:
        """Invented applications that a newcomer may ask for."""
        return {"dossiers": [{"number": d.number, "birth_date": d.born, "state": d.label} for d in DOSSIERS]}

    @router.post("/faults")
    async def set_fault(body: FaultRequest) -> FaultRequest:
        desk.fault = body
        return body

    @router.get("/tokens")
    async def tokens() -> dict[str, int]:
        """How many tokens were given out."""
        return {"issued": desk.issued}

    @router.delete("/tokens", status_code=204)
    async def revoke() -> None:
        """Every token stops being valid, as when the system restarts."""
        desk.tokens.clear()

    return router


async def _faulty(desk: _Desk) -> Response | None:
    """What to answer instead, while a fault is switched on."""
    match desk.fault.kind:
        case "down":
            return JSONResponse({"erreur": "PANNE"}, 500)
        case "throttled":
            return JSONResponse({"erreur": "TROP_DE_DEMANDES"}, 429, {"Retry-After": "30"})
        case "maintenance":
            return HTMLResponse("<html><body>Maintenance</body></html>")
        case "garbled":
            return Response('{"dossier": {"numero": "URB-', media_type="application/json")
        case "slow":
            await asyncio.sleep(desk.fault.seconds)
    return None


def _dossier(number: str) -> Dossier | None:
    return next((dossier for dossier in DOSSIERS if dossier.number == number), None)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
