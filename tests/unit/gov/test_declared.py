"""The YAML-declared client against the sandbox's REST desk, and against servers that misbehave; all over real HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.errors import GovError, SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow
from connectors.gov.api import Case, CaseState
from connectors.gov.declared import DeclaredClient
from connectors.gov.declared_schema import read_system
from connectors.http import HostNotAllowedError
from connectors.sandbox.rest.api import create_router
from connectors.sandbox.rest.seed import API_KEY, CLIENT_SECRET, DOSSIERS
from tests.unit.gov.declared_files import BORN, NUMBER, OAUTH, VALUES, Clock, asking, dossier, written
from tests.unit.sandbox.serving import Server

CASE = Case(
    ref=NUMBER,
    service="Permis de construire",
    state=CaseState.IN_PROGRESS,
    raw_code="INS",
    raw_title="En instruction",
    registered=date(2026, 10, 5),
    ended=False,
    changed=date(2026, 11, 12),
    next_step="Passage en commission",
)


@pytest.fixture(scope="module")
def desk_server() -> Iterator[str]:
    app = FastAPI()
    app.include_router(create_router())
    with Server(app) as server:
        yield server.url


@pytest.fixture
def desk(desk_server: str) -> Iterator[str]:
    """The sandbox's desk, with no fault left behind."""
    yield desk_server
    control(desk_server, "post", "/faults", json={"kind": "none"})


def control(url: str, method: str, path: str, **parts: Any) -> httpx2.Response:
    return httpx2.request(method, f"{url}/sandbox/rest{path}", trust_env=False, **parts).raise_for_status()


def issued(url: str) -> int:
    return int(control(url, "get", "/tokens").json()["issued"])


# ---- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [pytest.param({}, id="by key"), pytest.param(OAUTH, id="by token")])
async def test_the_owner_gets_his_case_and_nobody_else(tmp_path: Path, desk: str, changes: dict[str, Any]) -> None:
    async with asking(tmp_path, desk, **changes) as client:
        assert CASE == await client.find(NUMBER, BORN)
        assert await client.find(NUMBER, date(1987, 3, 15)) is None
        assert await client.find("URB-2026-99999", BORN) is None


@pytest.mark.parametrize(
    ("number", "state", "word"),
    [
        ("URB-2026-00031", CaseState.ACTION_NEEDED, "Plan de situation illisible"),
        ("URB-2026-00008", CaseState.APPROVED, "À retirer au guichet 4"),
        ("URB-2026-00044", CaseState.UNKNOWN, "Visite prévue"),
    ],
)
async def test_codes_become_states_and_unknown_ones_are_never_guessed(
    tmp_path: Path, desk: str, number: str, state: CaseState, word: str
) -> None:
    day, month, year = map(int, next(one.born for one in DOSSIERS if one.number == number).split("/"))

    async with asking(tmp_path, desk) as client:
        case = await client.find(number, date(year, month, day))

    assert case is not None
    assert state is case.state
    assert word in (case.raw_title, case.return_reason, case.result)


# ---- what is sent and what comes back, with a server that says what the test wants ----------------------------------


class Scripted:
    """A system that gives one prepared answer and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.bodies: list[bytes] = []
        self.says({})

    def says(self, body: object, status: int = 200, media_type: str = "application/json") -> None:
        text = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.answer = (text, status, media_type)

    async def take(self, request: Request) -> Response:
        self.asked.append(request)
        self.bodies.append(await request.body())
        text, status, media_type = self.answer
        return Response(text, status, media_type=media_type)


@pytest.fixture(scope="module")
def scripted_server() -> Iterator[tuple[Scripted, str]]:
    system = Scripted()
    with Server(Starlette(routes=[Route("/{path:path}", system.take, methods=["GET", "POST"])])) as server:
        yield system, server.url


@pytest.fixture
def scripted(scripted_server: tuple[Scripted, str]) -> tuple[Scripted, str]:
    scripted_server[0].asked.clear()
    scripted_server[0].bodies.clear()
    return scripted_server


async def test_method_address_headers_query_and_body_are_those_of_the_file(
    tmp_path: Path, scripted: tuple[Scripted, str]
) -> None:
    system, url = scripted
    system.says(dossier())
    request = {
        "method": "POST",
        "path": "/a b/{file}/état",
        "headers": {"X-Office": "7", "X-For": "{file}"},
        "query": {"né": "{birth_date}", "format": "json"},
        "body": {"f": "{file}", "deep": [{"d": "le {birth_date}"}, 7, True]},
        "birth_date_format": "%Y%m%d",
    }
    key = {"kind": "api_key", "in": "query", "name": "key", "prefix": "k-", "secret": "sandbox_permits_key"}

    async with asking(tmp_path, url, request=request, auth=key) as client:
        await client.find(NUMBER, BORN)

    asked = system.asked[0]
    assert ("POST", f"/rest/a b/{NUMBER}/état") == (asked.method, asked.url.path)
    assert ("7", NUMBER) == (asked.headers["x-office"], asked.headers["x-for"])
    assert {"né": "19870314", "format": "json", "key": f"k-{API_KEY}"} == dict(asked.query_params)
    assert {"f": NUMBER, "deep": [{"d": "le 19870314"}, 7, True]} == json.loads(system.bodies[0])


async def test_a_number_cannot_leave_its_place_in_the_address(tmp_path: Path, scripted: tuple[Scripted, str]) -> None:
    system, url = scripted
    system.says("", 404)

    async with asking(tmp_path, url) as client:
        await client.find("../admin?x=#1", BORN)

    assert b"/rest/v1/dossiers/..%2Fadmin%3Fx%3D%231" == system.asked[0].scope["raw_path"]


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"etat": {"code": "ins"}}, CaseState.IN_PROGRESS),
        ({"etat": {"code": "INS"}, "clos": "true"}, CaseState.UNKNOWN),
        ({"etat": {"code": "???"}, "clos": 1}, CaseState.CLOSED),
        ({"etat": {"code": 7}}, CaseState.APPROVED),
        ({"etat": {"code": True}}, CaseState.REJECTED),
        ({}, CaseState.UNKNOWN),
    ],
)
async def test_codes_of_any_kind_are_read(
    tmp_path: Path, scripted: tuple[Scripted, str], fields: dict[str, Any], state: CaseState
) -> None:
    scripted[0].says(dossier(**fields))

    async with asking(tmp_path, scripted[1], **{"states.7": "approved", "states.true": "rejected"}) as client:
        case = await client.find(NUMBER, BORN)

    assert case is not None
    assert state is case.state


@pytest.mark.parametrize(
    "born",
    [{}, {"dateNaissance": None}, {"dateNaissance": "1987-03-14"}, {"dateNaissance": 14031987}, "14/03/1987"],
)
async def test_a_file_without_a_readable_birth_date_is_told_to_nobody(
    tmp_path: Path, scripted: tuple[Scripted, str], born: object, caplog: pytest.LogCaptureFixture
) -> None:
    scripted[0].says({"dossier": {"demandeur": born}})

    with caplog.at_level(logging.WARNING):
        async with asking(tmp_path, scripted[1]) as client:
            assert await client.find(NUMBER, BORN) is None

    assert "holds no birth date" in caplog.text
    assert NUMBER not in caplog.text


@pytest.mark.parametrize(
    ("body", "status", "media_type", "error"),
    [
        pytest.param("", 500, "text/plain", SystemDown, id="500"),
        pytest.param("", 429, "text/plain", SystemBusy, id="too many requests"),
        pytest.param("", 302, "text/plain", SystemDown, id="a redirect"),
        pytest.param("<html>", 200, "text/html; charset=utf-8", SystemPaused, id="a maintenance page"),
        pytest.param("", 401, "text/plain", SystemRefused, id="our key is wrong"),
        pytest.param("", 403, "text/plain", SystemRefused, id="our rights are wrong"),
        pytest.param("", 400, "text/plain", SystemGarbled, id="our question is wrong"),
        pytest.param("", 204, "text/plain", SystemGarbled, id="no content"),
        pytest.param('{"dossier": ', 200, "application/json", SystemGarbled, id="JSON cut short"),
        pytest.param(b"\xff\xfe", 200, "application/json", SystemGarbled, id="invalid UTF-8"),
        pytest.param("[" * 60_000, 200, "application/json", SystemGarbled, id="nested without end"),
        pytest.param([], 200, "application/json", SystemGarbled, id="a list"),
        pytest.param({"erreur": "INCONNU"}, 200, "application/json", SystemGarbled, id="no dossier, and no word of it"),
        pytest.param(dossier(numero="URB-2026-00018"), 200, "application/json", SystemGarbled, id="another file"),
        pytest.param(dossier(etat={"code": ["INS"]}), 200, "application/json", SystemGarbled, id="a code in a list"),
        pytest.param(dossier(clos="perhaps"), 200, "application/json", SystemGarbled, id="ended: perhaps"),
        pytest.param("x" * 70_000, 200, "application/json", SystemGarbled, id="too large"),
    ],
)
async def test_every_failure_is_of_the_closed_set_and_names_no_content(
    tmp_path: Path,
    scripted: tuple[Scripted, str],
    body: object,
    status: int,
    media_type: str,
    error: type[GovError],
) -> None:
    scripted[0].says(body, status, media_type)

    async with asking(tmp_path, scripted[1]) as client:
        with pytest.raises(error) as caught:
            await client.find(NUMBER, BORN)

    assert error is type(caught.value)
    for secret in (NUMBER, "1987", "perhaps", API_KEY):
        assert secret not in str(caught.value)


async def test_an_expression_that_does_not_fit_the_answer_is_a_broken_answer(
    tmp_path: Path, scripted: tuple[Scripted, str]
) -> None:
    scripted[0].says(dossier(etat=7))

    async with asking(tmp_path, scripted[1], **{"answer.code": "length(etat)"}) as client:
        with pytest.raises(SystemGarbled, match="does not fit"):
            await client.find(NUMBER, BORN)


_VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
_JSON = st.recursive(_VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
_NAMES = st.sampled_from(["numero", "objet", "demandeur", "etat", "clos", "depotLe", "majLe", "suite", "decision"])
_HINTS = st.sampled_from([NUMBER, "14/03/1987", {"dateNaissance": "14/03/1987"}, {"code": "INS", "libelle": "x"}])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(_NAMES, _HINTS | _JSON))
def test_whatever_json_comes_is_a_case_nothing_or_a_known_failure(
    tmp_path: Path, scripted: tuple[Scripted, str], fields: dict[str, Any]
) -> None:
    async def find() -> Case | None:
        async with asking(tmp_path, scripted[1]) as client:
            return await client.find(NUMBER, BORN)

    scripted[0].says({"dossier": fields})
    try:
        case = asyncio.run(find())
    except SystemGarbled:
        return  # the one failure that an answer of another shape may be

    assert case is None or case.ref == NUMBER


# ---- faults of the sandbox ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [pytest.param({}, id="by key"), pytest.param(OAUTH, id="by token")])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("down", SystemDown),
        ("throttled", SystemBusy),
        ("maintenance", SystemPaused),
        ("garbled", SystemGarbled),
        ("slow", SystemSlow),
    ],
)
async def test_the_faults_of_the_sandbox_are_told_apart(
    tmp_path: Path, desk: str, changes: dict[str, Any], kind: str, error: type[GovError]
) -> None:
    control(desk, "post", "/faults", json={"kind": kind, "seconds": 1})

    async with asking(tmp_path, desk, **{**changes, "limits.timeout_s": 0.4}) as client:
        with pytest.raises(error):
            await client.find(NUMBER, BORN)


# ---- credentials ----------------------------------------------------------------------------------------------------


async def test_a_token_is_kept_until_shortly_before_its_end(tmp_path: Path, desk: str) -> None:
    clock, before = Clock(), issued(desk)

    async with asking(tmp_path, desk, clock, **OAUTH) as client:
        await asyncio.gather(*(client.find(NUMBER, BORN) for _ in range(5)))
        clock.now += 269
        await client.find(NUMBER, BORN)
        assert 1 == issued(desk) - before
        clock.now += 2  # 271 s of 300: 30 s before the end it is renewed
        await client.find(NUMBER, BORN)

    assert 2 == issued(desk) - before


async def test_a_token_that_the_system_forgot_is_fetched_again_once(tmp_path: Path, desk: str) -> None:
    async with asking(tmp_path, desk, **OAUTH) as client:
        await client.find(NUMBER, BORN)
        before = issued(desk)
        control(desk, "delete", "/tokens")

        assert CASE == await client.find(NUMBER, BORN)

    assert 1 == issued(desk) - before


@pytest.mark.parametrize("send", ["basic", "body"])
async def test_credentials_go_where_the_file_says(tmp_path: Path, desk: str, send: str) -> None:
    oauth = {**OAUTH, "auth.send": send}

    async with asking(tmp_path, desk, **oauth) as client:
        assert CASE == await client.find(NUMBER, BORN)


async def test_a_wrong_client_secret_is_a_refusal_that_does_not_say_it(tmp_path: Path, desk: str) -> None:
    async with asking(tmp_path, desk, values={"desk_secret": "wrong-one"}, **OAUTH) as client:
        with pytest.raises(SystemRefused, match="token: HTTP 401") as caught:
            await client.find(NUMBER, BORN)

    assert "wrong-one" not in str(caught.value)
    assert CLIENT_SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"access_token": ""}, id="no token"),
        pytest.param({"access_token": "t0ken", "token_type": "mac"}, id="another type"),
        pytest.param({"access_token": "t0ken", "token_type": "bearer", "expires_in": "soon"}, id="no time"),
        pytest.param("t0ken", id="no JSON"),
    ],
)
async def test_a_token_answer_of_another_shape_is_garbled(
    tmp_path: Path, scripted: tuple[Scripted, str], answer: object
) -> None:
    scripted[0].says(answer)

    async with asking(tmp_path, scripted[1], **OAUTH) as client:
        with pytest.raises(SystemGarbled, match="token: unexpected shape") as caught:
            await client.find(NUMBER, BORN)

    assert "t0ken" not in str(caught.value)


def test_a_token_address_may_not_be_plain_http_beyond_this_machine(tmp_path: Path) -> None:
    file = written(tmp_path, **{**OAUTH, "auth.token_url": "http://login.example/token"})
    values = {**VALUES, "sandbox_url": "http://127.0.0.1:1"}

    with pytest.raises(HostNotAllowedError):
        DeclaredClient(read_system(file, values), values)
