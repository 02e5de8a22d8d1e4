"""The whole of Dalil, once for all journeys: Rasa, app, worker and sandbox as `dalil run` starts them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.system import System, running

ANSWER_TIMEOUT_S = 20.0
QUIET_S = 0.6  # no new bubble for so long: the reply is complete, though something else may still be open
OPEN = """select (select count(*) from inbox where state in ('queued', 'working'))
    + (select count(*) from outbox where state in ('queued', 'sending'))"""


class Phone:
    """One simulated handset, held by a new invented citizen. `database`: Dalil's own, which tells when all is sent."""

    def __init__(
        self, http: httpx2.Client, url: str, handset: str, country: str = "ma", database: Path | None = None
    ) -> None:
        self._http, self._url, self._database = http, f"{url}/phones/{handset}", database
        self._http.post(f"{self._url}/reset", json={"country": country}).raise_for_status()

    def bubbles(self) -> list[dict[str, Any]]:
        screen: dict[str, Any] = self._http.get(f"{self._url}/transcript").json()
        return list(screen["bubbles"])

    def received(self) -> list[dict[str, Any]]:
        return [bubble for bubble in self.bubbles() if bubble["direction"] == "received"]

    def act(self, **what: str) -> None:
        self._http.post(f"{self._url}/messages", json=what).raise_for_status()

    def until_taken(self, text: str) -> None:
        """Wait until Dalil has said yes to this message: what is sent next then comes after it."""
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline:
            mine = [b for b in self.bubbles() if b["direction"] == "sent" and b["text"] == text]
            if mine and mine[-1]["status"] == "delivered":
                return
            time.sleep(0.02)
        raise AssertionError("the message was not taken")

    def say(self, text: str) -> str:
        """Write and wait: the texts that came back, joined."""
        return self.after(lambda: self.act(text=text))

    def tap(self, title: str) -> str:
        """Tap the button or list row with this label in the newest reply that has it."""
        for bubble in reversed(self.received()):
            for option in [*bubble["buttons"], *(bubble["menu"] or {}).get("rows", [])]:
                if option["title"] == title:
                    return self.after(lambda payload=option["id"]: self.act(choice=payload, title=title))
        raise AssertionError(f"no button or row {title!r} on the screen")

    def after(self, act: Any) -> str:
        before = len(self.received())
        act()
        deadline, last_change, count = time.monotonic() + ANSWER_TIMEOUT_S, time.monotonic(), before
        while time.monotonic() < deadline:
            settled = self._settled()  # asked first: what comes after it is no part of this reply
            now = len(self.received())
            if now != count:
                count, last_change = now, time.monotonic()
            if count > before and (settled or time.monotonic() - last_change > QUIET_S):
                return "\n".join(bubble["text"] for bubble in self.received()[before:])
            time.sleep(0.05)
        raise AssertionError("no reply came")

    def until_settled(self) -> None:
        """Wait until everything sent is taken and answered, however many replies that makes."""
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while not self._settled():
            assert time.monotonic() < deadline, "Dalil still has something to take, to answer or to send"
            time.sleep(0.05)

    def _settled(self) -> bool:
        """Whether Dalil has taken everything that this phone sent, and has nothing left to answer or to send."""
        if self._database is None or any(
            b["direction"] == "sent" and b["status"] != "delivered" for b in self.bubbles()
        ):
            return False
        with closing(sqlite3.connect(self._database, timeout=10)) as connection:
            return connection.execute(OPEN).fetchone() == (0,)


@pytest.fixture(scope="session")
def dalil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("dalil")) as system:
        yield system


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
def sms(dalil: System, http: httpx2.Client) -> Phone:
    return Phone(http, dalil.sandbox_url, "sms", database=dalil.database)


@pytest.fixture
def whatsapp(dalil: System, http: httpx2.Client) -> Phone:
    return Phone(http, dalil.sandbox_url, "whatsapp", database=dalil.database)


@pytest.fixture
def telegram(dalil: System, http: httpx2.Client) -> Phone:
    return Phone(http, dalil.sandbox_url, "telegram", database=dalil.database)
