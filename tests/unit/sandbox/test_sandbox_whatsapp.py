"""The local Meta as its HTTP shows it: what it takes, what it refuses, what it tells."""

import hashlib
import hmac
import json
import re

import httpx2
import pytest

from connectors.sandbox.config import GRAPH_VERSION
from connectors.tls import usual_tls
from tests.unit.sandbox.serving import ACCESS_TOKEN, APP_SECRET, PHONE_NUMBER_ID

INBOUND = "/channels/whatsapp"
SOMEBODY = "212600099999"
BUTTONS = {
    "type": "button",
    "body": {"text": "?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "Oui"}}]},
}
LIST = {"type": "list", "body": {"text": "?"}, "action": {"button": "Choix", "sections": []}}


@pytest.fixture
def whatsapp(sandbox_url, phone):
    """The WhatsApp phone, carried by Meta."""
    handset = phone("whatsapp")
    assert handset.post("/carrier", {"provider": "whatsapp"}).status_code == 204
    return handset


@pytest.fixture
def send(sandbox_url):
    def call(token=ACCESS_TOKEN, number=PHONE_NUMBER_ID, **fields):
        body = {"messaging_product": "whatsapp", "to": SOMEBODY, "type": "text", "text": {"body": "salam"}, **fields}
        url = f"{sandbox_url}/{GRAPH_VERSION}/{number}/messages"
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.post(url, json=body, headers=headers, trust_env=False, verify=usual_tls(), timeout=5)

    return call


def value_of(request):
    """The `value` of a webhook, once its signature is found to be right."""
    expected = hmac.new(APP_SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-hub-signature-256"] == f"sha256={expected}"
    webhook = json.loads(request.body)
    assert webhook["object"] == "whatsapp_business_account"
    (change,) = webhook["entry"][0]["changes"]
    assert change["value"]["metadata"]["phone_number_id"] == PHONE_NUMBER_ID
    return change["value"]


def code_of(response):
    return response.json()["error"]["code"]


def rows(count):
    return [{"id": str(n), "title": f"Choix {n}"} for n in range(count)]


def test_an_accepted_message_has_a_wamid_and_then_three_states(send, customer):
    answer = send(biz_opaque_callback_data="outbox-17").json()
    (message,) = answer["messages"]
    assert message["id"].startswith("wamid.")
    assert answer["contacts"] == [{"input": f"+{SOMEBODY}", "wa_id": SOMEBODY}]
    states = [value_of(request)["statuses"][0] for request in customer.wait_for(INBOUND, 3)]
    assert [state["status"] for state in states] == ["sent", "delivered", "read"]
    assert {state["id"] for state in states} == {message["id"]}
    assert {state["biz_opaque_callback_data"] for state in states} == {"outbox-17"}


def test_a_citizens_message_is_signed_and_unicode_is_escaped(whatsapp, customer):
    whatsapp.do(text="شنو خاصني؟")
    (request,) = customer.wait_for(INBOUND)
    assert request.body.isascii()
    value = value_of(request)
    (message,) = value["messages"]
    assert message["text"]["body"] == "شنو خاصني؟"
    assert "+" + message["from"] == "+" + value["contacts"][0]["wa_id"] == whatsapp.address
    assert re.fullmatch(r"MA\.\d{20}", message["from_user_id"])


def test_a_citizen_with_a_username_hides_his_number(whatsapp, customer, sandbox_url):
    httpx2.post(f"{sandbox_url}/sandbox/whatsapp/username", json={"hidden": True}, trust_env=False, verify=usual_tls())
    whatsapp.do(text="salam")
    request = customer.wait_for(INBOUND)[0]
    assert whatsapp.address.removeprefix("+") not in request.body.decode()
    assert value_of(request)["contacts"][0]["profile"]["username"]


@pytest.mark.parametrize(("kind", "type_"), [("location", "location"), ("sticker", "sticker"), ("photo", "image")])
def test_what_a_citizen_shares_is_a_message_of_its_type(whatsapp, customer, kind, type_):
    whatsapp.do(kind=kind)
    (message,) = value_of(customer.wait_for(INBOUND)[0])["messages"]
    assert message["type"] == type_
    assert message[type_]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        pytest.param({"token": "wrong"}, 401, 190, id="a wrong token"),
        pytest.param({"number": "1"}, 400, 100, id="somebody else's number"),
        pytest.param({"to": ""}, 400, 131008, id="no recipient"),
        pytest.param({"messaging_product": "messenger"}, 400, 131009, id="another product"),
        pytest.param({"type": "interactive"}, 400, 131009, id="a type without its part"),
        pytest.param({"text": {"body": "x" * 4097}}, 400, 131009, id="4,097 characters"),
        pytest.param({"text": {"body": ""}}, 400, 131009, id="an empty text"),
        pytest.param({"biz_opaque_callback_data": "x" * 513}, 400, 131009, id="513 characters of our own"),
        pytest.param(
            {"type": "template", "template": {"name": "hello_world", "language": {"code": "fr"}}},
            404,
            132001,
            id="a template that is not approved",
        ),
        pytest.param(
            {"type": "template", "template": {"name": "reply_waiting", "language": {"code": "ary"}}},
            404,
            132001,
            id="a language that WhatsApp does not know",
        ),
        pytest.param(
            {"type": "template", "template": {"name": "status_changed", "language": {"code": "fr"}}},
            400,
            132000,
            id="a template without its variable",
        ),
    ],
)
def test_what_meta_refuses_is_refused_with_its_code(send, fields, status, code):
    response = send(**fields)
    assert (response.status_code, code_of(response)) == (status, code)


@pytest.mark.parametrize(
    "interactive",
    [
        pytest.param({**BUTTONS, "body": {"text": "x" * 1025}}, id="1,025 characters"),
        pytest.param(
            {**BUTTONS, "action": {"buttons": BUTTONS["action"]["buttons"] * 4}},
            id="four buttons",
        ),
        pytest.param(
            {**BUTTONS, "action": {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "x" * 21}}]}},
            id="a title of 21 characters",
        ),
        pytest.param({**BUTTONS, "action": {"buttons": BUTTONS["action"]["buttons"] * 2}}, id="a title twice"),
        pytest.param({**LIST, "action": {"button": "Choix", "sections": [{"rows": rows(11)}]}}, id="eleven rows"),
        pytest.param(
            {**LIST, "action": {"button": "Choix", "sections": [{"title": t, "rows": rows(6)} for t in "ab"]}},
            id="twelve rows in two sections",
        ),
        pytest.param({**LIST, "action": {"button": "x" * 21, "sections": [{"rows": rows(1)}]}}, id="a long button"),
        pytest.param(
            {**LIST, "action": {"button": "Choix", "sections": [{"rows": rows(1) * 2}]}}, id="a row's id twice"
        ),
        pytest.param(
            {**LIST, "action": {"button": "Choix", "sections": [{"rows": [{"id": "a", "title": "x" * 25}]}]}},
            id="a row of 25 characters",
        ),
    ],
)
def test_a_limit_of_buttons_and_lists_is_kept(send, interactive):
    response = send(type="interactive", interactive=interactive)
    assert (response.status_code, code_of(response)) == (400, 131009)


def test_only_the_whatsapp_phone_has_a_choice_of_carrier(phone):
    assert phone("sms").post("/carrier", {"provider": "whatsapp"}).status_code == 422
    assert phone("whatsapp").post("/carrier", {"provider": "telegram"}).status_code == 422


def test_a_screen_says_who_carries_it_and_a_new_citizen_changes_nothing_about_it(phone):
    assert [phone(name).screen()["carrier"] for name in ("whatsapp", "sms", "telegram")] == [
        "twilio",
        "twilio",
        "telegram",
    ]
    phone("whatsapp").post("/carrier", {"provider": "whatsapp"})
    assert phone("whatsapp").post("/reset", {"country": "dz"}).json()["carrier"] == "whatsapp"


def test_without_a_choice_twilio_carries_the_whatsapp_phone(phone, customer):
    phone("whatsapp").do(text="salam")
    assert customer.wait_for("/channels/twilio")
    assert customer.at(INBOUND) == []


@pytest.mark.parametrize(
    ("kind", "status", "code"), [("429", 429, 130429), ("500", 500, 131000)], ids=["throttled", "an error"]
)
def test_a_fault_on_demand_is_metas_own_and_happens_once(send, fault, kind, status, code):
    fault("whatsapp", kind)
    assert (send().status_code, send().status_code) == (status, 200)
    fault("whatsapp", kind)
    assert code_of(send()) == code


@pytest.mark.parametrize(("kind", "code"), [("window", 131047), ("unreachable", 131026)])
def test_a_message_can_be_accepted_and_fail_afterwards(send, fault, customer, kind, code):
    fault("whatsapp", kind)
    assert send(biz_opaque_callback_data="outbox-17").status_code == 200
    (state,) = value_of(customer.wait_for(INBOUND)[0])["statuses"]
    assert (state["status"], state["errors"][0]["code"]) == ("failed", code)
    assert state["biz_opaque_callback_data"] == "outbox-17"
