"""Who a citizen is, proven once by a link from the chat to the identity provider and back (docs/adr/0025).

Used from three sides: actions ask for a link and for a verified identity, the web page walks the browser through, and a
turn brings the code that ends it. What is stored: bot/identity_links.py.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from actions.contract import TurnInput
from bot.identity_links import Confirmed, IdentityStore, Link, NewLink
from bot.metrics import METRICS
from bot.vault import SealedElsewhere, Vault
from connectors.http import origin
from connectors.identity.api import IdentityError, IdentityProvider
from connectors.messages import Address, Medium, ReplyLanguage
from knowledge.language.normalise import ascii_digits

log = logging.getLogger(__name__)

CODE_DIGITS = 7  # no birth date has as many, no telephone number so few
CALLBACK = "/identity/callback"
_WORDS_AROUND = 6  # "mon code est le 4839215": more words are about something else
_CODES = 3  # tries at a code that nobody else has
_PHONE = re.compile(r"\+?\d{6,15}")


class LinkUsedUp(Exception):
    """No such link, or not any more, or not for this browser. The page says how to get another."""


@dataclass(frozen=True, slots=True)
class VerifiedBy:
    """A `connectors.gov.api.VerifiedIdentity`: names are compared by their keyed hashes."""

    issuer: str
    subject_key: str
    vault: Vault

    def is_subject(self, name: str) -> bool:
        return hmac.compare_digest(subject_key(self.vault, self.issuer, name), self.subject_key)


@dataclass(frozen=True, slots=True)
class Written:
    """What a code that was written into a chat came to. `waiting`: the file that was asked about, where it is bound."""

    confirmed: Confirmed
    waiting: str = ""


class Identification:
    """`kept_s`: for how long a verified identity is believed. `public_url`: ours, without a slash at the end."""

    def __init__(
        self,
        provider: IdentityProvider,
        store: IdentityStore,
        vault: Vault,
        *,
        public_url: str,
        kept_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._provider = provider
        self._store = store
        self._vault = vault
        self._public_url = public_url
        self._kept_s = kept_s
        self._clock = clock

    # ---- for actions -----------------------------------------------------------------------------------------------

    def verified(self, person_id: str, now: datetime) -> VerifiedBy | None:
        """Who this person has proven to be, while that is believed."""
        binding = self._store.binding(person_id, self._provider.issuer, now.timestamp())
        return None if binding is None else VerifiedBy(binding.issuer, binding.subject_key, self._vault)

    def link(self, turn: TurnInput, waiting: str, language: ReplyLanguage, now: datetime) -> str | None:
        """A fresh link for this turn's chat, after which `waiting` is looked up. None: too many within the hour."""
        token = secrets.token_urlsafe(24)
        added = self._store.add(
            NewLink(
                token_key=self._key("token", token),
                person_id=turn.person_id,
                conversation_id=turn.conversation_id,
                turn_id=turn.turn_id,
                waiting=self._vault.seal(waiting),
                language=language,
            ),
            now.timestamp(),
        )
        METRICS.identity.labels("link" if added else "too_many").inc()
        return f"{self._public_url}/identity/{token}" if added else None

    # ---- for the page ----------------------------------------------------------------------------------------------

    async def shown(self, token: str) -> Link:
        """The link with this token. Raises `LinkUsedUp`. Looking changes nothing: messengers look at every link."""
        link = await asyncio.to_thread(self._store.find, self._key("token", token), self._clock())
        if link is None:
            raise LinkUsedUp
        return link

    async def leads_to(self) -> str:
        """The origin of the page on which people sign in. Raises an `IdentityError`."""
        return origin(await self._provider.sign_in_page())

    async def begin(self, token: str, browser: str) -> str:
        """Where this browser goes. Raises `LinkUsedUp` or an `IdentityError`; after the latter one may try again."""
        link = await self.shown(token)
        begun = await self._provider.begin(self._public_url + CALLBACK, "fr" if link.language == "fr" else "ar")
        secret = self._vault.seal(json.dumps({"nonce": begun.nonce, "verifier": begun.verifier}))
        keys = self._key("browser", browser), self._key("state", begun.state)
        if not await asyncio.to_thread(self._store.start, link.id, *keys, secret, self._clock()):
            raise LinkUsedUp
        METRICS.identity.labels("started").inc()
        return begun.url

    async def come_back(self, returned: Mapping[str, str], browser: str) -> None:
        """Learn who it is. Raises `LinkUsedUp`, or a `Failed` with the sentence's key; both end the link."""
        keys = self._key("state", returned.get("state", "")), self._key("browser", browser)
        link = await asyncio.to_thread(self._store.come_back, *keys, self._clock())
        if link is None:
            METRICS.identity.labels("stray").inc()
            raise LinkUsedUp
        try:
            kept = json.loads(self._vault.open(link.secret))
            identity = await self._provider.finish(
                returned, kept["nonce"], kept["verifier"], self._public_url + CALLBACK
            )
        except IdentityError as error:
            await asyncio.to_thread(self._store.refuse, link.id)
            METRICS.identity.labels(error.code).inc()
            (log.error if error.alert else log.info)("identity not proven", extra={"link": link.id, "code": str(error)})
            raise Failed(error.code, link) from None
        subject = subject_key(self._vault, identity.issuer, identity.subject)
        for _ in range(_CODES):
            code = str(secrets.randbelow(9 * 10 ** (CODE_DIGITS - 1)) + 10 ** (CODE_DIGITS - 1))
            key, sealed = self._key("code", code), self._vault.seal(code)
            if await asyncio.to_thread(
                self._store.identified, link.id, identity.issuer, subject, key, sealed, self._clock()
            ):
                METRICS.identity.labels("returned").inc()
                return
        raise LinkUsedUp

    async def code_for(self, browser: str) -> tuple[Link, str]:
        """The code that this browser shows. Raises `LinkUsedUp`."""
        link = await asyncio.to_thread(self._store.returned, self._key("browser", browser), self._clock())
        if link is None:
            raise LinkUsedUp
        try:
            return link, self._vault.open(link.code)
        except SealedElsewhere:
            raise LinkUsedUp from None

    # ---- for turns -------------------------------------------------------------------------------------------------

    def written(self, text: str, person_id: str, turn_id: str, now: float) -> Written | None:
        """What the code in a message came to; None where the message holds none or none is waited for."""
        digits = code_in(text)
        if digits is None:
            return None
        code, bare = digits
        confirmed, sealed = self._store.confirm(
            self._key("code", code), person_id, turn_id, self._kept_s, now, counts=bare
        )
        if confirmed is Confirmed.NOTHING:
            return None
        METRICS.identity.labels(confirmed.value).inc()
        if confirmed is Confirmed.ELSEWHERE:
            log.warning("an identity's code came from another chat", extra={"turn": turn_id})
        return Written(confirmed, self._vault.open(sealed) if sealed else "")

    async def close(self) -> None:
        await self._provider.close()

    def _key(self, purpose: str, value: str) -> str:
        return self._vault.lookup(f"identity-{purpose}", value)


class Failed(Exception):
    """A sign-in came to nothing. `code` is an `IdentityError`'s."""

    def __init__(self, code: str, link: Link) -> None:
        super().__init__(code)
        self.code, self.link = code, link


def subject_key(vault: Vault, issuer: str, subject: str) -> str:
    """The hash by which a provider's name for somebody is kept and compared."""
    return vault.lookup("identity-subject", issuer, subject)


def chat_ending(address: Address) -> str:
    """The last two digits of a chat's telephone number; "" where it has none."""
    return address.external_id[-2:] if _PHONE.fullmatch(address.external_id) else ""


def way_back(address: Address, code: str) -> str | None:
    """A link that opens the chat with the code written into it, where our number there is known."""
    ours = address.namespace.removeprefix("whatsapp:")
    if not ours.startswith("+") or not _PHONE.fullmatch(ours):
        return None
    match address.medium:
        case Medium.WHATSAPP:
            return f"https://wa.me/{ours[1:]}?text={quote(code)}"
        case Medium.SMS:
            return f"sms:{ours}?body={quote(code)}"
    return None


def code_in(text: str) -> tuple[str, bool] | None:
    """A code in a message, and whether the message is nothing else."""
    plain = ascii_digits(text)
    bare = re.sub(r"[\s.\-–]", "", plain)
    if re.fullmatch(rf"\d{{{CODE_DIGITS}}}", bare):
        return bare, True
    if len(plain.split()) > _WORDS_AROUND:
        return None
    found = re.findall(r"\d(?:[ \-]?\d)*", plain)
    codes = [digits for one in found if len(digits := re.sub(r"\D", "", one)) == CODE_DIGITS]
    return (codes[0], False) if len(codes) == 1 and len(found) == 1 else None
