"""One configuration decides which GovStack blocks are asked, and whether through a Security Server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import httpx2
import pytest

from connectors.gov.api import CaseState
from connectors.gov.digital_registries import CaseRegistry, RegistriesConfig
from connectors.gov.govstack import GovStack, GovStackConfig
from connectors.gov.registration import RegistrationConfig
from connectors.gov.workflow import WorkflowConfig
from connectors.gov.xroad import XRoadConfig
from connectors.sandbox import digital_registries, govstack
from connectors.sandbox.app import create_app
from tests.unit.sandbox.serving import Server, config

NUMBER, BORN = "PA-2026-004217", date(1990, 4, 12)
REGISTRATION, WORKFLOW, REGISTRIES = (f"xroad:{service}" for service in govstack.SERVICES)
CALLER = govstack.CLIENT


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with Server(create_app(config("http://127.0.0.1:9"))) as server:
        body = {"kind": "statusless"}
        httpx2.post(f"{server.url}/sandbox/registration/faults", json=body, trust_env=False).raise_for_status()
        yield server.url


async def state(settings: GovStackConfig) -> CaseState:
    tracker = GovStack(settings).tracker()
    case = await tracker.find(NUMBER, BORN)
    await tracker.close()
    assert case is not None
    return case.state


async def test_the_register_alone_knows_no_status_here(sandbox: str) -> None:
    assert CaseState.UNKNOWN is await state(GovStackConfig(RegistrationConfig(f"{sandbox}/registration", CALLER)))


async def test_with_a_workflow_the_status_is_known(sandbox: str) -> None:
    settings = GovStackConfig(
        RegistrationConfig(f"{sandbox}/registration", CALLER), WorkflowConfig(f"{sandbox}/workflow", CALLER)
    )

    assert CaseState.IN_PROGRESS is await state(settings)


async def test_both_may_be_behind_the_mediator_or_only_one(sandbox: str) -> None:
    road = XRoadConfig(sandbox, CALLER)
    both = GovStackConfig(RegistrationConfig(REGISTRATION, CALLER), WorkflowConfig(WORKFLOW, CALLER), road)
    one = GovStackConfig(RegistrationConfig(REGISTRATION, CALLER), WorkflowConfig(f"{sandbox}/workflow", CALLER), road)

    assert CaseState.IN_PROGRESS is await state(both)
    assert CaseState.IN_PROGRESS is await state(one)
    log = httpx2.get(f"{sandbox}/sandbox/xroad/log", trust_env=False).json()
    assert [REGISTRATION, WORKFLOW, REGISTRATION] == [f"xroad:{each['service']}" for each in log]


async def test_a_registry_may_know_the_cases_instead(sandbox: str) -> None:
    registry = CaseRegistry("applications", "1.0", {"PENDING": CaseState.IN_PROGRESS})
    registries = RegistriesConfig(REGISTRIES, CALLER, digital_registries.API_KEY)

    assert CaseState.IN_PROGRESS is await state(
        GovStackConfig((registries, registry), xroad=XRoadConfig(sandbox, CALLER))
    )


def test_a_mediated_address_needs_a_security_server() -> None:
    with pytest.raises(ValueError, match="no Security Server"):
        GovStack(GovStackConfig(RegistrationConfig(REGISTRATION, CALLER))).tracker()
