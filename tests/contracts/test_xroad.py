"""Adapters through the sandbox's Security Server, over real HTTP, and every way in which it can fail."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request

from connectors.errors import GovError, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow
from connectors.gov.api import CaseState, CaseTracker
from connectors.gov.digital_registries import CaseRegistry, RegistriesConfig, RegistryCases
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.workflow import WorkflowClient, WorkflowConfig
from connectors.gov.xroad import EXCHANGE, Exchange, XRoad, XRoadConfig, encoded
from connectors.gov.xroad_errors import mediator_error
from connectors.http import HostNotAllowedError
from connectors.sandbox import digital_registries, govstack, xroad
from connectors.sandbox.app import create_app
from connectors.tls import usual_tls
from tests.unit.gov.own_certificates import certificates, tls_server
from tests.unit.sandbox.serving import Server, config

NUMBER, BORN = "PA-2026-004217", date(1990, 4, 12)
REGISTRATION, WORKFLOW, REGISTRIES = govstack.SERVICES
BUDGET = 1.5
SENT_ID = "fa2e18a5-c2cb-4d09-b994-f57727f7c3fb"


@pytest.fixture
def sandbox() -> Iterator[str]:
    with Server(create_app(config("http://127.0.0.1:9"))) as server:
        yield server.url


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def road(sandbox: str, exchanges: list[Exchange]) -> XRoad:
    return XRoad(XRoadConfig(sandbox, govstack.CLIENT), exchanges.append)


@pytest.fixture
async def client(road: XRoad) -> AsyncIterator[RegistrationClient]:
    client = registration(road)
    yield client
    await client.close()


def registration(road: XRoad, service: str = REGISTRATION) -> RegistrationClient:
    settings = RegistrationConfig(road.base_url(service), "some/other/caller/name", timeout_s=BUDGET)
    return RegistrationClient(settings, road.http_client)


def control(sandbox: str, path: str, **body: object) -> None:
    httpx2.post(f"{sandbox}/sandbox/{path}", json=body, trust_env=False, verify=usual_tls()).raise_for_status()


async def test_an_adapter_finds_through_the_mediator_what_it_finds_directly(sandbox: str, road: XRoad) -> None:
    direct = RegistrationClient(RegistrationConfig(f"{sandbox}/registration", govstack.CLIENT))
    mediated = registration(road)

    assert await direct.find(NUMBER, BORN) == await mediated.find(NUMBER, BORN)
    assert await direct.services() == await mediated.services()
    for each in (direct, mediated):
        await each.close()


async def test_every_govstack_adapter_goes_through_it(road: XRoad) -> None:
    registries = RegistryCases(
        RegistriesConfig(road.base_url(REGISTRIES), govstack.CLIENT, digital_registries.API_KEY, timeout_s=BUDGET),
        CaseRegistry("applications", "1.0", {"PENDING": CaseState.IN_PROGRESS}),
        road.http_client,
    )
    workflow = WorkflowClient(WorkflowConfig(road.base_url(WORKFLOW), govstack.CLIENT), road.http_client)

    case, progress = await registries.find(NUMBER, BORN), await workflow.progress(NUMBER)

    assert case is not None
    assert progress is not None
    assert (CaseState.IN_PROGRESS, CaseState.IN_PROGRESS) == (case.state, progress.state)
    for each in (registries, workflow):
        await each.close()


async def test_a_call_is_known_by_its_ids_in_both_logs(
    sandbox: str, client: RegistrationClient, exchanges: list[Exchange]
) -> None:
    await client.find(NUMBER, BORN)

    [exchange] = exchanges
    [logged] = httpx2.get(f"{sandbox}/sandbox/xroad/log", trust_env=False, verify=usual_tls()).json()
    assert {"id": exchange.id, "request_id": exchange.request_id, "service": REGISTRATION} == logged
    assert (200, "", 88) == (exchange.status, exchange.failure, len(exchange.request_hash))


async def test_a_response_carries_its_exchange(road: XRoad, exchanges: list[Exchange]) -> None:
    async with road.http_client(road.base_url(REGISTRATION), connect=1, read=1) as http:
        response = await http.get(f"{road.base_url(REGISTRATION)}/services")

    assert exchanges == [response.extensions[EXCHANGE]]


async def test_the_log_holds_ids_and_nothing_else(sandbox: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = registration(XRoad(XRoadConfig(sandbox, govstack.CLIENT)))

    await client.find(NUMBER, BORN)

    assert "x-road: id " in caplog.text
    for secret in (NUMBER, "1990", "Passeport", "/registration"):
        assert secret not in "\n".join(record.getMessage() for record in caplog.records if "gov" in record.name)
    await client.close()


async def test_what_the_provider_says_is_passed_on(
    sandbox: str, client: RegistrationClient, exchanges: list[Exchange]
) -> None:
    assert await client.find("PA-2026-999999", BORN) is None
    control(sandbox, "registration/faults", kind="down")
    with pytest.raises(SystemDown, match="HTTP 500"):
        await client.find(NUMBER, BORN)

    assert [(404, ""), (500, "")] == [(each.status, each.failure) for each in exchanges]


async def test_a_number_cannot_leave_its_place_behind_the_mediator(
    client: RegistrationClient, exchanges: list[Exchange]
) -> None:
    assert await client.find("n0t-ex1st1ng-serv1ce#-1d", BORN) is None
    assert [404] == [each.status for each in exchanges]


FAULTS = [
    ("access_denied", SystemRefused),
    ("provider_timeout", SystemSlow),
    ("provider_down", SystemDown),
    ("outdated_conf", SystemDown),
    ("database_error", SystemDown),
    ("maintenance", SystemPaused),
    ("inconsistent", SystemGarbled),
]


@pytest.mark.parametrize("naming", ["camel", "snake"])
@pytest.mark.parametrize(("kind", "error"), FAULTS)
async def test_the_mediators_errors_are_told_from_the_providers(
    sandbox: str, client: RegistrationClient, exchanges: list[Exchange], kind: str, error: type[GovError], naming: str
) -> None:
    control(sandbox, "xroad/faults", kind=kind, naming=naming)

    with pytest.raises(error) as caught:
        await client.find(NUMBER, BORN)

    [exchange] = exchanges
    assert error is type(caught.value)
    assert exchange.failure
    assert f"x-road {exchange.failure}, id {exchange.id}, error " in str(caught.value)
    assert NUMBER not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("maintenance_page", SystemDown),
        ("other_id", SystemGarbled),
        ("other_service", SystemGarbled),
        ("timeout", SystemSlow),
        ("drop", SystemDown),
    ],
)
async def test_what_is_no_error_of_the_mediator_fails_too(
    sandbox: str, client: RegistrationClient, kind: str, error: type[GovError]
) -> None:
    control(sandbox, "xroad/faults", kind=kind)

    with pytest.raises(error) as caught:
        await client.find(NUMBER, BORN)

    assert error is type(caught.value)


async def test_a_caller_without_rights_needs_a_person(sandbox: str) -> None:
    client = registration(XRoad(XRoadConfig(sandbox, "eGovStack/GOV/90000009/stranger")))

    with pytest.raises(SystemRefused, match="AccessDenied"):
        await client.find(NUMBER, BORN)

    await client.close()


async def test_a_service_that_does_not_exist_needs_a_person(road: XRoad) -> None:
    client = registration(road, "eGovStack/GOV/90000009/registration/none")

    with pytest.raises(SystemRefused, match="UnknownService"):
        await client.find(NUMBER, BORN)

    await client.close()


async def test_without_x_roads_own_header_a_live_server_refuses(sandbox: str) -> None:
    client = registration(XRoad(XRoadConfig(sandbox, govstack.CLIENT, client_headers=("X-GovStack-Client",))))

    with pytest.raises(SystemRefused, match="MissingHeaderField"):
        await client.find(NUMBER, BORN)

    await client.close()


async def test_identifiers_are_encoded_part_by_part() -> None:
    """The provider's path, the caller under every name, and the target, with signs that a path cannot hold."""
    asked: list[Request] = []
    provider = FastAPI()

    @provider.get("/{path:path}")
    async def take(request: Request) -> list[Any]:
        asked.append(request)
        return []

    service, caller = "MA/GOV/المحافظة/sub system/BAR%2FSERVICE", "MA/GOV/dalil é"
    app = FastAPI()
    app.include_router(xroad.create_router({service: xroad.Provider(provider, "/v1")}, [caller]))
    names = ("X-Road-Client", "Information-Mediator-Client", "X-GovStack-Client")
    with Server(app) as server:
        road = XRoad(XRoadConfig(server.url, caller, client_headers=names, target_server="MA/GOV/1/ss 2"))
        client = registration(road, service)
        assert () == await client.services()
        await client.close()

    arabic = "%D8%A7%D9%84%D9%85%D8%AD%D8%A7%D9%81%D8%B8%D8%A9"
    assert f"{server_root(road)}/r1/MA/GOV/{arabic}/sub%20system/BAR%2FSERVICE" == road.base_url(service)
    assert "/v1/services" == asked[0].url.path
    assert ["MA/GOV/dalil%20%C3%A9"] * 3 == [asked[0].headers[name] for name in names]
    assert "MA/GOV/1/ss%202" == asked[0].headers["X-Road-Security-Server"]
    assert "X-Road-UserId" not in asked[0].headers


def server_root(road: XRoad) -> str:
    return road.base_url("A/B/C/D/E").removesuffix("/r1/A/B/C/D/E")


@pytest.mark.parametrize(
    "identifier", ["", "A/B/C/D", "A/B/C/D/E/F", "A/B//D/E", "A/B/C/D/..", "A/B/C/D/%2E", "A/B/C/D/x%0Ay", "A/ /C/D/E"]
)
def test_an_identifier_that_cannot_be_right_is_refused_at_once(identifier: str) -> None:
    with pytest.raises(ValueError, match="X-Road identifier"):
        encoded(identifier, (5,))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"client": "A/B"}, "3 or 4 parts", id="a client of two parts"),
        pytest.param({"client_headers": ()}, "client_headers is empty", id="no header names"),
        pytest.param({"security_server": "http://ss.example"}, "by https", id="plain http beyond this machine"),
        pytest.param({"certificate": "client.pem"}, "belong together", id="a certificate without its key"),
        pytest.param({"target_server": "A/B/C"}, "4 parts", id="a target of three parts"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_once(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        XRoad(XRoadConfig(**{"security_server": "https://ss.example:8443", "client": "A/B/C/D"} | settings))


def test_a_missing_authority_file_is_noticed_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        XRoad(XRoadConfig("https://ss.example:8443", "A/B/C/D", authority=str(tmp_path / "none.pem")))


async def test_our_certificate_opens_the_security_server(tmp_path: Path) -> None:
    own = certificates(tmp_path)
    async with tls_server(own, "[]") as url:

        def client(certificate: Path, key: Path) -> RegistrationClient:
            tls = {"certificate": str(certificate), "private_key": str(key), "authority": str(own.authority)}
            return registration(XRoad(XRoadConfig(url, govstack.CLIENT, **tls)))

        known, stranger = client(own.client, own.client_key), client(own.stranger, own.stranger_key)

        assert () == await known.services()
        with pytest.raises(SystemDown):
            await stranger.services()

        await known.close()
        await stranger.close()


@pytest.mark.parametrize("url", ["https://elsewhere.example/r1/A/B/C/D/E", "https://ss.example/registration"])
def test_a_client_goes_nowhere_but_through_the_security_server(url: str) -> None:
    road = XRoad(XRoadConfig("https://ss.example", "A/B/C/D"))

    with pytest.raises(HostNotAllowedError, match="does not begin with"):
        road.http_client(url)


def test_a_tracker_is_a_tracker(road: XRoad) -> None:
    tracker: CaseTracker = registration(road)

    assert NUMBER == tracker.file_numbers.find(NUMBER)


@pytest.mark.parametrize(
    ("header", "body", "code", "error"),
    [
        ("Client.BadRequest", b"{}", "Client.BadRequest", SystemRefused),
        ("client.something_new", b"", "client.something_new", SystemRefused),
        ("server.serverproxy.something_new", b"", "server.serverproxy.something_new", SystemDown),
        (
            "Server.ServerProxy.ServiceFailed.HttpError",
            b"<html>",
            "Server.ServerProxy.ServiceFailed.HttpError",
            SystemDown,
        ),
        ("Server.ClientProxy.IOError", b'{"message": "Read timed out"}', "Server.ClientProxy.IOError", SystemSlow),
        ("server.clientproxy.io_error", b"<error><message>Read timed out", "server.clientproxy.io_error", SystemSlow),
        ("", b'{"type": "Server.ServerProxy.UnknownMember"}', "Server.ServerProxy.UnknownMember", SystemRefused),
        (
            "Server.ClientProxy.SslAuthenticationFailed",
            b"",
            "Server.ClientProxy.SslAuthenticationFailed",
            SystemRefused,
        ),
        ("PA-2026-004217 of Amina", b'{"type": 7, "detail": "Amina"}', "unlisted", SystemDown),
        ("x" * 500, b"[" * 100_000, "unlisted", SystemDown),
        (
            "Server.ServerProxy.AccessDenied",
            b'{"message": "timed out"}',
            "Server.ServerProxy.AccessDenied",
            SystemRefused,
        ),
    ],
)
def test_what_an_error_means(header: str, body: bytes, code: str, error: type[GovError]) -> None:
    found = mediator_error(header, body, SENT_ID)

    assert (code, error) == (found.code, type(found.failure))
    assert f"x-road {code}, id {SENT_ID}" == found.failure.detail


def test_both_generations_of_names_mean_the_same() -> None:
    for camel, snake, _, message in xroad._ERRORS.values():
        body = f'{{"message": "{message}"}}'.encode()

        assert type(mediator_error(camel, body, SENT_ID).failure) is type(mediator_error(snake, body, SENT_ID).failure)


def test_the_hash_of_a_request_is_that_of_the_specification() -> None:
    with_body, without = xroad.request_hash([("a", "b")], b"{}"), xroad.request_hash([("a", "b")], b"")

    assert with_body != without
    assert (88, 88) == (len(with_body), len(without))
