"""What Meta tells a customer's server: messages and delivery states, as signed JSON with escaped Unicode.

Shapes: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import datetime
from typing import Any

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.phones import Bubble, BubbleKind, Handset, Option
from connectors.sandbox.webhooks import Webhook

ACCOUNT_ID = "100000000000009"  # of the WhatsApp business account
PROFILE_NAME = "Nour"  # the invented citizen's name on WhatsApp
_MEDIA: dict[BubbleKind, dict[str, Any]] = {
    BubbleKind.PHOTO: {"type": "image", "image": {"mime_type": "image/jpeg", "sha256": "c2FuZGJveA==", "id": "1001"}},
    BubbleKind.STICKER: {
        "type": "sticker",
        "sticker": {"mime_type": "image/webp", "sha256": "c2FuZGJveA==", "id": "1002", "animated": False},
    },
    BubbleKind.LOCATION: {"type": "location", "location": {"latitude": 34.0209, "longitude": -6.8416}},  # Rabat
}

Content = dict[str, Any]


def new_wamid() -> str:
    """A message id. Meta's hold the citizen's number; these hold nothing."""
    return "wamid." + secrets.token_urlsafe(32)


def user_id(handset: Handset) -> str:
    """The business-scoped user id that belongs to a handset's number: a country's code and digits."""
    digits = int.from_bytes(hashlib.sha256(handset.address.encode()).digest()[:8])
    return f"{handset.country.upper()}.{digits:020d}"


def text(bubble: Bubble) -> Content:
    return {"type": "text", "text": {"body": bubble.text}}


def media(kind: BubbleKind) -> Content:
    return _MEDIA[kind]


def tapped(offered: Bubble, option: Option, sender: str) -> Content:
    reply = {"id": option.id, "title": option.title}
    kind = "button_reply"
    if offered.menu is not None:
        kind, reply = "list_reply", reply | {"description": option.description}
    return {
        "context": {"from": sender, "id": offered.provider_id},
        "type": "interactive",
        "interactive": {"type": kind, kind: reply},
    }


def message(handset: Handset, wamid: str, content: Content, now: datetime, *, hidden: bool) -> Content:
    """The `value` of a message. `hidden`: the citizen has a username, and his number is left out."""
    contact: dict[str, Any] = {"profile": {"name": PROFILE_NAME}, "user_id": user_id(handset)}
    sender: dict[str, Any] = {"from_user_id": user_id(handset)}
    if hidden:
        contact["profile"]["username"] = "nour.sandbox"
    else:
        contact["wa_id"] = sender["from"] = handset.address.removeprefix("+")
    stamp = str(int(now.timestamp()))
    return {"contacts": [contact], "messages": [{**sender, "id": wamid, "timestamp": stamp, **content}]}


def status(wamid: str, state: str, recipient: Content, reference: str, now: datetime, error: int | None) -> Content:
    """The `value` of a delivery state. `recipient`: `recipient_id`, `recipient_user_id` or both."""
    one: dict[str, Any] = {"id": wamid, "status": state, "timestamp": str(int(now.timestamp())), **recipient}
    if reference:
        one["biz_opaque_callback_data"] = reference
    if error is not None:
        title = "Re-engagement message" if error == 131047 else "Message undeliverable"
        one["errors"] = [{"code": error, "title": title, "message": title, "error_data": {"details": title}}]
    else:
        one["pricing"] = {"billable": False, "pricing_model": "PMP", "category": "service"}
    return {"statuses": [one]}


def signed(config: SandboxConfig, value: Content, reference: str) -> Webhook:
    """The whole webhook for a `value`. `reference` is what the log says of it."""
    metadata = {"display_phone_number": "15005550009", "phone_number_id": config.whatsapp_phone_number_id}
    change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": "messages"}
    payload = {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT_ID, "changes": [change]}]}
    body = json.dumps(payload).encode()
    signature = hmac.new(config.whatsapp_app_secret.encode(), body, hashlib.sha256).hexdigest()
    return Webhook(
        url=config.delivery_url(f"{config.public_url.rstrip('/')}/channels/whatsapp"),
        headers={
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": f"sha256={signature}",
        },
        body=body,
        reference=reference,
    )
