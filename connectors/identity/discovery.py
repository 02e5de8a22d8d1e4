"""The provider's description of itself (OpenID Connect Discovery 1.0), and what it must offer to be used here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.http import HostNotAllowedError, origin
from connectors.identity.api import ProviderGarbled

# What a signature may be made with. "none" and the symmetric ones are left out on purpose.
SIGNED_WITH = ("ES256", "PS256", "RS256")


@dataclass(frozen=True, slots=True)
class Description:
    """What is used of it. `assertion_algs`: what our own proof may be signed with; empty where it does not say."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    assertion_algs: tuple[str, ...]
    returns_issuer: bool
    notes: tuple[str, ...] = ()  # what it does not say of itself; for operators


def description_of(document: object, issuer: str) -> Description:
    """`document` as a description of `issuer`. Raises `ProviderGarbled` with everything that is missing."""
    if not isinstance(document, Mapping):
        raise ProviderGarbled("its description is no JSON object")
    if document.get("issuer") != issuer:
        raise ProviderGarbled("it describes another issuer: DALIL_OIDC__ISSUER must be written exactly as it is there")
    if missing := list(_missing(document)):
        raise ProviderGarbled(f"it does not offer {', '.join(missing)}")
    if elsewhere := [name for name in _CALLED if not _same_origin(str(document[name]), issuer)]:
        raise ProviderGarbled(f"{', '.join(elsewhere)}: not at the issuer's own address")
    return Description(
        issuer=issuer,
        authorization_endpoint=_browsable(str(document["authorization_endpoint"])),
        token_endpoint=str(document["token_endpoint"]),
        userinfo_endpoint=str(document["userinfo_endpoint"]),
        jwks_uri=str(document["jwks_uri"]),
        assertion_algs=_listed(document, "token_endpoint_auth_signing_alg_values_supported"),
        returns_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        notes=tuple(_notes(document)),
    )


_CALLED = ("token_endpoint", "userinfo_endpoint", "jwks_uri")
_WANTED = {
    "response_types_supported": ("code",),
    "token_endpoint_auth_methods_supported": ("private_key_jwt",),
    "code_challenge_methods_supported": ("S256",),
    "id_token_signing_alg_values_supported": SIGNED_WITH,
    "userinfo_signing_alg_values_supported": SIGNED_WITH,
    "subject_types_supported": ("pairwise",),
}


def _missing(document: Mapping[str, object]) -> Iterator[str]:
    """What it lacks, and what it says that it cannot do."""
    for name in ("authorization_endpoint", *_CALLED):
        if not isinstance(document.get(name), str):
            yield name
    for name, wanted in _WANTED.items():
        listed = _listed(document, name)
        if listed and not set(listed) & set(wanted):
            yield f"{' or '.join(wanted)} in {name}"


def _notes(document: Mapping[str, object]) -> Iterator[str]:
    """GovStack's profile and eSignet's documented description leave some of it out, and offer it none the less. What is
    not said is asked for all the same: PKCE is always sent, and what comes unsigned is refused.
    """
    for name in _WANTED:
        if not _listed(document, name):
            yield f"it does not say {name}"


def _listed(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = document.get(name)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _same_origin(url: str, issuer: str) -> bool:
    try:
        return origin(url) == origin(issuer)
    except HostNotAllowedError:
        return False


def _browsable(url: str) -> str:
    """The citizen's browser goes there, so it may be another host, but not in clear."""
    try:
        origin(url)
    except HostNotAllowedError as error:
        raise ProviderGarbled(f"authorization_endpoint: {error}") from None
    return url
