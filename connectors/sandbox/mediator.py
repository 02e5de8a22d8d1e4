"""The simulated mediator publishes what happens to files: GovStack PubSub 2.0.0, delivery PUSH.

There is no TLS on loopback, so it also plays the proxy before the app: its certificate, mediator.pem (invented, without
a key), goes in the header that a proxy would set.
"""

from __future__ import annotations

import json
import ssl
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from uuid import uuid4

from connectors.gov.events import CLIENT_CERT, client_cert
from connectors.sandbox.webhooks import Webhook, Webhooks

EVENT_TYPE, FILE_FIELD = "applicationChanged", "fileId"
PUBLISHER = {
    "instanceId": "eGovStack",
    "memberClass": "GOV",
    "memberCode": "90000009",
    "applicationCode": "registration",
}


@cache
def certificate() -> bytes:
    """The mediator's certificate (DER)."""
    return ssl.PEM_cert_to_DER_cert(Path(__file__).with_name("mediator.pem").read_text())


def fingerprint() -> str:
    """Its SHA-256 in hex, as the app's setting names it."""
    return sha256(certificate()).hexdigest()


class Mediator:
    """Pushes an event for every file that has moved, in the background, to the app at `app_url`."""

    def __init__(self, webhooks: Webhooks, app_url: str) -> None:
        self._webhooks = webhooks
        self._url = f"{app_url.rstrip('/')}/gov/events"
        self._sequence = count(1)

    def moved(self, file_id: str) -> None:
        """Call from the event loop."""
        self._webhooks.start(self._push(file_id))

    async def _push(self, file_id: str) -> None:
        item = {
            "id": str(uuid4()),
            "sequence": next(self._sequence),
            "publisherId": PUBLISHER,
            "eventType": EVENT_TYPE,
            "event": {FILE_FIELD: file_id},
        }
        headers = {"content-type": "application/json", CLIENT_CERT: client_cert(certificate())}
        await self._webhooks.deliver(Webhook(self._url, headers, json.dumps(item).encode(), str(item["id"])))
