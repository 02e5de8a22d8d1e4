"""What a channel is: verify, parse, send. Nothing else.

A channel knows no database, no policy and no web framework. `bot/web/gateway.py` hands it a `WebhookRequest` and acts
on what it returns; `bot/outbox.py` hands it an `OutgoingMessage`. How to write one: connectors/ADDING_A_CHANNEL.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from connectors.messages import InboundEvent, Medium, OutgoingMessage, Sent


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A provider's request, as raw as it came.

    `url` is the *public* address the provider called (DALIL_PUBLIC_URL + path + query): signatures cover it, and
    behind a proxy no header can be trusted to say it. `headers` have lower-case names. `body` is untouched.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """What to answer once the events are stored."""

    status: int = 204
    content_type: str = "text/plain"
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Parsed:
    events: tuple[InboundEvent, ...]
    response: WebhookResponse = WebhookResponse()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a medium can carry. `render.py` obeys these and knows nothing else of a medium.

    `max_chars`: characters in one message. `sms`: count 3GPP segments instead. `max_buttons`/`max_rows`: 0 where the
    medium has none, and choices are then numbered in the text.
    """

    max_chars: int
    max_buttons: int = 0
    button_title: int = 20
    max_rows: int = 0
    row_title: int = 24
    row_description: int = 72
    interactive_chars: int = 1024  # the text of a message that carries buttons or a menu
    sms: bool = False
    max_segments: int = 3  # of one SMS reply


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a provider lets us send on one medium; None: it sets no limit that we must keep.

    `per_second` from one sender (our end), up to `burst` at once. One recipient gets a message every `recipient_s`
    seconds, after a burst of `recipient_burst`.
    """

    per_second: float | None = None
    burst: int = 1
    recipient_s: float | None = None
    recipient_burst: int = 1


class Recovery(StrEnum):
    """How to learn what became of a send whose answer was lost."""

    LOOK_UP = "look_up"  # the provider lists what it accepted: `find`
    REPORT = "report"  # a delivery report names our own reference: wait for it, then send again
    RESEND = "resend"  # nothing tells: send again, rather twice than never


class Channel(Protocol):
    """One provider's adapter."""

    @property
    def name(self) -> str:
        """The path segment under /channels/ and `Address.channel`."""
        ...

    @property
    def limits(self) -> Mapping[Medium, Limits]:
        """Limits of every medium this provider carries."""
        ...

    @property
    def pace(self) -> Mapping[Medium, Pace]:
        """How fast each medium may be sent to. `bot/outbox.py` keeps to it."""
        ...

    @property
    def recovery(self) -> Recovery:
        """What to do about a send that ended `Uncertain`."""
        ...

    def verify(self, request: WebhookRequest) -> None:
        """Raise `Forged` unless the provider signed this request. Constant-time comparisons only."""
        ...

    def parse(self, request: WebhookRequest) -> Parsed:
        """Turn a verified request into events; raise `Malformed` when it is not of the provider's form."""
        ...

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:
        """Hand one message to the provider; raise a `SendError`. Never retries by itself: the outbox does.

        `reference` is our own id of the message, handed on to a provider that gives it back in its reports.
        """
        ...

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:
        """Provider ids of messages like `message` that were accepted since then, oldest first; raise a `SendError`.

        Only where `recovery` is LOOK_UP; elsewhere always ().
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class Challenged(Protocol):
    """A channel whose provider asks by GET, once, whether the webhook's address is ours. The gateway looks for it."""

    def challenge(self, request: WebhookRequest) -> WebhookResponse:
        """The answer that proves it; raise `Forged` when the request does not know our verify token."""
        ...


@runtime_checkable
class Bulky(Protocol):
    """A channel whose provider puts many events into one webhook. The gateway looks for it."""

    @property
    def max_body(self) -> int:
        """Bytes of the largest genuine webhook, where that is more than the gateway takes from others."""
        ...


@runtime_checkable
class Screened(Protocol):
    """A channel that sees many a forgery by its headers alone. The gateway asks before it reads the body."""

    def screen(self, headers: Mapping[str, str]) -> None:
        """Raise `Forged` for what `verify` would refuse with any body. Lower-case names."""
        ...
