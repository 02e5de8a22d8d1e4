"""The Registration client's lists: an applicant's files, a file's details, the services, and their defects."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from connectors.errors import SystemGarbled
from connectors.gov.api import Case, CaseState, Service
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from tests.unit.gov.prepared import Prepared, prepared

NUMBER, BORN, APPLICANT = "PA-2026-004217", date(1990, 4, 12), "42962de0"


@pytest.fixture(scope="module")
def served() -> Iterator[Prepared]:
    with prepared() as system:
        yield system


@pytest.fixture
def system(served: Prepared) -> Prepared:
    served.forget()
    return served


@pytest.fixture
async def client(system: Prepared) -> AsyncIterator[RegistrationClient]:
    client = RegistrationClient(RegistrationConfig(system.url, "a/b/c/d", timeout_s=0.5, read_tasks=True))
    yield client
    await client.close()


def sent_back(**fields: Any) -> dict[str, Any]:
    return {
        "fileId": NUMBER,
        "serviceId": "5f0e",
        "status": {"code": "SENDBACK", "title": "Sent back"},
        "ended": "false",
        "applicationData": {
            "applicantId": APPLICANT,
            "formData": {"data": {"applicant": {"birthDate": "1990-04-12"}}},
        },
        **fields,
    }


def listed(**fields: Any) -> dict[str, Any]:
    return {
        "fileId": NUMBER,
        "applicantId": APPLICANT,
        "status": {"code": "SENDBACK", "title": "Sent back"},
        "description": "La photo est illisible.",
        **fields,
    }


CASE = Case(NUMBER, "", CaseState.ACTION_NEEDED, "SENDBACK", "Sent back", None, False)


async def test_only_files_that_say_whose_they_are_are_told(system: Prepared, client: RegistrationClient) -> None:
    system.says("/applications", [listed(applicantId=None), listed(), listed(fileId=None)])

    assert [NUMBER] == [case.ref for case in await client.of_applicant(APPLICANT)]
    assert APPLICANT == system.asked[0].query_params["applicantId"]


async def test_another_applicants_files_are_a_broken_answer(system: Prepared, client: RegistrationClient) -> None:
    system.says("/applications", [listed(), listed(applicantId="somebody-else")])

    with pytest.raises(SystemGarbled, match="another applicant") as caught:
        await client.of_applicant(APPLICANT)

    assert "somebody" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "state", "ended", "reason"),
    [
        ("PENDING", CaseState.IN_PROGRESS, False, ""),
        ("SENDBACK", CaseState.ACTION_NEEDED, False, "La photo est illisible."),
        ("APPROVED", CaseState.APPROVED, True, ""),
        ("REJECTED", CaseState.REJECTED, True, "La photo est illisible."),
        ("ONSITE_CHECK", CaseState.UNKNOWN, False, ""),
    ],
)
async def test_a_description_is_a_reason_only_where_one_is_due(
    system: Prepared, client: RegistrationClient, code: str, state: CaseState, ended: bool, reason: str
) -> None:
    system.says("/applications", [listed(status={"code": code, "title": "Titre"})])

    assert await client.of_applicant(APPLICANT) == (
        Case(NUMBER, "", state, code, "Titre", None, ended, return_reason=reason),
    )


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/applications", "", 500, id="the list is down"),
        pytest.param("/applications", "[", 200, id="the list is cut short"),
        pytest.param("/applications", [listed(applicantId="somebody-else")], 200, id="the list is somebody else's"),
        pytest.param("/tasks", "", 403, id="the tasks are not for us"),
    ],
)
async def test_a_broken_detail_costs_the_details_only(
    system: Prepared,
    client: RegistrationClient,
    caplog: pytest.LogCaptureFixture,
    path: str,
    body: object,
    status: int,
) -> None:
    system.says(f"/applications/{NUMBER}", sent_back())
    system.says(path, body, status)

    assert CASE == await client.find(NUMBER, BORN)
    assert "told without its details" in caplog.text
    assert NUMBER not in "\n".join(record.getMessage() for record in caplog.records if record.levelno >= logging.INFO)


async def test_one_broken_detail_leaves_the_other(system: Prepared, client: RegistrationClient) -> None:
    system.says(f"/applications/{NUMBER}", sent_back())
    system.says("/applications", "", 500)
    system.says("/tasks", [{"fileId": NUMBER, "name": "Compléter le dossier", "created": "2026-11-01T09:00:00Z"}])

    assert replace(CASE, next_step="Compléter le dossier", changed=date(2026, 11, 1)) == await client.find(NUMBER, BORN)


async def test_slow_details_are_not_waited_for(system: Prepared) -> None:
    system.says(f"/applications/{NUMBER}", sent_back())
    system.says("/tasks", [{"fileId": NUMBER, "name": "Trop tard"}], seconds=1)
    client = RegistrationClient(
        RegistrationConfig(system.url, "a/b/c/d", timeout_s=2, read_tasks=True, details_timeout_s=0.1)
    )

    assert CASE == await client.find(NUMBER, BORN)
    await client.close()


async def test_details_of_other_files_are_not_mixed_in(system: Prepared, client: RegistrationClient) -> None:
    system.says(f"/applications/{NUMBER}", sent_back())
    system.says("/applications", [listed(fileId="PA-2026-000001")])
    system.says("/tasks", [{"fileId": "PA-2026-000001", "name": "Payer", "created": "2026-11-01T09:00:00Z"}])

    assert CASE == await client.find(NUMBER, BORN)


async def test_details_that_are_not_wanted_are_not_asked_for(system: Prepared) -> None:
    system.says(f"/applications/{NUMBER}", sent_back())
    settings = RegistrationConfig(system.url, "a/b/c/d", read_reason=False, read_tasks=False)
    client = RegistrationClient(settings)

    assert CASE == await client.find(NUMBER, BORN)
    assert 1 == len(system.asked)
    await client.close()


async def test_a_file_without_an_applicants_id_is_told_without_a_reason(
    system: Prepared, client: RegistrationClient
) -> None:
    body = sent_back()
    del body["applicationData"]["applicantId"]
    system.says(f"/applications/{NUMBER}", body)
    system.says("/applications", [listed()])

    assert CASE == await client.find(NUMBER, BORN)
    assert not any(request.url.path == "/applications" for request in system.asked)


async def test_services_are_read_with_their_description(system: Prepared, client: RegistrationClient) -> None:
    system.says("/services", [{"id": "no uuid", "name": " Passeport ", "description": "Pour adultes", "type": "Odd"}])

    assert (Service("no uuid", "Passeport", "Pour adultes"),) == await client.services()


@pytest.mark.parametrize(
    ("body", "status"), [("", 404), ("{}", 200), ('[{"name": "x"}]', 200)], ids=["404", "no list", "no id"]
)
async def test_a_list_of_services_that_cannot_be_read_is_a_broken_answer(
    system: Prepared, client: RegistrationClient, body: str, status: int
) -> None:
    system.says("/services", body, status)

    with pytest.raises(SystemGarbled):
        await client.services()
