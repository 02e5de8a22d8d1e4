"""The adapter that a YAML file declares, against the interface of its system, in both directions."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from connectors.gov import declared
from connectors.gov.api import CaseState
from connectors.sandbox.rest.api import create_router
from connectors.sandbox.rest.seed import DOSSIERS
from tests.contracts.govstack_calls import Wire, permits_specification
from tests.unit.gov.declared_files import BORN, NUMBER, OAUTH, asking
from tests.unit.sandbox.serving import Server

PERMITS = permits_specification()


@pytest.fixture
def desk() -> Iterator[str]:
    app = FastAPI()
    app.include_router(create_router())
    with Server(app) as server:
        yield server.url


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()

    def http_client(*urls: str, connect: float, read: float, tls: Any) -> Any:
        assert tls is None
        return wire.http_client(*urls, connect=connect, read=read)

    monkeypatch.setattr(declared, "http_client", http_client)
    return wire


@pytest.mark.parametrize("dossier", DOSSIERS, ids=lambda each: each.code)
async def test_a_call_with_a_key_and_its_answer_follow_the_interface(
    desk: str, wire: Wire, tmp_path: Path, dossier: Any
) -> None:
    day, month, year = map(int, dossier.born.split("/"))
    async with asking(tmp_path, desk) as client:
        assert await client.find(dossier.number, date(year, month, day)) is not None
        assert [] == wire.follows(PERMITS, "/rest", "/v1/dossiers/{number}")


async def test_a_missing_file_follows_the_interface(desk: str, wire: Wire, tmp_path: Path) -> None:
    async with asking(tmp_path, desk) as client:
        assert await client.find("URB-2026-99999", BORN) is None
        assert [] == wire.follows(PERMITS, "/rest", "/v1/dossiers/{number}")


@pytest.mark.parametrize("send", ["basic", "body"])
async def test_token_and_search_follow_the_interface(desk: str, wire: Wire, tmp_path: Path, send: str) -> None:
    async with asking(tmp_path, desk, **(OAUTH | {"auth": {**OAUTH["auth"], "send": send}})) as client:
        found = await client.find(NUMBER, BORN)
        assert found is not None
        assert CaseState.IN_PROGRESS is found.state
        assert [] == wire.follows(PERMITS, "/rest", "/oauth/token", "post", 0)
        assert [] == wire.follows(PERMITS, "/rest", "/v2/recherche", "post")


async def test_a_number_can_be_sent_with_the_signs_that_the_system_wants(desk: str, wire: Wire, tmp_path: Path) -> None:
    async with asking(tmp_path, desk, **{"file_number.separator": "/"}) as client:
        assert await client.find(NUMBER, BORN) is None
    assert wire.calls[-1].path == "/rest/v1/dossiers/URB%2F2026%2F00017"
