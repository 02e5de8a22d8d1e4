"""What the settings make of government systems: which are connected, through what, and what is wrong in a setting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from bot.cli import app
from bot.doctor import _systems
from bot.government import government_systems
from bot.metrics import METRICS
from bot.settings import Settings
from connectors.errors import SystemDown, SystemPaused
from connectors.gov.api import CaseState
from connectors.sandbox import digital_registries, govstack
from connectors.sandbox.app import create_app
from connectors.tls import usual_tls
from tests.unit.sandbox.serving import Server, config

NUMBER, BORN = "PA-2026-004217", date(1990, 4, 12)
REGISTRATION, WORKFLOW, REGISTRIES = (f"xroad:{service}" for service in govstack.SERVICES)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with Server(create_app(config("http://127.0.0.1:9"))) as server:
        yield server.url


@pytest.fixture
def faults(sandbox: str) -> Iterator[Any]:
    """Switches a system's fault on; all are off at the end."""

    def switch(system: str, kind: str) -> None:
        body = {"kind": kind}
        httpx2.post(
            f"{sandbox}/sandbox/{system}/faults", json=body, trust_env=False, verify=usual_tls()
        ).raise_for_status()

    yield switch
    for system in ("registration", "workflow", "xroad", "rest", "open311"):
        switch(system, "none")


def settings(url: str, **fields: Any) -> Settings:
    return Settings(_env_file=None, sandbox_port=int(url.rpartition(":")[2]), **fields)


def mediated(url: str, **fields: Any) -> Settings:
    road = {"security_server": url, "client": govstack.CLIENT}
    return settings(url, **{"sandbox": False, "xroad": road, **fields})


def calls(system: str, outcome: str, operation: str = "find") -> float:
    return METRICS.gov_calls.labels(system, operation, outcome)._value.get()


async def test_the_register_is_asked_through_the_mediator(sandbox: str) -> None:
    systems = government_systems(mediated(sandbox, registration={"base_url": REGISTRATION, "client": govstack.CLIENT}))
    assert systems.cases is not None

    case = await systems.cases.find(NUMBER, BORN)
    await systems.close()

    assert case is not None
    log = httpx2.get(f"{sandbox}/sandbox/xroad/log", trust_env=False, verify=usual_tls()).json()
    assert REGISTRATION == f"xroad:{log[-1]['service']}"


async def test_the_workflow_is_asked_where_the_register_has_no_status(sandbox: str, faults: Any) -> None:
    faults("registration", "statusless")
    systems = government_systems(settings(sandbox, sandbox=True, workflow={"base_url": f"{sandbox}/workflow"}))
    assert systems.cases is not None

    case = await systems.cases.find(NUMBER, BORN)
    await systems.close()

    assert case is not None
    assert CaseState.IN_PROGRESS is case.state
    assert {*("registration", "workflow", "sandbox_permits", "sandbox_benefits", "complaints", "appointments")} == set(
        systems.probes
    )


async def test_a_registry_may_be_the_source_and_names_its_own_fields(sandbox: str) -> None:
    registry = {
        "base_url": REGISTRIES,
        "client": govstack.CLIENT,
        "api_key": digital_registries.API_KEY,
        "registry": "applications",
        "states": {"SENDBACK": "action_needed"},
        "fields": {"return_reason": "reason", "next_step": "nextStep", "changed": "changed"},
    }
    systems = government_systems(mediated(sandbox, registries=registry))
    assert systems.cases is not None

    case = await systems.cases.find("CN-2026-002894", date(1972, 1, 1))
    await systems.close()

    assert case is not None
    assert (CaseState.ACTION_NEEDED, "La photo est illisible.") == (case.state, case.return_reason)


async def test_calls_and_failures_are_counted_and_the_circuit_opens(sandbox: str, faults: Any) -> None:
    systems = government_systems(settings(sandbox, sandbox=True, gov_limits={"attempts": 1, "opens_after": 2}))
    assert systems.cases is not None
    before = calls("registration", "gov_down"), calls("registration", "gov_paused")
    faults("registration", "down")

    for error in (SystemDown, SystemDown, SystemPaused):
        with pytest.raises(error):
            await systems.cases.find(NUMBER, BORN)
    permit = await systems.cases.find("URB-2026-00008", date(1992, 2, 29))
    await systems.close()

    assert permit is not None
    assert (before[0] + 2, before[1] + 1) == (calls("registration", "gov_down"), calls("registration", "gov_paused"))
    assert 2 == METRICS.gov_circuit.labels("registration")._value.get()
    assert 0 == METRICS.gov_circuit.labels("sandbox_permits")._value.get()


async def test_desk_and_book_stand_in_guards_too(sandbox: str, faults: Any) -> None:
    systems = government_systems(settings(sandbox, sandbox=True, gov_limits={"attempts": 1, "opens_after": 1}))
    assert systems.desk is not None
    assert systems.book is not None
    before = calls("complaints", "gov_paused", "track"), calls("appointments", "ok", "free_slots")
    faults("open311", "down")

    for error in (SystemDown, SystemPaused):
        with pytest.raises(error):
            await systems.desk.desk.track("638344")
    now = datetime.now(UTC)
    await systems.book.book.free_slots("depot_cnie", now, now + timedelta(days=1))
    await systems.close()

    after = calls("complaints", "gov_paused", "track"), calls("appointments", "ok", "free_slots")
    assert (before[0] + 1, before[1] + 1) == after
    assert 2 == METRICS.gov_circuit.labels("complaints")._value.get()


def test_without_sandbox_and_settings_there_is_neither_desk_nor_book() -> None:
    systems = government_systems(Settings(_env_file=None, sandbox=False))

    assert (None, None) == (systems.desk, systems.book)


def test_what_the_systems_serve_is_known(sandbox: str) -> None:
    served = government_systems(settings(sandbox, sandbox=True)).served

    assert served.any_of({"ma.passeport_biometrique_majeur"})
    assert served.any_of({"ma.permis_construire"})
    assert not served.any_of({"dz.cnibe"})


def test_a_system_that_does_not_say_what_it_serves_may_serve_anything(sandbox: str) -> None:
    own = settings(sandbox, sandbox=True, registration={"base_url": f"{sandbox}/registration"})

    assert government_systems(own).served.any_of({"dz.cnibe"})


async def test_the_doctor_has_a_line_for_each_system(sandbox: str, faults: Any) -> None:
    faults("rest", "down")
    faults("workflow", "maintenance")
    findings = await _systems(settings(sandbox, sandbox=True, workflow={"base_url": f"{sandbox}/workflow"}))

    said = {finding.what: (finding.ok, finding.detail) for finding in findings}
    assert said["system registration"][0]
    assert "answers in" in said["system registration"][1]
    assert (False, "gov_down: HTTP 500; check its address and the network") == said["system sandbox_permits"]
    assert said["system workflow"][1].startswith("gov_paused: a web page instead of data")


async def test_the_doctor_says_who_is_not_let_in(sandbox: str) -> None:
    own = mediated(
        sandbox, registration={"base_url": REGISTRATION}, xroad={"security_server": sandbox, "client": "X/Y/Z"}
    )

    (finding,) = await _systems(own)

    assert not finding.ok
    assert "gov_refused: x-road Server.ServerProxy.AccessDenied" in finding.detail
    assert "check key, client identifier and rights" in finding.detail


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"REGISTRATION__BASE_URL": "http://gov.example"}, "DALIL_REGISTRATION__BASE_URL: gov.example must be called"),
        ({"REGISTRATION__BASE_URL": "xroad:a/b"}, "DALIL_REGISTRATION__BASE_URL: an X-Road identifier must have 5"),
        ({"REGISTRATION__BASE_URL": "xroad:a/b/c/d/e"}, "set DALIL_XROAD__SECURITY_SERVER, too"),
        ({"XROAD__SECURITY_SERVER": "https://road.example"}, "set both DALIL_XROAD__SECURITY_SERVER and"),
        ({"XROAD__CLIENT": "one"}, "DALIL_XROAD__CLIENT: an X-Road identifier must have 3 or 4 parts"),
        (
            {"REGISTRATION__FILE_NUMBER_EXAMPLE": "7"},
            "DALIL_REGISTRATION__FILE_NUMBER_EXAMPLE: file number",
        ),
        ({"REGISTRATION__PROCEDURES": "permis"}, "DALIL_REGISTRATION__PROCEDURES: 'permis' is no procedure"),
        ({"REGISTRIES__BASE_URL": "https://dr.example"}, "DALIL_REGISTRIES__BASE_URL needs DALIL_REGISTRIES__API_KEY"),
        ({"REGISTRIES__FIELDS": '{"x": "y"}'}, "DALIL_REGISTRIES__FIELDS: x is none of"),
        ({"WORKFLOW__INSTANCE_ID": "file"}, "DALIL_WORKFLOW__INSTANCE_ID: String should match"),
        ({"GOV_LIMITS__ATTEMPTS": "0"}, "DALIL_GOV_LIMITS__ATTEMPTS: Input should be"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_a_wrong_setting_is_named_at_the_start(env: dict[str, str], said: str) -> None:
    done = CliRunner().invoke(app, ["doctor"], env={f"DALIL_{name}": value for name, value in env.items()})

    assert 2 == done.exit_code
    assert said in done.output


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"workflow": {"base_url": "https://wf.example"}}, "DALIL_WORKFLOW__BASE_URL needs"),
        (
            {
                "registration": {"base_url": "xroad:a/b/c/d/e"},
                "xroad": {
                    "security_server": "https://road.example",
                    "client": "a/b/c",
                    "certificate": "/none.pem",
                    "private_key": "/none.pem",
                },
            },
            r"DALIL_REGISTRATION__\* or DALIL_XROAD__\*: .*No such file",
        ),
    ],
    ids=["a workflow alone", "a certificate that is not there"],
)
def test_what_does_not_fit_together_stops_the_start(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        government_systems(Settings(_env_file=None, sandbox=False, **fields))


def test_several_mistakes_are_all_told() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(_env_file=None, registration={"base_url": "ftp://x"}, xroad={"client": "one"})

    assert 2 == raised.value.error_count()
