"""A local identity provider: `/oidc/...` speaks OpenID Connect, `/sandbox/oidc/...` is our own remote control.

Its page lets a newcomer choose which invented person he is. Nothing here is a real person's.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from html import escape
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Header, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from connectors.sandbox.oidc.people import PEOPLE, person
from connectors.sandbox.oidc.provider import ASSERTION_ALGS, Asked, Client, FaultRequest, OAuthError, Provider

_PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:2rem auto;padding:0 1rem}}
button{{display:block;width:100%;margin:.5rem 0;padding:.8rem;font:inherit;border:1px solid #357;border-radius:.5rem;
background:#fff;color:#123}}.no{{border-color:#999}}</style></head>
<body><h1>{title}</h1><p>{intro}</p><form method="post" action="{action}">
<input type="hidden" name="asked" value="{asked}">{buttons}</form></body></html>"""
_WORDS = {
    "fr": ("Identité (bac à sable)", "Personnes inventées. Qui êtes-vous ?", "Annuler"),
    "ar": ("الهوية (تجربة)", "أشخاص وهميون. من أنت؟", "إلغاء"),
}


def create_router(client: Client) -> APIRouter:
    """A provider that knows one client. Two routers share nothing."""
    provider, router = Provider(client), APIRouter()
    router.include_router(_for_clients(provider), prefix="/oidc")
    router.include_router(_for_browsers(provider), prefix="/oidc")
    router.include_router(_remote_control(provider), prefix="/sandbox/oidc")
    return router


def _issuer(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/oidc"


def _for_clients(provider: Provider) -> APIRouter:
    router = APIRouter(tags=["OIDC sandbox"])

    @router.get("/.well-known/openid-configuration")
    async def configuration(request: Request) -> Response:
        return await _suffering(provider, lambda: _now(JSONResponse(_configuration(_issuer(request)))))

    @router.get("/.well-known/jwks.json")
    async def jwks() -> Response:
        return await _suffering(provider, lambda: _now(JSONResponse(provider.jwks())))

    @router.post("/oauth/token")
    async def token(request: Request) -> Response:
        """`grant_type=authorization_code` with `code`, `redirect_uri`, `code_verifier` and the client's assertion."""
        form = {name: str(value) for name, value in (await request.form()).items()}

        async def answer() -> Response:
            issuer = _issuer(request)
            try:
                tokens = provider.exchange(issuer, f"{issuer}/oauth/token", form)
            except OAuthError as error:
                return JSONResponse({"error": error.code}, error.status)
            return JSONResponse(tokens, headers={"Cache-Control": "no-store"})

        return await _suffering(provider, answer)

    @router.get("/userinfo")
    async def userinfo(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
        async def answer() -> Response:
            body = provider.userinfo(_issuer(request), authorization.removeprefix("Bearer "))
            if body is None:
                return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
            plain = provider.fault.kind == "plain_userinfo"
            return Response(body, media_type="application/json" if plain else "application/jwt")

        return await _suffering(provider, answer)

    return router


def _for_browsers(provider: Provider) -> APIRouter:
    router = APIRouter(tags=["OIDC sandbox"])

    @router.get("/authorize", response_class=HTMLResponse)
    async def authorize(
        request: Request,
        client_id: str = "",
        redirect_uri: str = "",
        response_type: str = "",
        scope: str = "",
        state: str = "",
        nonce: str = "",
        code_challenge: str = "",
        code_challenge_method: str = "",
        acr_values: str = "",
        ui_locales: str = "fr",
    ) -> Response:
        """The page on which a person signs in. An unknown client or address is never redirected to."""
        known = provider.client
        if client_id != known.id or redirect_uri != known.redirect_uri:
            return HTMLResponse("<h1>invalid_client_id or invalid_redirect_uri</h1>", 400)
        asked = Asked(client_id, redirect_uri, state, nonce, code_challenge, acr_values, time.time())
        if refusal := provider.refusal(asked, response_type, scope, code_challenge_method):
            return _back(asked, _issuer(request), {"error": refusal})
        return HTMLResponse(_page(asked, ui_locales), headers={"Cache-Control": "no-store"})

    @router.post("/authorize")
    async def choose(request: Request, asked: Annotated[str, Form()], who: Annotated[str, Form()] = "") -> Response:
        """The person chosen on the page, or nobody."""
        try:
            given = Asked(**json.loads(asked))
        except (ValueError, TypeError):
            return HTMLResponse("<h1>invalid_request</h1>", 400)
        if given.client_id != provider.client.id or given.redirect_uri != provider.client.redirect_uri:
            return HTMLResponse("<h1>invalid_client_id or invalid_redirect_uri</h1>", 400)
        issuer = _issuer(request)
        if person(who) is None:
            return _back(given, issuer, {"error": "access_denied"})
        return _back(given, issuer, {"code": provider.signed_in(given, who)})

    return router


def _remote_control(provider: Provider) -> APIRouter:
    router = APIRouter(tags=["Sandbox"])

    @router.get("/demo")
    async def demo() -> dict[str, list[dict[str, str]]]:
        """The invented people."""
        return {"people": [{"id": each.id, "name": each.name, "name_ar": each.name_ar} for each in PEOPLE]}

    @router.post("/faults")
    async def set_fault(body: FaultRequest) -> FaultRequest:
        provider.fault = body
        return body

    @router.post("/keys", status_code=204)
    async def rotate() -> None:
        """Sign with a new key from now on."""
        provider.rotate()

    return router


async def _now(response: Response) -> Response:
    return response


async def _suffering(provider: Provider, answer: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, or what stands for it while a fault is switched on."""
    match provider.fault.kind:
        case "down":
            return JSONResponse({"error": "server_error"}, 503)
        case "garbled":
            return Response('{"issuer": "http', media_type="application/json")
        case "slow":
            await asyncio.sleep(provider.fault.seconds)
    return await answer()


def _back(asked: Asked, issuer: str, answer: dict[str, str]) -> Response:
    query = urlencode({**answer, "state": asked.state, "iss": issuer})
    return RedirectResponse(f"{asked.redirect_uri}?{query}", 303)


def _page(asked: Asked, locales: str) -> str:
    lang = "ar" if locales.startswith("ar") else "fr"
    title, intro, cancel = _WORDS[lang]
    buttons = [
        f'<button name="who" value="{each.id}">{escape(each.name_ar if lang == "ar" else each.name)}</button>'
        for each in PEOPLE
    ]
    return _PAGE.format(
        lang=lang,
        dir="rtl" if lang == "ar" else "ltr",
        title=title,
        intro=intro,
        action="authorize",
        asked=escape(json.dumps({name: getattr(asked, name) for name in Asked.__slots__})),
        buttons="".join([*buttons, f'<button class="no" name="who" value="">{cancel}</button>']),
    )


def _configuration(issuer: str) -> dict[str, object]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "acr_values_supported": ["idbb:acr:generated-code", "idbb:acr:biometrics"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "userinfo_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "at_hash"],
        "ui_locales_supported": ["ar", "fr"],
    }
