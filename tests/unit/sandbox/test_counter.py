"""Behind the counter: one state for all simulated systems, moved by hand or by time, faults, the calls made."""

from collections.abc import Iterator

import httpx2
import pytest

from connectors.sandbox.app import create_app
from connectors.sandbox.digital_registries import API_KEY
from connectors.sandbox.moves import Clock, Plan, Planned
from connectors.sandbox.open311.desk import API_KEY_EXAMPLE
from connectors.sandbox.registration.seed import CLIENT_HEADER_EXAMPLE
from connectors.sandbox.rest.seed import API_KEY as PERMITS_KEY
from tests.unit.sandbox.serving import Server, config, until

PASSPORT, PERMIT = "PA-2026-004217", "URB-2026-00017"
CLIENT = {"Information-Mediator-Client": CLIENT_HEADER_EXAMPLE}


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with (
        Server(create_app(config("http://127.0.0.1:1"))) as server,
        httpx2.Client(base_url=server.url, trust_env=False, timeout=10) as client,
    ):
        yield client


def view(http: httpx2.Client) -> dict:
    return http.get("/sandbox/counter").raise_for_status().json()


def file(http: httpx2.Client, number: str) -> dict:
    return next(each for each in view(http)["files"] if each["number"] == number)


def move(http: httpx2.Client, system: str, number: str, what: str) -> int:
    return http.post(f"/sandbox/counter/files/{system}/{number}/moves", json={"move": what}).status_code


def fault(http: httpx2.Client, system: str, what: str) -> int:
    return http.post(f"/sandbox/counter/systems/{system}/fault", json={"fault": what}).status_code


def application(http: httpx2.Client, number: str) -> dict:
    return http.get(f"/registration/applications/{number}", headers=CLIENT).json()


def test_it_shows_every_invented_file_with_what_a_citizen_has_to_type(http):
    assert {
        "system": "registration",
        "kind": "application",
        "number": PASSPORT,
        "service": "Passeport biométrique",
        "state": "open",
        "code": "PENDING",
        "title": "Pending",
        "applicant": "Amina Exemple",
        "born": "1990-04-12",
        "at": None,
        "moves": ["next", "send_back", "refuse"],
    } == file(http, PASSPORT)
    assert ("open", "1987-03-14") == (file(http, PERMIT)["state"], file(http, PERMIT)["born"])
    assert {"application": 16, "complaint": 3} == _counted(each["kind"] for each in view(http)["files"])


def test_a_moved_file_is_told_by_all_three_building_blocks(http):
    assert 204 == move(http, "registration", PASSPORT, "next")
    assert ("APPROVED", True) == (application(http, PASSPORT)["status"]["code"], application(http, PASSPORT)["ended"])
    assert "completed" == http.get(f"/workflow/instances/{PASSPORT}").json()["state"]
    registries = {"Authorization": API_KEY, **CLIENT}
    body = {"query": {"content": {"fileNumber": PASSPORT}}}
    record = http.post("/registries/data/applications/1.0/read", json=body, headers=registries).json()["content"]
    assert ("APPROVED", "Guichet 3") == (record["status"], record["result"])


@pytest.mark.parametrize(
    ("system", "number", "moves", "codes"),
    [
        pytest.param("registration", PASSPORT, ["send_back", "next", "next"], ["SENDBACK", "PENDING", "APPROVED"]),
        pytest.param("registration", PASSPORT, ["refuse"], ["REJECTED"]),
        pytest.param("registration", "RS-2026-020145", ["next"], ["PENDING"], id="from a code of no specification"),
        pytest.param("permits", PERMIT, ["send_back", "next", "next"], ["CMP", "INS", "ACC"]),
        pytest.param("permits", PERMIT, ["refuse"], ["REF"]),
        pytest.param("permits", "URB-2026-00044", ["next"], ["INS"]),
        pytest.param("open311", "638344", ["next"], ["closed"]),
    ],
)
def test_files_move_as_their_system_has_it(http, system, number, moves, codes):
    for what, code in zip(moves, codes, strict=True):
        assert 204 == move(http, system, number, what)
        assert code == file(http, number)["code"]


@pytest.mark.parametrize(
    ("system", "number", "what"),
    [
        pytest.param("registration", "CN-2026-001503", "next", id="a file that has ended"),
        pytest.param("registration", "CN-2026-002894", "send_back", id="one that is sent back already"),
        pytest.param("registration", "XX-2026-000001", "next", id="a file that is not there"),
        pytest.param("permits", "URB-2026-00008", "next", id="a permit that has ended"),
        pytest.param("permits", "URB-0", "next", id="no such permit"),
        pytest.param("open311", "638345", "next", id="a complaint that is closed"),
        pytest.param("open311", "638344", "refuse", id="a move that its system has not"),
        pytest.param("scheduler", "1", "cancel", id="no such appointment"),
        pytest.param("nowhere", PASSPORT, "next", id="no such system"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(http, system, number, what):
    before = view(http)["files"]
    assert 409 == move(http, system, number, what)
    assert before == view(http)["files"]


def test_a_permit_that_moved_says_so_to_its_clients(http):
    move(http, "permits", PERMIT, "send_back")
    told = http.get(f"/rest/v1/dossiers/{PERMIT}", headers={"X-Api-Key": PERMITS_KEY}).json()["dossier"]
    assert ("CMP", "Plan de situation illisible", None, False) == (
        told["etat"]["code"],
        told["motif"],
        told["suite"],
        told["clos"],
    )


def test_complaints_and_appointments_that_were_filed_are_there(http):
    complaint = {"api_key": API_KEY_EXAMPLE, "service_code": "102", "address_string": "Rue inventée 2"}
    [filed] = http.post("/open311/v2/requests.json", data=complaint).json()
    row = file(http, filed["token"])
    assert ("complaint", "Ordures non ramassées", "token", ["next"]) == (
        row["kind"],
        row["service"],
        row["code"],
        row["moves"],
    )
    assert 204 == move(http, "open311", filed["token"], "next")
    numbered = http.get(f"/open311/v2/tokens/{filed['token']}.json").json()[0]["service_request_id"]
    assert "open" == file(http, numbered)["code"]


@pytest.mark.parametrize(
    ("what", "status", "body"),
    [
        ("error", 500, "INTERNAL_SERVER_ERROR"),
        ("throttled", 429, ""),
        ("maintenance", 200, "Maintenance"),
        ("malformed", 200, '{"fileId"'),
    ],
)
def test_a_fault_lasts_until_it_is_taken_back(http, what, status, body):
    assert 204 == fault(http, "registration", what)
    answer = http.get(f"/registration/applications/{PASSPORT}", headers=CLIENT)
    assert (status, True) == (answer.status_code, body in answer.text)
    assert {"system": "registration", "fault": what} in view(http)["systems"]
    assert 204 == fault(http, "registration", "none")
    assert PASSPORT == application(http, PASSPORT)["fileId"]


def test_a_fault_of_one_system_leaves_the_others_alone(http):
    fault(http, "registration", "error")
    assert 200 == http.get(f"/workflow/instances/{PASSPORT}").status_code
    assert 404 == fault(http, "nowhere", "error")
    assert 422 == fault(http, "workflow", "flood")


def test_a_call_that_hangs_is_seen_while_it_hangs_and_has_no_answer_afterwards(http):
    fault(http, "registration", "hang")
    with pytest.raises(httpx2.ReadTimeout):
        http.get(f"/registration/applications/{PASSPORT}", headers=CLIENT, timeout=0.3)
    until(lambda: view(http)["calls"][0]["milliseconds"] is not None)
    [call] = view(http)["calls"]
    assert (None, True) == (call["status"], 300 <= call["milliseconds"] < 5000)


def test_calls_are_listed_newest_first_without_query_and_only_the_last_fifty(http):
    for number in range(52):
        http.get(f"/workflow/instances/x{number}", params={"secret": "s"})
    http.get("/phones/sms/transcript")
    calls = view(http)["calls"]
    assert [f"/workflow/instances/x{number}" for number in range(51, 1, -1)] == [call["path"] for call in calls]
    assert ("workflow", "GET", 404) == (calls[0]["system"], calls[0]["method"], calls[0]["status"])


def test_whoever_has_seen_the_last_version_is_told_nothing_again(http):
    version = view(http)["version"]
    assert 204 == http.get("/sandbox/counter", params={"seen": version}).status_code
    move(http, "registration", PASSPORT, "send_back")
    assert 200 == http.get("/sandbox/counter", params={"seen": version}).status_code


def test_files_move_by_themselves_as_time_passes_and_always_alike(http):
    seen = []
    for minutes in (10, 10, 20, 20):
        http.post("/sandbox/counter/clock", json={"minutes": minutes}).raise_for_status()
        seen.append((application(http, "PC-2026-000358")["status"]["code"], file(http, "638344")["code"]))
    assert [("PENDING", "open"), ("SENDBACK", "open"), ("PENDING", "closed"), ("APPROVED", "closed")] == seen
    assert ["APPROVED", "ACC"] == [file(http, number)["code"] for number in ("CN-2026-003321", "URB-2026-00044")]


def test_a_file_that_a_hand_has_ended_is_left_alone_by_time(http):
    move(http, "registration", "PC-2026-000358", "refuse")
    http.post("/sandbox/counter/clock", json={"minutes": 500}).raise_for_status()
    assert "REJECTED" == file(http, "PC-2026-000358")["code"]


def test_a_reset_brings_everything_back(http):
    before = view(http)
    move(http, "registration", PASSPORT, "refuse")
    fault(http, "permits", "error")
    http.post("/sandbox/counter/clock", json={"minutes": 100})
    http.get("/workflow/instances/x")
    assert before != view(http)
    http.post("/sandbox/counter/reset").raise_for_status()
    after = view(http)
    assert (before["systems"], before["calls"]) == (after["systems"], after["calls"])
    assert [_still(each) for each in before["files"]] == [_still(each) for each in after["files"]]


def test_a_plan_does_each_step_once_and_in_order():
    now = 0.0
    clock = Clock(lambda: now)
    plan = Plan(clock, Planned(2, "b", "next"), Planned(1, "a", "refuse"))
    assert [] == list(plan.due())
    now = 90.0
    assert ["a"] == [step.number for step in plan.due()]
    clock.let_pass(5)
    assert (["b"], []) == ([step.number for step in plan.due()], list(plan.due()))
    clock.restart()
    plan.restart()
    assert [] == list(plan.due())


def _counted(names: Iterator[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _still(row: dict) -> dict:
    """Without the time of a seeded complaint, which is counted back from now."""
    return {name: value for name, value in row.items() if name != "at"}
