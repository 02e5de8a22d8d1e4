"""A government system that gives prepared answers and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Answer = Callable[[Request], Response]


class Answering:
    """Gives `answers` in turn, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Request] = []

    def says(self, body: object, status: int = 200, media_type: str = "application/json") -> None:
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.answers = [lambda _: Response(content, status, media_type=media_type)]

    def app(self) -> Starlette:
        async def take(request: Request) -> Response:
            self.asked.append(request)
            return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request)

        return Starlette(routes=[Route("/{path:path}", take, methods=["GET", "POST", "DELETE"])])
