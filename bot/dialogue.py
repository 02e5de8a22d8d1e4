"""④ One turn through Rasa: the text and the turn's input go in, the actions' results come out."""

from __future__ import annotations

from typing import Any

import httpx2
from pydantic import ValidationError

from actions.contract import TurnInput, TurnResult


class DialogueDown(Exception):
    """Rasa cannot be reached or does not answer in time. Not the message's fault: try again later."""


class DialogueFailed(Exception):
    """Rasa answered, but without a result: an action raised, or a rule is missing."""


class RasaDialogue:
    """Rasa's REST channel on its private port. One client for the life of the process."""

    def __init__(self, http: httpx2.AsyncClient, url: str, timeout_s: float) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._timeout = httpx2.Timeout(timeout_s, connect=1.0)

    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]:
        """The results of the actions that Rasa ran for this message, in order; at least one.

        Rasa answers 200 and `[]` when anything inside it failed, so an empty list is a failure.
        """
        body = {"sender": turn.conversation_id, "message": text, "metadata": turn.model_dump(mode="json")}
        try:
            response = await self._http.post(f"{self._url}/webhooks/rest/webhook", json=body, timeout=self._timeout)
        except httpx2.TransportError as error:
            raise DialogueDown(type(error).__name__) from None
        if response.status_code >= 500 or response.status_code in (404, 409):
            raise DialogueDown(f"HTTP {response.status_code}")
        if response.status_code != 200:
            raise DialogueFailed(f"HTTP {response.status_code}")
        results = [_result(item) for item in response.json() if "custom" in item]
        if not results:
            raise DialogueFailed("no action gave a result")
        return results

    async def ready(self) -> bool:
        """Whether Rasa answers and has a model."""
        return await has_model(self._http, self._url)


async def has_model(http: httpx2.AsyncClient, url: str) -> bool:
    """Whether the Rasa at `url` answers and has a model loaded."""
    try:
        response = await http.get(f"{url}/status", timeout=1.0)
    except httpx2.TransportError:
        return False
    return response.status_code == 200 and bool(response.json().get("model_file"))


def _result(item: dict[str, Any]) -> TurnResult:
    try:
        return TurnResult.model_validate(item["custom"])
    except ValidationError as error:
        raise DialogueFailed(f"an action's result has {error.error_count()} mistakes") from None
