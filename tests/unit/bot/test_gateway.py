"""Webhooks over HTTP, with the real adapters and a real database: what is let in, what is refused, what is kept."""

from __future__ import annotations

import asyncio
import hmac
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import Engine, event, func, select
from starlette.types import ASGIApp, Message
from twilio.request_validator import RequestValidator

from bot.inbox import InboxService
from bot.metrics import METRICS
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.store.tables import inbox as inbox_table
from bot.store.tables import people
from bot.vault import Vault
from bot.web import gateway
from bot.web.app import Web
from connectors.channels.telegram import TelegramConfig
from connectors.channels.twilio import TwilioConfig
from connectors.channels.whatsapp import WhatsAppConfig
from connectors.registry import build_channels

PUBLIC = "https://dalil.example"
SID, TOKEN, SECRET = "AC" + "1" * 32, "invented-token", "invented-secret"
APP_SECRET, VERIFY_TOKEN = "invented-app-secret", "invented-verify-token"
WELL_FORMED = "A" * 27 + "="  # as long as a signature is, and nobody's


class Gateway:
    """The gateway, its database and a provider that can sign."""

    def __init__(self, web: ASGIApp, http: httpx2.AsyncClient, database: Database, wakes: list[int]) -> None:
        self.web, self.http, self.database, self.wakes = web, http, database, wakes

    def form(self, number: int = 1, **fields: str) -> dict[str, str]:
        return {
            "MessageSid": f"SM{number:032d}",
            "AccountSid": SID,
            "From": "+212600000001",
            "To": "+15005550006",
            "Body": "chno khassni",
            "NumMedia": "0",
            **fields,
        }

    async def twilio(self, form: dict[str, str], **headers: str) -> int:
        signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/channels/twilio", form)
        return await self.post(urlencode(form), **{"X-Twilio-Signature": signature, **headers})

    async def post(self, body: str | bytes, path: str = "/channels/twilio", **headers: str) -> int:
        given = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return (await self.http.post(path, content=body, headers=given)).status_code

    def stored(self) -> int:
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(inbox_table)).scalar_one()


@asynccontextmanager
async def _nothing_to_open(_: Web) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def gate(sqlite_database: Database) -> AsyncIterator[Gateway]:
    database, vault = sqlite_database, Vault(["c" * 43 + "="], b"a key of the tests")
    channels = build_channels(
        twilio=TwilioConfig(
            account_sid=SID,
            auth_tokens=(TOKEN,),
            sms_from="+15005550006",
            whatsapp_from="+15005550009",
            public_url=PUBLIC,
        ),
        telegram=TelegramConfig(token="7000000001:invented", secret_token=SECRET),
        whatsapp=WhatsAppConfig(
            phone_number_id="1", access_token="a", app_secrets=(APP_SECRET,), verify_token=VERIFY_TOKEN
        ),
    )
    wakes: list[int] = []
    service = InboxService(SqlInbox(database, vault), SqlOutbox(database, vault), lambda: wakes.append(1))
    web = Web(_nothing_to_open)
    web.take_webhooks(gateway.create_router(channels, service, PUBLIC).routes)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(web), base_url="http://internal:8000") as http:
        yield Gateway(web, http, database, wakes)
    for channel in channels.values():
        await channel.close()


async def test_a_signed_message_is_stored_and_wakes_the_worker(gate: Gateway) -> None:
    assert 204 == await gate.twilio(gate.form())
    assert (1, [1]) == (gate.stored(), gate.wakes)


async def test_a_replayed_message_is_acknowledged_and_stored_once(gate: Gateway) -> None:
    assert [204, 204] == [await gate.twilio(gate.form()), await gate.twilio(gate.form())]
    assert (1, [1]) == (gate.stored(), gate.wakes)


async def test_fields_that_we_do_not_know_are_signed_and_ignored(gate: Gateway) -> None:
    assert 204 == await gate.twilio(gate.form(SomethingNew="1", Empty=""))


@pytest.mark.parametrize(
    ("headers", "changed"),
    [
        pytest.param({"X-Twilio-Signature": ""}, {}, id="unsigned"),
        pytest.param({"X-Twilio-Signature": "bm90IGEgc2lnbmF0dXJl"}, {}, id="signed in another form"),
        pytest.param({"X-Twilio-Signature": WELL_FORMED}, {}, id="wrongly signed, in the right form"),
        pytest.param({}, {"AccountSid": "AC" + "2" * 32}, id="signed, but for another account"),
    ],
)
async def test_a_forged_message_gets_403_and_leaves_only_a_count(
    gate: Gateway, headers: dict[str, str], changed: dict[str, str]
) -> None:
    counter = METRICS.rejected.labels("twilio", "forged")
    before = counter._value.get()

    assert 403 == await gate.twilio(gate.form(**changed), **headers)

    assert (0, [], before + 1) == (gate.stored(), gate.wakes, counter._value.get())


@pytest.mark.parametrize(
    ("channel", "headers"),
    [
        pytest.param("twilio", {}, id="twilio: unsigned"),
        pytest.param("twilio", {"x-twilio-signature": "bm90IGEgc2lnbmF0dXJl"}, id="twilio: too short"),
        pytest.param("twilio", {"x-twilio-signature": "é" * 28}, id="twilio: no base64"),
        pytest.param(
            "twilio",
            {"x-twilio-signature": WELL_FORMED, "x-twilio-webhooks-signature-settings": "algorithm=HMAC_SHA256"},
            id="twilio: of another algorithm",
        ),
        pytest.param("telegram", {}, id="telegram: no secret"),
        pytest.param("telegram", {"x-telegram-bot-api-secret-token": "guess"}, id="telegram: a wrong secret"),
        pytest.param("whatsapp", {}, id="whatsapp: unsigned"),
        pytest.param("whatsapp", {"x-hub-signature-256": "sha256=" + "g" * 64}, id="whatsapp: no hash"),
    ],
)
async def test_a_body_is_not_read_where_the_headers_give_the_forgery_away(
    gate: Gateway, channel: str, headers: dict[str, str]
) -> None:
    counter = METRICS.rejected.labels(channel, "forged")
    before = counter._value.get()
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body is read")

    async def send(message: Message) -> None:
        sent.append(message)

    path = f"/channels/{channel}"
    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": named}
    await gate.web({**scope, "query_string": b""}, receive, send)

    assert (403, before + 1) == (sent[0]["status"], counter._value.get())


async def test_who_hangs_up_before_his_message_is_whole_is_not_answered(gate: Gateway) -> None:
    coming = [{"type": "http.request", "body": b"Body=a", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError("somebody is answered")

    headers = [(b"x-twilio-signature", WELL_FORMED.encode())]
    scope = {"type": "http", "method": "POST", "path": "/channels/twilio", "query_string": b"", "headers": headers}
    await gate.web(scope, receive, send)

    assert 0 == gate.stored()


async def test_a_genuine_message_with_a_changed_body_is_forged(gate: Gateway) -> None:
    form = gate.form()
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/channels/twilio", form)

    assert 403 == await gate.post(urlencode({**form, "Body": "other"}), **{"X-Twilio-Signature": signature})


@pytest.mark.parametrize(
    ("body", "headers", "statuses"),
    [
        pytest.param(b"Body=" + b"a" * 1_048_576, {"X-Twilio-Signature": "x"}, {413}, id="one megabyte"),
        pytest.param(b"Body=%ff%fe", {"X-Twilio-Signature": "x"}, {400, 403}, id="invalid UTF-8"),
        pytest.param(b'{"Body": "x"}', {"Content-Type": "application/json"}, {400, 403}, id="JSON where a form is due"),
        pytest.param(b"", {"X-Twilio-Signature": "x"}, {400, 403}, id="nothing at all"),
    ],
)
async def test_what_is_not_of_the_provider_s_form_is_refused_and_not_stored(
    gate: Gateway, body: bytes, headers: dict[str, str], statuses: set[int]
) -> None:
    assert await gate.post(body, **headers) in statuses
    assert 0 == gate.stored()


async def test_a_body_that_lies_about_its_length_is_cut_off(gate: Gateway) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"a" * 16_384

    response = await gate.http.post("/channels/twilio", content=endless(), headers={"X-Twilio-Signature": WELL_FORMED})

    assert 413 == response.status_code


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("🙂👍", id="emoji only"),
        pytest.param("ش" * 4096, id="4,096 characters"),
        pytest.param("\u202eabc\u202c\u2066x\u2069", id="direction overrides"),
        pytest.param("'; DROP TABLE inbox; --", id="an SQL fragment"),
        pytest.param("{{7*7}}{% raw %}${jndi:x}", id="a template fragment"),
        pytest.param("a\x00b", id="a NUL, which PostgreSQL cannot store"),
        pytest.param("", id="an empty text"),
    ],
)
async def test_strange_texts_are_stored_as_texts(gate: Gateway, body: str) -> None:
    assert 204 == await gate.twilio(gate.form(Body=body))
    assert 1 == gate.stored()


async def test_two_messages_of_one_person_at_the_same_instant_are_both_stored_for_one_person(gate: Gateway) -> None:
    assert [204, 204] == await asyncio.gather(gate.twilio(gate.form(1)), gate.twilio(gate.form(2)))

    with gate.database.read() as connection:
        assert 1 == connection.execute(select(func.count()).select_from(people)).scalar_one()
    assert 2 == gate.stored()


async def test_with_a_full_disk_the_provider_gets_503_and_nothing_is_half_stored(gate: Gateway) -> None:
    assert 204 == await gate.twilio(gate.form(1))
    lift = _fill_disk(gate.database.engine)

    statuses = set()
    for number in range(2, 60):
        statuses.add(await gate.twilio(gate.form(number, From=f"+2126000{number:05d}", Body="x" * 1600)))

    stored = gate.stored()
    assert 503 in statuses
    assert statuses <= {204, 503}
    with gate.database.read() as connection:
        assert stored == connection.execute(select(func.count()).select_from(people)).scalar_one()
    lift()
    assert 204 == await gate.twilio(gate.form(99, From="+212600000099"))
    assert stored + 1 == gate.stored()


def _fill_disk(engine: Engine) -> Callable[[], None]:
    """Let SQLite run into a real SQLITE_FULL: the file may grow by two pages only. Gives back what lifts it."""
    with engine.connect() as connection:
        limit = {"pages": connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 2}

    def apply(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit['pages']}")

    event.listen(engine, "checkout", apply)

    def lift() -> None:
        limit["pages"] = 1_073_741_823

    return lift


async def test_telegram_with_the_right_secret_is_stored_and_without_it_refused(gate: Gateway) -> None:
    update = {
        "update_id": 5,
        "message": {
            "message_id": 1,
            "date": 1_800_000_000,
            "chat": {"id": 1001, "type": "private"},
            "from": {"id": 1001, "is_bot": False, "first_name": "Amina"},
            "text": "السلام عليكم",
        },
    }
    json_body = {"Content-Type": "application/json"}
    secret = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    assert 403 == await gate.post(json.dumps(update), "/channels/telegram", **json_body)
    assert 0 == gate.stored()
    assert await gate.post(json.dumps(update), "/channels/telegram", **json_body, **secret) in (200, 204)
    assert 1 == gate.stored()


def whatsapp_webhook(*messages: dict[str, object]) -> tuple[str, dict[str, str]]:
    """A webhook of Meta's with its signature."""
    value = {"metadata": {"phone_number_id": "1"}, "messages": messages}
    change = {"field": "messages", "value": value}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [change]}]})
    signature = hmac.new(APP_SECRET.encode(), body.encode(), "sha256").hexdigest()
    return body, {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}


def whatsapp_text(number: int, text: str = "salam") -> dict[str, object]:
    sender = {"from": "212600000001", "from_user_id": "MA.1"}
    return {**sender, "id": f"wamid.{number}", "timestamp": "1795359600", "type": "text", "text": {"body": text}}


async def test_a_batch_of_whatsapp_is_stored_and_a_redelivery_adds_nothing(gate: Gateway) -> None:
    body, headers = whatsapp_webhook(whatsapp_text(1), whatsapp_text(2))

    assert 403 == await gate.post(body, "/channels/whatsapp", **{**headers, "X-Hub-Signature-256": "sha256=0"})
    assert 0 == gate.stored()
    assert [200, 200] == [await gate.post(body, "/channels/whatsapp", **headers) for _ in range(2)]
    assert 2 == gate.stored()


async def test_a_batch_of_whatsapp_may_be_larger_than_anything_of_the_others(gate: Gateway) -> None:
    body, headers = whatsapp_webhook(*(whatsapp_text(number, "x" * 4000) for number in range(100)))
    too_large = body + " " * 3 * 1024 * 1024

    assert 200 == await gate.post(body, "/channels/whatsapp", **headers)
    assert 413 == await gate.post(too_large, "/channels/whatsapp", **headers)


CHALLENGE = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}


async def test_who_knows_the_verify_token_gets_the_challenge_back(gate: Gateway) -> None:
    response = await gate.http.get("/channels/whatsapp", params=CHALLENGE)

    assert (200, "1158201444") == (response.status_code, response.text)
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"hub.verify_token": "guess"}, id="another token"),
        pytest.param({"hub.verify_token": "é"}, id="a token that is no ASCII"),
        pytest.param({"hub.verify_token": ""}, id="an empty token"),
        pytest.param({"hub.mode": "unsubscribe"}, id="another mode"),
    ],
)
async def test_a_wrong_challenge_gets_403(gate: Gateway, wrong: dict[str, str]) -> None:
    response = await gate.http.get("/channels/whatsapp", params={**CHALLENGE, **wrong})

    assert (403, "") == (response.status_code, response.text)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/channels/twilio", 405, id="only who is challenged answers a GET"),
        pytest.param("PUT", "/channels/twilio/status", 405, id="nobody answers a PUT"),
        pytest.param("POST", "/channels/twilio/", 404, id="a path is whole"),
        pytest.param("POST", "/channels/twilio/other", 404, id="a path that is no webhook's"),
        pytest.param("POST", "/other", 404, id="what is no webhook at all"),
    ],
)
async def test_what_is_no_webhook_is_refused(gate: Gateway, method: str, path: str, status: int) -> None:
    assert status == (await gate.http.request(method, path, params=CHALLENGE)).status_code


async def test_an_unknown_channel_is_not_found(gate: Gateway) -> None:
    assert 404 == await gate.post("x", "/channels/pigeon")
