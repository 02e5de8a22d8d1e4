"""A government system with an interface of its own, of no standard: what the YAML-declared adapter is tried against.

`/rest/v1/...` asks for a key and gives the file; `/rest/v2/...` asks for an OAuth2 token and compares the birth date
itself. `/sandbox/rest/...` is our own remote control. Everything here is invented.
"""

from __future__ import annotations

import hmac
import secrets
import time
from base64 import b64decode
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from connectors.sandbox.gov_faults import COMMON, GovFaults
from connectors.sandbox.rest.desk import Desk
from connectors.sandbox.rest.seed import API_KEY, CLIENT_ID, CLIENT_SECRET, DOSSIERS


class Search(BaseModel):
    numero: str
    dateNaissance: str  # noqa: N815 - a key of this system's JSON


def create_faults() -> GovFaults:
    """The failures of this desk, in its own words."""
    return GovFaults(
        can=tuple(kind for kind in COMMON if kind != "drop"),
        down=lambda: JSONResponse({"erreur": "PANNE"}, 500),
        throttled=lambda: JSONResponse({"erreur": "TROP_DE_DEMANDES"}, 429, {"Retry-After": "30"}),
        garbled='{"dossier": {"numero": "URB-',
    )


def create_router(desk: Desk | None = None, faults: GovFaults | None = None) -> APIRouter:
    """The system of `desk`; without one it has its own, so that two routers share nothing."""
    desk, faults, router = desk or Desk(), faults or create_faults(), APIRouter()
    router.include_router(_by_key(desk, faults), prefix="/rest/v1")
    router.include_router(_by_token(desk, faults), prefix="/rest")
    router.include_router(_remote_control(desk), prefix="/sandbox/rest")
    router.include_router(faults.router("/sandbox/rest"))
    return router


def _by_key(desk: Desk, faults: GovFaults) -> APIRouter:
    router = APIRouter(tags=["REST sandbox"])

    @router.get("/dossiers/{number}")
    async def get_dossier(request: Request, number: str, x_api_key: Annotated[str, Header()] = "") -> Response:
        if fault := await faults.answer(request):
            return fault
        if not _same(x_api_key, API_KEY):
            return JSONResponse({"erreur": "CLE_INVALIDE"}, 401)
        found = desk.dossiers.get(number)
        return JSONResponse({"dossier": found.as_json()} if found else {"erreur": "INCONNU"}, 200 if found else 404)

    return router


def _by_token(desk: Desk, faults: GovFaults) -> APIRouter:
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
    async def search(request: Request, body: Search, authorization: Annotated[str, Header()] = "") -> Response:
        if fault := await faults.answer(request):
            return fault
        if desk.tokens.get(authorization.removeprefix("Bearer "), 0.0) <= time.monotonic():
            return JSONResponse({"erreur": "JETON_INVALIDE"}, 401)
        found = desk.dossiers.get(body.numero)
        hits = [found.as_json()] if found and found.born == body.dateNaissance else []
        return JSONResponse({"total": len(hits), "resultats": hits})

    return router


def _remote_control(desk: Desk) -> APIRouter:
    router = APIRouter(tags=["Sandbox"])

    @router.get("/demo")
    async def demo() -> dict[str, list[dict[str, str]]]:
        """Invented applications that a newcomer may ask for."""
        return {"dossiers": [{"number": d.number, "birth_date": d.born, "state": d.label} for d in DOSSIERS]}

    @router.get("/tokens")
    async def tokens() -> dict[str, int]:
        """How many tokens were given out."""
        return {"issued": desk.issued}

    @router.delete("/tokens", status_code=204)
    async def revoke() -> None:
        """Every token stops being valid, as when the system restarts."""
        desk.tokens.clear()

    return router


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
