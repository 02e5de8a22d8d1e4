"""The Open311 client against desks that misbehave, and XML that means harm."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import RedirectResponse

from connectors.errors import ConnectorError, SystemDown, SystemGarbled, SystemPaused, SystemRefused, Uncertain
from connectors.gov.api import Complaint, ComplaintState, Place, Question, Receipt, Service
from connectors.gov.exchange import MAX_ANSWER_BYTES
from connectors.gov.open311 import Open311Client, Open311Config
from connectors.gov.open311_format import MAX_DEPTH, Format, decode
from connectors.http import HostNotAllowedError
from tests.unit.gov.answering import Answering
from tests.unit.sandbox.serving import Server

SECRET = "un secret que le citoyen a écrit"
COMPLAINT = Complaint("1", SECRET, Place(address="Rue inventée"))
BUDGET = 0.5


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Answering, str]]:
    desk = Answering()
    with Server(desk.app()) as server:
        yield desk, server.url


@pytest.fixture
def desk(served: tuple[Answering, str]) -> Answering:
    served[0].asked.clear()
    return served[0]


@pytest.fixture
async def client(served: tuple[Answering, str]) -> AsyncIterator[Open311Client]:
    client = Open311Client(Open311Config(f"{served[1]}/v2", "key", format=Format.JSON, timeout_s=BUDGET))
    yield client
    await client.close()


@pytest.fixture
async def xml_client(served: tuple[Answering, str]) -> AsyncIterator[Open311Client]:
    client = Open311Client(Open311Config(f"{served[1]}/v2", "key", timeout_s=BUDGET))
    yield client
    await client.close()


# ---- what servers do differently -----------------------------------------------------------------------------------


async def test_the_specifications_own_example_of_a_request_can_be_read(
    desk: Answering, xml_client: Open311Client
) -> None:
    desk.says(
        """<?xml version="1.0" encoding="utf-8"?>
        <service_requests xmlns="http://wiki.open311.org/GeoReport_v2">
            <request>
                <service_request_id>638344</service_request_id>
                <status>closed</status>
                <status_notes>Duplicate request.</status_notes>
                <service_code>006</service_code>
                <description></description>
                <requested_datetime>2010-04-14T06:37:38-08:00</requested_datetime>
                <updated_datetime>2010-04-14T06:37:38</updated_datetime>
                <expected_datetime>soon</expected_datetime>
            </request>
        </service_requests>""",
        media_type="text/xml",
    )

    status = await xml_client.track("638344")

    assert status is not None
    assert ("638344", "006", ComplaintState.CLOSED, "Duplicate request.") == (
        status.ref,
        status.kind,
        status.state,
        status.notes,
    )
    assert datetime(2010, 4, 14, 6, 37, 38, tzinfo=timezone(timedelta(hours=-8))) == status.requested
    assert (None, None) == (status.updated, status.expected)  # an hour without a zone is not guessed


async def test_a_list_of_services_may_have_numbers_nulls_and_new_fields(desk: Answering, client: Open311Client) -> None:
    desk.says([{"service_code": 1, "service_name": "Trou", "group": None, "new": {"x": []}}, {"service_code": None}])

    assert (Service("1", "Trou"),) == await client.kinds()


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in a list"])
async def test_a_definition_may_come_alone_or_in_a_list(desk: Answering, client: Open311Client, alone: bool) -> None:
    definition = {"service_code": 1, "attributes": [{"code": 7, "required": "true", "variable": True, "order": 2}]}
    desk.says(definition if alone else [definition])

    assert (Question("7", "", required=True),) == await client.questions("1")


async def test_a_definition_without_attributes_asks_nothing(desk: Answering, xml_client: Open311Client) -> None:
    desk.says("<service_definition><service_code>1</service_code><attributes/></service_definition>")

    assert () == await xml_client.questions("1")


@pytest.mark.parametrize(
    ("body", "receipt"),
    [
        ([{"service_request_id": 293944, "account_id": None}], Receipt(ref="293944")),
        ({"service_request_id": "293944"}, Receipt(ref="293944")),
        ([{"token": 12345, "service_notice": "Merci"}], Receipt(token="12345", notice="Merci")),
        ([{"account_id": None}], Receipt()),
    ],
)
async def test_a_receipt_is_read_in_every_shape(
    desk: Answering, client: Open311Client, body: object, receipt: Receipt
) -> None:
    desk.says(body)

    assert receipt == await client.file(COMPLAINT)


@pytest.mark.parametrize("status", ["resolved", "", None, "OPEN "])
async def test_an_unknown_status_is_never_guessed(desk: Answering, client: Open311Client, status: str | None) -> None:
    desk.says([{"service_request_id": 1, "status": status}])

    found = await client.track("1")

    assert found is not None
    assert (ComplaintState.UNKNOWN, status or "") == (found.state, found.raw_status)


async def test_times_in_utc_are_read(desk: Answering, client: Open311Client) -> None:
    desk.says([{"service_request_id": 1, "status": "open", "requested_datetime": "1994-11-05T13:15:30Z"}])

    found = await client.track("1")

    assert found is not None
    assert datetime(1994, 11, 5, 13, 15, 30, tzinfo=UTC) == found.requested


async def test_an_empty_list_is_no_such_complaint(desk: Answering, client: Open311Client) -> None:
    desk.says([])

    assert await client.track("1") is None


# ---- failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "media_type", "error"),
    [
        pytest.param("", 503, "text/plain", SystemDown, id="503"),
        pytest.param("<html>", 200, "text/html", SystemPaused, id="a maintenance page"),
        pytest.param(f'[{{"code": 400, "description": "{SECRET}"}}]', 400, "application/json", SystemGarbled, id="400"),
        pytest.param(f'[{{"code": "{SECRET}"}}]', 400, "application/json", SystemGarbled, id="content for a code"),
        pytest.param("{", 401, "application/json", SystemRefused, id="401"),
        pytest.param("", 204, "text/plain", SystemGarbled, id="no content"),
        pytest.param("[", 200, "application/json", SystemGarbled, id="cut short"),
        pytest.param("7", 200, "application/json", SystemGarbled, id="a number"),
        pytest.param([SECRET], 200, "application/json", SystemGarbled, id="a list of texts"),
        pytest.param([{"status": SECRET}], 200, "application/json", SystemGarbled, id="no id"),
        pytest.param([{"service_request_id": "2"}], 200, "application/json", SystemGarbled, id="another complaint"),
        pytest.param([{"service_request_id": "1"}] * 2, 200, "application/json", SystemGarbled, id="twice"),
        pytest.param([{"service_request_id": ["1"]}], 200, "application/json", SystemGarbled, id="a list for an id"),
        pytest.param("[" * 100_000, 200, "application/json", SystemGarbled, id="nested without end"),
        pytest.param("x" * (MAX_ANSWER_BYTES + 1), 200, "application/json", SystemGarbled, id="too large"),
    ],
)
async def test_a_failure_of_reading_is_of_the_closed_set_and_names_no_content(
    desk: Answering, client: Open311Client, body: object, status: int, media_type: str, error: type[ConnectorError]
) -> None:
    desk.says(body, status, media_type)

    with pytest.raises(error) as caught:
        await client.track("1")

    assert error is type(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_token_answered_with_another_is_garbled(desk: Answering, client: Open311Client) -> None:
    desk.says([{"token": "2", "service_request_id": "7"}])

    with pytest.raises(SystemGarbled, match="another token"):
        await client.reference("1")


@pytest.mark.parametrize("body", ["[", "[]", [{"token": "1"}, {"token": "2"}], "7"])
async def test_a_receipt_that_cannot_be_read_is_uncertain(desk: Answering, client: Open311Client, body: object) -> None:
    desk.says(body)

    with pytest.raises(Uncertain):
        await client.file(COMPLAINT)


async def test_a_redirect_carries_the_key_nowhere(desk: Answering, client: Open311Client) -> None:
    desk.answers = [lambda request: RedirectResponse(request.url.replace(path="/elsewhere"))]

    with pytest.raises(SystemDown, match="HTTP 307"):
        await client.file(COMPLAINT)

    assert 1 == len(desk.asked)


async def test_a_complaint_that_never_left_may_be_filed_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = Open311Client(Open311Config(f"http://127.0.0.1:{unused.getsockname()[1]}", "key"))

        with pytest.raises(SystemDown, match="ConnectError"):
            await client.file(COMPLAINT)

    await client.close()


def test_the_key_is_not_shown() -> None:
    assert "invented" not in repr(Open311Config("https://desk.example", "invented"))


def test_a_desk_beyond_this_machine_must_be_called_by_https() -> None:
    with pytest.raises(HostNotAllowedError):
        Open311Client(Open311Config("http://desk.example", "key"))


# ---- XML that means harm -------------------------------------------------------------------------------------------

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        pytest.param(f'<!DOCTYPE s [<!ENTITY l0 "ha">{_LAUGHS}]><s>&l9;</s>', "document type", id="billion laughs"),
        pytest.param('<!DOCTYPE s [<!ENTITY f SYSTEM "file:///etc/passwd">]><s>&f;</s>', "document type", id="a file"),
        pytest.param('<!DOCTYPE s SYSTEM "http://127.0.0.1:1/x.dtd"><s/>', "document type", id="an external DTD"),
        pytest.param(
            '<!DOCTYPE s [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]><s/>', "document type", id="parameter"
        ),
        pytest.param("<s>&unknown;</s>", "not XML", id="an entity of nobody"),
        pytest.param("<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1), "too deep", id="too deep"),
        pytest.param("<services><service>", "not XML", id="cut short"),
        pytest.param("", "not XML", id="nothing"),
        pytest.param("<a/><b/>", "not XML", id="two roots"),
        pytest.param("<s>\ufffe</s>", "not XML", id="no character"),
    ],
)
def test_harmful_or_broken_xml_is_refused(xml: str, said: str) -> None:
    with pytest.raises(SystemGarbled, match=said):
        decode(xml.encode(), Format.XML)


def test_a_text_in_another_encoding_is_refused_whatever_it_declares() -> None:
    with pytest.raises(SystemGarbled):
        decode('<?xml version="1.0" encoding="latin-1"?><services>é</services>'.encode("latin-1"), Format.XML)


def test_character_references_and_cdata_are_text() -> None:
    xml = b"<service_requests><request><notes>a &lt; b &#233; <![CDATA[<c>]]></notes></request></service_requests>"

    assert [{"notes": "a < b é <c>"}] == decode(xml, Format.XML)


@given(st.binary(max_size=200), st.sampled_from(Format))
def test_any_bytes_are_read_or_garbled(body: bytes, form: Format) -> None:
    with suppress(SystemGarbled):
        decode(body, form)
