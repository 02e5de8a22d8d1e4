"""What ID token and userinfo must be before they are believed (OpenID Connect Core 1.0, 3.1.3.7 and 5.3.2)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwe, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from connectors.identity.api import NotProven, ProviderGarbled
from connectors.identity.discovery import SIGNED_WITH
from connectors.identity.keys import ClientKey

LEEWAY_S = 60  # two clocks
_MAX_AGE_S = 600  # an ID token of a sign-in that has just happened is not older
_SEALED_WITH = ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW", "A256GCM", "A128GCM", "A128CBC-HS256"]


class UnknownKey(Exception):
    """Signed by a key that we do not have: the provider may have changed its keys."""


@dataclass(frozen=True, slots=True)
class Expected:
    """`now`: POSIX seconds. `acr_values`: where any is given, the sign-in must have been one of these."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str
    now: float
    acr_values: tuple[str, ...] = ()


def id_token(token: str, keys: KeySet, expected: Expected) -> Mapping[str, Any]:
    """The claims of a valid ID token. Raises `UnknownKey` or `NotProven` with the name of the claim that is wrong."""
    verified = _verified(token, keys)
    wanted = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "sub": {"essential": True},
        "nonce": {"essential": True, "value": expected.nonce},
    }
    params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token}
    claims = CodeIDToken(verified.claims, verified.header, wanted, params)
    try:
        claims.validate(now=int(expected.now), leeway=LEEWAY_S)
    except JoseError as error:
        raise NotProven(f"ID token: {error.error} {getattr(error, 'claim', '')}".strip()) from None
    _others(verified.claims, expected)
    return verified.claims


def _others(claims: Mapping[str, Any], expected: Expected) -> None:
    """What Authlib leaves to its caller."""
    if claims["aud"] not in (expected.client_id, [expected.client_id]):
        raise NotProven("ID token: it is for others, too")
    if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
        raise NotProven("ID token: sub")
    if expected.now - claims["iat"] > _MAX_AGE_S:
        raise NotProven("ID token: iat, it is old")
    if expected.acr_values and claims.get("acr") not in expected.acr_values:
        raise NotProven("ID token: acr, another way to sign in than was asked for")


def userinfo(body: str, keys: KeySet, own: ClientKey, issuer: str, client_id: str, subject: str) -> Mapping[str, Any]:
    """The claims of a signed userinfo answer; a sealed one is opened first. Raises `UnknownKey` or `NotProven`.

    `subject`: of the ID token; another one here means that the answer was swapped.
    """
    signed = _opened(body, own) if body.count(".") == 4 else body
    claims = _verified(signed, keys).claims
    if claims.get("iss", issuer) != issuer:
        raise NotProven("userinfo: iss")
    audience = claims.get("aud", client_id)
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise NotProven("userinfo: aud")
    given = claims.get("sub")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), subject.encode()):
        raise NotProven("userinfo: sub is not that of the ID token")
    return claims


def _verified(token: str, keys: KeySet) -> jwt.Token:
    try:
        return jwt.decode(token, keys, algorithms=list(SIGNED_WITH))
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError) as error:
        raise NotProven(f"token: {getattr(error, 'error', type(error).__name__)}") from None


def _opened(sealed: str, own: ClientKey) -> str:
    try:
        opened = jwe.decrypt_compact(sealed, own, algorithms=_SEALED_WITH)
    except (JoseError, ValueError) as error:
        raise ProviderGarbled(f"userinfo is sealed for another key: {type(error).__name__}") from None
    return (opened.plaintext or b"").decode("ascii", "replace")
