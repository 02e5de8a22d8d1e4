"""The shapes and refusals of Telegram's Bot API, https://core.telegram.org/bots/api.

A call is a form, JSON or a query; an answer is `{"ok": true, "result": …}` or `{"ok": false, "error_code": …,
"description": …, "parameters": …}` with the same HTTP status.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from connectors.sandbox.phones import Option

MAX_TEXT = 4096  # characters
MAX_CALLBACK_DATA = 64  # bytes


class ApiError(Exception):
    """The Bot API answers this call with an error."""

    def __init__(self, error_code: int, description: str, parameters: Mapping[str, int] | None = None) -> None:
        super().__init__(description)
        self.error_code = error_code
        self.description = description
        self.parameters = parameters

    def response(self) -> Response:
        body: dict[str, Any] = {"ok": False, "error_code": self.error_code, "description": self.description}
        if self.parameters:
            body["parameters"] = dict(self.parameters)
        return JSONResponse(body, self.error_code)


def done(result: object) -> Response:
    return JSONResponse({"ok": True, "result": result})


async def read_parameters(request: Request) -> dict[str, Any]:
    """The parameters of a call, wherever the client put them; nested values come as JSON text in forms."""
    parameters: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            given = await request.json()
        except ValueError as error:
            raise ApiError(400, "Bad Request: can't parse JSON object") from error
        if not isinstance(given, dict):
            raise ApiError(400, "Bad Request: object expected as parameters")
        return parameters | given
    async with request.form() as form:
        return parameters | {name: value for name, value in form.items() if isinstance(value, str)}


def read_chat_id(parameters: Mapping[str, Any]) -> int:
    """The private chat to write to; raise `ApiError` when there is none such."""
    value = parameters.get("chat_id")
    if value in (None, ""):
        raise ApiError(400, "Bad Request: chat_id is empty")
    try:
        chat_id = int(str(value))
    except ValueError:
        chat_id = 0
    if chat_id <= 0:  # groups have negative ids, and this bot is in none
        raise ApiError(400, "Bad Request: chat not found")
    return chat_id


def read_text(parameters: Mapping[str, Any]) -> str:
    text = str(parameters.get("text", ""))
    if not text.strip():
        raise ApiError(400, "Bad Request: message text is empty")
    if len(text) > MAX_TEXT:
        raise ApiError(400, "Bad Request: message is too long")
    if parameters.get("parse_mode"):
        # Dalil sends plain text, because a citizen's own words could be taken for markup.
        raise ApiError(400, "Bad Request: unsupported parse_mode")
    return text


def read_keyboard(parameters: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    """The rows of an inline keyboard, or none; raise `ApiError` for anything that is not one of callback buttons."""
    markup = parameters.get("reply_markup")
    if isinstance(markup, str) and markup:
        try:
            markup = json.loads(markup)
        except ValueError as error:
            raise ApiError(400, "Bad Request: object expected as reply markup") from error
    if not markup:
        return []
    if not isinstance(markup, dict) or not isinstance(markup.get("inline_keyboard"), list):
        raise ApiError(400, "Bad Request: object expected as reply markup")
    keyboard: list[list[dict[str, str]]] = []
    for row in markup["inline_keyboard"]:
        if not isinstance(row, list):
            raise ApiError(400, 'Bad Request: field "inline_keyboard" must be an Array of Arrays')
        keyboard.append([_read_button(button) for button in row])
    return keyboard


def options(keyboard: list[list[dict[str, str]]]) -> tuple[Option, ...]:
    """The buttons of a keyboard in reading order."""
    return tuple(
        Option(id=button["callback_data"], title=button["text"], line=line)
        for line, row in enumerate(keyboard)
        for button in row
    )


def _read_button(button: object) -> dict[str, str]:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise ApiError(400, "Bad Request: text buttons are required to be non-empty")
    data = button.get("callback_data")
    if not isinstance(data, str) or not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA:
        raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"text": str(button["text"]), "callback_data": data}
