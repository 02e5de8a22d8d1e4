"""A server that remembers what it was asked: an ASGI application around another."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)


@dataclass
class Recording:
    """`app`, with `asked` below `prefix` only: what a test's own remote control does is no call of ours."""

    app: ASGIApp
    prefix: str
    asked: list[Recorded] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        body, messages = b"", list[Message]()
        while True:
            message = await receive()
            messages.append(message)
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.asked.append(
            Recorded(
                scope["method"],
                unquote(scope["path"]).removeprefix(self.prefix),
                dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
                {name.decode(): value.decode() for name, value in scope["headers"]},
                body,
            )
        )

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)
