"""The sandbox's register answers as the vendored specification says, and its faults are real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from connectors.sandbox.registration import api, seed
from tests.contracts.openapi_check import Asked, Specification
from tests.unit.sandbox.serving import Server

SPECIFICATION = Specification(
    json.loads((Path(api.__file__).parent / "spec" / "GovStack_Registration_BB_API.json").read_text(encoding="utf-8"))
)
HEADER = {"Information-Mediator-Client": seed.CLIENT_HEADER_EXAMPLE}
PASSPORT = seed.PASSPORT
PENDING, UNKNOWN_CODE = "PA-2026-004217", "RS-2026-020145"
OF_THE_SPECIFICATION = [each for each in seed.APPLICATIONS if each.code in seed.TITLES]


@pytest.fixture
def register() -> Iterator[httpx2.Client]:
    app = FastAPI()
    app.include_router(api.create_router())
    with Server(app) as server, httpx2.Client(base_url=server.url, trust_env=False, headers=HEADER) as client:
        yield client


def follows(response: httpx2.Response, path: str, method: str = "get") -> Any:
    """The body, once it is sure that it follows the specification."""
    schema = SPECIFICATION.response_schema(path, method, response.status_code)
    assert schema is not None
    assert [] == list(SPECIFICATION.mistakes(schema, response.json()))
    return response.json()


def submission(**fields: object) -> dict[str, object]:
    return {
        "applicantId": "applicant-1",
        "applicationName": "Nadia Exemple",
        "formData": {"eFormId": PASSPORT.form_id, "data": {"applicant": {"birthDate": "1992-06-01"}}},
        "documentUrls": ["https://documents.example/1"],
        **fields,
    }


def test_services_are_listed_and_can_be_filtered_by_name(register: httpx2.Client) -> None:
    every = follows(register.get("/registration/services"), "/services")
    named = follows(register.get("/registration/services", params={"name": "passeport"}), "/services")

    assert [service.name for service in seed.SERVICES] == [service["name"] for service in every]
    assert [PASSPORT.id] == [service["id"] for service in named]


def test_services_need_no_header(register: httpx2.Client) -> None:
    response = httpx2.get(f"{register.base_url}/registration/services", trust_env=False)

    assert 200 == response.status_code


def test_a_service_its_forms_and_a_form_can_be_read(register: httpx2.Client) -> None:
    service = follows(register.get(f"/registration/services/{PASSPORT.id}"), "/services/{serviceId}")
    forms = follows(register.get(f"/registration/services/{PASSPORT.id}/eForms"), "/services/{serviceId}/eForms")
    form = follows(register.get(f"/registration/eForms/{forms[0]['eFormId']}"), "/eForms/{eFormId}")

    assert [{"code": "procedure", "value": PASSPORT.procedure}] == service["serviceBody"]
    assert forms[0] | {"schema": form["schema"]} == form


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/registration/services/nothing", "service not found"),
        ("/registration/eForms/nothing", "Not Found"),
        ("/registration/applications/nothing", "Application file was not found"),
        ("/registration/applications/n0t-ex1st1ng-serv1ce%23-1d", "Application file was not found"),
    ],
)
def test_what_is_not_there_is_404(register: httpx2.Client, path: str, said: str) -> None:
    response = register.get(path)

    assert (404, said) == (response.status_code, response.text)


@pytest.mark.parametrize("known", OF_THE_SPECIFICATION, ids=lambda each: f"{each.file_id} {each.code}")
def test_an_application_follows_the_specification(register: httpx2.Client, known: seed.SeedApplication) -> None:
    body = follows(register.get(f"/registration/applications/{known.file_id}"), "/applications/{fileId}")

    assert known.file_id == body["fileId"]
    assert {"code": known.code, "title": known.title} == body["status"]
    assert known.ended is body["ended"]
    assert known.birth_date == body["applicationData"]["formData"]["data"]["applicant"]["birthDate"]


def test_all_four_codes_and_one_unknown_code_are_seeded(register: httpx2.Client) -> None:
    codes = {each.code for each in seed.APPLICATIONS}
    schema = SPECIFICATION.response_schema("/applications/{fileId}", "get", 200)
    assert schema is not None
    unknown = register.get(f"/registration/applications/{UNKNOWN_CODE}").json()

    assert set(seed.TITLES) < codes
    assert ["$.status.code: 'ONSITE_CHECK' is none of ['PENDING', 'APPROVED', 'SENDBACK', 'REJECTED']"] == list(
        SPECIFICATION.mistakes(schema, unknown)
    )


def test_applications_are_listed_sorted_and_paged(register: httpx2.Client) -> None:
    def listed(**params: object) -> list[str]:
        response = register.get("/registration/applications", params={"serviceId": seed.CNIE.id, **params})
        return [each["fileId"] for each in follows(response, "/applications")]

    by_day = ["CN-2026-001503", "CN-2026-002894", "CN-2026-003321"]
    assert by_day == listed(sortBy="created", sortOrder="asc")
    assert by_day[::-1] == listed(sortBy="created", sortOrder="desc")
    assert by_day[1:2] == listed(firstResult=1, maxResult=1)
    assert [] == listed(firstResult=3)


def test_the_list_of_an_applicant_holds_his_files_only(register: httpx2.Client) -> None:
    mine = register.get(f"/registration/applications/{PENDING}").json()["applicantId"]

    response = register.get("/registration/applications", params={"applicantId": mine})

    assert [PENDING] == [each["fileId"] for each in response.json()]


def test_a_submitted_application_can_be_read_again(register: httpx2.Client) -> None:
    path = "/services/{serviceId}/applications"
    sent = follows(register.post(f"/registration/services/{PASSPORT.id}/applications", json=submission()), path, "post")

    read = follows(register.get(f"/registration/applications/{sent['fileId']}"), "/applications/{fileId}")

    assert sent == read
    assert ("PENDING", False) == (read["status"]["code"], read["ended"])
    assert submission()["formData"] == read["applicationData"]["formData"]


def test_a_submission_to_an_unknown_service_is_404(register: httpx2.Client) -> None:
    response = register.post("/registration/services/nothing/applications", json=submission())

    assert (404, "Service was not found") == (response.status_code, response.text)


def test_a_submission_without_an_applicant_is_refused(register: httpx2.Client) -> None:
    response = register.post(f"/registration/services/{PASSPORT.id}/applications", json={"applicationName": "x"})

    assert 422 == response.status_code


def test_a_file_goes_its_way_step_by_step(register: httpx2.Client) -> None:
    def advanced() -> tuple[str, bool]:
        body = register.post(f"/sandbox/registration/applications/{PENDING}/advance").json()
        return body["status"]["code"], body["ended"]

    assert [("SENDBACK", False), ("PENDING", False), ("APPROVED", True), ("APPROVED", True)] == [
        advanced() for _ in range(4)
    ]


def test_a_file_that_was_sent_back_is_pending_again_once_resubmitted(register: httpx2.Client) -> None:
    path = "/registration/applications/CN-2026-002894"

    body = follows(register.put(path, json=submission()), "/applications/{fileId}", "put")

    assert "PENDING" == body["status"]["code"]
    assert body == register.get(path).json()


@pytest.mark.parametrize("header", [None, "", "eGovStack", "eGovStack/GOV/90000009", "a/b/c/d/e", "a//c/d"])
def test_a_caller_that_does_not_say_who_he_is_is_refused(register: httpx2.Client, header: str | None) -> None:
    headers = {} if header is None else {"Information-Mediator-Client": header}

    response = httpx2.get(f"{register.base_url}/registration/applications/{PENDING}", headers=headers, trust_env=False)

    assert 400 == response.status_code


@pytest.mark.parametrize("path", [f"/registration/applications/{PENDING}", "/registration/applications/nothing"])
def test_a_fault_is_the_same_for_files_that_exist_and_that_do_not(register: httpx2.Client, path: str) -> None:
    register.post("/sandbox/registration/faults", json={"kind": "down"})
    down = register.get(path)
    register.post("/sandbox/registration/faults", json={"kind": "garbled"})
    garbled = register.get(path)
    register.post("/sandbox/registration/faults", json={"kind": "slow", "seconds": 0.3})
    slow = register.get(path)
    register.post("/sandbox/registration/faults", json={"kind": "none"})
    again = register.get(path)

    error = SPECIFICATION.response_schema("/services", "get", 500)
    assert error is not None
    assert 500 == down.status_code
    assert [] == list(SPECIFICATION.mistakes(error, down.json()))
    with pytest.raises(ValueError, match="Unterminated string"):
        garbled.json()
    assert slow.elapsed.total_seconds() > 0.25
    assert (slow.status_code, slow.text) == (again.status_code, again.text)


def test_an_unknown_fault_is_refused(register: httpx2.Client) -> None:
    assert 422 == register.post("/sandbox/registration/faults", json={"kind": "flood"}).status_code


def test_the_demo_lists_what_a_newcomer_may_ask_for(register: httpx2.Client) -> None:
    shown = register.get("/sandbox/registration/demo").json()["applications"]

    assert len(shown) >= 8
    for each in shown:
        found = register.get(f"/registration/applications/{each['file_id']}").json()
        assert each["birth_date"] == found["applicationData"]["formData"]["data"]["applicant"]["birthDate"]


def test_two_registers_share_nothing() -> None:
    apps = [FastAPI(), FastAPI()]
    for app in apps:
        app.include_router(api.create_router())
    with Server(apps[0]) as first, Server(apps[1]) as second:
        httpx2.post(f"{first.url}/sandbox/registration/faults", json={"kind": "down"}, trust_env=False)

        codes = [
            httpx2.get(f"{url}/registration/services", trust_env=False).status_code for url in (first.url, second.url)
        ]

    assert [500, 200] == codes


def test_the_checker_sees_what_is_wrong() -> None:
    schema = {"$ref": "#/components/schemas/applicationFileResponse"}
    wrong = {"serviceId": "no-uuid", "registered": "hier", "ended": "false", "status": {"code": "LOST"}}

    assert [
        "$: applicantId is missing",
        "$.serviceId: 'no-uuid' is no uuid",
        "$.registered: 'hier' is no date-time",
        "$.ended: 'false' is no boolean",
        "$.status.code: 'LOST' is none of ['PENDING', 'APPROVED', 'SENDBACK', 'REJECTED']",
    ] == list(SPECIFICATION.mistakes(schema, wrong))


def test_the_checker_sees_what_is_wrong_in_a_request() -> None:
    path = "/applications/{fileId}"
    asked = Asked(query={"page": "1"}, headers={}, path={"fileId": "PA-2026-004217"}, body={"x": 1})
    listed = Asked(query={"firstResult": "one"}, headers={"information-mediator-client": "a/b/c/d"}, path={})

    assert [
        "query: page is not in the specification",
        "header: Information-Mediator-Client is missing",
        "body: none is in the specification",
    ] == list(SPECIFICATION.request_mistakes(path, "get", asked))
    assert ["query.firstResult: 'one' is no integer"] == list(
        SPECIFICATION.request_mistakes("/applications", "get", listed)
    )
    assert ["body: applicantId is missing"] == list(
        SPECIFICATION.request_mistakes(
            "/services/{serviceId}/applications",
            "post",
            Asked({}, {"information-mediator-client": "a/b/c/d"}, {"serviceId": PASSPORT.id}, {}),
        )
    )
