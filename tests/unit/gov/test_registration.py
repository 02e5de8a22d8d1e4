"""The Registration client against a server that behaves, misbehaves, or is not there."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from connectors.errors import GovError, SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow
from connectors.gov.api import Case, CaseState
from connectors.gov.calls import MAX_ANSWER_BYTES
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.http import HostNotAllowedError
from tests.unit.sandbox.serving import Server

NUMBER = "PA-2026-004217"
BORN = date(1990, 4, 12)
CLIENT = "eGovStack/GOV/90000009/dalil"
BUDGET = 0.5

Answer = Callable[[Request], Response]


def application(**fields: Any) -> dict[str, Any]:
    return {
        "fileId": NUMBER,
        "registered": "2026-10-26T09:00:00.000Z",
        "serviceId": "5f0e",
        "serviceName": "Passeport biométrique",
        "status": {"code": "PENDING", "title": "Pending"},
        "ended": False,
        "applicationData": {"formData": {"data": {"applicant": {"birthDate": "1990-04-12"}}}},
        **fields,
    }


def with_data(data: object) -> dict[str, Any]:
    return application(applicationData={"formData": {"data": data}})


CASE = Case(
    ref=NUMBER,
    service="Passeport biométrique",
    state=CaseState.IN_PROGRESS,
    raw_code="PENDING",
    raw_title="Pending",
    registered=date(2026, 10, 26),
    ended=False,
)


class Registry:
    """A register that gives one prepared answer and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _: Response("Application file was not found", 404)
        self.asked: list[Request] = []

    def says(self, body: object, status: int = 200, media_type: str = "application/json") -> None:
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.answer = lambda _: Response(content, status, media_type=media_type)

    def app(self) -> Starlette:
        async def take(request: Request) -> Response:
            self.asked.append(request)
            return self.answer(request)

        return Starlette(routes=[Route("/{path:path}", take)])


@pytest.fixture(scope="module")
def served() -> Any:
    registry = Registry()
    with Server(registry.app()) as server:
        yield registry, server.url


@pytest.fixture
def registry(served: tuple[Registry, str]) -> Registry:
    served[0].asked.clear()
    return served[0]


@pytest.fixture
async def client(served: tuple[Registry, str]) -> AsyncIterator[RegistrationClient]:
    client = RegistrationClient(RegistrationConfig(f"{served[1]}/registration/", CLIENT, timeout_s=BUDGET))
    yield client
    await client.close()


async def test_the_owner_gets_his_case(registry: Registry, client: RegistrationClient) -> None:
    registry.says(application())

    assert CASE == await client.find(NUMBER, BORN)
    assert f"/registration/applications/{NUMBER}" == registry.asked[0].url.path
    assert CLIENT == registry.asked[0].headers["Information-Mediator-Client"]


async def test_nobody_else_gets_it(registry: Registry, client: RegistrationClient) -> None:
    registry.says(application())

    assert await client.find(NUMBER, date(1990, 4, 13)) is None


async def test_an_unknown_number_is_none(registry: Registry, client: RegistrationClient) -> None:
    registry.says("Application file was not found", 404, "text/plain")

    assert await client.find(NUMBER, BORN) is None


@pytest.mark.parametrize(
    ("number", "raw_path"),
    [
        pytest.param("n0t-ex1st1ng-serv1ce#-1d", b"/registration/applications/n0t-ex1st1ng-serv1ce%23-1d", id="a hash"),
        pytest.param("../services", b"/registration/applications/..%2Fservices", id="a path"),
        pytest.param("a?b=c", b"/registration/applications/a%3Fb%3Dc", id="a query"),
    ],
)
async def test_a_number_cannot_leave_its_place_in_the_address(
    registry: Registry, client: RegistrationClient, number: str, raw_path: bytes
) -> None:
    registry.says("", 404)

    await client.find(number, BORN)

    assert raw_path == registry.asked[0].scope["raw_path"]


@pytest.mark.parametrize(
    ("code", "ended", "state"),
    [
        ("PENDING", False, CaseState.IN_PROGRESS),
        ("SENDBACK", False, CaseState.ACTION_NEEDED),
        ("APPROVED", True, CaseState.APPROVED),
        ("REJECTED", True, CaseState.REJECTED),
        ("approved", True, CaseState.APPROVED),
        ("ARCHIVED", True, CaseState.CLOSED),
        ("ONSITE_CHECK", False, CaseState.UNKNOWN),
        ("PENDING", True, CaseState.UNKNOWN),
    ],
)
async def test_codes_become_states_and_unknown_ones_are_never_guessed(
    registry: Registry, client: RegistrationClient, code: str, ended: bool, state: CaseState
) -> None:
    registry.says(application(status={"code": code, "title": "Titre"}, ended=ended))

    case = await client.find(NUMBER, BORN)

    assert case is not None
    assert (state, code, "Titre", ended) == (case.state, case.raw_code, case.raw_title, case.ended)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"ended": "false"}, id="ended is a string, as in the specification's example"),
        pytest.param({"ended": None}, id="ended is null"),
        pytest.param({"applicantId": "a-1", "newField": {"x": [1]}}, id="unknown fields"),
        pytest.param({"fileId": None}, id="the number is not repeated"),
        pytest.param({"serviceId": 7}, id="an id that is no UUID"),
    ],
)
async def test_the_specifications_defects_are_lived_with(
    registry: Registry, client: RegistrationClient, fields: dict[str, Any]
) -> None:
    registry.says(application(**fields))

    assert CASE == await client.find(NUMBER, BORN)


async def test_what_the_register_does_not_know_stays_empty(registry: Registry, client: RegistrationClient) -> None:
    registry.says(application(status=None, registered="hier", serviceName=None))

    assert Case(NUMBER, "", CaseState.UNKNOWN, "", "", None, False) == await client.find(NUMBER, BORN)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="none"),
        pytest.param({"applicant": "1990-04-12"}, id="at another place"),
        pytest.param({"applicant": {"birthDate": 19900412}}, id="a number"),
        pytest.param({"applicant": {"birthDate": ""}}, id="empty"),
        pytest.param({"applicant": {"birthDate": None}}, id="null"),
    ],
)
async def test_a_file_without_a_birth_date_is_told_to_nobody(
    registry: Registry, client: RegistrationClient, data: object
) -> None:
    registry.says(with_data(data))

    assert await client.find(NUMBER, BORN) is None


async def test_a_birth_date_may_come_with_a_time(registry: Registry, client: RegistrationClient) -> None:
    registry.says(with_data({"applicant": {"birthDate": "1990-04-12T00:00:00.000Z"}}))

    assert CASE == await client.find(NUMBER, BORN)


async def test_the_place_of_the_birth_date_is_a_setting(served: tuple[Registry, str]) -> None:
    registry, url = served
    registry.says(with_data({"applicantDateOfBirth": "1990-04-12"}))
    client = RegistrationClient(
        RegistrationConfig(f"{url}/registration", CLIENT, birth_date_path=("applicantDateOfBirth",))
    )

    assert CASE == await client.find(NUMBER, BORN)
    await client.close()


@pytest.mark.parametrize(
    ("body", "status", "media_type", "error"),
    [
        pytest.param({"traceId": "1", "code": "E"}, 500, "application/json", SystemDown, id="systemError"),
        pytest.param("", 503, "text/plain", SystemDown, id="503"),
        pytest.param("", 429, "text/plain", SystemBusy, id="too many requests"),
        pytest.param("<html>Maintenance</html>", 200, "text/html", SystemPaused, id="a maintenance page"),
        pytest.param("", 400, "text/plain", SystemGarbled, id="our header was refused"),
        pytest.param("", 401, "text/plain", SystemRefused, id="we are not allowed"),
        pytest.param("", 204, "text/plain", SystemGarbled, id="no content"),
        pytest.param('{"fileId": "PA-2026-00', 200, "application/json", SystemGarbled, id="JSON cut short"),
        pytest.param("", 200, "application/json", SystemGarbled, id="an empty body"),
        pytest.param(b"\xff\xfe\x00", 200, "application/json", SystemGarbled, id="invalid UTF-8"),
        pytest.param("[]", 200, "application/json", SystemGarbled, id="a list"),
        pytest.param("null", 200, "application/json", SystemGarbled, id="null"),
        pytest.param("[" * 100_000, 200, "application/json", SystemGarbled, id="nested without end"),
        pytest.param({}, 200, "application/json", SystemGarbled, id="an empty object"),
        pytest.param(
            application(status="PENDING"), 200, "application/json", SystemGarbled, id="a status that is a text"
        ),
        pytest.param(application(ended="perhaps"), 200, "application/json", SystemGarbled, id="ended: perhaps"),
        pytest.param(application(fileId="PA-2026-000001"), 200, "application/json", SystemGarbled, id="another file"),
        pytest.param("x" * (MAX_ANSWER_BYTES + 1), 200, "application/json", SystemGarbled, id="too large"),
    ],
)
async def test_every_failure_is_one_of_three_and_names_no_content(
    registry: Registry,
    client: RegistrationClient,
    body: object,
    status: int,
    media_type: str,
    error: type[GovError],
) -> None:
    registry.says(body, status, media_type)

    with pytest.raises(error) as caught:
        await client.find(NUMBER, BORN)

    for secret in (NUMBER, "1990", "Passeport", "perhaps"):
        assert secret not in str(caught.value)


async def test_a_redirect_is_not_followed(registry: Registry, client: RegistrationClient) -> None:
    registry.answer = lambda request: RedirectResponse(request.url.replace(path="/elsewhere"))

    with pytest.raises(SystemDown, match="HTTP 307"):
        await client.find(NUMBER, BORN)

    assert 1 == len(registry.asked)


async def test_a_slow_answer_is_given_up_within_the_budget(registry: Registry, client: RegistrationClient) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):  # every byte comes in time, the whole does not
            yield b" "
            await asyncio.sleep(0.1)

    registry.answer = lambda _: StreamingResponse(drip(), media_type="application/json")
    started = time.monotonic()

    with pytest.raises(SystemSlow, match=r"no answer in 0\.5 s"):
        await client.find(NUMBER, BORN)

    assert time.monotonic() - started < BUDGET + 0.4


async def test_a_closed_port_is_a_system_that_is_down() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = RegistrationClient(RegistrationConfig(f"http://127.0.0.1:{unused.getsockname()[1]}", CLIENT))

        with pytest.raises(SystemDown, match="ConnectError"):
            await client.find(NUMBER, BORN)

    await client.close()


def test_a_register_beyond_this_machine_must_be_called_by_https() -> None:
    with pytest.raises(HostNotAllowedError):
        RegistrationClient(RegistrationConfig("http://register.example", CLIENT))
