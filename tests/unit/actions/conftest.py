"""The real actions on the real executor, over invented sheets and the sandbox's register on a real port."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from rasa_sdk.executor import ActionExecutor

from actions.registry import build_actions
from connectors.gov.api import CaseTracker
from connectors.gov.open311 import Open311Client, Open311Config
from connectors.gov.references import ConnectedDesk
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.sandbox.open311.api import create_router as create_open311_router
from connectors.sandbox.open311.desk import API_KEY_EXAMPLE
from connectors.sandbox.registration.api import create_router
from connectors.sandbox.registration.seed import CLIENT_HEADER_EXAMPLE
from connectors.tls import usual_tls
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAttempts, InMemoryComplaints
from tests.unit.actions.calls import NOW
from tests.unit.actions.sheets import knowledge as sheets_knowledge
from tests.unit.sandbox.serving import Server


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return sheets_knowledge()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts() -> InMemoryAttempts:
    return InMemoryAttempts()


@pytest.fixture(scope="session")
def register_server() -> Iterator[str]:
    app = FastAPI()
    app.include_router(create_router())
    with Server(app) as server:
        yield server.url


@pytest.fixture
def register_url(register_server: str) -> Iterator[str]:
    """The sandbox's register, with no fault left behind. These tests change no application."""
    yield register_server
    body = {"kind": "none"}
    httpx2.post(
        f"{register_server}/sandbox/registration/faults", json=body, trust_env=False, verify=usual_tls()
    ).raise_for_status()


@pytest.fixture
async def cases(register_url: str) -> AsyncIterator[RegistrationClient]:
    config = RegistrationConfig(f"{register_url}/registration", CLIENT_HEADER_EXAMPLE, timeout_s=1.0)
    client = RegistrationClient(config)
    yield client
    await client.close()


@pytest.fixture
def executor(
    knowledge: Knowledge, cases: RegistrationClient, attempts: InMemoryAttempts, clock: Clock
) -> ActionExecutor:
    return make_executor(knowledge, cases, attempts, clock)


@pytest.fixture
def executor_without_system(knowledge: Knowledge, attempts: InMemoryAttempts, clock: Clock) -> ActionExecutor:
    return make_executor(knowledge, None, attempts, clock)


class Desk:
    """The sandbox's complaint desk on a port, with its remote control."""

    def __init__(self, url: str) -> None:
        self.url = url

    def order(self, path: str, **body: object) -> Any:
        response = httpx2.post(f"{self.url}/sandbox/open311/{path}", json=body, trust_env=False, verify=usual_tls())
        return response.raise_for_status().json()

    def filed(self) -> list[dict[str, Any]]:
        listed = httpx2.get(f"{self.url}/sandbox/open311/requests", trust_env=False, verify=usual_tls())
        return [each for each in listed.json()["requests"] if each["description"] != "Exemple"]


@pytest.fixture
def desk() -> Iterator[Desk]:
    app = FastAPI()
    app.include_router(create_open311_router())
    with Server(app) as server:
        yield Desk(server.url)


@pytest.fixture
def complaints() -> InMemoryComplaints:
    return InMemoryComplaints()


@pytest.fixture
async def connected(desk: Desk) -> AsyncIterator[ConnectedDesk]:
    client = Open311Client(Open311Config(f"{desk.url}/open311/v2", API_KEY_EXAMPLE, timeout_s=1.0))
    yield ConnectedDesk(client)
    await client.close()


@pytest.fixture
def executor_with_desk(
    knowledge: Knowledge,
    cases: RegistrationClient,
    attempts: InMemoryAttempts,
    clock: Clock,
    connected: ConnectedDesk,
    complaints: InMemoryComplaints,
) -> ActionExecutor:
    return make_executor(knowledge, cases, attempts, clock, desk=connected, complaints=complaints)


def make_executor(
    knowledge: Knowledge, cases: CaseTracker | None, attempts: InMemoryAttempts, clock: Clock, **more: Any
) -> ActionExecutor:
    logging.getLogger("rasa_sdk.executor").setLevel(logging.WARNING)
    executor = ActionExecutor()
    for action in build_actions(knowledge=knowledge, cases=cases, attempts=attempts, clock=clock, **more):
        executor.register_action(action)
    return executor
