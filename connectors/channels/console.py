"""The terminal (`dalil chat`): no provider, no webhook. Choices are numbered and answered by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

from connectors.channel import Limits, Pace, Parsed, Recovery, WebhookRequest
from connectors.errors import Forged, Malformed
from connectors.messages import Address, IncomingMessage, Medium, OutgoingMessage, Sent
from connectors.text import storable

NAME = "console"
LIMITS = Limits(max_chars=8000)


class Console:
    """The adapter. `show` prints one message, whole."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    @property
    def name(self) -> str:
        return NAME

    @property
    def limits(self) -> Mapping[Medium, Limits]:
        return {Medium.CONSOLE: LIMITS}

    def incoming(self, text: str, user: str = "terminal") -> IncomingMessage:
        """What `user` typed, as a message with an id of its own."""
        address = Address(channel=NAME, medium=Medium.CONSOLE, namespace="local", external_id=user)
        return IncomingMessage(provider_id=uuid4().hex, sender=address, text=storable(text))

    @property
    def pace(self) -> Mapping[Medium, Pace]:
        return {Medium.CONSOLE: Pace()}

    @property
    def recovery(self) -> Recovery:
        return Recovery.RESEND

    def verify(self, request: WebhookRequest) -> None:
        raise Forged(f"the console has no webhook; refused {request.method}")

    def parse(self, request: WebhookRequest) -> Parsed:
        raise Malformed(f"the console has no webhook; refused {request.method}")

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:  # noqa: ARG002 - nobody to tell
        self._show(message.text)
        return Sent(provider_message_id=uuid4().hex)

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:  # noqa: ARG002 - nothing to ask
        return ()

    async def close(self) -> None:
        """Nothing to release."""
