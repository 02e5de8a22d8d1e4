"""The sandbox's identity provider on a real port, our client, and a browser's part of a sign-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx2
from fastapi import FastAPI
from joserfc.jwk import ECKey, RSAKey

from connectors.identity.api import Begun
from connectors.identity.keys import ClientKey, public_key
from connectors.identity.oidc import OidcConfig, OidcProvider
from connectors.sandbox.oidc.api import create_router
from connectors.sandbox.oidc.provider import Client
from tests.unit.sandbox.serving import Server

CLIENT_ID = "dalil-test"
BACK = "http://127.0.0.1:1/identity/callback"
NADIA, RACHID = "0001", "0002"
EC, RSA = ECKey.generate_key("P-256", auto_kid=True), RSAKey.generate_key(2048, auto_kid=True)


def app(key: ClientKey = EC) -> FastAPI:
    provider = FastAPI()
    provider.include_router(create_router(Client(CLIENT_ID, BACK, public_key(key))))
    return provider


class SignIn:
    """One provider and a browser in front of it."""

    def __init__(self, url: str, key: ClientKey) -> None:
        self.config = OidcConfig(f"{url}/oidc", CLIENT_ID, key, timeout_s=2.0)
        self.provider = OidcProvider(self.config)
        self.browser = httpx2.AsyncClient(trust_env=False, timeout=5)
        self.url = url

    async def fault(self, kind: str, **more: object) -> None:
        answer = await self.browser.post(f"{self.url}/sandbox/oidc/faults", json={"kind": kind, **more})
        answer.raise_for_status()

    async def goes(self, begun: Begun, person: str = NADIA) -> dict[str, str]:
        """What the browser comes back with."""
        page = await self.browser.get(begun.url)
        if page.status_code == 303:
            return dict(parse_qsl(urlsplit(page.headers["location"]).query))
        asked = unescape(page.text.partition('name="asked" value="')[2].partition('"')[0])
        form = {"asked": asked, "who": person}
        back = await self.browser.post(f"{self.url}/oidc/authorize", data=form)
        assert back.status_code == 303, back.text
        return dict(parse_qsl(urlsplit(back.headers["location"]).query))

    async def whole(self, person: str = NADIA, provider: OidcProvider | None = None):
        client = provider or self.provider
        begun = await client.begin(BACK, "fr")
        return await client.finish(await self.goes(begun, person), begun.nonce, begun.verifier, BACK)

    def other(self, **changes: object) -> OidcProvider:
        """Another client of ours, with another setting."""
        return OidcProvider(replace(self.config, **changes))


@asynccontextmanager
async def signing_in(key: ClientKey = EC) -> AsyncIterator[SignIn]:
    with Server(app(key)) as server:
        sign_in = SignIn(server.url, key)
        yield sign_in
        await sign_in.provider.close()
        await sign_in.browser.aclose()
