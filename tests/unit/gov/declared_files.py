"""Files of declared systems for tests, as changes to the shipped example, and clients of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.settings import PROJECT
from connectors.gov.declared import DeclaredClient
from connectors.gov.declared_schema import read_system
from connectors.sandbox.rest.seed import API_KEY, CLIENT_ID, CLIENT_SECRET

NUMBER, BORN = "URB-2026-00017", date(1987, 3, 14)
EXAMPLE = PROJECT / "connectors" / "gov" / "systems" / "sandbox_permits.yaml"
VALUES = {"sandbox_permits_key": API_KEY, "desk_id": CLIENT_ID, "desk_secret": CLIENT_SECRET}

OAUTH: dict[str, Any] = {
    "id": "sandbox_search",
    "auth": {
        "kind": "oauth2",
        "token_url": "{sandbox_url}/rest/oauth/token",
        "client_id": "desk_id",
        "client_secret": "desk_secret",
    },
    "request": {
        "method": "POST",
        "path": "/v2/recherche",
        "body": {"numero": "{file}", "dateNaissance": "{birth_date}"},
        "birth_date_format": "%d/%m/%Y",
    },
    "birth_date_checked_by": "system",
    "answer.root": "resultats[0]",
    "answer.not_found_when": "total == `0`",
    "answer.birth_date": None,
}


def content(**changes: Any) -> dict[str, Any]:
    """The example with `changes`; a key with a dot goes into a block, None takes a key out."""
    data: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    for path, value in changes.items():
        *blocks, last = path.split(".")
        target = data
        for block in blocks:
            target = target.setdefault(block, {})
        if value is None:
            target.pop(last, None)
        else:
            target[last] = deepcopy(value)
    return data


def written(folder: Path, name: str = "desk.yaml", **changes: Any) -> Path:
    file = folder / name
    file.write_text(yaml.safe_dump(content(**changes), allow_unicode=True, sort_keys=False), "utf-8")
    return file


class Clock:
    """Seconds that the test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def asking(
    folder: Path, url: str, clock: Clock | None = None, values: dict[str, str] | None = None, **changes: Any
) -> AsyncIterator[DeclaredClient]:
    given = {**VALUES, "sandbox_url": url, **(values or {})}
    client = DeclaredClient(read_system(written(folder, **changes), given), given, clock or Clock())
    try:
        yield client
    finally:
        await client.close()


def dossier(**fields: Any) -> dict[str, Any]:
    """What the desk answers about `NUMBER`."""
    return {"dossier": {"numero": NUMBER, "demandeur": {"dateNaissance": "14/03/1987"}, **fields}}
