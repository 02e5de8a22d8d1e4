"""Rasa's NLU alone, for `dalil understand` and the evaluation: finds a running Rasa or starts one for the while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2

from bot.dialogue import has_model
from bot.processes import rasa
from bot.settings import Settings
from bot.supervise import free_port

START_TIMEOUT_S = 120.0


class RasaNlu:
    """`/model/parse` of one Rasa."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse of a citizen's text: `intent`, `entities`, and our `language` and `facets`."""
        response = await self._http.post(f"{self._url}/model/parse", json={"text": text})
        response.raise_for_status()
        parsed: dict[str, Any] = response.json()
        return parsed

    async def ready(self) -> bool:
        return await has_model(self._http, self._url)


@asynccontextmanager
async def find_or_start(settings: Settings) -> AsyncIterator[RasaNlu]:
    """A Rasa with a model: the running one at DALIL_RASA_URL (the first of several), else our own, ended afterwards.

    Raises:
        FileNotFoundError: no environment or no model; the message says what to do.
        RuntimeError: Rasa did not start; the message says where its log is.
    """
    async with httpx2.AsyncClient(trust_env=False, timeout=30.0) as http:
        running = RasaNlu(http, settings.rasa_urls[0])
        if await running.ready():
            yield running
            return
        port = free_port()
        child = rasa(settings.model_copy(update={"rasa_url": f"http://127.0.0.1:{port}"}))
        # Its own tracker store: this Rasa holds no conversation.
        child = replace(child, env={**child.env, "DALIL_TRACKER_DB": str(settings.var_dir / f"rasa-{port}.db")})
        log_path = settings.var_dir / "log" / "rasa-understand.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(child.env),
                cwd=child.cwd,
            )
        try:
            started = RasaNlu(http, f"http://127.0.0.1:{port}")
            deadline = time.monotonic() + START_TIMEOUT_S
            while not await started.ready():
                if process.returncode is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Rasa did not start; its log is {log_path}")
                await asyncio.sleep(0.2)
            yield started
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 10)
                except TimeoutError:
                    process.kill()
                    await process.wait()
            (settings.var_dir / f"rasa-{port}.db").unlink(missing_ok=True)
