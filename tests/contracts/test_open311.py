"""Our client and the sandbox's desk, both against GeoReport v2, over real HTTP, in both formats."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from fastapi import FastAPI

from connectors.errors import ConnectorError, SystemGarbled, SystemRefused, Uncertain
from connectors.gov.api import Complaint, ComplaintState, Place, Question, Receipt, Service
from connectors.gov.open311 import MAX_DESCRIPTION_CHARS, Open311Client, Open311Config
from connectors.gov.open311_format import Format, decode
from connectors.sandbox.open311.api import create_router
from connectors.sandbox.open311.desk import API_KEY_EXAMPLE, JURISDICTION, KINDS
from connectors.tls import usual_tls
from tests.contracts.gov_fault_kinds import ACTING, READING
from tests.contracts.openapi_check import Specification
from tests.contracts.recording import Recording
from tests.unit.sandbox.serving import Server

FIXTURE = Path(__file__).parents[1] / "fixtures" / "open311" / "georeport.yaml"
SPECIFICATION = Specification(yaml.safe_load(FIXTURE.read_text(encoding="utf-8")))
BUDGET = 1.0  # seconds: a busy machine answers within it, a system that hangs does not
LAMP, BIN, HOLE, REMARK = (kind.code for kind in KINDS)
PLACE = Place(33.573110, -7.589843, "Rue inventée 12, حي المثال")
ANSWERS = (("NBLAMPES", "2"), ("ETAT", "eteint"))


class Desk:
    """The sandbox's desk on a port, with its remote control."""

    def __init__(self, url: str, recording: Recording) -> None:
        self.url = url
        self.recording = recording

    def order(self, path: str, **body: object) -> Any:
        response = httpx2.post(f"{self.url}/sandbox/open311/{path}", json=body, trust_env=False, verify=usual_tls())
        return response.raise_for_status().json()

    def filed(self, kind: str) -> list[dict[str, Any]]:
        every = httpx2.get(f"{self.url}/sandbox/open311/requests", trust_env=False, verify=usual_tls()).json()[
            "requests"
        ]
        return [each for each in every if each["service_code"] == kind]

    def get(self, path: str, **query: str) -> httpx2.Response:
        return httpx2.get(f"{self.url}/open311/v2/{path}", params=query, trust_env=False, verify=usual_tls())

    def post(self, path: str = "requests.json", **form: str) -> httpx2.Response:
        return httpx2.post(f"{self.url}/open311/v2/{path}", data=form, trust_env=False, verify=usual_tls())


@pytest.fixture
def desk() -> Iterator[Desk]:
    app = FastAPI()
    app.include_router(create_router())
    recording = Recording(app, "/open311/v2")
    with Server(recording) as server:
        yield Desk(server.url, recording)


@pytest.fixture(params=Format)
async def client(desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Open311Client]:
    config = Open311Config(f"{desk.url}/open311/v2/", API_KEY_EXAMPLE, JURISDICTION, request.param, timeout_s=BUDGET)
    client = Open311Client(config)
    yield client
    await client.close()


@pytest.fixture
async def json_client(desk: Desk) -> AsyncIterator[Open311Client]:
    client = Open311Client(Open311Config(f"{desk.url}/open311/v2", API_KEY_EXAMPLE, format=Format.JSON))
    yield client
    await client.close()


def complaint(kind: str, **fields: Any) -> Complaint:
    return Complaint(**{"kind": kind, "description": "Trou <profond> & sombre\nحفرة", "place": PLACE, **fields})


# ---- our client ----------------------------------------------------------------------------------------------------


async def test_the_kinds_are_listed(client: Open311Client) -> None:
    assert tuple(Service(each.code, each.name, each.description, each.group) for each in KINDS) == await client.kinds()


async def test_a_kind_asks_what_its_definition_says_but_not_what_it_only_tells(client: Open311Client) -> None:
    assert (
        Question("NBLAMPES", "Combien de lampadaires ?", required=True, hint="Un nombre"),
        Question(
            "ETAT",
            "Dans quel état ?",
            required=True,
            choices=(("eteint", "Éteint"), ("casse", "Cassé"), ("jour", "Allumé le jour")),
        ),
        Question(
            "DANGER",
            "Y a-t-il un danger ?",
            required=False,
            choices=(("fil", "Fil nu"), ("poteau", "Poteau penché")),
            several=True,
        ),
    ) == await client.questions(LAMP)


async def test_a_kind_without_a_definition_asks_nothing(client: Open311Client) -> None:
    assert () == await client.questions(HOLE)


async def test_a_realtime_complaint_has_its_reference_at_once(desk: Desk, client: Open311Client) -> None:
    receipt = await client.file(complaint(HOLE))

    stored = desk.filed(HOLE)[-1]
    assert Receipt(ref=stored["service_request_id"], notice="Une équipe passe sous trente jours.") == receipt
    assert complaint(HOLE).description == stored["description"]
    assert (PLACE.address, PLACE.latitude, PLACE.longitude) == (stored["address"], stored["lat"], stored["long"])


async def test_the_answers_to_a_kinds_questions_arrive(desk: Desk, client: Open311Client) -> None:
    await client.file(complaint(LAMP, attributes=(*ANSWERS, ("DANGER", "fil"), ("DANGER", "poteau"))))

    assert {"NBLAMPES": ["2"], "ETAT": ["eteint"], "DANGER": ["fil", "poteau"]} == desk.filed(LAMP)[-1]["attributes"]


async def test_a_batch_complaint_has_a_token_first_and_its_reference_later(desk: Desk, client: Open311Client) -> None:
    receipt = await client.file(complaint(BIN))
    assert ("", True) == (receipt.ref, bool(receipt.token))

    assert await client.reference(receipt.token) is None
    number = desk.order(f"tokens/{receipt.token}/number")["service_request_id"]

    assert number == await client.reference(receipt.token)


async def test_a_token_that_nobody_knows_has_no_reference(client: Open311Client) -> None:
    assert await client.reference("t/0") is None


async def test_a_blackbox_complaint_has_neither(client: Open311Client) -> None:
    receipt = await client.file(complaint(REMARK))

    assert Receipt(notice="Merci. Cette remarque n'est pas suivie par un numéro.") == receipt


async def test_a_complaint_is_tracked_until_it_is_closed(desk: Desk, client: Open311Client) -> None:
    ref = (await client.file(complaint(HOLE))).ref

    before = await client.track(ref)
    desk.order(f"requests/{ref}/close", notes="Doublon.")
    after = await client.track(ref)

    assert before is not None
    assert after is not None
    assert (ref, HOLE, ComplaintState.OPEN, "open", "") == (
        before.ref,
        before.kind,
        before.state,
        before.raw_status,
        before.notes,
    )
    assert (ComplaintState.CLOSED, "Doublon.", "Commune (exemple)") == (after.state, after.notes, after.agency)
    assert before.requested is not None
    assert before.expected == before.requested + timedelta(days=7)


@pytest.mark.parametrize("ref", ["999999", "a/b", "x.y", "#1"])
async def test_a_reference_that_nobody_knows_is_none(client: Open311Client, ref: str) -> None:
    assert await client.track(ref) is None


async def test_ids_may_be_numbers(desk: Desk, json_client: Open311Client) -> None:
    desk.order("dialect", numeric_ids=True)

    kinds = await json_client.kinds()
    ref = (await json_client.file(complaint(HOLE))).ref
    status = await json_client.track(ref)

    assert [LAMP, BIN, HOLE, REMARK] == [each.code for each in kinds]
    assert status is not None
    assert (ref, HOLE) == (status.ref, status.kind)


async def test_a_desk_of_several_jurisdictions_gets_the_id_with_every_call(desk: Desk, client: Open311Client) -> None:
    desk.order("dialect", jurisdictions=True)

    await client.kinds()
    receipt = await client.file(complaint(HOLE))

    assert await client.track(receipt.ref) is not None


# ---- failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "error"), [*READING, ("garbled", SystemGarbled)])
async def test_a_fault_while_reading_is_of_the_closed_set(
    desk: Desk, client: Open311Client, kind: str, error: type[ConnectorError]
) -> None:
    desk.order("faults", kind=kind, seconds=2 * BUDGET)

    for call in (client.kinds(), client.questions(LAMP), client.track("638344"), client.reference("t1")):
        with pytest.raises(error) as caught:
            await call
        assert error is type(caught.value)


@pytest.mark.parametrize(("kind", "error"), [*ACTING, ("garbled", Uncertain)])
async def test_a_fault_while_filing_says_whether_anything_may_have_happened(
    desk: Desk, client: Open311Client, kind: str, error: type[ConnectorError]
) -> None:
    desk.order("faults", kind=kind, seconds=2 * BUDGET)

    with pytest.raises(error) as caught:
        await client.file(complaint(HOLE))

    assert error is type(caught.value)
    assert 1 == len(desk.recording.asked)  # never repeated by itself


async def test_a_lost_answer_may_have_been_filed(desk: Desk, client: Open311Client) -> None:
    before = len(desk.filed(HOLE))
    desk.order("faults", kind="slow", seconds=2 * BUDGET)

    with pytest.raises(Uncertain):
        await client.file(complaint(HOLE))

    assert before + 1 == len(desk.filed(HOLE))


@pytest.mark.parametrize("form", Format)
async def test_a_wrong_key_is_for_a_person_to_mend(desk: Desk, form: Format) -> None:
    client = Open311Client(Open311Config(f"{desk.url}/open311/v2", "wrong", format=form))

    with pytest.raises(SystemRefused, match="HTTP 403, code 403"):
        await client.file(complaint(HOLE))

    await client.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(complaint("999"), "HTTP 404, code 404", id="an unknown kind"),
        pytest.param(complaint(HOLE, place=Place()), "HTTP 400, code 400", id="no place"),
        pytest.param(complaint(HOLE, place=Place(latitude=33.5)), "HTTP 400, code 400", id="half a place"),
        pytest.param(complaint(LAMP), "HTTP 400, code 400", id="a question left open"),
        pytest.param(complaint(LAMP, attributes=(*ANSWERS, ("DANGER", "eau"))), "HTTP 400, code 400", id="no choice"),
        pytest.param(
            complaint(HOLE, description="x" * (MAX_DESCRIPTION_CHARS + 1)), "HTTP 400, code 400", id="too long"
        ),
    ],
)
async def test_a_refused_complaint_names_codes_and_no_content(
    client: Open311Client, wrong: Complaint, said: str
) -> None:
    with pytest.raises(SystemGarbled) as caught:
        await client.file(wrong)

    assert said == caught.value.detail


# ---- both directions against the specification ---------------------------------------------------------------------


async def test_what_we_send_is_geo_report(desk: Desk, client: Open311Client) -> None:
    await client.file(complaint(LAMP, attributes=(*ANSWERS, ("DANGER", "fil"), ("DANGER", "poteau"))))
    token = (await client.file(complaint(BIN, place=Place(address="Rue inventée")))).token
    await client.kinds()
    await client.questions(LAMP)
    await client.reference(token)
    await client.track("638344")

    posted = [each for each in desk.recording.asked if each.method == "POST"]
    assert ["/requests.{}"] * 2 == [re.sub(r"\.(xml|json)$", ".{}", each.path) for each in posted]
    for each in posted:
        fields = {name: value for name, value in each.form if not re.fullmatch(r"attribute\[\w+\](\[\])?", name)}
        schema = {"$ref": "#/components/schemas/NewRequest"}
        known = yaml.safe_load(FIXTURE.read_text(encoding="utf-8"))["components"]["schemas"]["NewRequest"]["properties"]
        assert [] == list(SPECIFICATION.mistakes(schema, fields))
        assert set(fields) <= set(known)
        assert each.headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
        assert {} == each.query  # the key and the citizen's words are in no address
    read = [each for each in desk.recording.asked if each.method == "GET"]
    assert ["/services", f"/services/{LAMP}", f"/tokens/{token}", "/requests/638344"] == [
        each.path.rpartition(".")[0] for each in read
    ]
    assert [{"jurisdiction_id": JURISDICTION}] * 4 == [each.query for each in read]


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("services", "/services.json"),
        (f"services/{LAMP}", "/services/{service_code}.json"),
        ("requests", "/requests.json"),
        ("requests/638344", "/requests/{service_request_id}.json"),
    ],
)
def test_what_the_desk_answers_is_geo_report_in_both_formats(desk: Desk, path: str, template: str) -> None:
    as_json, as_xml = desk.get(f"{path}.json"), desk.get(f"{path}.xml")

    schema = SPECIFICATION.response_schema(template, "get", 200)
    assert schema is not None
    assert [] == list(SPECIFICATION.mistakes(schema, as_json.json()))
    assert _worded(as_json.json()) == decode(as_xml.content, Format.XML)
    assert ("text/xml; charset=utf-8", "application/json; charset=utf-8") == (
        as_xml.headers["content-type"],
        as_json.headers["content-type"],
    )
    assert as_xml.text.startswith('<?xml version="1.0" encoding="utf-8"?>')


@pytest.mark.parametrize("kind", [BIN, HOLE, REMARK])
def test_what_the_desk_answers_to_a_complaint_is_geo_report(desk: Desk, kind: str) -> None:
    filed = desk.post(api_key=API_KEY_EXAMPLE, service_code=kind, address_string="Rue inventée")

    schema = SPECIFICATION.response_schema("/requests.json", "post", 200)
    assert schema is not None
    assert [] == list(SPECIFICATION.mistakes(schema, filed.json()))
    given = {name for name in filed.json()[0] if name in ("service_request_id", "token")}
    assert {BIN: {"token"}, HOLE: {"service_request_id"}, REMARK: set()}[kind] == given


def test_a_token_is_answered_as_geo_report_says(desk: Desk) -> None:
    token = desk.post(api_key=API_KEY_EXAMPLE, service_code=BIN, address_string="Rue").json()[0]["token"]
    desk.order(f"tokens/{token}/number")

    schema = SPECIFICATION.response_schema("/tokens/{token}.json", "get", 200)
    assert schema is not None
    assert [] == list(SPECIFICATION.mistakes(schema, desk.get(f"tokens/{token}.json").json()))


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("services/999", {}, 404),
        ("requests/1", {}, 404),
        ("tokens/1", {}, 404),
        ("services", {"jurisdiction_id": "elsewhere.example"}, 404),
        ("requests", {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400),
        ("requests", {"start_date": "2026-01-01T00:00:00"}, 400),
    ],
)
def test_errors_have_a_code_and_a_description(
    desk: Desk, form: Format, path: str, query: dict[str, str], status: int
) -> None:
    response = desk.get(f"{path}.{form}", **query)

    assert status == response.status_code
    errors = decode(response.content, form)
    assert [] == list(SPECIFICATION.mistakes({"$ref": "#/components/schemas/Errors"}, errors))
    assert str(status) == errors[0]["code"]


def test_a_search_covers_ninety_days_and_knows_states_and_ids(desk: Desk) -> None:
    def found(**query: str) -> list[str]:
        return [each["service_request_id"] for each in desk.get("requests.json", **query).json()]

    assert ["638344", "638345"] == found()
    assert ["638345"] == found(status="closed")
    assert ["638344"] == found(service_code="103", status="open")
    assert ["638346", "638344"] == found(service_request_id="638346,638344,1", status="closed")


def test_two_desks_share_nothing() -> None:
    apps = [FastAPI(), FastAPI()]
    for app in apps:
        app.include_router(create_router())
    with Server(apps[0]) as first, Server(apps[1]) as second:
        httpx2.post(f"{first.url}/sandbox/open311/faults", json={"kind": "down"}, trust_env=False, verify=usual_tls())

        codes = [
            httpx2.get(f"{each.url}/open311/v2/services.xml", trust_env=False, verify=usual_tls()).status_code
            for each in (first, second)
        ]

    assert [500, 200] == codes


def _worded(value: Any) -> Any:
    """JSON as XML can say it: everything a text."""
    if isinstance(value, list):
        return [_worded(each) for each in value]
    if isinstance(value, dict):
        return {name: _worded(each) for name, each in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)
