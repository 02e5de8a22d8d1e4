"""The GovStack clients and the sandbox over real HTTP: both directions follow the vendored OpenAPI files."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date

import httpx2
import pytest

from connectors.errors import GovError, SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow
from connectors.gov.api import Case, CaseState, CaseTracker, Service
from connectors.gov.digital_registries import (
    CaseRegistry,
    RegistriesConfig,
    RegistryCases,
    RegistryServices,
    ServiceRegistry,
)
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.status_fallback import Progress, StatusFallback
from connectors.gov.workflow import WorkflowClient, WorkflowConfig
from connectors.sandbox import digital_registries, govstack
from connectors.sandbox.app import create_app
from connectors.sandbox.registration import seed
from tests.contracts import govstack_calls
from tests.contracts.govstack_calls import Wire
from tests.unit.sandbox.serving import Server, config

PENDING, BORN = "PA-2026-004217", date(1990, 4, 12)
SENT_BACK, SENT_BACK_BORN = "CN-2026-002894", date(1972, 1, 1)
APPROVED, APPROVED_BORN = "CN-2026-001503", date(1985, 11, 30)
UNKNOWN_CODE, UNKNOWN_BORN = "RS-2026-020145", date(1958, 12, 31)
BUDGET = 1.5

REGISTRATION = govstack_calls.registration_specification()
WORKFLOW = govstack_calls.workflow_specification()
REGISTRIES = govstack_calls.registries_specification()

STATES = {
    "PENDING": CaseState.IN_PROGRESS,
    "SENDBACK": CaseState.ACTION_NEEDED,
    "APPROVED": CaseState.APPROVED,
    "REJECTED": CaseState.REJECTED,
}
APPLICATIONS = CaseRegistry(
    "applications",
    "1.0",
    STATES,
    ended=frozenset({"APPROVED", "REJECTED", "ARCHIVED"}),
    changed="changed",
    next_step="nextStep",
    return_reason="reason",
    result="result",
)


@pytest.fixture
def sandbox() -> Iterator[str]:
    with Server(create_app(config("http://127.0.0.1:9"))) as server:
        yield server.url


@pytest.fixture
def wire() -> Wire:
    return Wire()


def order(sandbox: str, system: str, **fault: object) -> None:
    httpx2.post(f"{sandbox}/sandbox/{system}/faults", json=fault, trust_env=False).raise_for_status()


@pytest.fixture
async def registration(sandbox: str, wire: Wire) -> AsyncIterator[RegistrationClient]:
    settings = RegistrationConfig(f"{sandbox}/registration", govstack.CLIENT, timeout_s=BUDGET, read_tasks=True)
    client = RegistrationClient(settings, wire.http_client)
    yield client
    await client.close()


def workflow_client(sandbox: str, wire: Wire) -> WorkflowClient:
    return WorkflowClient(WorkflowConfig(f"{sandbox}/workflow", govstack.CLIENT, timeout_s=BUDGET), wire.http_client)


@pytest.fixture
async def workflow(sandbox: str, wire: Wire) -> AsyncIterator[WorkflowClient]:
    client = workflow_client(sandbox, wire)
    yield client
    await client.close()


def registries_config(sandbox: str, **changed: str) -> RegistriesConfig:
    key = changed.pop("api_key", digital_registries.API_KEY)
    return RegistriesConfig(f"{sandbox}/registries", govstack.CLIENT, key, timeout_s=BUDGET)


@pytest.fixture
async def registry(sandbox: str, wire: Wire) -> AsyncIterator[RegistryCases]:
    client = RegistryCases(registries_config(sandbox), APPLICATIONS, wire.http_client)
    yield client
    await client.close()


# ---- Registration --------------------------------------------------------------------------------------------------


async def test_services_are_listed(registration: RegistrationClient, wire: Wire) -> None:
    services = await registration.services()

    assert [Service(each.id, each.name) for each in seed.SERVICES] == list(services)
    assert [] == wire.follows(REGISTRATION, "/registration", "/services")


async def test_a_pending_file_has_its_next_step(registration: RegistrationClient, wire: Wire) -> None:
    case = await registration.find(PENDING, BORN)

    day = date(2026, 10, 26)
    assert case == Case(
        PENDING,
        "Passeport biométrique",
        CaseState.IN_PROGRESS,
        "PENDING",
        "Pending",
        day,
        False,
        day,
        "Examen du dossier",
    )
    assert [] == wire.follows(REGISTRATION, "/registration", "/tasks")
    assert 2 == len(wire.calls)


async def test_a_file_that_was_sent_back_says_why(registration: RegistrationClient, wire: Wire) -> None:
    case = await registration.find(SENT_BACK, SENT_BACK_BORN)

    assert case is not None
    assert ("La photo est illisible.", "Compléter le dossier") == (case.return_reason, case.next_step)
    wire.calls.sort(key=lambda call: call.path.endswith("/applications"))
    assert [] == wire.follows(REGISTRATION, "/registration", "/applications")


async def test_nobody_else_causes_a_second_call(registration: RegistrationClient, wire: Wire) -> None:
    assert await registration.find(SENT_BACK, BORN) is None
    assert [f"/registration/applications/{SENT_BACK}"] == [call.path for call in wire.calls]
    assert [] == wire.follows(REGISTRATION, "/registration", "/applications/{fileId}")


async def test_an_applicant_gets_his_files(registration: RegistrationClient, wire: Wire) -> None:
    mine = await registration.of_applicant(seed.stable_id("applicant", "Khadija Exemple"))

    assert mine == (
        Case(
            SENT_BACK,
            "Renouvellement de la CNIE",
            CaseState.ACTION_NEEDED,
            "SENDBACK",
            "Sent back",
            date(2026, 10, 5),
            False,
            return_reason="La photo est illisible.",
        ),
    )
    assert [] == wire.follows(REGISTRATION, "/registration", "/applications")


async def test_an_applicant_without_files_gets_none(registration: RegistrationClient) -> None:
    assert () == await registration.of_applicant("nobody")


# ---- Workflow, and as a fallback -----------------------------------------------------------------------------------


async def test_an_instance_says_how_far_it_is(workflow: WorkflowClient, wire: Wire) -> None:
    assert Progress(CaseState.IN_PROGRESS, "running", date(2026, 10, 26)) == await workflow.progress(PENDING)
    assert [] == wire.follows(WORKFLOW, "/workflow", "/instances/{instanceId}")


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("running", CaseState.IN_PROGRESS),
        ("suspended", CaseState.IN_PROGRESS),
        ("completed", CaseState.CLOSED),
        ("stopped", CaseState.CLOSED),
        ("Compensating", CaseState.UNKNOWN),
    ],
)
async def test_states_of_a_workflow(sandbox: str, workflow: WorkflowClient, raw: str, state: CaseState) -> None:
    body = {"state": raw, "changed": "2026-11-20T08:00:00"}
    httpx2.post(f"{sandbox}/sandbox/workflow/instances/{PENDING}", json=body, trust_env=False).raise_for_status()

    assert Progress(state, raw, date(2026, 11, 20)) == await workflow.progress(PENDING)


@pytest.mark.parametrize("status", [404, 400])
async def test_an_unknown_instance_is_none_whichever_status_says_so(
    sandbox: str, workflow: WorkflowClient, status: int
) -> None:
    httpx2.post(f"{sandbox}/sandbox/workflow/unknown", json={"status": status}, trust_env=False).raise_for_status()

    assert await workflow.progress("PA-2026-999999") is None


def test_all_files_cannot_be_one_instance() -> None:
    with pytest.raises(ValueError, match="instance_id must contain"):
        WorkflowClient(WorkflowConfig("http://127.0.0.1:9", govstack.CLIENT, instance_id="one"))


@pytest.fixture
async def fallback(sandbox: str, wire: Wire) -> AsyncIterator[StatusFallback]:
    settings = RegistrationConfig(f"{sandbox}/registration", govstack.CLIENT, timeout_s=BUDGET)
    client = StatusFallback(RegistrationClient(settings, wire.http_client), workflow_client(sandbox, wire))
    yield client
    await client.close()


async def test_a_case_without_a_status_takes_the_workflows(sandbox: str, fallback: StatusFallback) -> None:
    order(sandbox, "registration", kind="statusless")

    day = date(2026, 10, 26)
    assert await fallback.find(PENDING, BORN) == Case(
        PENDING, "Passeport biométrique", CaseState.IN_PROGRESS, "running", "running", day, False, changed=day
    )


@pytest.mark.parametrize(
    ("number", "born", "state"),
    [(PENDING, BORN, CaseState.IN_PROGRESS), (UNKNOWN_CODE, UNKNOWN_BORN, CaseState.UNKNOWN)],
    ids=["a status", "an unknown code with a title"],
)
async def test_the_registers_own_word_is_never_replaced(
    fallback: StatusFallback, wire: Wire, number: str, born: date, state: CaseState
) -> None:
    case = await fallback.find(number, born)

    assert case is not None
    assert state == case.state
    assert not any(call.path.startswith("/workflow") for call in wire.calls)


async def test_the_workflow_is_not_asked_about_somebody_elses_file(
    sandbox: str, fallback: StatusFallback, wire: Wire
) -> None:
    order(sandbox, "registration", kind="statusless")

    assert await fallback.find(PENDING, APPROVED_BORN) is None
    assert 1 == len(wire.calls)


@pytest.mark.parametrize("kind", ["down", "garbled", "maintenance"])
async def test_a_broken_workflow_costs_the_status_only(sandbox: str, fallback: StatusFallback, kind: str) -> None:
    order(sandbox, "registration", kind="statusless")
    order(sandbox, "workflow", kind=kind)

    case = await fallback.find(PENDING, BORN)

    assert case is not None
    assert (CaseState.UNKNOWN, "") == (case.state, case.raw_title)


async def test_nothing_is_told_while_the_register_is_down(sandbox: str, fallback: StatusFallback, wire: Wire) -> None:
    order(sandbox, "registration", kind="down")

    with pytest.raises(SystemDown):
        await fallback.find(PENDING, BORN)

    assert 1 == len(wire.calls)


# ---- Digital Registries --------------------------------------------------------------------------------------------


async def test_a_record_becomes_a_case(registry: RegistryCases, wire: Wire) -> None:
    day = date(2026, 9, 14)
    assert await registry.find(APPROVED, APPROVED_BORN) == Case(
        APPROVED,
        "Renouvellement de la CNIE",
        CaseState.APPROVED,
        "APPROVED",
        "Approved",
        day,
        True,
        changed=day,
        result="Guichet 3",
    )
    assert [] == wire.follows(REGISTRIES, "/registries", "/data/{registryName}/{versionNumber}/read", "post")


async def test_a_record_that_was_sent_back_says_why_and_what_next(registry: RegistryCases) -> None:
    case = await registry.find(SENT_BACK, SENT_BACK_BORN)

    assert case is not None
    assert (CaseState.ACTION_NEEDED, "La photo est illisible.", "Compléter le dossier") == (
        case.state,
        case.return_reason,
        case.next_step,
    )


@pytest.mark.parametrize(
    ("number", "born"), [(APPROVED, BORN), ("CN-2026-999999", APPROVED_BORN)], ids=["not his", "no such file"]
)
async def test_not_his_and_not_there_are_the_same(registry: RegistryCases, wire: Wire, number: str, born: date) -> None:
    assert await registry.find(number, born) is None
    assert (404, b'{"detail":"no record found"}') == (wire.calls[-1].status, wire.calls[-1].answer)
    assert [] == wire.follows(REGISTRIES, "/registries", "/data/{registryName}/{versionNumber}/read", "post")


async def test_codes_outside_the_settings_are_never_guessed(registry: RegistryCases) -> None:
    unknown = await registry.find(UNKNOWN_CODE, UNKNOWN_BORN)
    archived = await registry.find("PA-2025-009990", date(1994, 8, 16))

    assert unknown is not None
    assert archived is not None
    assert (CaseState.UNKNOWN, "Visite sur place prévue") == (unknown.state, unknown.raw_title)
    assert (CaseState.CLOSED, True) == (archived.state, archived.ended)


async def test_services_of_a_registry_are_read_page_by_page(
    sandbox: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.gov.digital_registries.PAGE_SIZE", 4)
    client = RegistryServices(registries_config(sandbox), ServiceRegistry("services", "1.0"), wire.http_client)

    services = await client.services()

    assert [Service(each.procedure, each.name, each.prefix) for each in seed.SERVICES] == list(services)
    assert ["1", "2"] == [call.query["page"] for call in wire.calls]
    assert [] == wire.follows(REGISTRIES, "/registries", "/data/{registryName}/{versionNumber}")
    await client.close()


async def test_a_wrong_key_needs_a_person(sandbox: str, wire: Wire) -> None:
    client = RegistryCases(registries_config(sandbox, api_key="wrong"), APPLICATIONS, wire.http_client)

    with pytest.raises(SystemRefused, match="HTTP 401"):
        await client.find(APPROVED, APPROVED_BORN)

    await client.close()


async def test_a_wrong_registry_is_not_a_missing_record(sandbox: str, wire: Wire) -> None:
    client = RegistryCases(registries_config(sandbox), CaseRegistry("elsewhere", "1.0", STATES), wire.http_client)

    with pytest.raises(SystemGarbled, match="404 of another kind"):
        await client.find(APPROVED, APPROVED_BORN)

    await client.close()


def test_the_key_is_not_in_the_settings_text() -> None:
    assert digital_registries.API_KEY not in repr(registries_config("http://127.0.0.1:9"))


# ---- faults, for every tracker -------------------------------------------------------------------------------------

Make = Callable[[str, Wire], CaseTracker]
TRACKERS: dict[str, Make] = {
    "registration": lambda url, wire: RegistrationClient(
        RegistrationConfig(f"{url}/registration", govstack.CLIENT, timeout_s=BUDGET), wire.http_client
    ),
    "registries": lambda url, wire: RegistryCases(registries_config(url), APPLICATIONS, wire.http_client),
}


@pytest.mark.parametrize("system", sorted(TRACKERS))
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
async def test_every_fault_is_of_the_closed_set(
    sandbox: str, wire: Wire, system: str, kind: str, error: type[GovError]
) -> None:
    order(sandbox, system, kind=kind, seconds=3)
    client = TRACKERS[system](sandbox, wire)
    started = time.monotonic()

    with pytest.raises(error) as caught:
        await client.find(APPROVED, APPROVED_BORN)

    assert error is type(caught.value)
    assert time.monotonic() - started < BUDGET + 0.5
    for secret in (APPROVED, "1985", "Exemple"):
        assert secret not in str(caught.value)
    await client.close()


async def test_a_cut_connection_is_a_system_that_is_down(sandbox: str, registry: RegistryCases) -> None:
    order(sandbox, "registries", kind="drop")

    with pytest.raises(SystemDown):
        await registry.find(APPROVED, APPROVED_BORN)
