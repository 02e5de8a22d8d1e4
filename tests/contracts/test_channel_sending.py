"""Sending through the unmodified official clients to a provider on 127.0.0.1 that answers as providers do."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from connectors.channel import Channel
from connectors.channels.console import Console
from connectors.channels.telegram import Telegram, TelegramConfig
from connectors.channels.twilio import Twilio, TwilioConfig
from connectors.channels.webchat import WebChat, WebChatConfig
from connectors.errors import Misconfigured, OptedOut, Rejected, SendError, Throttled, Uncertain, Unreachable
from connectors.messages import Address, Button, Medium, Menu, MenuRow, OutgoingMessage
from tests.contracts.channel_subjects import ACCOUNT_SID, AUTH_TOKEN, BOT_SECRET, BOT_TOKEN, PUBLIC_URL, SECRETS
from tests.contracts.provider_server import CLOSE, Answer, Provider, as_json, refusing_url

READ_SECONDS = 0.3
TEXT = "Passeport : 500 DH. Source : passeport.ma"
CITIZEN = "+212600000001"

SMS = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id=CITIZEN)
WHATSAPP = SMS.model_copy(update={"medium": Medium.WHATSAPP})
CHAT = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="1234567890", external_id="7000000001")
BUTTONS = (Button(id="a:x:documents", title="Documents"), Button(id="a:x:fees", title="Frais"))
MENU = Menu(
    button="Voir les choix",
    rows=(MenuRow(id="a:x:where", title="Où", description="Où aller"), MenuRow(id="b", title="Quand")),
)
SIDS = {f"quick-reply-{size}-{language}": f"HXq{size}{language}" for size in (1, 2, 3) for language in ("ar", "fr")}
SIDS |= {f"list-picker-{size}-{language}": f"HXl{size}{language}" for size in range(1, 11) for language in ("ar", "fr")}

CREATED = Answer(201, as_json(sid="SM00000000000000000000000000000042", status="queued"))
DELIVERED = Answer(
    200, as_json(ok=True, result={"message_id": 77, "date": 1795359600, "chat": {"id": 7000000001, "type": "private"}})
)


def twilio(url: str) -> Channel:
    return Twilio(
        TwilioConfig(
            account_sid=ACCOUNT_SID,
            auth_tokens=(AUTH_TOKEN, "an older one"),
            sms_from="+15005550001",
            whatsapp_from="whatsapp:+15005550002",
            public_url=PUBLIC_URL,
            api_url=url,
            content_sids=SIDS,
            read_seconds=READ_SECONDS,
        )
    )


def telegram(url: str) -> Channel:
    return Telegram(TelegramConfig(token=BOT_TOKEN, secret_token=BOT_SECRET, api_url=url, read_seconds=READ_SECONDS))


@dataclass(frozen=True)
class Sender:
    """A channel that calls a provider: how to make it, where it writes, and how its provider says yes."""

    name: str
    make: Callable[[str], Channel]
    to: Address
    accepted: Answer

    def message(self, **fields: object) -> OutgoingMessage:
        return OutgoingMessage.model_validate({"to": self.to, "text": TEXT, "language": "fr", **fields})

    def __str__(self) -> str:
        return self.name


TWILIO = Sender("twilio", twilio, SMS, CREATED)
TELEGRAM = Sender("telegram", telegram, CHAT, DELIVERED)
SENDERS = (TWILIO, TELEGRAM)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def url(provider: Provider) -> Iterator[str]:
    with provider.serving() as address:
        yield address


async def send(sender: Sender, url: str, message: OutgoingMessage | None = None) -> str:
    channel = sender.make(url)
    try:
        return (await channel.send(message or sender.message())).provider_message_id
    finally:
        await channel.close()


# ---- what goes out -------------------------------------------------------------------------------------------------


class TestTwilio:
    async def test_an_sms_leaves_from_where_the_question_arrived(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        assert await send(TWILIO, url) == "SM00000000000000000000000000000042"
        (asked,) = provider.asked
        assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        assert asked.only() == {
            "To": CITIZEN,
            "From": "+15005550006",
            "Body": TEXT,
            "StatusCallback": "https://dalil.example/channels/twilio/status",
        }

    async def test_a_whatsapp_text_has_the_prefix_on_both_addresses(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP))
        sent = provider.asked[0].only()
        assert (sent["To"], sent["From"]) == (f"whatsapp:{CITIZEN}", "whatsapp:+15005550006")

    async def test_the_first_message_leaves_from_the_configured_sender(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP.model_copy(update={"namespace": ""})))
        assert provider.asked[0].only()["From"] == "whatsapp:+15005550002"

    async def test_without_any_sender_it_says_what_is_missing(self) -> None:
        channel = Twilio(TwilioConfig(account_sid=ACCOUNT_SID, auth_tokens=(AUTH_TOKEN,), public_url=PUBLIC_URL))
        with pytest.raises(Misconfigured, match="no sender for sms"):
            await channel.send(TWILIO.message(to=SMS.model_copy(update={"namespace": ""})))
        await channel.close()

    async def test_buttons_go_out_as_a_quick_reply_template(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, buttons=BUTTONS))
        sent = provider.asked[0].only()
        assert "Body" not in sent
        assert sent["ContentSid"] == "HXq2fr"
        assert json.loads(sent["ContentVariables"]) == {
            "1": TEXT,
            "2": "Documents",
            "3": "a:x:documents",
            "4": "Frais",
            "5": "a:x:fees",
        }

    async def test_an_apostrophe_is_escaped_in_a_templates_variables(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, text="L'été", buttons=BUTTONS[:1]))
        variables = provider.asked[0].only()["ContentVariables"]
        assert "'" not in variables
        assert json.loads(variables)["1"] == "L'été"

    async def test_a_menu_goes_out_as_a_list_picker_and_darija_uses_the_arabic_one(
        self, provider: Provider, url: str
    ) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, menu=MENU, language="ary"))
        sent = provider.asked[0].only()
        assert sent["ContentSid"] == "HXl2ar"
        assert list(json.loads(sent["ContentVariables"]).values()) == [
            TEXT, "Voir les choix", "Où", "a:x:where", "Où aller", "Quand", "b", "·",
        ]  # fmt: skip

    async def test_a_template_that_nobody_made_is_a_misconfiguration(self, url: str) -> None:
        buttons = tuple(Button(id=str(number), title="Oui") for number in range(4))
        with pytest.raises(Misconfigured, match="quick-reply-4-fr"):
            await send(TWILIO, url, TWILIO.message(to=WHATSAPP, buttons=buttons))

    async def test_it_signs_in_with_the_first_token(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url)
        expected = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        assert provider.asked[0].headers["authorization"] == f"Basic {expected}"


class TestTelegram:
    async def test_a_text_goes_out_plain(self, provider: Provider, url: str) -> None:
        provider.answer = DELIVERED
        assert await send(TELEGRAM, url, TELEGRAM.message(text="*a* _b_ <c>")) == "7000000001:77"
        (asked,) = provider.asked
        sent = asked.only()
        assert asked.path == f"/bot{BOT_TOKEN}/sendMessage"
        assert (sent["chat_id"], sent["text"]) == ("7000000001", "*a* _b_ <c>")
        assert "parse_mode" not in sent

    async def test_two_short_buttons_share_a_line(self, provider: Provider, url: str) -> None:
        provider.answer = DELIVERED
        long = Button(id="a:x:processing_time", title="Combien de temps cela prend")
        await send(TELEGRAM, url, TELEGRAM.message(buttons=(*BUTTONS, long)))
        assert json.loads(provider.asked[0].only()["reply_markup"]) == {
            "inline_keyboard": [
                [
                    {"text": "Documents", "callback_data": "a:x:documents"},
                    {"text": "Frais", "callback_data": "a:x:fees"},
                ],
                [{"text": "Combien de temps cela prend", "callback_data": "a:x:processing_time"}],
            ]
        }

    async def test_a_menu_is_one_button_to_a_line(self, provider: Provider, url: str) -> None:
        provider.answer = DELIVERED
        await send(TELEGRAM, url, TELEGRAM.message(menu=MENU))
        assert json.loads(provider.asked[0].only()["reply_markup"]) == {
            "inline_keyboard": [
                [{"text": "Où", "callback_data": "a:x:where"}],
                [{"text": "Quand", "callback_data": "b"}],
            ]
        }


# ---- what can go wrong ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trouble:
    sender: Sender
    sentence: str
    answer: Answer
    error: type[SendError]
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.sender}: {self.sentence}"


def refused(code: int, status: int = 400) -> Answer:
    """As Twilio words it: with the citizen's number in the message."""
    message = f"The message to {CITIZEN} was refused"
    return Answer(status, as_json(code=code, message=message, more_info="https://www.twilio.com", status=status))


def no(code: int, description: str, **parameters: object) -> Answer:
    return Answer(code, as_json(ok=False, error_code=code, description=description, parameters=parameters))


SLOW = Answer(200, delay=30)
REDIRECT = Answer(302, headers={"location": "http://127.0.0.1:1/elsewhere"})

TROUBLES = (
    Trouble(TWILIO, "429 is throttled", refused(20429, 429), Throttled),
    Trouble(
        TWILIO, "429 with Retry-After says when", Answer(429, headers={"retry-after": "7"}), Throttled, retry_after=7.0
    ),
    Trouble(TWILIO, "a full queue is throttled", refused(21611), Throttled),
    Trouble(TWILIO, "WhatsApp asking to slow down is throttled", refused(63018), Throttled),
    Trouble(TWILIO, "a citizen who sent STOP has opted out", refused(21610), OptedOut),
    Trouble(TWILIO, "a closed 24-hour window is a rejection", refused(63016), Rejected),
    Trouble(TWILIO, "an invalid number is a rejection", refused(21211), Rejected),
    Trouble(TWILIO, "a landline is a rejection", refused(21614), Rejected),
    Trouble(TWILIO, "a wrong token is a misconfiguration", refused(20003, 401), Misconfigured),
    Trouble(TWILIO, "401 without a code is a misconfiguration", Answer(401, "no"), Misconfigured),
    Trouble(TWILIO, "somebody else's sender is a misconfiguration", refused(21606), Misconfigured),
    Trouble(TWILIO, "an unknown code is a rejection", refused(99999), Rejected),
    Trouble(
        TWILIO,
        "an error in the RFC 9457 form is read too",
        Answer(400, as_json(type="https://twilio.com", title="Opted out", status=400, code=21610)),
        OptedOut,
    ),
    Trouble(TWILIO, "500 is uncertain", refused(20500, 500), Uncertain),
    Trouble(TWILIO, "503 with a page is uncertain", Answer(503, "<html>"), Uncertain),
    Trouble(TWILIO, "201 without JSON is uncertain", Answer(201, "<html>"), Uncertain),
    Trouble(TWILIO, "201 without a SID is uncertain", Answer(201, "{}"), Uncertain),
    Trouble(TWILIO, "201 with a list is uncertain", Answer(201, "[]"), Uncertain),
    Trouble(TWILIO, "an answer that never comes is uncertain", SLOW, Uncertain),
    Trouble(TWILIO, "a connection closed without an answer is uncertain", Answer(CLOSE), Uncertain),
    Trouble(TWILIO, "a redirect is not followed", REDIRECT, Rejected),
    Trouble(TELEGRAM, "429 says when", no(429, "Too Many Requests", retry_after=14), Throttled, retry_after=14.0),
    Trouble(TELEGRAM, "429 without a time is throttled", Answer(429, "<html>"), Throttled),
    Trouble(TELEGRAM, "a citizen who blocked the bot has opted out", no(403, "bot was blocked by the user"), OptedOut),
    Trouble(TELEGRAM, "an unknown chat is a rejection", no(400, "Bad Request: chat not found"), Rejected),
    Trouble(TELEGRAM, "a chat that moved is a rejection", no(400, "moved", migrate_to_chat_id=-100), Rejected),
    Trouble(TELEGRAM, "a wrong token is a misconfiguration", no(401, "Unauthorized"), Misconfigured),
    Trouble(TELEGRAM, "a malformed token is a misconfiguration", no(404, "Not Found"), Misconfigured),
    Trouble(TELEGRAM, "500 is uncertain", no(500, "Internal Server Error"), Uncertain),
    Trouble(TELEGRAM, "502 with a page is uncertain", Answer(502, "<html>"), Uncertain),
    Trouble(TELEGRAM, "200 without JSON is uncertain", Answer(200, "<html>"), Uncertain),
    Trouble(TELEGRAM, "200 without a message is uncertain", Answer(200, as_json(ok=True, result={})), Uncertain),
    Trouble(TELEGRAM, "200 without a result is uncertain", Answer(200, as_json(ok=True)), Uncertain),
    Trouble(TELEGRAM, "an answer that never comes is uncertain", SLOW, Uncertain),
    Trouble(TELEGRAM, "a connection closed without an answer is uncertain", Answer(CLOSE), Uncertain),
    Trouble(TELEGRAM, "a redirect is not followed", REDIRECT, Uncertain),
)


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_a_trouble(trouble: Trouble, provider: Provider, url: str, caplog: pytest.LogCaptureFixture) -> None:
    provider.answer = trouble.answer
    with caplog.at_level(logging.DEBUG), pytest.raises(SendError) as caught:
        await send(trouble.sender, url)
    assert type(caught.value) is trouble.error
    assert getattr(caught.value, "retry_after", None) == trouble.retry_after
    assert len(provider.asked) == 1  # the outbox retries, never the channel
    assert private_in("".join(traceback.format_exception(caught.value)) + caplog.text) == []


@pytest.mark.parametrize("sender", SENDERS, ids=str)
class TestEverySender:
    async def test_a_refused_connection_is_unreachable(self, sender: Sender) -> None:
        with pytest.raises(Unreachable) as caught:
            await send(sender, refusing_url())
        assert private_in("".join(traceback.format_exception(caught.value))) == []

    async def test_a_sent_message_leaves_nothing_private_in_the_log(
        self, sender: Sender, provider: Provider, url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        provider.answer = sender.accepted
        with caplog.at_level(logging.DEBUG):
            await send(sender, url)
        assert private_in(caplog.text) == []

    async def test_messages_share_connections(self, sender: Sender, provider: Provider, url: str) -> None:
        provider.answer = sender.accepted
        channel = sender.make(url)
        for _ in range(3):
            await channel.send(sender.message())
        await channel.close()
        assert len({asked.connection for asked in provider.asked}) == 1

    async def test_twenty_at_once_all_arrive(self, sender: Sender, provider: Provider, url: str) -> None:
        provider.answer = sender.accepted
        channel = sender.make(url)
        await asyncio.gather(*(channel.send(sender.message()) for _ in range(20)))
        await channel.close()
        assert len(provider.asked) == 20

    async def test_plain_http_beyond_this_machine_is_refused_at_once(self, sender: Sender) -> None:
        with pytest.raises(ValueError, match="plain http is for loopback only"):
            sender.make("http://api.example")

    async def test_closing_twice_is_harmless(self, sender: Sender, url: str) -> None:
        channel = sender.make(url)
        await channel.close()
        await channel.close()


def private_in(text: str) -> list[str]:
    return [private for private in (*SECRETS, TEXT, CITIZEN, "7000000001") if private in text]


# ---- channels without a provider -----------------------------------------------------------------------------------


async def test_the_web_chat_hands_a_message_to_its_session() -> None:
    delivered: list[tuple[str, OutgoingMessage]] = []

    async def deliver(session: str, message: OutgoingMessage) -> None:
        delivered.append((session, message))

    channel = WebChat(WebChatConfig(secrets=("s",), origins=(PUBLIC_URL,)), deliver)
    message = OutgoingMessage(to=channel.address("abc"), text=TEXT, language="fr", buttons=BUTTONS)
    first, second = await channel.send(message), await channel.send(message)
    assert delivered == [("abc", message), ("abc", message)]
    assert first.provider_message_id != second.provider_message_id


async def test_a_web_session_survives_a_change_of_secret() -> None:
    async def deliver(session: str, message: OutgoingMessage) -> None:
        raise AssertionError(session)

    old = WebChat(WebChatConfig(secrets=("old",), origins=()), deliver)
    new = WebChat(WebChatConfig(secrets=("new", "old"), origins=()), deliver)
    token = old.issue_session()
    assert new.session_id(token) == old.session_id(token) == token.partition(".")[0]
    assert old.issue_session() != token


async def test_the_console_shows_a_message() -> None:
    shown: list[str] = []
    channel = Console(shown.append)
    await channel.send(OutgoingMessage(to=channel.incoming("oui").sender, text=TEXT, language="fr"))
    assert shown == [TEXT]
