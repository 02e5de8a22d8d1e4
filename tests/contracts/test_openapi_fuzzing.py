"""Whatever may be asked by our OpenAPI files is asked: of Dalil's own API and of the sandbox's (schemathesis).

Few examples, always the same. Endless streams are left out, and so is what only passes on to the sandbox, which is
asked itself. Checked: only documented statuses (a 500 never is) and content types, answers that follow their schema.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import CheckFunction, checks
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.settings import Settings
from bot.web.app import create_web
from connectors.sandbox.app import create_app
from tests.unit.sandbox import serving
from tests.unit.sandbox.serving import Server, config

FEW = settings(max_examples=10, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="module")
def dalil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Server(create_app(config("http://127.0.0.1:1"))) as sandbox,
        _patient(patch),
        Server(
            create_web(
                Settings(
                    _env_file=None,
                    var_dir=tmp_path_factory.mktemp("var"),
                    sandbox=True,
                    sandbox_port=int(sandbox.url.rpartition(":")[2]),
                ),
                worker=False,
            ),
        ) as server,
    ):
        yield _schema(server)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[BaseSchema]:
    with Server(create_app(config("http://127.0.0.1:1"))) as server:
        yield _schema(server)


@contextmanager
def _patient(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The whole app loads models before it answers."""
    patch.setattr(serving, "PATIENCE", 120.0)
    yield


def _schema(server: Server) -> BaseSchema:
    with requests.Session() as session:
        session.trust_env = False
        document = session.get(f"{server.url}/openapi.json", timeout=60).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=server.url)
    return schema


def ask(
    schema: BaseSchema, paths: str, checked: Sequence[CheckFunction], session: requests.Session, fewest: int
) -> None:
    """Ask every operation below `paths`, of which there must be at least `fewest`."""
    asked = 0
    for result in schema.include(path_regex=paths).get_all_operations():

        @FEW
        @given(case=result.ok().as_strategy())
        def each(case: schemathesis.Case) -> None:
            case.call_and_validate(session=session, timeout=30, checks=list(checked))

        each()
        asked += 1
    assert asked >= fewest


def test_our_own_api_keeps_what_its_openapi_file_says(dalil: BaseSchema, session: requests.Session) -> None:
    ask(dalil, "^/(api|health|metrics)", CHECKS, session, 6)


def test_the_counter_keeps_what_its_openapi_file_says(sandbox: BaseSchema, session: requests.Session) -> None:
    ask(sandbox, "^/sandbox/counter", CHECKS, session, 5)


def test_no_call_breaks_a_simulated_government_system(sandbox: BaseSchema, session: requests.Session) -> None:
    """Their answers follow the vendored files, which other tests hold them against; here they must only stand."""
    systems = "^/(registration|workflow|registries|rest|open311|scheduler)/"
    ask(sandbox, systems, [checks.not_a_server_error], session, 20)
