"""What the web chat adapter makes of what a page sends."""

from __future__ import annotations

from dataclasses import replace

from connectors.channel import Parsed
from connectors.errors import ConnectorError, Forged, Malformed
from connectors.messages import (
    Address,
    InboundEvent,
    IncomingMessage,
    Medium,
    MessageKind,
)
from tests.contracts.channel_case import Case
from tests.contracts.channel_subjects import (
    WEB_SESSION,
    WEBCHAT,
    webchat_body,
    webchat_request,
)

WEB = Address(channel="webchat", medium=Medium.WEBCHAT, namespace="web", external_id=WEB_SESSION.partition(".")[0])
ASK_DOCUMENTS = "a:ma.passeport_renouvellement:documents"


def web(text: str, choice: str | None = None, message_id: str = "m1") -> IncomingMessage:
    return IncomingMessage(
        provider_id=f"{WEB.external_id}:{message_id}",
        sender=WEB,
        kind=MessageKind.TEXT if choice is None else MessageKind.CHOICE,
        text=text,
        choice=choice,
    )


def webchat_case(sentence: str, expected: InboundEvent | type[ConnectorError], **fields: object) -> Case:
    request = webchat_request(webchat_body("bonjour", fields))
    return Case(WEBCHAT, sentence, request, expected if isinstance(expected, type) else Parsed(events=(expected,)))


WEBCHAT_CASES = (
    webchat_case("a text is a text", web("bonjour")),
    webchat_case(
        "a tapped button is a choice", web("Documents", ASK_DOCUMENTS), text="Documents", choice=ASK_DOCUMENTS
    ),
    webchat_case("half an emoji is replaced: no database holds it", web("a\ufffd"), text="a\ud83d"),
    webchat_case("a missing id is malformed", Malformed, id=""),
    webchat_case("an id of another form is malformed", Malformed, id="../../etc"),
    webchat_case("a text that is a number is malformed", Malformed, text=7),
    webchat_case("a choice that is a list is malformed", Malformed, choice=["a"]),
    webchat_case("a session that is an object is malformed", Malformed, session={}),
    webchat_case("the public half of a session alone is refused", Forged, session=WEB.external_id),
    webchat_case("somebody else's signature is refused", Forged, session="x." + WEB_SESSION.partition(".")[2]),
    Case(
        WEBCHAT,
        "a page of another site is refused",
        replace(webchat_request(webchat_body("bonjour", {})), headers={"origin": "https://evil.example"}),
        Forged,
    ),
    Case(WEBCHAT, "a form where JSON is due is malformed", webchat_request(b"text=bonjour"), Malformed),
    Case(WEBCHAT, "deeply nested JSON is malformed", webchat_request(b'{"session":' + b"[" * 200_000), Malformed),
)
