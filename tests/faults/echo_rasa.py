"""A dialogue server in Rasa's place: Rasa's REST webhook, answered with what was asked. Standard library only.

    python -m tests.faults.echo_rasa PORT

`POST /mode {"kind": "slow", "seconds": 3, "count": 5}`: the next calls suffer that. A text with `POISON` in it is
answered with something that is no JSON, always: the turn crashes.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TURN_S = 0.1  # a turn takes a while, so that kills find some in hand
POISON = "empoisonne"
ECHO = "re: "


class Modes:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[tuple[str, float]] = deque()

    def order(self, kind: str, seconds: float, count: int) -> None:
        with self._lock:
            self._queue.extend([(kind, seconds)] * count)

    def take(self) -> tuple[str, float]:
        with self._lock:
            return self._queue.popleft() if self._queue else ("fine", 0.0)


def answer(text: str) -> list[dict[str, Any]]:
    """What Rasa's REST channel gives for one action that uttered one `TurnResult`."""
    reply = {"language": "fr", "paragraphs": [f"{ECHO}{text}"]}
    return [{"recipient_id": "x", "custom": {"dalil": 1, "outcome": "handled", "reply": reply}}]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    modes = Modes()

    def do_GET(self) -> None:
        self._send(200, json.dumps({"model_file": "echo"}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/mode":
            self.modes.order(body["kind"], body.get("seconds", 0.0), body.get("count", 1))
            self._send(200, b"{}")
            return
        kind, seconds = self.modes.take()
        text = body["message"]
        if POISON in text:
            self._send(200, b"no JSON at all")
        elif kind == "500":
            self._send(500, b"{}")
        elif kind == "empty":
            self._send(200, b"[]")
        else:
            time.sleep(TURN_S + seconds)
            self._send(200, json.dumps(answer(text)).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        return


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
