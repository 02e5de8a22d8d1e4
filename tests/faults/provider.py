"""The provider at the end of the line: Twilio's `Messages.json` with one fault for each call, on threads of its own.

It notes every message that it *created*, whatever it told the caller: what it holds is what a citizen's phone shows.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCOUNT_SID, AUTH_TOKEN = "AC" + "f" * 32, "the token of the fault tests"
ACCOUNT = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
ANSWERS_AFTER_S = 0.1  # from the creation: kills hit the moment between the send and the save
LISTED_AFTER_S = 0.3  # a message is in the list a moment after it was created
HELD_S = 60.0  # how long a dead line is kept open


class Fault(StrEnum):
    """What one POST suffers."""

    THROTTLED = "429"  # refused, nothing created
    ERROR = "500"  # nothing created
    ERROR_CREATED = "500, created"
    TIMEOUT = "timeout"  # no answer, nothing created
    TIMEOUT_CREATED = "timeout, created"
    SLOW = "slow"  # created at once, answered after `slow_s`
    HALF_OPEN = "half open"  # answered; whatever comes after on this connection is read by nobody
    DROP = "drop"  # the connection breaks, nothing created
    DROP_CREATED = "drop, created"
    GARBLED = "garbled, created"  # 201 with half a JSON


NOTHING_CREATED = frozenset({Fault.THROTTLED, Fault.ERROR, Fault.TIMEOUT, Fault.DROP})


@dataclass(frozen=True, slots=True)
class Created:
    """One message as the provider holds it; `at` in time.monotonic()'s seconds."""

    sid: str
    to: str
    sender: str
    body: str
    at: float
    date: datetime


class Provider:
    """Runs from construction until `close`."""

    def __init__(self, slow_s: float = 4.0) -> None:
        self.slow_s = slow_s
        self.created: list[Created] = []
        self.calls = 0
        self._lock = threading.Lock()
        self._queue: deque[Fault] = deque()
        self._weather: Callable[[], Fault | None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Handler", (Handler,), {"provider": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True, name="provider").start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def order(self, *faults: Fault) -> None:
        """The next POSTs suffer these, in this order."""
        with self._lock:
            self._queue.extend(faults)

    def weather(self, choose: Callable[[], Fault | None]) -> None:
        """Every POST without an ordered fault suffers what `choose` says."""
        self._weather = choose

    def clear(self) -> None:
        """Fine weather again."""
        with self._lock:
            self._queue.clear()
            self._weather = lambda: None

    def pending(self) -> int:
        return len(self._queue)

    def to(self, number: str) -> list[Created]:
        """What the phone with this number shows, oldest first."""
        with self._lock:
            return [one for one in self.created if one.to == number]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # ---- for the handler -------------------------------------------------------------------------------------------

    def take(self) -> Fault | None:
        with self._lock:
            self.calls += 1
            return self._queue.popleft() if self._queue else self._weather()

    def create(self, form: dict[str, str]) -> Created:
        one = Created(
            sid="SM" + secrets.token_hex(16),
            to=form["To"],
            sender=form["From"],
            body=form.get("Body", ""),
            at=time.monotonic(),
            date=datetime.now(UTC).replace(microsecond=0),
        )
        with self._lock:
            self.created.append(one)
        return one

    def listed(self, to: str, sender: str) -> list[Created]:
        """Newest first, as Twilio lists them."""
        now = time.monotonic()
        with self._lock:
            return [
                one
                for one in reversed(self.created)
                if one.to == to and one.sender == sender and now - one.at >= LISTED_AFTER_S
            ]


def resource(one: Created) -> dict[str, Any]:
    """A message as Twilio's JSON, as far as the official client reads it."""
    date = format_datetime(one.date)
    return {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": one.body,
        "date_created": date,
        "date_sent": date,
        "date_updated": date,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": one.sender,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": one.sid,
        "status": "queued",
        "to": one.to,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{one.sid}.json",
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    provider: Provider  # set on a class of its own for each provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if not self._known():
            return
        form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        self._create(form, self.provider.take())

    def do_GET(self) -> None:
        if not self._known():
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        found = self.provider.listed(query["To"], query["From"])[: int(query.get("PageSize", 50))]
        self._json(200, {"messages": [resource(one) for one in found], "uri": PATH, "next_page_uri": None})

    def _create(self, form: dict[str, str], fault: Fault | None) -> None:
        if fault not in NOTHING_CREATED:
            one = self.provider.create(form)
        match fault:
            case Fault.THROTTLED:
                body = {"code": 20429, "message": "Too Many Requests", "status": 429}
                self._json(429, body, {"Retry-After": "1"})
            case Fault.ERROR | Fault.ERROR_CREATED:
                self._json(500, {"code": 20500, "message": "Internal Server Error", "status": 500})
            case Fault.TIMEOUT | Fault.TIMEOUT_CREATED:
                self._hold()
            case Fault.DROP | Fault.DROP_CREATED:
                self._reset()
            case Fault.GARBLED:
                self._raw(201, b'{"sid": "SM')
            case Fault.SLOW | Fault.HALF_OPEN | None:
                time.sleep(self.provider.slow_s if fault is Fault.SLOW else ANSWERS_AFTER_S)
                self._json(201, resource(one))
                if fault is Fault.HALF_OPEN:
                    self._hold()

    def _known(self) -> bool:
        if urlsplit(self.path).path == PATH and self.headers.get("Authorization") == f"Basic {ACCOUNT}":
            return True
        self._json(401, {"code": 20003, "message": "Authenticate", "status": 401})
        return False

    def _json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._raw(status, json.dumps(body).encode(), headers)

    def _raw(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _hold(self) -> None:
        """Say nothing until the caller gives up; whatever it sends meanwhile goes nowhere."""
        self.close_connection = True
        self.connection.settimeout(HELD_S)
        try:
            while self.connection.recv(65536):
                pass
        except OSError:
            return

    def _reset(self) -> None:
        """Cut the line: the caller sees a reset, not an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True  # the caller was killed, or we cut the line ourselves

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        return
