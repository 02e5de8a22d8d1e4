"""A call that acts, through a Security Server: its own errors say whether the provider can have got the call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from connectors.errors import ConnectorError, SystemPaused, SystemRefused, Uncertain
from connectors.gov.exchange import Exchange
from connectors.gov.xroad import XRoad, XRoadConfig
from connectors.gov.xroad_errors import FAILURES, mediator_error
from connectors.sandbox import govstack
from connectors.sandbox.app import create_app
from tests.unit.sandbox.serving import Server, config

SERVICE = next(iter(govstack.SERVICES))
SENT_ID = "00000000-0000-4000-8000-000000000000"
HEADERS = {"Information-Mediator-Client": govstack.CLIENT}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with Server(create_app(config("http://127.0.0.1:9"))) as server:
        yield server.url


def exchange(sandbox: str, client: str = govstack.CLIENT, service: str = SERVICE) -> Exchange:
    road = XRoad(XRoadConfig(sandbox, client))
    return Exchange(road.base_url(service), 0.5, HEADERS, road.http_client)


@pytest.fixture
async def acting(sandbox: str) -> AsyncIterator[Exchange]:
    made = exchange(sandbox)
    yield made
    await made.close()
    await fault(sandbox, "none")


async def fault(sandbox: str, kind: str, naming: str = "camel") -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        order = {"kind": kind, "naming": naming}
        (await http.post(f"{sandbox}/sandbox/xroad/faults", json=order)).raise_for_status()


@pytest.mark.parametrize("naming", ["camel", "snake"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("access_denied", SystemRefused),
        ("maintenance", SystemPaused),
        ("outdated_conf", ConnectorError),
        ("provider_timeout", Uncertain),
        ("provider_down", Uncertain),
        ("database_error", Uncertain),
        ("inconsistent", Uncertain),
        ("timeout", Uncertain),
        ("drop", Uncertain),
        ("other_id", Uncertain),
    ],
)
async def test_only_what_may_have_reached_the_provider_is_uncertain(
    sandbox: str, acting: Exchange, kind: str, error: type[ConnectorError], naming: str
) -> None:
    await fault(sandbox, kind, naming)

    with pytest.raises(error) as raised:
        await acting.act("PUT", "/applications/none", {})

    assert (error is Uncertain) is isinstance(raised.value, Uncertain)


async def test_a_caller_or_a_service_that_is_not_known_is_no_riddle(sandbox: str) -> None:
    for made in (exchange(sandbox, client="X/GOV/1/unknown"), exchange(sandbox, service="X/GOV/1/none/api")):
        with pytest.raises(SystemRefused):
            await made.act("PUT", "/applications/none", {})
        await made.close()


async def test_what_the_provider_itself_answers_passes(acting: Exchange) -> None:
    reply = await acting.act("PUT", "/applications/none", {})

    assert 400 <= reply.status < 500


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_whoever_is_refused_has_done_nothing(code: str) -> None:
    failure = mediator_error(f"Server.ServerProxy.{code}", b"{}", SENT_ID).failure

    assert not isinstance(failure, SystemRefused) or failure.nothing_done


def test_an_unlisted_code_is_certain_only_of_our_own_call() -> None:
    assert mediator_error("Client.Something", b"{}", SENT_ID).failure.nothing_done
    assert not mediator_error("Server.Something", b"{}", SENT_ID).failure.nothing_done
