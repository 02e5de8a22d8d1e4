"""What the simulated Security Server says of itself, and what it and every other system can be made to suffer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from connectors.errors import GovError, SystemBusy, SystemDown, SystemGarbled, SystemPaused
from connectors.gov.workflow import WorkflowClient, WorkflowConfig
from connectors.gov.xroad import XRoad, XRoadConfig
from connectors.sandbox import govstack
from connectors.sandbox.app import create_app
from tests.unit.sandbox.serving import Server, config

OWNER = "eGovStack/GOV/90000009"
CLIENT = {"X-Road-Client": govstack.CLIENT}
SYSTEMS = ("registration", "workflow", "registries", "rest", "open311", "scheduler", "xroad")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[httpx2.Client]:
    with Server(create_app(config("http://127.0.0.1:9"))) as server, httpx2.Client(base_url=server.url) as http:
        yield http


def methods(sandbox: httpx2.Client, code: str, subsystem: str, client: str = govstack.CLIENT) -> list[dict[str, Any]]:
    answer = sandbox.get(f"/r1/{OWNER}/{subsystem}/{code}", headers={"X-Road-Client": client})
    assert 200 == answer.status_code
    found: list[dict[str, Any]] = answer.json()["service"]
    return found


def test_the_services_of_a_subsystem_are_listed_with_their_endpoints(sandbox: httpx2.Client) -> None:
    (service,) = methods(sandbox, "listMethods", "workflow")

    assert ("SERVICE", "OPENAPI", "eGovStack", "GOV", "90000009", "workflow", "api") == tuple(
        service[key]
        for key in (
            "object_type",
            "service_type",
            "xroad_instance",
            "member_class",
            "member_code",
            "subsystem_code",
            "service_code",
        )
    )
    assert {"method": "GET", "path": "/instances/*"} in service["endpoint_list"]


def test_a_caller_is_told_what_he_may_call(sandbox: httpx2.Client) -> None:
    assert methods(sandbox, "allowedMethods", "workflow")
    assert [] == methods(sandbox, "allowedMethods", "workflow", "eGovStack/GOV/1/other")
    assert [] == methods(sandbox, "listMethods", "nothing")


@pytest.mark.parametrize("service", govstack.SERVICES)
def test_a_description_is_the_vendored_file_unchanged(sandbox: httpx2.Client, service: str) -> None:
    subsystem, code = service.rsplit("/", 1)

    answer = sandbox.get(f"/r1/{subsystem}/getOpenAPI?serviceCode={code}", headers=CLIENT)

    assert govstack.SPECIFICATIONS[govstack.SERVICES[service]].read_bytes() == answer.content


def test_a_description_of_nothing_is_the_mediators_own_error(sandbox: httpx2.Client) -> None:
    answer = sandbox.get(f"/r1/{OWNER}/workflow/getOpenAPI", headers=CLIENT)

    assert (500, "Server.ServerProxy.UnknownService") == (answer.status_code, answer.headers["X-Road-Error"])


def test_the_clients_are_members_and_subsystems(sandbox: httpx2.Client) -> None:
    ids = [member["id"] for member in sandbox.get("/listClients").json()["member"]]

    member = {"object_type": "MEMBER", "xroad_instance": "eGovStack", "member_class": "GOV", "member_code": "90000009"}
    assert member in ids
    assert member | {"object_type": "SUBSYSTEM", "subsystem_code": "dalil"} in ids


@pytest.mark.parametrize(
    ("kind", "error"),
    [("throttled", SystemBusy), ("down", SystemDown), ("garbled", SystemGarbled), ("maintenance", SystemPaused)],
)
async def test_every_fault_of_the_mediator_reaches_us_as_what_it_is(
    sandbox: httpx2.Client, kind: str, error: type[GovError]
) -> None:
    url = str(sandbox.base_url)
    road = XRoad(XRoadConfig(url, govstack.CLIENT))
    settings = WorkflowConfig(road.base_url(f"{OWNER}/workflow/api"), govstack.CLIENT)
    client = WorkflowClient(settings, road.http_client)
    sandbox.post("/sandbox/xroad/faults", json={"kind": kind}).raise_for_status()
    try:
        with pytest.raises(GovError) as raised:
            await client.progress("PA-2026-004217")
    finally:
        sandbox.post("/sandbox/xroad/faults", json={"kind": "none"}).raise_for_status()
        await client.close()

    assert error is type(raised.value)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("kind", ["down", "throttled", "maintenance", "garbled"])
def test_every_system_suffers_what_it_is_ordered(sandbox: httpx2.Client, system: str, kind: str) -> None:
    sandbox.post(f"/sandbox/{system}/faults", json={"kind": kind}).raise_for_status()
    sandbox.post(f"/sandbox/{system}/faults", json={"kind": "none"}).raise_for_status()


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_can_keep_its_callers_waiting(sandbox: httpx2.Client, system: str) -> None:
    order = {"kind": "timeout"} if system == "xroad" else {"kind": "slow", "seconds": 60}
    sandbox.post(f"/sandbox/{system}/faults", json=order).raise_for_status()
    sandbox.post(f"/sandbox/{system}/faults", json={"kind": "none"}).raise_for_status()
