"""The trained model, and a stand-in for the app's action server that says which actions Rasa called."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig

MODEL = Path(__file__).parents[2] / "models" / "dalil.tar.gz"
SLOT_PATTERNS = {"file_number": r"[A-Za-z]{2}-\d{4}-\d{6}", "birth_date": r"\d{2}/\d{2}/\d{4}"}

EMPTIED = {"action_case_status": tuple(SLOT_PATTERNS), "action_complaint": ("complaint", "complaint_answer")}


def complaint_events(tracker: dict[str, Any]) -> list[dict[str, Any]]:
    """The first message opens the draft, a description goes into it, a yes after that files it; else it is not ours."""
    latest, draft = tracker["latest_message"], tracker["slots"]["complaint"]
    intent, text = latest["intent"]["name"], latest["text"]
    filled: dict[str, Any]
    if draft is not None and intent == "affirm":
        filled = {"complaint_answer": "done", "complaint": None}
    elif draft is None or intent == "complaint" or text.startswith("trou"):
        filled = {"complaint_answer": None, "complaint": {"text": text}} | dict.fromkeys(SLOT_PATTERNS)
    else:
        return []
    return [{"event": "slot", "name": slot, "value": value} for slot, value in filled.items()]


class Actions(BaseHTTPRequestHandler):
    """Rasa's action protocol. The form's validation fills what it finds; any other action says its name."""

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, tracker = call["next_action"], call["tracker"]
        responses: list[dict[str, Any]] = []
        assert ("domain" in call) == name.startswith("validate_"), f"the domain is for the validation only: {name}"
        if name == "validate_complaint_form":
            events = complaint_events(tracker)
        elif name == "validate_status_form":
            events = [
                {"event": "slot", "name": slot, "value": found[0]}
                for slot, pattern in SLOT_PATTERNS.items()
                if (found := re.search(pattern, tracker["latest_message"]["text"] or ""))
            ]
        else:
            emptied = EMPTIED.get(name, ())
            events = [{"event": "slot", "name": slot, "value": None} for slot in emptied]
            responses = [{"custom": {"action": name}}]
        body = json.dumps({"events": events, "responses": responses}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the standard library
        """Say nothing."""


@pytest.fixture(scope="session")
def action_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Actions)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/actions?token=invented"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def agent(action_url: str) -> Agent:
    assert MODEL.exists(), "There is no trained model yet: run `make train`."
    return Agent.load(str(MODEL), action_endpoint=EndpointConfig(action_url, enable_selective_domain=True))


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def parse(agent: Agent, loop: asyncio.AbstractEventLoop) -> Callable[[str], dict[str, Any]]:
    """What Rasa understands of a text, as `POST /model/parse` gives it out."""
    return lambda text: loop.run_until_complete(agent.parse_message(text))


@pytest.fixture
def say(agent: Agent, loop: asyncio.AbstractEventLoop, request: pytest.FixtureRequest) -> Callable[..., list[str]]:
    """`say(text, who="")`: `who` says something in a conversation of this test's own; the actions that answered."""

    def said(text: str, who: str = "") -> list[str]:
        answers = loop.run_until_complete(agent.handle_text(text, sender_id=request.node.nodeid + who))
        return [answer["custom"]["action"] for answer in answers]

    return said
