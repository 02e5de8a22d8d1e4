"""The page with the three simulated phones, and the way from it to the sandbox that runs them.

GET  /?lang=ar|fr|en                             the page
GET  /phones/events, /phones/demo                what happens on all three phones (SSE); invented files to ask about
GET  /phones/{handset}/transcript | /events      see connectors/sandbox/phones_api.py
POST /phones/{handset}/messages | /reset | /carrier
GET  /phones/counter …                           behind the counter, see counter.py

Browsers talk to the app only; these routes pass on to the sandbox. When it does not run they answer 502 and the page
says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import httpx2
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.web.phones import counter
from bot.web.phones.counter_words import COUNTER_WORDS
from bot.web.phones.words import CARRIERS, EXAMPLES, PHONES, WORDS, PageLanguage, Words, choose_language

_HERE = Path(__file__).parent
_CONNECT = 2.0  # seconds; the sandbox is on this machine
_ANSWER = 10.0
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DOWN = "the sandbox does not answer"

Handset = Literal["whatsapp", "sms", "telegram"]


def create_router(sandbox_url: str, http: httpx2.AsyncClient) -> APIRouter:
    """`sandbox_url`: without a path. `http` is shared and stays open; its own timeouts are not used here."""
    router = APIRouter(tags=["phones"])
    sandbox = _Sandbox(sandbox_url.rstrip("/"), http)
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html")

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def show(request: Request, lang: str = "") -> HTMLResponse:
        language = choose_language(lang, request.headers.get("accept-language", ""))
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Vary": "Accept-Language"}
        return HTMLResponse(page.render(**_content(language)), headers=headers)

    router.include_router(counter.create_router(sandbox.call, environment))

    @router.get("/phones/demo")
    async def demo() -> Response:
        return await sandbox.call("GET", "/sandbox/registration/demo")

    @router.get("/phones/events")
    async def all_events() -> Response:
        return await sandbox.stream("/phones/events")

    @router.get("/phones/{handset}/events")
    async def events(handset: Handset) -> Response:
        return await sandbox.stream(f"/phones/{handset}/events")

    @router.get("/phones/{handset}/transcript")
    async def transcript(handset: Handset) -> Response:
        return await sandbox.call("GET", f"/phones/{handset}/transcript")

    @router.post("/phones/{handset}/{what}")
    async def act(handset: Handset, what: Literal["messages", "reset", "carrier"], request: Request) -> Response:
        return await sandbox.call("POST", f"/phones/{handset}/{what}", await request.body())

    router.mount("/phones/static", StaticFiles(directory=_HERE / "static"), name="phones-static")
    return router


class _Sandbox:
    def __init__(self, url: str, http: httpx2.AsyncClient) -> None:
        self._url = url
        self._http = http

    async def call(self, method: str, path: str, body: bytes | None = None) -> Response:
        """The sandbox's answer as it is, or 502."""
        headers = {"Content-Type": "application/json"} if body is not None else None
        timeout = httpx2.Timeout(_ANSWER, connect=_CONNECT)
        try:
            answer = await self._http.request(method, self._url + path, content=body, headers=headers, timeout=timeout)
        except httpx2.TransportError:
            return JSONResponse({"detail": _DOWN}, 502)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    async def stream(self, path: str) -> Response:
        """The sandbox's server-sent events, for as long as the browser listens."""
        timeout = httpx2.Timeout(None, connect=_CONNECT)
        request = self._http.build_request("GET", self._url + path, timeout=timeout)
        try:
            answer = await self._http.send(request, stream=True)
        except httpx2.TransportError:
            return JSONResponse({"detail": _DOWN}, 502)
        # A proxy in front must not hold events back.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_relay(answer), answer.status_code, headers, answer.headers.get("content-type"))


async def _relay(answer: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    except httpx2.TransportError:
        return  # the sandbox stopped: the browser sees the end of the stream and connects again
    finally:
        await answer.aclose()


def _content(language: PageLanguage) -> dict[str, object]:
    words: Words = WORDS[language]
    return {
        "language": language,
        "direction": "rtl" if language == "ar" else "ltr",
        "languages": WORDS,
        "words": words,
        "examples": EXAMPLES,
        "phones": PHONES,
        "carriers": CARRIERS,
        "counter": COUNTER_WORDS[language],
    }
