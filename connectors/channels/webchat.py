"""The web chat on our own site. Browsers post JSON here; replies go to the page's event stream.

A message is `{"session": "<token>", "id": "<made by the page>", "text": "...", "choice": null}`; `choice` is the
payload of a tapped button. The session token is ours, signed, and names nobody; `external_id` is its public half, so
that neither the database nor a log ever holds a token that would let its reader write as somebody else.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from connectors.channel import Limits, Pace, Parsed, Recovery, WebhookRequest
from connectors.errors import Forged, Malformed
from connectors.messages import Address, IncomingMessage, Medium, MessageKind, OutgoingMessage, Sent
from connectors.text import storable

NAME = "webchat"
NAMESPACE = "web"
TERMINAL = "terminal"  # the namespace of `dalil chat`, which speaks as a web page does
LIMITS = Limits(
    max_chars=8000,
    max_buttons=10,
    button_title=40,
    max_rows=40,
    row_title=60,
    row_description=120,
    interactive_chars=8000,
)

_OF_TERMINAL = "~"  # such a session's first character, which no random id has
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Deliver = Callable[[str, OutgoingMessage], Awaitable[None]]
"""Hands a message to the event stream of a session (its `external_id`); may raise a `SendError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebChatConfig:
    """`secrets`: the first signs new sessions, all are accepted. `origins`: sites whose pages may post here."""

    secrets: tuple[str, ...] = field(repr=False)
    origins: tuple[str, ...]


class WebChat:
    """The adapter. Holds no connection."""

    def __init__(self, config: WebChatConfig, deliver: Deliver) -> None:
        if not config.secrets or not all(config.secrets):
            raise ValueError("WebChatConfig.secrets is empty: anybody could forge a session")
        self._secrets = tuple(secret.encode() for secret in config.secrets)
        self._origins = frozenset(origin.rstrip("/") for origin in config.origins)
        self._deliver = deliver

    @property
    def name(self) -> str:
        return NAME

    @property
    def limits(self) -> Mapping[Medium, Limits]:
        return {Medium.WEBCHAT: LIMITS}

    def issue_session(self, *, terminal: bool = False) -> str:
        """A new session token: `<random id>.<signature>`, safe in URLs and cookies. `terminal`: for `dalil chat`."""
        session = (_OF_TERMINAL if terminal else "") + secrets.token_urlsafe(16)
        return f"{session}.{_sign(self._secrets[0], session)}"

    def session_id(self, token: str) -> str:
        """The public half of a token that we issued; `Forged` for any other."""
        session, _, signature = token.partition(".")
        given = signature.encode("utf-8", "surrogateescape")
        valid = [hmac.compare_digest(given, _sign(secret, session).encode()) for secret in self._secrets]
        if not session or not any(valid):
            raise Forged("session token")
        return session

    def address(self, session_id: str) -> Address:
        namespace = TERMINAL if session_id.startswith(_OF_TERMINAL) else NAMESPACE
        return Address(channel=NAME, medium=Medium.WEBCHAT, namespace=namespace, external_id=session_id)

    @property
    def pace(self) -> Mapping[Medium, Pace]:
        return {Medium.WEBCHAT: Pace()}

    @property
    def recovery(self) -> Recovery:
        return Recovery.RESEND

    def screen(self, headers: Mapping[str, str]) -> None:
        origin = headers.get("origin")  # browsers always send it; what sends none is no browser's victim
        if origin is not None and origin.rstrip("/") not in self._origins:
            raise Forged("origin")

    def verify(self, request: WebhookRequest) -> None:
        self.screen(request.headers)
        self.session_id(_field(_body(request), "session"))

    def parse(self, request: WebhookRequest) -> Parsed:
        body = _body(request)
        session = self.session_id(_field(body, "session"))
        message_id, text, choice = _field(body, "id"), _field(body, "text"), body.get("choice")
        if not _MESSAGE_ID.fullmatch(message_id):
            raise Malformed("id is not 1 to 64 letters, digits, - or _")
        if choice is not None and not isinstance(choice, str):
            raise Malformed("choice is not a text")
        message = IncomingMessage(
            provider_id=f"{session}:{message_id}",
            sender=self.address(session),
            kind=MessageKind.TEXT if choice is None else MessageKind.CHOICE,
            text=storable(text),
            choice=None if choice is None else storable(choice),
        )
        return Parsed(events=(message,))

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:  # noqa: ARG002 - nobody to tell
        await self._deliver(message.to.external_id, message)
        return Sent(provider_message_id=secrets.token_urlsafe(12))

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:  # noqa: ARG002 - nothing to ask
        return ()

    async def close(self) -> None:
        """Nothing to release: the event streams belong to the web server."""


def _sign(secret: bytes, session: str) -> str:
    return hmac.new(secret, b"webchat-session:" + session.encode("utf-8", "surrogateescape"), sha256).hexdigest()


def _body(request: WebhookRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("not JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise Malformed("not a JSON object")
    return body


def _field(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Malformed(f"{name} is not a text")
    return value
