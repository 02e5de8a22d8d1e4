"""A local Telegram: the Bot API calls that Dalil makes, the updates that Telegram sends, over the real HTTP protocol.

/bot{token}/ getMe, sendMessage, sendChatAction, answerCallbackQuery, setWebhook, deleteWebhook, getWebhookInfo.
The webhook is set from the start, to {app_url}/channels/telegram with the configured secret. A method in the answer to
a webhook is carried out, as Telegram does. Any positive chat id is taken for a citizen who has started the bot.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.faults import FaultKind, Faults, hang_up, never_answer
from connectors.sandbox.phones import Bubble, BubbleKind, Handset, HandsetName, Option, Phones, Status
from connectors.sandbox.providers import telegram_api as api
from connectors.sandbox.providers.telegram_api import ApiError
from connectors.sandbox.webhooks import Webhook, Webhooks

KEEP = 1000  # callback queries that can still be answered
CITIZEN = {"is_bot": False, "first_name": "Nour", "language_code": "ar"}  # invented
_MEDIA: dict[BubbleKind, dict[str, Any]] = {
    BubbleKind.LOCATION: {"location": {"latitude": 34.0209, "longitude": -6.8416}},  # the centre of Rabat
    BubbleKind.PHOTO: {
        "photo": [{"file_id": "sandbox-photo", "file_unique_id": "photo", "width": 90, "height": 60, "file_size": 1200}]
    },
    BubbleKind.STICKER: {
        "sticker": {
            "file_id": "sandbox-sticker",
            "file_unique_id": "sticker",
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": "🙏",
        }
    },
}

_NOBODY_LISTENS = ApiError(500, "the connection is cut")  # ends the call; its answer reaches nobody

Parameters = Mapping[str, Any]


class TelegramProvider:
    def __init__(self, config: SandboxConfig, phones: Phones, webhooks: Webhooks, faults: Faults) -> None:
        self._config = config
        self._phones = phones
        self._webhooks = webhooks
        self._faults = faults
        self._url = f"{config.public_url.rstrip('/')}/channels/telegram"
        self._secret = config.telegram_secret
        self._update_id = secrets.randbelow(10**8) + 10**8
        self._message_id = secrets.randbelow(10**5)
        self._pending: deque[tuple[dict[str, Any], Callable[[Status], None]]] = deque(maxlen=1000)
        self._queries: OrderedDict[str, tuple[Handset, Bubble]] = OrderedDict()
        self._sent: OrderedDict[tuple[str, int], dict[str, Any]] = OrderedDict()
        self._methods: dict[str, Callable[[Parameters], object]] = {
            "getme": lambda _: self._bot(),
            "sendmessage": self._send_message,
            "sendchataction": self._send_chat_action,
            "answercallbackquery": self._answer_callback_query,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": lambda _: self._webhook_info(),
        }

    # ---- what the citizen does --------------------------------------------------------------------------------------

    def carry_text(self, handset: Handset, bubble: Bubble) -> None:
        content: dict[str, Any] = {"text": bubble.text}
        if bubble.text.startswith("/"):
            length = len(bubble.text.split(maxsplit=1)[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        self._update(handset, "message", self._message(handset, content), bubble)

    def carry_media(self, handset: Handset, bubble: Bubble) -> None:
        self._update(handset, "message", self._message(handset, _MEDIA[bubble.kind]), bubble)

    def carry_choice(self, handset: Handset, offered: Bubble, option: Option) -> None:
        """Telegram shows no message for a tapped button, only that it waits for the answer."""
        query_id = str(secrets.randbelow(10**18) + 10**18)
        self._queries[query_id] = (handset, offered)
        if len(self._queries) > KEEP:
            self._queries.popitem(last=False)
        handset.update(offered, waiting=option.id)
        query = {
            "id": query_id,
            "from": _user(handset),
            "message": self._sent[handset.address, int(offered.provider_id)],
            "chat_instance": str(secrets.randbelow(10**18)),
            "data": option.id,
        }
        self._update(handset, "callback_query", query, offered)

    def carry_block(self, handset: Handset) -> None:
        bot = self._bot()
        states = [{"user": bot, "status": "member"}, {"user": bot, "status": "kicked", "until_date": 0}]
        change = {
            "chat": _chat(handset.address),
            "from": _user(handset),
            "date": int(time.time()),
            "old_chat_member": states[0 if handset.blocked else 1],
            "new_chat_member": states[1 if handset.blocked else 0],
        }
        self._update(handset, "my_chat_member", change, None)

    def _message(self, handset: Handset, content: Parameters) -> dict[str, Any]:
        chat = _chat(handset.address)
        return {
            "message_id": self._next_message_id(),
            "from": _user(handset),
            "chat": chat,
            "date": int(time.time()),
            **content,
        }

    def _update(self, handset: Handset, kind: str, content: Parameters, bubble: Bubble | None) -> None:
        """Send an update to the webhook; keep it when there is none. `bubble` shows how it went."""
        self._update_id += 1
        update = {"update_id": self._update_id, kind: content}

        def report(status: Status) -> None:
            if bubble is not None and bubble.direction == "sent":
                handset.update(bubble, status=status)

        report(Status.SENT)
        if self._url:
            self._webhooks.start(self._deliver(update, report))
        else:
            self._pending.append((update, report))

    async def _deliver(self, update: Parameters, report: Callable[[Status], None]) -> None:
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._secret
        call = Webhook(
            url=self._config.delivery_url(self._url),
            headers=headers,
            body=json.dumps(update, ensure_ascii=False).encode(),
            reference=f"update {update['update_id']}",
        )
        answered = await self._webhooks.deliver(call)
        report(Status.DELIVERED if answered else Status.FAILED)
        if answered is not None and answered.headers.get("content-type", "").startswith("application/json"):
            self._obey(answered.json())

    def _obey(self, answer: object) -> None:
        """Carry out the method that the app put into its answer to a webhook. Telegram tells nobody how it went."""
        if isinstance(answer, dict) and isinstance(answer.get("method"), str):
            method = self._methods.get(answer["method"].lower())
            if method is not None:
                try:
                    method({name: value for name, value in answer.items() if name != "method"})
                except ApiError:
                    return

    # ---- what the app asks for --------------------------------------------------------------------------------------

    def router(self) -> APIRouter:
        router = APIRouter(tags=["telegram"])

        @router.api_route("/bot{token}/{method}", methods=["GET", "POST"], include_in_schema=False)
        async def call(token: str, method: str, request: Request) -> Response:
            return await self._call(token, method.lower(), request)

        return router

    async def _call(self, token: str, method: str, request: Request) -> Response:
        if not secrets.compare_digest(token.encode(), self._config.telegram_token.encode()):
            return ApiError(401, "Unauthorized").response()
        if method not in self._methods:
            return ApiError(404, "Not Found: method not found").response()
        fault = self._faults.take("telegram") if method == "sendmessage" else None
        try:
            await _suffer(fault, request)
            result = self._methods[method](await api.read_parameters(request))
        except ApiError as refused:
            return refused.response()
        if fault is FaultKind.DROP_AFTER:
            await hang_up(request)
        return api.done(result)

    def _send_message(self, parameters: Parameters) -> object:
        chat_id = api.read_chat_id(parameters)
        text = api.read_text(parameters)
        keyboard = api.read_keyboard(parameters)
        handset = self._phones.find(HandsetName.TELEGRAM, str(chat_id))
        if handset is not None and handset.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        message_id = self._next_message_id()
        message: dict[str, Any] = {
            "message_id": message_id,
            "from": self._bot(),
            "chat": _chat(str(chat_id)),
            "date": int(time.time()),
            "text": text,
        }
        if keyboard:
            message["reply_markup"] = {"inline_keyboard": keyboard}
        if handset is not None:
            self._sent[handset.address, message_id] = message
            if len(self._sent) > KEEP:
                self._sent.popitem(last=False)
            handset.add("received", text, provider_id=str(message_id), buttons=api.options(keyboard))
        return message

    def _send_chat_action(self, parameters: Parameters) -> object:
        handset = self._phones.find(HandsetName.TELEGRAM, str(api.read_chat_id(parameters)))
        if handset is not None and parameters.get("action") == "typing":
            handset.show_typing()
        return True

    def _answer_callback_query(self, parameters: Parameters) -> object:
        asked = self._queries.pop(str(parameters.get("callback_query_id", "")), None)
        if asked is None:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        handset, offered = asked
        handset.update(offered, waiting=None)
        if parameters.get("text"):
            handset.add("received", str(parameters["text"]), kind=BubbleKind.NOTICE)
        return True

    def _set_webhook(self, parameters: Parameters) -> object:
        self._url = str(parameters.get("url", ""))
        self._secret = str(parameters.get("secret_token", ""))
        while self._url and self._pending:
            self._webhooks.start(self._deliver(*self._pending.popleft()))
        return True

    def _delete_webhook(self, parameters: Parameters) -> object:
        self._url = self._secret = ""
        if str(parameters.get("drop_pending_updates", "")).lower() == "true":
            self._pending.clear()
        return True

    def _webhook_info(self) -> dict[str, Any]:
        return {
            "url": self._url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._pending),
            "max_connections": 40,
        }

    def _bot(self) -> dict[str, Any]:
        return {
            "id": int(self._config.telegram_token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Dalil",
            "username": "dalil_sandbox_bot",
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _next_message_id(self) -> int:
        self._message_id += 1
        return self._message_id


async def _suffer(fault: FaultKind | None, request: Request) -> None:
    """Let the fault happen before the call is processed; raise `ApiError` unless the call goes on."""
    match fault:
        case FaultKind.THROTTLED:
            raise ApiError(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        case FaultKind.ERROR:
            raise ApiError(500, "Internal Server Error")
        case FaultKind.TIMEOUT:
            await never_answer(request)
            raise _NOBODY_LISTENS
        case FaultKind.DROP:
            await hang_up(request)
            raise _NOBODY_LISTENS


def _user(handset: Handset) -> dict[str, Any]:
    return {"id": int(handset.address), **CITIZEN}


def _chat(address: str) -> dict[str, Any]:
    return {"id": int(address), "first_name": CITIZEN["first_name"], "type": "private"}
