"""WhatsApp through Meta's own Cloud API: https://developers.facebook.com/documentation/business-messaging/whatsapp/.

Addresses: `namespace` is Meta's id of our number (`phone_number_id`). `external_id` is the citizen's business-scoped
user id (`MA.1349...`) wherever Meta names one, because it stays when he hides his number behind a username; else his
number with its plus. The other of the two is in `IncomingMessage.also`, so that who was known by his number before is
found again. A new number gives a new user id: an `IdentityChange`.

Meta asks once by GET whether the address is ours (`challenge`), delivers a webhook for up to a week until it gets a
2xx, and puts many events of several of our numbers into one.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from connectors.channel import Limits, Pace, Parsed, Recovery, WebhookRequest, WebhookResponse
from connectors.channels import whatsapp_webhook
from connectors.channels.whatsapp_api import API_URL, GraphApi, content
from connectors.errors import Forged, Malformed
from connectors.http import READ_SECONDS
from connectors.messages import Ignored, Medium, OutgoingMessage, Sent

NAME = "whatsapp"
MAX_BODY = 3 * 1024 * 1024  # of one webhook with its batch; from memory of Meta's page, not read again
REFERENCE_CHARS = 512  # of biz_opaque_callback_data
LIMITS = Limits(
    max_chars=4096,
    max_buttons=3,
    button_title=20,
    max_rows=10,
    row_title=24,
    row_description=72,
    interactive_chars=1024,  # of a list Meta says 4,096 in one place and 1,024 in another
)
# 80 messages a second from one number; one in six seconds to one person, after a burst (Meta: up to 45, paid back
# later; a burst of 10 leaves room for what the citizen's own taps bring).
PACE = Pace(per_second=80, burst=80, recipient_s=6.0, recipient_burst=10)

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppConfig:
    """One app at Meta. `app_secrets`: each is accepted on webhooks, so that the secret can be rotated.

    `phone_number_id`: who writes first; a reply leaves from the number that was written to. `api_url` with the version
    of the Graph API, or a local provider instead. `templates`: our names of templates → Meta's, where they differ.
    `read_seconds`: how long an answer may take before it counts as lost.
    """

    phone_number_id: str
    access_token: str = field(repr=False)
    app_secrets: tuple[str, ...] = field(repr=False)
    verify_token: str = field(repr=False)
    api_url: str | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    read_seconds: float = READ_SECONDS


class WhatsApp:
    """The adapter. Holds one connection pool."""

    def __init__(self, config: WhatsAppConfig) -> None:
        if not config.app_secrets or not all(config.app_secrets):
            raise ValueError("WhatsAppConfig.app_secrets is empty: no webhook could be verified")
        if not config.verify_token:
            raise ValueError("WhatsAppConfig.verify_token is empty: anybody could claim our address")
        self._secrets = tuple(secret.encode() for secret in config.app_secrets)
        self._verify_token = config.verify_token.encode()
        self._phone_number_id = config.phone_number_id
        self._templates = dict(config.templates)
        self._api = GraphApi(config.access_token, config.api_url or API_URL, config.read_seconds)

    @property
    def name(self) -> str:
        return NAME

    @property
    def limits(self) -> Mapping[Medium, Limits]:
        return {Medium.WHATSAPP: LIMITS}

    @property
    def pace(self) -> Mapping[Medium, Pace]:
        return {Medium.WHATSAPP: PACE}

    @property
    def recovery(self) -> Recovery:
        return Recovery.REPORT  # a status names our reference; Meta lists no sent messages

    @property
    def max_body(self) -> int:
        return MAX_BODY

    # ---- in --------------------------------------------------------------------------------------------------------

    def challenge(self, request: WebhookRequest) -> WebhookResponse:
        given = request.query.get("hub.verify_token", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._verify_token) or request.query.get("hub.mode") != "subscribe":
            raise Forged("wrong verify token or mode")
        return WebhookResponse(200, "text/plain", request.query.get("hub.challenge", "").encode())

    def screen(self, headers: Mapping[str, str]) -> None:
        if not (given := headers.get("x-hub-signature-256", "")):
            raise Forged("no signature")
        if not _SIGNATURE.fullmatch(given):
            raise Forged("no HMAC-SHA256")

    def verify(self, request: WebhookRequest) -> None:
        given = request.headers.get("x-hub-signature-256", "").encode("utf-8", "surrogateescape")
        ours = [b"sha256=" + hmac.digest(secret, request.body, "sha256").hex().encode() for secret in self._secrets]
        if not any([hmac.compare_digest(given, one) for one in ours]):  # noqa: C419 - all are compared, always
            raise Forged("wrong signature")

    def parse(self, request: WebhookRequest) -> Parsed:
        try:
            payload = whatsapp_webhook.Payload.model_validate(_json(request.body))
        except ValidationError:
            raise Malformed("not a webhook of a WhatsApp business account") from None
        events = tuple(whatsapp_webhook.events(payload)) or (Ignored(reason="empty"),)
        return Parsed(events=events, response=WebhookResponse(200))

    # ---- out -------------------------------------------------------------------------------------------------------

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:
        body = content(message, self._templates)
        if reference:
            body["biz_opaque_callback_data"] = reference[:REFERENCE_CHARS]
        wamid = await self._api.create(message.to.namespace or self._phone_number_id, body)
        return Sent(provider_message_id=wamid)

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:  # noqa: ARG002 - nothing to ask
        return ()

    async def close(self) -> None:
        await self._api.close()


def _json(body: bytes) -> object:
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("not JSON in UTF-8") from None
    return data
