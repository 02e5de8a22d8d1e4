"""The sandbox's identity provider without its HTTP: what it remembers, and how it makes and checks tokens.

After GovStack's Identity building block 1.0 and eSignet: `private_key_jwt` only, PKCE S256 enforced, pairwise `sub`, no
claims about a person in the ID token, userinfo as a signed JWT (inside an encrypted one where asked for). What these
leave open is our choice: a code lives for a minute, a `jti` counts once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Literal

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwe, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey
from pydantic import BaseModel, ConfigDict

from connectors.sandbox.oidc.people import pairwise

CODE_S = 60.0
TOKEN_S = 300
ASSERTION_ALGS = ("ES256", "PS256", "RS256")

FaultKind = Literal[
    "none",
    "down",
    "slow",
    "garbled",
    "declined",
    "wrong_issuer",
    "wrong_audience",
    "wrong_nonce",
    "wrong_at_hash",
    "expired",
    "not_signed",
    "foreign_key",
    "other_subject",
    "plain_userinfo",
    "sealed_userinfo",
]


class FaultRequest(BaseModel):
    """What is wrong from now on. `slow` waits for `seconds`. `sealed_userinfo` is right: eSignet's Java way."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    seconds: float = 5.0


class OAuthError(Exception):
    """An error of the token endpoint (RFC 6749, 5.2)."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a sign-in, as it came to the authorization endpoint."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    acr_values: str
    at: float


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client. `jwk`: its public key; None: no such client."""

    id: str
    redirect_uri: str
    key: ECKey | RSAKey | None


@dataclass
class Provider:
    """One provider. `codes`: given out and not used yet, by code, with who signed in."""

    client: Client
    keys: list[ECKey] = field(default_factory=lambda: [_new_key()])
    codes: dict[str, tuple[Asked, str]] = field(default_factory=dict)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    proofs: dict[str, float] = field(default_factory=dict)
    fault: FaultRequest = field(default_factory=lambda: FaultRequest(kind="none"))

    def refusal(self, asked: Asked, response_type: str, scope: str, method: str) -> str:
        """Why a request for a sign-in is sent back; "" where it is right."""
        if response_type != "code":
            return "unsupported_response_type"
        if "openid" not in scope.split():
            return "invalid_scope"
        if method != "S256" or len(asked.challenge) != 43 or not asked.state or not asked.nonce:
            return "invalid_request"
        return "access_denied" if self.fault.kind == "declined" else ""

    def signed_in(self, asked: Asked, person_id: str) -> str:
        """A code for this person's sign-in."""
        code = secrets.token_urlsafe(32)
        self.codes[code] = (asked, person_id)
        return code

    def exchange(self, issuer: str, token_url: str, form: dict[str, str]) -> dict[str, object]:
        """Tokens for a code. Raises `OAuthError`."""
        if form.get("grant_type") != "authorization_code":
            raise OAuthError("unsupported_grant_type")
        self._check_proof(form, {issuer, token_url})
        asked, person_id = self.codes.pop(form.get("code", ""), (None, ""))  # once, whatever comes of it
        if asked is None or time.time() - asked.at > CODE_S or form.get("redirect_uri") != asked.redirect_uri:
            raise OAuthError("invalid_grant")
        if create_s256_code_challenge(form.get("code_verifier", "")) != asked.challenge:
            raise OAuthError("invalid_grant")
        token = secrets.token_urlsafe(32)
        self.tokens[token] = (person_id, time.time() + TOKEN_S)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_S,
            "id_token": self._id_token(issuer, asked, person_id, token),
        }

    def userinfo(self, issuer: str, token: str) -> str | None:
        """The signed answer about whoever signed in; None for a token that is not good."""
        person_id, until = self.tokens.get(token, ("", 0.0))
        if until <= time.time():
            return None
        subject = pairwise("another" if self.fault.kind == "other_subject" else person_id)
        claims: dict[str, object] = {"iss": issuer, "aud": self.client.id, "sub": subject}
        if self.fault.kind == "plain_userinfo":
            return json.dumps(claims)
        signed = self._sign(claims)
        return self._sealed(signed) if self.fault.kind == "sealed_userinfo" else signed

    def jwks(self) -> dict[str, object]:
        return dict(KeySet([*self.keys]).as_dict(private=False, use="sig", alg="ES256"))

    def rotate(self) -> None:
        """Sign with a new key from now on; the one before is still published."""
        self.keys = [_new_key(), self.keys[0]]

    def _check_proof(self, form: dict[str, str], audiences: set[str]) -> None:
        """The client's assertion (RFC 7523, 3). Raises `OAuthError`."""
        key = self.client.key
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" or key is None:
            raise OAuthError("invalid_client", 401)
        try:
            proof = jwt.decode(form.get("client_assertion", ""), key, algorithms=list(ASSERTION_ALGS)).claims
        except (JoseError, ValueError):
            raise OAuthError("invalid_client", 401) from None
        audience = proof.get("aud")
        named = set(audience) if isinstance(audience, list) else {audience}
        expires, jti = proof.get("exp"), proof.get("jti")
        if (
            proof.get("iss") != self.client.id
            or proof.get("sub") != self.client.id
            or form.get("client_id", self.client.id) != self.client.id
            or not named & audiences
            or not isinstance(expires, int)
            or not time.time() < expires <= time.time() + 600
            or not isinstance(jti, str)
            or jti in self.proofs
        ):
            raise OAuthError("invalid_client", 401)
        self.proofs = {known: until for known, until in self.proofs.items() if until > time.time()} | {jti: expires}

    def _id_token(self, issuer: str, asked: Asked, person_id: str, access_token: str) -> str:
        now, kind = int(time.time()), self.fault.kind
        half = hashlib.sha256(("x" if kind == "wrong_at_hash" else access_token).encode()).digest()[:16]
        claims: dict[str, object] = {
            "iss": "https://elsewhere.example" if kind == "wrong_issuer" else issuer,
            "aud": "another-client" if kind == "wrong_audience" else asked.client_id,
            "sub": pairwise(person_id),
            "nonce": "another" if kind == "wrong_nonce" else asked.nonce,
            "iat": now - (7200 if kind == "expired" else 0),
            "exp": now + (-3600 if kind == "expired" else TOKEN_S),
            "auth_time": now,
            "at_hash": urlsafe_b64encode(half).decode().rstrip("="),
            "acr": asked.acr_values.split(" ", maxsplit=1)[0] or "idbb:acr:generated-code",
        }
        return self._sign(claims)

    def _sign(self, claims: dict[str, object]) -> str:
        if self.fault.kind == "not_signed":
            parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
            return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])
        key = _new_key() if self.fault.kind == "foreign_key" else self.keys[0]
        return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)

    def _sealed(self, signed: str) -> str:
        key = self.client.key
        alg = "ECDH-ES" if isinstance(key, ECKey) else "RSA-OAEP-256"
        if key is None:
            raise OAuthError("invalid_client", 401)
        header = {"alg": alg, "enc": "A256GCM", "cty": "JWT"}
        return jwe.encrypt_compact(header, signed.encode(), key, algorithms=[alg, "A256GCM"])


def _new_key() -> ECKey:
    key = ECKey.generate_key("P-256", private=True, auto_kid=True)
    key.ensure_kid()
    return key
