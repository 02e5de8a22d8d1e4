"""A government system that gives prepared answers by path, over real HTTP, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.unit.sandbox.serving import Server


class Prepared:
    """`answers`: path → body and status; a body that is no text is sent as JSON. Other paths are 404."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Request] = []
        self._answers: dict[str, tuple[str, int, float]] = {}

    def says(self, path: str, body: object, status: int = 200, seconds: float = 0) -> None:
        """`seconds`: how long it takes to say so."""
        self._answers[path] = (body if isinstance(body, str) else json.dumps(body), status, seconds)

    def forget(self) -> None:
        self.asked.clear()
        self._answers.clear()

    async def take(self, request: Request) -> Response:
        self.asked.append(request)
        body, status, seconds = self._answers.get(request.url.path, ("", 404, 0))
        await asyncio.sleep(seconds)
        return Response(body, status, media_type="application/json")


@contextmanager
def prepared() -> Iterator[Prepared]:
    system = Prepared()
    app = Starlette(routes=[Route("/{path:path}", system.take, methods=["GET", "POST"])])
    with Server(app) as server:
        system.url = server.url
        yield system
