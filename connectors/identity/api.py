"""What Dalil needs of an identity provider: lead a citizen to it, and learn on his return who he is, and nothing else.

Every failure is one of a closed set. Its `code` is also the key of the sentence that the citizen reads
(bot/web/identity/words.yaml). Messages of these errors name what failed, never a token, a name or a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from connectors.errors import ConnectorError


class IdentityError(ConnectorError):
    """Base of the set."""

    code: ClassVar[str] = "identity_error"


class ProviderDown(IdentityError):
    """No connection, no answer in time, 5xx or 429."""

    retryable = True
    code = "provider_down"


class ProviderGarbled(IdentityError):
    """An answer that does not follow OpenID Connect, or lacks what this client must have."""

    alert = True
    code = "provider_garbled"


class ProviderRefused(IdentityError):
    """It does not accept us: client id, key, redirect address or scope are not those that it knows."""

    alert = True
    code = "provider_refused"


class NotProven(IdentityError):
    """A token that proves nothing: wrong issuer, audience, nonce, signature, time or subject. Perhaps an attack."""

    alert = True
    code = "not_proven"


class Declined(IdentityError):
    """The citizen did not sign in or did not agree."""

    code = "declined"


class TooLate(IdentityError):
    """The code was used before or is too old."""

    code = "too_late"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that begins. `url`: where the browser goes. The rest is kept until it comes back, sealed."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in: a name that only this provider and we have for him. `acr`: how sure the provider is, its word."""

    issuer: str
    subject: str
    acr: str = ""


class IdentityProvider(Protocol):
    """One provider. All calls raise `IdentityError`s."""

    @property
    def issuer(self) -> str: ...

    async def sign_in_page(self) -> str:
        """The address at which people sign in. It may be on another host than the issuer."""
        ...

    async def begin(self, redirect_uri: str, language: str) -> Begun:
        """Prepare a sign-in. `language`: of the provider's pages, `ar` or `fr`."""
        ...

    async def finish(self, returned: Mapping[str, str], nonce: str, verifier: str, redirect_uri: str) -> Identity:
        """Who it is, from the query that the browser came back with. Its `state` was checked by the caller."""
        ...

    async def check(self) -> str:
        """Ask for its description and keys; what it is, in words. For operators."""
        ...

    async def close(self) -> None: ...
