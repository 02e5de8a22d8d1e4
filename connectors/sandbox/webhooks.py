"""Calls the app as a provider calls a customer: again and again, with growing pauses, until it answers 2xx."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

log = logging.getLogger(__name__)

TIMEOUT = 15.0  # seconds; Twilio's read timeout for a webhook


@dataclass(frozen=True, slots=True)
class Webhook:
    """One call: `reference` is the provider's id of the message, the only thing logged about it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    reference: str


class Webhooks:
    """Delivers webhooks in the background, so that a phone never waits for the app."""

    def __init__(self, http: httpx2.AsyncClient, redelivery: tuple[float, ...]) -> None:
        self._http = http
        self._redelivery = redelivery
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` to its end without waiting for it."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def deliver(self, webhook: Webhook) -> httpx2.Response | None:
        """The app's 2xx answer, or None when it never gave one."""
        for pause in (*self._redelivery, None):
            response = await self._attempt(webhook)
            if response is not None and response.is_success:
                return response
            if pause is not None:
                await asyncio.sleep(pause)
        log.warning("webhook given up: %s", webhook.reference)
        return None

    async def _attempt(self, webhook: Webhook) -> httpx2.Response | None:
        try:
            response = await self._http.post(
                webhook.url, content=webhook.body, headers=dict(webhook.headers), timeout=TIMEOUT
            )
        except httpx2.TransportError as failure:
            log.info("webhook %s: %s", webhook.reference, type(failure).__name__)
            return None
        if not response.is_success:
            log.info("webhook %s: HTTP %d", webhook.reference, response.status_code)
        return response

    async def close(self) -> None:
        """Stop what is still under way."""
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
