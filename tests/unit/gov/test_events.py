"""Events of a mediator: who may push them, and which file they are about."""

from __future__ import annotations

import json

import pytest

from connectors.errors import Forged, Malformed
from connectors.gov.events import CLIENT_CERT, EventDoor, client_cert
from connectors.sandbox.mediator import certificate, fingerprint

DOOR = EventDoor(frozenset({fingerprint()}))
KNOWN = {CLIENT_CERT: client_cert(certificate())}
TYPES = {"applicationChanged": "fileId"}


def body(**fields: object) -> bytes:
    return json.dumps({"id": "1", **fields}).encode()


@pytest.mark.parametrize(
    "header",
    ["", "::", ":not base64:", ":QUJD:", client_cert(certificate()).strip(":"), client_cert(certificate()) + "x"],
    ids=["none", "empty", "garbled", "another", "no byte sequence", "something behind it"],
)
def test_whoever_is_not_known_is_refused(header: str) -> None:
    with pytest.raises(Forged):
        DOOR.parse({CLIENT_CERT: header}, body())


def test_where_nobody_is_known_nobody_is_let_in() -> None:
    with pytest.raises(Forged):
        EventDoor(frozenset()).parse(KNOWN, body())


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"{}", b'{"id": ""}', b'{"id": "1", "event": []}'])
def test_what_is_no_event_is_malformed(sent: bytes) -> None:
    with pytest.raises(Malformed):
        DOOR.parse(KNOWN, sent)


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"eventType": "applicationChanged", "event": {"fileId": "PA-2026-004217"}}, "PA-2026-004217"),
        ({"eventType": "applicationChanged", "event": {"fileId": 42}, "sequence": 7}, "42"),
        ({"eventType": "applicationChanged", "event": {"fileId": {"a": 1}}}, None),
        ({"eventType": "applicationChanged", "event": {}}, None),
        ({"eventType": "newBirth", "event": {"fileId": "PA-2026-004217"}}, None),
        ({}, None),
    ],
)
def test_the_file_is_found_by_type_and_field(fields: dict[str, object], number: str | None) -> None:
    assert number == DOOR.parse(KNOWN, body(**fields)).file_number(TYPES)
