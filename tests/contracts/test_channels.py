"""One runner for every channel's cases, and the cases that each channel gets for free."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.channel import Channel, Parsed, WebhookRequest
from connectors.channels.console import Console
from connectors.channels.twilio import Twilio, TwilioConfig
from connectors.errors import ConnectorError, Forged, Malformed
from connectors.messages import IncomingMessage
from tests.contracts.channel_case import Case
from tests.contracts.channel_cases import CASES
from tests.contracts.channel_subjects import (
    FIXTURES,
    SECRETS,
    SUBJECTS,
    Subject,
    fixture,
    telegram_request,
    telegram_update,
    twilio_form,
    whatsapp_request,
    whatsapp_webhook,
)

ONE_MEGABYTE = 1024 * 1024
TEXTS = {
    "emoji only": "👍🏽👨‍👩‍👧",
    "4,096 characters": "ش" * 4096,
    "right-to-left override characters": "\u202edrawkcab\u202c \u200fسلام\u200e",
    "SQL and template fragments": "'; DROP TABLE inbox; -- {{ 7*7 }} ${jndi:ldap://x} <script>",
    "a leading slash": "/restart",
    "white space": " \n\t ",
}


@pytest.fixture
def channels() -> dict[str, Channel]:
    return {subject.name: subject.channel() for subject in SUBJECTS}


def receive(channel: Channel, request: WebhookRequest) -> Parsed:
    """What bot/web/gateway.py does with a webhook."""
    channel.verify(request)
    return channel.parse(request)


def message_of(parsed: Parsed) -> IncomingMessage:
    (event,) = parsed.events
    assert isinstance(event, IncomingMessage)
    return event


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_webhook(case: Case, channels: dict[str, Channel]) -> None:
    channel = channels[case.subject.name]
    if isinstance(case.expected, Parsed):
        assert receive(channel, case.request) == case.expected
    else:
        with pytest.raises(case.expected):
            receive(channel, case.request)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
class TestEveryChannel:
    def test_refuses_an_unsigned_webhook(self, subject: Subject) -> None:
        with pytest.raises(Forged):
            subject.channel().verify(subject.unsign(subject.message("bonjour")))

    def test_refuses_a_wrongly_signed_webhook(self, subject: Subject) -> None:
        with pytest.raises(Forged):
            subject.channel().verify(subject.missign(subject.message("bonjour")))

    def test_gives_a_replayed_webhook_the_same_provider_id(self, subject: Subject) -> None:
        channel = subject.channel()
        first, again = (receive(channel, subject.message("bonjour")) for _ in range(2))
        assert message_of(first).provider_id == message_of(again).provider_id

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
    def test_reads_a_text_unchanged(self, subject: Subject, text: str) -> None:
        assert message_of(receive(subject.channel(), subject.message(text))).text == text

    def test_reads_a_megabyte_in_less_than_a_second(self, subject: Subject) -> None:
        request = subject.message("a" * ONE_MEGABYTE)
        started = time.perf_counter()
        assert len(message_of(receive(subject.channel(), request)).text) == ONE_MEGABYTE
        assert time.perf_counter() - started < 1

    def test_refuses_invalid_utf8(self, subject: Subject) -> None:
        with pytest.raises(Malformed):
            receive(subject.channel(), subject.sign(subject.body("bonjour", {}) + b"\xff\xfe"))

    def test_takes_fields_that_it_does_not_know(self, subject: Subject) -> None:
        channel = subject.channel()
        plain, extended = subject.message("bonjour"), subject.message("bonjour", FieldOfNextYear="1", and_another="")
        assert receive(channel, extended) == receive(channel, plain)

    def test_stores_what_a_database_can_hold(self, subject: Subject) -> None:
        message = message_of(receive(subject.channel(), subject.message("un\x00deux")))
        assert IncomingMessage.model_validate_json(message.model_dump_json()) == message
        assert "\x00" not in message.text

    def test_never_tells_a_secret_in_an_error(self, subject: Subject) -> None:
        channel = subject.channel()
        good = subject.message("un texte privé")
        broken = [subject.unsign(good), subject.missign(good), subject.sign(b"\xff"), subject.sign(b"{}")]
        for request in broken:
            with pytest.raises(ConnectorError) as caught:
                receive(channel, request)
            told = "".join(traceback.format_exception(caught.value, chain=True))
            frames_aside = [line for line in told.splitlines() if not line.startswith(("  ", "    "))]
            assert [secret for secret in (*SECRETS, "un texte privé") if secret in "\n".join(frames_aside)] == []

    def test_names_itself_and_its_media(self, subject: Subject) -> None:
        channel = subject.channel()
        assert channel.name == subject.name
        assert channel.limits

    def test_shows_no_secret_in_its_repr(self, subject: Subject) -> None:
        shown = repr(subject.channel())
        assert [secret for secret in SECRETS if secret in shown] == []


@pytest.mark.parametrize(
    ("folder", "body"), [("telegram", telegram_update), ("twilio", twilio_form), ("whatsapp", whatsapp_webhook)]
)
def test_every_fixture_is_used_by_a_case(folder: str, body: Callable[[str], bytes]) -> None:
    used = {case.request.body for case in CASES}
    files = [path.name for path in sorted((FIXTURES / folder).glob("*.json"))]
    assert [file for file in files if body(file) not in used] == []
    assert files


def test_twilios_published_example_of_a_signature_is_accepted() -> None:
    """From twilio-python's documentation: the signature was made by Twilio, not by us."""
    form = b"Caller=%2B14158675309&CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    request = WebhookRequest(
        method="POST",
        url="https://mycompany.com/myapp.php?foo=1&bar=2",
        headers={"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
        body=form,
    )
    channel = Twilio(TwilioConfig(account_sid="AC1", auth_tokens=("12345",), public_url="https://mycompany.com"))
    channel.verify(request)
    with pytest.raises(Forged):
        channel.verify(replace(request, body=form + b"&Extra="))


def test_the_console_has_no_webhook() -> None:
    request = WebhookRequest(method="POST", url="https://dalil.example/channels/console", headers={}, body=b"")
    with pytest.raises(Forged):
        Console(print).verify(request)
    with pytest.raises(Malformed):
        Console(print).parse(request)


def test_two_lines_typed_in_the_console_have_two_ids() -> None:
    console = Console(print)
    assert console.incoming("oui").provider_id != console.incoming("oui").provider_id


# ---- nothing that arrives may end in anything but events or a member of the closed set ------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
UPDATES = [fixture(f"telegram/{path.name}") for path in sorted((FIXTURES / "telegram").glob("*.json"))]
WEBHOOKS = [fixture(f"whatsapp/{path.name}") for path in sorted((FIXTURES / "whatsapp").glob("*.json"))]
CHANNELS = {subject.name: subject.channel() for subject in SUBJECTS}


def places(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """Every path inside `value`."""
    keys: Iterable[str | int] = ()
    if isinstance(value, dict):
        keys = value
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield (*path, key)
        yield from places(value[key], *path, key)


Way = tuple[str | int, ...]
PLACES = [(number, path) for number, update in enumerate(UPDATES) for path in places(update)]
WEBHOOK_PLACES = [(number, path) for number, webhook in enumerate(WEBHOOKS) for path in places(webhook)]


def damaged(whole: Any, way: Way, value: Any) -> bytes:
    """`whole` as JSON with something else at the end of `way`."""
    copy = json.loads(json.dumps(whole))
    inner = copy
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return json.dumps(copy).encode()


@settings(deadline=None)  # a busy machine must not fail it
@given(place=st.sampled_from(PLACES), value=JSON)
def test_a_damaged_telegram_update_gives_one_event_or_is_malformed(place: tuple[int, Way], value: Any) -> None:
    number, way = place
    try:
        parsed = receive(CHANNELS["telegram"], telegram_request(damaged(UPDATES[number], way, value)))
    except Malformed:
        assert way[-1] == "update_id"
        return
    assert len(parsed.events) == 1


@settings(deadline=None)
@given(place=st.sampled_from(WEBHOOK_PLACES), value=JSON)
def test_a_damaged_whatsapp_webhook_gives_events_that_can_be_stored_or_is_malformed(
    place: tuple[int, Way], value: Any
) -> None:
    number, way = place
    try:
        parsed = receive(CHANNELS["whatsapp"], whatsapp_request(damaged(WEBHOOKS[number], way, value)))
    except Malformed:
        assert way[0] in ("object", "entry")
        return
    assert parsed.events
    assert "\x00" not in "".join(event.model_dump_json() for event in parsed.events)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_give_events_or_a_member_of_the_closed_set(subject: Subject, body: bytes) -> None:
    try:
        parsed = receive(CHANNELS[subject.name], subject.sign(body))
    except (Forged, Malformed):
        return
    assert parsed.events
