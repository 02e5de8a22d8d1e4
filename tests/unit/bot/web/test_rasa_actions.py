"""An action that breaks: Rasa gets 500, and the log gets the turn's ids and the place, but nothing of what was said."""

from __future__ import annotations

import json
import logging

import httpx2
import pytest
from fastapi import FastAPI
from rasa_sdk import Action

from bot.logs import JsonFormatter
from bot.metrics import METRICS
from bot.web import rasa_actions

SAID = "un secret de citoyen"
CALL = {
    "next_action": "action_break",
    "tracker": {
        "sender_id": "c1",
        "slots": {},
        "latest_message": {"text": SAID, "metadata": {"turn_id": "7", "trace": "1f3a9c0b77de"}},
        "events": [],
        "active_loop": {},
        "paused": False,
        "latest_action_name": None,
    },
}


class Breaking(Action):
    def name(self) -> str:
        return "action_break"

    async def run(self, dispatcher, tracker, domain):
        raise ValueError(tracker.latest_message["text"])


async def call(body: object, given: str = "t") -> httpx2.Response:
    web = FastAPI()
    web.include_router(rasa_actions.create_router([Breaking()], "t"))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=web), base_url="http://dalil") as http:
        return await http.post("/internal/rasa/actions", params={"token": given}, json=body)


async def test_an_action_that_breaks_is_logged_with_its_ids_and_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = _measured()

    response = await call(CALL)

    assert 500 == response.status_code
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR and one.name == "bot.web.rasa_actions"]
    line = json.loads(JsonFormatter().format(record))
    assert ("action failed", "action_break", "7", "1f3a9c0b77de", "ValueError") == tuple(
        line[name] for name in ("message", "action", "inbox", "trace", "exception")
    )
    assert SAID not in json.dumps(line)
    assert any("test_rasa_actions.py" in frame for frame in line["frames"])
    assert 1 == _measured() - before


async def test_a_wrong_token_runs_nothing() -> None:
    before = _measured()

    assert 403 == (await call(CALL, "x")).status_code
    assert _measured() == before


def _measured() -> float:
    samples = METRICS.step.collect()[0].samples
    return sum(s.value for s in samples if s.name.endswith("_count") and s.labels.get("step") == "action")
