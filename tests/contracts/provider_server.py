"""A provider on 127.0.0.1 that answers as it is told and remembers what it was asked: real HTTP, real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

CLOSE = 0  # instead of a status: read the request, then hang up


@dataclass(frozen=True)
class Answer:
    """`delay`: seconds before the answer; longer than the client waits, it is a timeout."""

    status: int
    body: str = "{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, list[str]]
    connection: int  # the client's port: equal for two requests on one connection
    body: str = ""

    def only(self) -> dict[str, str]:
        """The form, where no field is repeated."""
        return {name: value for name, (value,) in self.form.items()}

    def json(self) -> Any:
        return json.loads(self.body)


class Provider:
    """`answer`: what the next requests get. `asked`: all requests so far."""

    def __init__(self) -> None:
        self.answer = Answer(200)
        self.asked: list[Asked] = []
        self.released = threading.Event()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve; gives the base URL."""
        server = _Server(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # twenty clients may knock at once


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: in two, each answer would wait 40 ms for an acknowledgement

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            asked = self.rfile.read(length).decode()
            form = parse_qs(asked, keep_blank_values=True)
            headers = {name.lower(): value for name, value in self.headers.items()}
            provider.asked.append(Asked("POST", self.path, headers, form, self.client_address[1], asked))
            answer = provider.answer
            if answer.delay:
                provider.released.wait(answer.delay)
            if answer.status == CLOSE:
                self.close_connection = True
                return
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"content-type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Silent."""

    return Handler


def refusing_url() -> str:
    """An address on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def as_json(**fields: object) -> str:
    return json.dumps(fields)
