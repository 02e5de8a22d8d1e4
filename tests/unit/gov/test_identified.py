"""Which systems tell a file to an identity, and that GovStack Registration does by its applicant's id."""

from __future__ import annotations

from datetime import date

import httpx2
import pytest
from fastapi import FastAPI

from bot.government import case_tracker
from bot.settings import Settings
from connectors.gov.declared_schema import read_system
from connectors.gov.declared_yaml import DeclaredError
from connectors.gov.identified import WithIdentified
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.sandbox.oidc.people import pairwise
from connectors.sandbox.registration.api import create_router
from connectors.sandbox.registration.seed import CLIENT_HEADER_EXAMPLE
from tests.unit.gov.declared_files import EXAMPLE, written
from tests.unit.sandbox.serving import Server

BENEFITS = EXAMPLE.with_name("sandbox_benefits.yaml")


class Known:
    def __init__(self, name: str) -> None:
        self._name = name

    def is_subject(self, name: str) -> bool:
        return name == self._name


async def test_registration_tells_a_file_to_the_identity_of_its_applicant() -> None:
    app = FastAPI()
    app.include_router(create_router())
    headers = {"Information-Mediator-Client": CLIENT_HEADER_EXAMPLE}
    with Server(app) as server:
        base = f"{server.url}/registration"
        service = httpx2.get(f"{base}/services", trust_env=False).json()[0]["id"]
        body = {"applicantId": pairwise("0001"), "applicationName": "Nadia Exemple"}
        made = httpx2.post(f"{base}/services/{service}/applications", json=body, headers=headers, trust_env=False)
        number = made.json()["fileId"]
        client = RegistrationClient(RegistrationConfig(base, CLIENT_HEADER_EXAMPLE))
        found = await client.find_of(number, Known(pairwise("0001")))
        others = [await client.find_of(one, Known(pairwise("0002"))) for one in (number, "PA-2026-999999")]
        nobody = await client.find_of(number, Known(""))
        await client.close()

    assert found is not None
    assert number == found.ref
    assert [None, None, None] == [*others, nobody]


async def test_the_settings_say_which_systems_ask_for_an_identity() -> None:
    given = Settings(_env_file=None, sandbox=True)
    tracker = case_tracker(given)
    assert isinstance(tracker, WithIdentified)
    assert "SOC-2026-00012" == tracker.identified.file_numbers.find("soc 2026 00012")
    assert tracker.identified.file_numbers.find("PA-2026-004217") is None
    assert "PA-2026-004217" == tracker.file_numbers.example
    assert await tracker.find("SOC-2026-00012", date(1987, 3, 14)) is None
    await tracker.close()

    given.registration.identity = True
    tracker = case_tracker(given)
    assert isinstance(tracker, WithIdentified)
    assert "PA-2026-004217" == tracker.identified.file_numbers.find("PA-2026-004217")
    await tracker.close()


def test_a_system_that_asks_for_an_identity_needs_a_provider() -> None:
    given = Settings(_env_file=None)
    given.registration.base_url, given.registration.identity = "https://registry.example", True
    with pytest.raises(ValueError, match="set DALIL_OIDC__ISSUER"):
        case_tracker(given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"identity": "required"}, "answer.applicant is missing"),
        ({"identity": "required", "answer.applicant": "a"}, "not by both"),
        ({"answer.applicant": "a"}, "used only with identity: required"),
        (
            {
                "identity": "required",
                "answer.applicant": "a",
                "answer.birth_date": None,
                "request.query": {"d": "{birth_date}"},
            },
            "nobody is asked for it",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_named(tmp_path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(DeclaredError) as caught:
        read_system(written(tmp_path, **changes))
    assert said in str(caught.value)


def test_the_example_is_right() -> None:
    system = read_system(BENEFITS)
    assert ("required", "demandeur.identifiant") == (system.identity, system.answer.applicant)
