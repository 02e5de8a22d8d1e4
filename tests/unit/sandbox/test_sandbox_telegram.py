"""The local Telegram against python-telegram-bot, unmodified."""

import json

import pytest
from starlette.responses import JSONResponse
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from connectors.tls import usual_tls
from tests.unit.sandbox.serving import TELEGRAM_SECRET, TELEGRAM_TOKEN, until

INBOUND = "/channels/telegram"
CHAT = 7_000_000_001
KEYBOARD = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("الوثائق", callback_data="a:x:documents")],
        [InlineKeyboardButton("الثمن", callback_data="a:x:fees")],
    ]
)


@pytest.fixture
async def bot(sandbox_url):
    async with connect(sandbox_url) as bot:
        yield bot


def connect(url: str, token: str = TELEGRAM_TOKEN) -> Bot:
    request = HTTPXRequest(read_timeout=0.5, httpx_kwargs={"trust_env": False, "verify": usual_tls()})
    return Bot(token, base_url=f"{url}/bot", request=request)


def update_of(request) -> Update:
    assert request.headers["x-telegram-bot-api-secret-token"] == TELEGRAM_SECRET
    return Update.de_json(json.loads(request.body), None)


async def test_the_bot_knows_itself(bot):
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (1234567890, True, "dalil_sandbox_bot")


async def test_a_message_with_a_keyboard_is_shown_on_the_handset(bot, phone):
    handset = phone("telegram")
    message = await bot.send_message(int(handset.address), "شنو بغيتي؟", reply_markup=KEYBOARD)
    assert (message.text, message.chat.type) == ("شنو بغيتي؟", "private")
    assert message.reply_markup == KEYBOARD
    shown = handset.last()
    assert [(b["id"], b["title"], b["line"]) for b in shown["buttons"]] == [
        ("a:x:documents", "الوثائق", 0),
        ("a:x:fees", "الثمن", 1),
    ]


async def test_a_tapped_button_waits_until_the_query_is_answered(bot, phone, customer):
    handset = phone("telegram")
    sent = await bot.send_message(int(handset.address), "?", reply_markup=KEYBOARD)
    handset.do(choice="a:x:fees")
    query = update_of(customer.wait_for(INBOUND)[0]).callback_query
    assert (query.data, query.message.message_id, query.from_user.id) == ("a:x:fees", sent.message_id, sent.chat.id)
    assert handset.last()["waiting"] == "a:x:fees"
    assert await bot.answer_callback_query(query.id) is True
    assert handset.last()["waiting"] is None
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(query.id)


async def test_a_query_can_be_answered_in_the_answer_to_the_webhook(bot, phone, customer):
    handset = phone("telegram")
    await bot.send_message(int(handset.address), "?", reply_markup=KEYBOARD)

    class Answering(JSONResponse):
        async def __call__(self, scope, receive, send):
            query_id = json.loads(customer.received[-1].body)["callback_query"]["id"]
            answer = JSONResponse({"method": "answerCallbackQuery", "callback_query_id": query_id})
            await answer(scope, receive, send)

    customer.answers.append(Answering({}))
    handset.do(choice="a:x:fees")
    until(lambda: customer.received and handset.last()["waiting"] is None)


async def test_a_wrong_token_is_refused(sandbox_url):
    with pytest.raises(InvalidToken):
        async with connect(sandbox_url, "1:wrong"):
            pytest.fail("the wrong token was accepted")


async def test_a_callback_longer_than_64_bytes_is_refused(bot):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="ش" * 33)]])
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(CHAT, "?", reply_markup=keyboard)


@pytest.mark.parametrize(
    ("chat", "text", "reason"),
    [
        pytest.param(-100, "salam", "Chat not found", id="a group the bot is not in"),
        pytest.param("@nobody", "salam", "Chat not found", id="a name"),
        pytest.param(CHAT, " ", "Message text is empty", id="an empty text"),
        pytest.param(CHAT, "x" * 4097, "Message is too long", id="4,097 characters"),
    ],
)
async def test_a_bad_message_is_refused_in_telegrams_words(bot, chat, text, reason):
    with pytest.raises(BadRequest, match=reason):
        await bot.send_message(chat, text)


async def test_4096_characters_are_accepted(bot):
    assert (await bot.send_message(CHAT, "x" * 4096)).message_id > 0


async def test_a_citizen_who_blocks_the_bot_is_reported_and_unreachable_until_he_unblocks(bot, phone, customer):
    handset = phone("telegram")
    handset.do(kind="block")
    change = update_of(customer.wait_for(INBOUND)[0]).my_chat_member
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(int(handset.address), "salam")
    handset.do(kind="unblock")
    change = update_of(customer.wait_for(INBOUND, 2)[1]).my_chat_member
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("kicked", "member")
    assert (await bot.send_message(int(handset.address), "salam")).text == "salam"


async def test_updates_are_numbered_in_order_and_carry_the_text(phone, customer):
    handset = phone("telegram")
    handset.do(text="شنو خاصني باش نجدد لاكارط؟")
    first = update_of(customer.wait_for(INBOUND)[0])
    handset.do(text="/start")
    second = update_of(customer.wait_for(INBOUND, 2)[1])
    assert second.update_id == first.update_id + 1
    assert first.message.text == "شنو خاصني باش نجدد لاكارط؟"
    assert [(e.type, e.length) for e in second.message.entities] == [("bot_command", 6)]
    assert str(first.effective_chat.id) == handset.address


@pytest.mark.parametrize("kind", ["location", "sticker", "photo"])
async def test_what_a_citizen_shares_is_an_update_of_its_kind(phone, customer, kind):
    phone("telegram").do(kind=kind)
    message = update_of(customer.wait_for(INBOUND)[0]).message
    assert getattr(message, kind)
    assert message.text is None


async def test_typing_is_shown_until_the_message_arrives(bot, phone):
    handset = phone("telegram")
    await bot.send_chat_action(int(handset.address), "typing")
    assert handset.screen()["typing"] is True
    await bot.send_message(int(handset.address), "salam")
    assert handset.screen()["typing"] is False


async def test_without_a_webhook_updates_wait_for_the_next_one(bot, phone, customer):
    assert (await bot.get_webhook_info()).url == "https://dalil.example/channels/telegram"
    await bot.delete_webhook()
    phone("telegram").do(text="salam")
    assert (await bot.get_webhook_info()).pending_update_count == 1
    assert customer.received == []
    await bot.set_webhook("https://dalil.example/hooks/telegram", secret_token="another")
    (request,) = customer.wait_for("/hooks/telegram")
    assert request.headers["x-telegram-bot-api-secret-token"] == "another"


@pytest.mark.parametrize(
    ("kind", "failure", "processed"),
    [
        pytest.param(
            "429",
            RetryAfter,
            0,
            id="too many requests",
            marks=pytest.mark.filterwarnings("ignore:.*retry_after:telegram.warnings.PTBDeprecationWarning"),
        ),
        pytest.param("500", NetworkError, 0, id="an internal error"),
        pytest.param("timeout", TimedOut, 0, id="no answer"),
        pytest.param("drop", NetworkError, 0, id="a connection cut before"),
        pytest.param("drop_after", NetworkError, 1, id="a connection cut after"),
    ],
)
async def test_a_fault_on_demand_is_telegrams_own_and_happens_once(bot, phone, fault, kind, failure, processed):
    handset = phone("telegram")
    fault("telegram", kind)
    with pytest.raises(failure):
        await bot.send_message(int(handset.address), "salam")
    assert len(handset.bubbles()) == processed
    assert (await bot.send_message(int(handset.address), "salam")).text == "salam"
