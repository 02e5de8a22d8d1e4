"""Events of an Information Mediator: GovStack PubSub 2.0.0, delivery PUSH.

From the specification (bb-information-mediator, `GovStack_IM_PubSub_API.yaml`): an event arrives as an `EventItem`
(id, sequence, publisherId, eventType, event), and the security scheme is mutual TLS. It leaves open at which path a
subscriber is called and what is in `event`: the path is ours (/gov/events), and which field of which event type names
the file is a setting. An event only says that something happened: what, is asked of the system itself.

TLS ends at a reverse proxy, which hands on the caller's certificate as RFC 9440 says: `Client-Cert: :<DER, base64>:`.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.errors import Forged, Malformed

CLIENT_CERT = "client-cert"  # https://www.rfc-editor.org/rfc/rfc9440
MAX_BODY = 64 * 1024
_BYTES = re.compile(r":([A-Za-z0-9+/]+=*):")  # a byte sequence of https://www.rfc-editor.org/rfc/rfc8941


class EventItem(BaseModel):
    """`EventItem` of the specification: only `id` is required. Other fields are let through."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    id: str = Field(min_length=1, max_length=200)
    event_type: str = Field(default="", alias="eventType", max_length=200)
    event: dict[str, Any] = Field(default_factory=dict)

    def file_number(self, types: Mapping[str, str]) -> str | None:
        """The file that it is about, as the publisher writes it; None for an event that is none of `types`.

        `types`: event type → field of `event` that holds the number.
        """
        value = self.event.get(types.get(self.event_type, ""))
        return str(value) if isinstance(value, str | int) else None


class EventDoor:
    """Who may push: the SHA-256 of their certificates, in hex."""

    def __init__(self, certificates: frozenset[str]) -> None:
        self._certificates = certificates

    def parse(self, headers: Mapping[str, str], body: bytes) -> EventItem:
        """The event. Raises `Forged` for a caller who is not known, `Malformed` for what is no event."""
        match = _BYTES.fullmatch(headers.get(CLIENT_CERT, "").strip())
        try:
            certificate = b64decode(match[1], validate=True) if match else b""
        except binascii.Error:
            certificate = b""
        if sha256(certificate).hexdigest() not in self._certificates:
            raise Forged("the certificate in Client-Cert is not one of DALIL_EVENTS__CERTIFICATES")
        try:
            return EventItem.model_validate_json(body)
        except ValidationError:
            raise Malformed("not an EventItem of GovStack PubSub 2.0.0") from None


def client_cert(certificate: bytes) -> str:
    """The header's value for a certificate (DER)."""
    return f":{b64encode(certificate).decode()}:"
