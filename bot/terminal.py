"""`dalil chat`: the web chat, spoken from a terminal."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from typing import Any

import httpx2
from rich.console import Console

PROMPT = "› "


async def talk(url: str) -> int:
    """Read lines, send them, print what comes back. The exit code: 0, or 1 when no Dalil answers at `url`."""
    console = Console()
    async with httpx2.AsyncClient(base_url=url, timeout=httpx2.Timeout(10.0, read=None), trust_env=False) as http:
        try:
            opened = await http.post("/channels/webchat/sessions", params={"terminal": "true"})
            opened.raise_for_status()
        except httpx2.HTTPError:
            console.print(f"No Dalil answers at {url}. Start it with `make run`, or name another with --url.")
            return 1
        session: str = opened.json()["session"]
        choices: list[dict[str, str]] = []
        listener = asyncio.create_task(_listen(http, session, console, choices))
        console.print("Write to Dalil in Arabic, French or Darija. Ctrl-D ends.", style="dim")
        try:
            await _speak(http, session, console, choices)
        finally:
            listener.cancel()
    return 0


async def _speak(http: httpx2.AsyncClient, session: str, console: Console, choices: list[dict[str, str]]) -> None:
    while True:
        if sys.stdin.isatty():
            console.print(PROMPT, end="", style="bold")
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            await asyncio.sleep(0 if sys.stdin.isatty() else 2.0)  # a pipe ends before the last reply is there
            return
        text = line.strip()
        if not text:
            continue
        picked = choices[int(text) - 1]["choice"] if text.isdecimal() and 0 < int(text) <= len(choices) else None
        response = await http.post(
            "/channels/webchat/messages",
            json={"session": session, "id": uuid.uuid4().hex, "text": text, "choice": picked},
        )
        if response.status_code not in (200, 202, 204):
            console.print(f"The message was not taken (HTTP {response.status_code}).", style="red")


async def _listen(http: httpx2.AsyncClient, session: str, console: Console, choices: list[dict[str, str]]) -> None:
    async with http.stream("GET", "/channels/webchat/events", params={"session": session}) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                _show(json.loads(line.removeprefix("data:")), console, choices)


def _show(message: dict[str, Any], console: Console, choices: list[dict[str, str]]) -> None:
    console.print()
    console.print(message["text"], style="green", markup=False, highlight=False)
    choices[:] = message["choices"]
    for number, choice in enumerate(choices, 1):
        console.print(f"  {number}. {choice['title']}", style="cyan", markup=False, highlight=False)
