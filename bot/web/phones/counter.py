"""The panel "behind the counter" of the phones page: the sandbox's government systems as their staff see them.

GET  /phones/counter?lang=&seen=                       the inside of the panel; 204 while version `seen` is the newest
POST /phones/counter/files/{system}/{number}/moves     and the other orders of connectors/sandbox/counter/api.py
"""

from __future__ import annotations

import json
from collections.abc import Awaitable
from datetime import date, datetime
from typing import Annotated, Literal, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from bot.web.phones.counter_words import COUNTER_WORDS, PROTOCOLS
from bot.web.phones.words import WORDS, choose_language

_COUNTER = "/sandbox/counter"
_OK = 200

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class Call(Protocol):
    """A call to the sandbox; 502 where it does not run."""

    def __call__(self, method: str, path: str, body: bytes | None = None) -> Awaitable[Response]: ...


def create_router(call: Call, environment: Environment) -> APIRouter:
    router = APIRouter(prefix="/phones/counter", tags=["phones"])
    environment.filters |= {"day": _day, "moment": _moment}
    panel = environment.get_template("counter_panel.html")

    @router.get("", response_class=HTMLResponse)
    async def show(request: Request, lang: str = "", seen: str = "") -> Response:
        answer = await call("GET", f"{_COUNTER}?{urlencode({'seen': seen})}")
        if answer.status_code != _OK:
            return answer
        language = choose_language(lang, request.headers.get("accept-language", ""))
        view = json.loads(bytes(answer.body))
        text = panel.render(
            view=view, words=COUNTER_WORDS[language], question=WORDS[language].status_question, protocols=PROTOCOLS
        )
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})

    @router.post("/files/{system}/{number}/moves")
    async def move(system: Name, number: Name, request: Request) -> Response:
        return await call("POST", f"{_COUNTER}/files/{system}/{number}/moves", await request.body())

    @router.post("/systems/{system}/fault")
    async def fault(system: Name, request: Request) -> Response:
        return await call("POST", f"{_COUNTER}/systems/{system}/fault", await request.body())

    @router.post("/{what}")
    async def order(what: Literal["clock", "reset"], request: Request) -> Response:
        return await call("POST", f"{_COUNTER}/{what}", await request.body())

    return router


def _day(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def _moment(iso: str) -> str:
    """In the zone that the system itself gave."""
    return datetime.fromisoformat(iso).strftime("%d/%m/%Y %H:%M")
