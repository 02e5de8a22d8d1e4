"""An OpenID Connect client for a government's identity provider: authorization code, PKCE S256, `private_key_jwt`.

Profile: GovStack's Identity building block 1.0 and eSignet (docs/howto/connect-an-identity-provider.md). Authlib and
joserfc carry the protocol; the calls go through our own HTTP client, which reaches the issuer's host and no other.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from connectors.http import http_client
from connectors.identity.api import (
    Begun,
    Declined,
    Identity,
    NotProven,
    ProviderDown,
    ProviderGarbled,
    ProviderRefused,
    TooLate,
)
from connectors.identity.discovery import Description, description_of
from connectors.identity.keys import ClientKey
from connectors.identity.tokens import Expected, UnknownKey, id_token, userinfo

MAX_BYTES = 256 * 1024
DESCRIPTION_KEPT_S = 3600.0
KEYS_AGAIN_S = 30.0  # an unknown key makes us ask for the keys again, but not more often than this
ASSERTION_S = 60  # our proof is good for one call
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DECLINED = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})


@dataclass(frozen=True, slots=True)
class OidcConfig:
    """`subject_claim`: the claim that says who it is to the government systems; any but `sub` is read from userinfo.

    `timeout_s`: of one call, connection included.
    """

    issuer: str
    client_id: str
    key: ClientKey
    scopes: tuple[str, ...] = ("openid",)
    acr_values: tuple[str, ...] = ()
    subject_claim: str = "sub"
    timeout_s: float = 5.0


class OidcProvider:
    """An `IdentityProvider`. Opens no connection before the first call. Raises `HostNotAllowedError` at once."""

    def __init__(self, config: OidcConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._http = http_client(config.issuer, connect=config.timeout_s, read=config.timeout_s)
        self._description: tuple[Description, float] | None = None
        self._keys: tuple[KeySet, float] | None = None

    @property
    def issuer(self) -> str:
        return self._config.issuer

    async def sign_in_page(self) -> str:
        return (await self._described()).authorization_endpoint

    async def begin(self, redirect_uri: str, language: str) -> Begun:
        described = await self._described()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = prepare_grant_uri(
            described.authorization_endpoint,
            self._config.client_id,
            "code",
            redirect_uri,
            list(self._config.scopes),
            state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            acr_values=" ".join(self._config.acr_values) or None,
            ui_locales=language,
        )
        return Begun(url, state, nonce, verifier)

    async def finish(self, returned: Mapping[str, str], nonce: str, verifier: str, redirect_uri: str) -> Identity:
        described = await self._described()
        given = returned.get("iss")
        if (given is None and described.returns_issuer) or given not in (None, described.issuer):
            raise NotProven("came back from another issuer")  # RFC 9207: a mix-up of two providers
        if error := returned.get("error"):
            raise _refusal(error)
        code = returned.get("code")
        if not code:
            raise ProviderGarbled("came back without a code")
        tokens = await self._tokens(described, code, verifier, redirect_uri)
        expected = Expected(
            described.issuer,
            self._config.client_id,
            nonce,
            tokens["access_token"],
            self._clock(),
            self._config.acr_values,
        )
        claims = await self._with_keys(described, lambda keys: id_token(tokens["id_token"], keys, expected))
        about = await self._userinfo(described, tokens["access_token"], claims["sub"])
        subject = about.get(self._config.subject_claim)
        if not isinstance(subject, str) or not subject:
            raise ProviderGarbled(f"userinfo has no {self._config.subject_claim}: ask for its scope")
        return Identity(described.issuer, subject, str(claims.get("acr", "")))

    async def check(self) -> str:
        described = await self._described()
        keys = await self._key_set(described)
        alg = self._assertion_alg(described)
        said = [f"{described.issuer}: {len(keys.keys)} keys, our proof is signed with {alg}", *described.notes]
        return "; ".join(said)

    async def close(self) -> None:
        await self._http.aclose()

    # ---- the provider's description and keys -----------------------------------------------------------------------

    async def _described(self) -> Description:
        kept = self._description
        if kept is None or self._clock() - kept[1] > DESCRIPTION_KEPT_S:
            answer = await self._call("GET", get_well_known_url(self._config.issuer, external=True))
            kept = self._description = (description_of(_json(answer), self._config.issuer), self._clock())
        return kept[0]

    async def _key_set(self, described: Description) -> KeySet:
        answer = await self._call("GET", described.jwks_uri)
        try:
            keys = KeySet.import_key_set({"keys": _json(answer)["keys"]})
        except (JoseError, ValueError, TypeError, KeyError):
            raise ProviderGarbled("its keys are no JWK set") from None
        self._keys = (keys, self._clock())
        return keys

    async def _with_keys(
        self, described: Description, verify: Callable[[KeySet], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """What `verify` finds with the provider's keys, asked for again where one is new."""
        known = self._keys
        keys = known[0] if known is not None else await self._key_set(described)
        try:
            return verify(keys)
        except UnknownKey:
            if known is None or self._clock() - known[1] < KEYS_AGAIN_S:
                raise NotProven("signed by a key that is not the provider's") from None
        try:
            return verify(await self._key_set(described))
        except UnknownKey:
            raise NotProven("signed by a key that is not the provider's") from None

    # ---- calls -----------------------------------------------------------------------------------------------------

    async def _tokens(self, described: Description, code: str, verifier: str, redirect_uri: str) -> dict[str, str]:
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=redirect_uri,
            code=code,
            code_verifier=verifier,
            client_id=self._config.client_id,
            client_assertion_type=_ASSERTION_TYPE,
            client_assertion=self._assertion(described),
        )
        answer = await self._call("POST", described.token_endpoint, body=body)
        tokens = _json(answer)
        if answer.status_code != 200:
            raise _refusal(str(tokens.get("error", f"HTTP {answer.status_code}")))
        found = {name: tokens.get(name) for name in ("access_token", "id_token", "token_type")}
        if not all(isinstance(value, str) and value for value in found.values()):
            raise ProviderGarbled("its tokens are not complete")
        if str(found["token_type"]).lower() != "bearer":
            raise ProviderGarbled("its access token is no bearer token")
        return {name: str(value) for name, value in found.items()}

    async def _userinfo(self, described: Description, access_token: str, subject: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/jwt"}
        answer = await self._call("GET", described.userinfo_endpoint, headers=headers)
        if answer.status_code != 200:
            raise ProviderGarbled(f"userinfo: HTTP {answer.status_code}")
        if answer.headers.get("content-type", "").partition(";")[0].strip() != "application/jwt":
            raise NotProven("userinfo is not signed")
        body, own = answer.text.strip(), self._config
        return await self._with_keys(
            described, lambda keys: userinfo(body, keys, own.key, described.issuer, own.client_id, subject)
        )

    async def _call(
        self, method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """One call, never repeated, never redirected. Raises `ProviderDown` or `ProviderGarbled`."""
        sent = {"Accept": "application/json", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            async with asyncio.timeout(self._config.timeout_s):
                answer = await self._http.request(method, url, content=body, headers=sent)
        except (TimeoutError, httpx2.TransportError) as error:
            raise ProviderDown(type(error).__name__) from None  # the original's text may hold a code
        except httpx2.DecodingError:
            raise ProviderGarbled("undecodable body") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ProviderDown(f"HTTP {answer.status_code}")
        if len(answer.content) > MAX_BYTES:
            raise ProviderGarbled("a very long answer")
        return answer

    # ---- our own proof ---------------------------------------------------------------------------------------------

    def _assertion(self, described: Description) -> str:
        alg = self._assertion_alg(described)
        signed: str = private_key_jwt_sign(
            self._config.key,
            self._config.client_id,
            described.token_endpoint,
            alg=alg,
            header={"alg": alg, "kid": self._config.key.kid},
            issued_at=int(self._clock()),
            expires_in=ASSERTION_S,
        )
        return signed

    def _assertion_alg(self, described: Description) -> str:
        """By the kind of our key, and what the provider takes (eSignet 2: PS256, its Java version: RS256)."""
        ours = ("ES256",) if isinstance(self._config.key, ECKey) else ("PS256", "RS256")
        offered = described.assertion_algs
        if not offered:
            return ours[-1]
        if usable := [alg for alg in ours if alg in offered]:
            return usable[0]
        raise ProviderGarbled(f"it takes proofs signed with {', '.join(offered)}; our key can do {', '.join(ours)}")


def _refusal(error: str) -> Declined | TooLate | ProviderDown | ProviderRefused:
    """An OAuth error code (RFC 6749, 4.1.2.1 and 5.2; OpenID Connect Core, 3.1.2.6) in our set."""
    if error in _DECLINED:
        return Declined(error)
    if error == "invalid_grant":
        return TooLate(error)
    if error in ("temporarily_unavailable", "server_error"):
        return ProviderDown(error)
    return ProviderRefused(error if error.replace("_", "").isalnum() and len(error) < 60 else "an error of its own")


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        read = answer.json()
    except ValueError:
        raise ProviderGarbled(f"HTTP {answer.status_code}, no JSON") from None
    if not isinstance(read, dict):
        raise ProviderGarbled("no JSON object")
    return read
