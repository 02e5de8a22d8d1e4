"""④ One turn through Rasa: the text and the turn's input go in, the actions' results come out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import aiohttp
import httpx2
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from actions.contract import TurnInput, TurnResult

ACTIONS_DOWN = {"dalil": "actions_down"}  # bot/nlu/rasa_server.py says so


class DialogueDown(Exception):
    """Rasa cannot be reached or does not answer in time. Not the message's fault: try again later."""


class DialogueFailed(Exception):
    """Rasa answered, but without a result: an action raised, or a rule is missing."""


CONNECT_S = 1.0
_JSON = {"Content-Type": "application/json"}
KEEP_S = 3.0  # an idle connection is closed before Rasa closes it (Sanic: 5 seconds)


class RasaDialogue:
    """Rasa's REST channel on its private port, of one Rasa or several. One client for the life of the process.

    A conversation always goes to the same Rasa, which keeps its open form and takes one of its messages at a time.
    Where that one is down its conversations wait: another would begin the form anew. Which one is settled by the
    highest hash of conversation and address (Thaler and Ravishankar, 1998): one more takes its share, no more moves.
    Turns go through aiohttp: the one call that every message makes costs a quarter of the processor time there.
    """

    def __init__(self, http: httpx2.AsyncClient, urls: Sequence[str], timeout_s: float) -> None:
        """`urls`: of each Rasa, without a path; at least one."""
        self._http = http
        self._urls = tuple(urls)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]:
        """The results of the actions that Rasa ran for this message, in order; at least one.

        Rasa answers 200 and `[]` when anything inside it failed, so an empty list is a failure.
        """
        body = to_json({"sender": turn.conversation_id, "message": text, "metadata": turn})
        try:
            url = self.url_of(turn.conversation_id)
            async with self._client().post(f"{url}/webhooks/rest/webhook", data=body, headers=_JSON) as response:
                status, answer = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DialogueDown(type(error).__name__) from None
        if status >= 500 or status in (404, 409):
            raise DialogueDown(f"HTTP {status}")
        if status != 200:
            raise DialogueFailed(f"HTTP {status}")
        said = [item["custom"] for item in from_json(answer) if "custom" in item]
        if ACTIONS_DOWN in said:
            raise DialogueDown("Rasa cannot reach the actions")
        results = [_result(custom) for custom in said]
        if not results:
            raise DialogueFailed("no action gave a result")
        return results

    async def ready(self) -> bool:
        """Whether every Rasa answers and has a model."""
        return all(await asyncio.gather(*(has_model(self._http, url) for url in self._urls)))

    def url_of(self, conversation_id: str) -> str:
        """Of the Rasa that has this conversation."""
        if len(self._urls) == 1:
            return self._urls[0]
        return max(self._urls, key=lambda url: sha256(f"{conversation_id} {url}".encode()).digest())

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        """Made at the first turn: it belongs to the running event loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_S)
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, cookie_jar=jar)
        return self._session


async def has_model(http: httpx2.AsyncClient, url: str) -> bool:
    """Whether the Rasa at `url` answers and has a model loaded."""
    try:
        response = await http.get(f"{url}/status", timeout=1.0)
    except httpx2.TransportError:
        return False
    return response.status_code == 200 and bool(response.json().get("model_file"))


def _result(custom: dict[str, Any]) -> TurnResult:
    try:
        return TurnResult.model_validate(custom)
    except ValidationError as error:
        raise DialogueFailed(f"an action's result has {error.error_count()} mistakes") from None
