"""The local Twilio against Twilio's own, unmodified client and signature validator."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from connectors.sandbox.providers.twilio_content import content_sid
from tests.unit.sandbox.serving import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, SMS_FROM, WHATSAPP_FROM, Received, until

INBOUND, STATUS = "/channels/twilio", "/channels/twilio/status"
CITIZEN = "+212600000001"


@pytest.fixture
def client(sandbox_url):
    return connect(sandbox_url, AUTH_TOKEN)


def connect(url: str, token: str, timeout: float = 5.0) -> Client:
    client = Client(ACCOUNT_SID, token, http_client=TwilioHttpClient(pool_connections=False, timeout=timeout))
    client.api.base_url = client.content.base_url = url
    return client


def sms(client: Client, to: str = CITIZEN, body: str = "Bonjour", **more):
    return client.messages.create(**{"to": to, "from_": SMS_FROM, "body": body} | more)


def whatsapp(client: Client, to: str = CITIZEN, **more):
    return client.messages.create(to=f"whatsapp:{to}", from_=f"whatsapp:{WHATSAPP_FROM}", **more)


def signed_by_twilio(request: Received) -> bool:
    signature = request.headers["x-twilio-signature"]
    return RequestValidator(AUTH_TOKEN).validate(PUBLIC_URL + request.path, request.form, signature)


QUICK_REPLY = {
    "content_sid": content_sid("quick-reply-2-ar"),
    "content_variables": json.dumps(
        {"1": "شنو بغيتي؟", "2": "الوثائق", "3": "a:x:documents", "4": "الثمن", "5": "a:x:fees"}
    ),
}
LIST_PICKER = {
    "content_sid": content_sid("list-picker-1-fr"),
    "content_variables": json.dumps(
        {"1": "Que voulez-vous savoir ?", "2": "Choisir", "3": "Prix", "4": "a:x:fees", "5": "Combien et comment payer"}
    ),
}


def test_an_sms_is_accepted_as_queued_with_its_segments(client):
    message = sms(client, body="كم مدة صلاحية جواز السفر؟" * 3)
    assert (message.status, message.direction, message.num_segments, len(message.sid)) == (
        "queued",
        "outbound-api",
        "2",
        34,
    )
    assert message.date_created.tzinfo is not None


def test_an_sms_to_the_handset_shows_its_encoding_segments_and_characters(client, phone):
    handset = phone("sms")
    sms(client, to=handset.address, body="Le passeport coûte 500 DH")
    shown = handset.last()
    assert (shown["text"], shown["direction"]) == ("Le passeport coûte 500 DH", "received")
    assert shown["sms"] == {"encoding": "UCS-2", "segments": 1, "characters": 25, "room": 70}


def test_delivery_is_reported_by_signed_callbacks_in_order(client, customer):
    message = sms(client, status_callback=PUBLIC_URL + STATUS)
    calls = customer.wait_for(STATUS, 2)
    assert [call.form["MessageStatus"] for call in calls] == ["sent", "delivered"]
    assert {call.form["MessageSid"] for call in calls} == {message.sid}
    assert all(signed_by_twilio(call) for call in calls)
    assert client.messages(message.sid).fetch().status == "delivered"


def test_whatsapp_reports_that_the_message_was_read(client, customer):
    whatsapp(client, body="Bonjour", status_callback=PUBLIC_URL + STATUS)
    assert [call.form["MessageStatus"] for call in customer.wait_for(STATUS, 3)] == ["sent", "delivered", "read"]


def test_wrong_credentials_are_refused_with_20003(sandbox_url):
    with pytest.raises(TwilioRestException) as refused:
        sms(connect(sandbox_url, "another-token"))
    assert (refused.value.status, refused.value.code) == (401, 20003)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"to": "0600000001"}, 21211, id="a number without a country code"),
        pytest.param({"to": "+٢١٢٦٠٠٠٠٠٠٠١"}, 21211, id="a number in Arabic digits"),
        pytest.param({"from_": "+212500000099"}, 21606, id="a sender that is not ours"),
        pytest.param({"from_": f"whatsapp:{WHATSAPP_FROM}"}, 21910, id="a WhatsApp sender for an SMS"),
        pytest.param({"to": f"whatsapp:{CITIZEN}", "from_": f"whatsapp:{SMS_FROM}"}, 63007, id="no WhatsApp sender"),
        pytest.param({"body": ""}, 21619, id="an empty body"),
        pytest.param({"body": "x" * 1601}, 21617, id="1,601 characters"),
        pytest.param({"status_callback": "dalil/status"}, 21609, id="a callback that is no URL"),
    ],
)
def test_a_bad_request_is_refused_with_twilios_code(client, change, code):
    with pytest.raises(TwilioRestException) as refused:
        sms(client, **change)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_1600_characters_are_accepted(client):
    assert sms(client, body="x" * 1600).num_segments == "11"


def test_after_stop_sms_is_refused_with_21610_until_start(client, phone, customer):
    handset = phone("sms")
    handset.do(text=" stop ")
    with pytest.raises(TwilioRestException) as refused:
        sms(client, to=handset.address)
    assert refused.value.code == 21610
    assert handset.last()["kind"] == "notice"
    assert customer.wait_for(INBOUND)[0].form["Body"] == " stop "
    handset.do(text="START")
    assert sms(client, to=handset.address).status == "queued"


def test_an_incoming_sms_carries_all_of_twilios_fields_and_a_valid_signature(phone, customer):
    handset = phone("sms")
    handset.do(text="شنو خاصني باش نجدد لاكارط؟")
    (request,) = customer.wait_for(INBOUND)
    sid = request.form["MessageSid"]
    empty = dict.fromkeys(("FromCity", "FromState", "FromZip", "ToCity", "ToState", "ToZip"), "")
    assert request.form == empty | {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": handset.address,
        "To": SMS_FROM,
        "Body": "شنو خاصني باش نجدد لاكارط؟",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        "FromCountry": "MA",
        "ToCountry": "MA",
    }
    assert signed_by_twilio(request)
    until(lambda: handset.last()["status"] == "delivered")


def test_an_incoming_whatsapp_message_names_its_sender(phone, customer):
    handset = phone("whatsapp")
    handset.do(text="combien coute le passeport")
    (request,) = customer.wait_for(INBOUND)
    form = request.form
    assert (form["From"], form["To"]) == (f"whatsapp:{handset.address}", f"whatsapp:{WHATSAPP_FROM}")
    assert (form["WaId"], form["MessageType"], form["ProfileName"]) == (handset.address[1:], "text", "Nour")
    assert signed_by_twilio(request)


def test_a_tapped_quick_reply_comes_back_with_its_payload(client, phone, customer):
    handset = phone("whatsapp")
    sent = whatsapp(client, to=handset.address, **QUICK_REPLY)
    assert [button["title"] for button in handset.last()["buttons"]] == ["الوثائق", "الثمن"]
    handset.do(choice="a:x:fees", title="الثمن")
    form = customer.wait_for(INBOUND)[0].form
    assert (form["MessageType"], form["ButtonPayload"], form["ButtonText"], form["Body"]) == (
        "interactive",
        "a:x:fees",
        "الثمن",
        "الثمن",
    )
    assert form["OriginalRepliedMessageSid"] == sent.sid


def test_a_row_of_a_list_comes_back_with_its_id(client, phone, customer):
    handset = phone("whatsapp")
    whatsapp(client, to=handset.address, **LIST_PICKER)
    assert handset.last()["menu"] == {
        "button": "Choisir",
        "rows": [{"id": "a:x:fees", "title": "Prix", "description": "Combien et comment payer", "line": 0}],
    }
    handset.do(choice="a:x:fees")
    form = customer.wait_for(INBOUND)[0].form
    assert (form["MessageType"], form["ListId"], form["ListTitle"]) == ("interactive", "a:x:fees", "Prix")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        pytest.param("photo", {"MessageType": "image", "NumMedia": "1", "MediaContentType0": "image/jpeg"}, id="photo"),
        pytest.param(
            "sticker", {"MessageType": "sticker", "NumMedia": "1", "MediaContentType0": "image/webp"}, id="sticker"
        ),
        pytest.param("location", {"MessageType": "location", "NumMedia": "0", "Latitude": "34.0209"}, id="location"),
    ],
)
def test_what_a_citizen_shares_on_whatsapp_has_no_body(phone, customer, kind, fields):
    phone("whatsapp").do(kind=kind)
    form = customer.wait_for(INBOUND)[0].form
    assert {name: form[name] for name in fields} == fields
    assert form["Body"] == ""


def test_a_photo_by_sms_is_an_mms(phone, customer):
    phone("sms").do(kind="photo")
    form = customer.wait_for(INBOUND)[0].form
    assert (form["MessageSid"][:2], form["NumMedia"]) == ("MM", "1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"content_sid": "HX" + "0" * 32}, 21655, id="a template that does not exist"),
        pytest.param({"content_variables": "{"}, 21656, id="variables that are not JSON"),
        pytest.param({"content_variables": '{"1": "Bonjour"}'}, 21656, id="variables that are missing"),
        pytest.param(
            {"content_variables": json.dumps({"1": "x", "2": "Choisir", "3": "Prix", "4": "i", "5": ""})},
            21656,
            id="a variable that is empty",
        ),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(client, change, code):
    with pytest.raises(TwilioRestException) as refused:
        whatsapp(client, **LIST_PICKER | change)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["x" * 1025, "Choisir", "Prix", "i", "d"], id="a body of 1,025 characters"),
        pytest.param(["x", "y" * 21, "Prix", "i", "d"], id="a list button of 21 characters"),
        pytest.param(["x", "Choisir", "y" * 25, "i", "d"], id="a row of 25 characters"),
        pytest.param(["x", "Choisir", "Prix", "i", "y" * 73], id="a description of 73 characters"),
    ],
)
def test_what_breaks_whatsapps_limits_fails_afterwards_and_is_not_shown(client, phone, customer, values):
    handset = phone("whatsapp")
    variables = json.dumps({str(n): value for n, value in enumerate(values, 1)})
    whatsapp(
        client,
        to=handset.address,
        content_sid=LIST_PICKER["content_sid"],
        content_variables=variables,
        status_callback=PUBLIC_URL + STATUS,
    )
    form = customer.wait_for(STATUS)[0].form
    assert (form["MessageStatus"], form["ErrorCode"]) == ("failed", "63021")
    assert handset.bubbles() == []


def test_an_approved_text_is_shown_with_its_variable(client, phone):
    handset = phone("whatsapp")
    whatsapp(
        client,
        to=handset.address,
        content_sid=content_sid("template-status_changed-fr"),
        content_variables=json.dumps({"1": "PA-***217", "2": "Votre demande est acceptée."}),
    )
    assert handset.last()["text"].startswith("L'état de votre dossier PA-***217")


def test_an_approved_text_without_its_variable_is_refused(client):
    with pytest.raises(TwilioRestException) as refused:
        whatsapp(client, content_sid=content_sid("template-status_changed-fr"))
    assert refused.value.code == 21656


def test_a_stored_template_can_be_read(client):
    template = client.content.v1.contents(LIST_PICKER["content_sid"]).fetch()
    assert (template.friendly_name, template.language) == ("list-picker-1-fr", "fr")
    assert template.types == {
        "twilio/list-picker": {
            "body": "{{1}}",
            "button": "{{2}}",
            "items": [{"item": "{{3}}", "id": "{{4}}", "description": "{{5}}"}],
        }
    }


def test_sent_messages_are_listed_newest_first_and_filtered(client):
    first, second = sms(client, body="un"), sms(client, body="deux")
    sms(client, to="+212600000002")
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert [m.sid for m in client.messages.list(to=CITIZEN, date_sent_after=since)] == [second.sid, first.sid]
    assert client.messages.list(to=CITIZEN, date_sent_before=since) == []
    assert [m.body for m in client.messages.list(limit=1)] == ["Bonjour"]


@pytest.mark.parametrize(("kind", "status", "code"), [("429", 429, 20429), ("500", 500, 20500)])
def test_an_error_on_demand_is_twilios_own_and_happens_as_often_as_ordered(client, fault, kind, status, code):
    fault("twilio", kind, 2)
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            sms(client)
        assert (refused.value.status, refused.value.code) == (status, code)
    assert sms(client).status == "queued"


@pytest.mark.parametrize(
    ("kind", "failure", "processed"),
    [
        pytest.param("timeout", requests.exceptions.ReadTimeout, 0, id="no answer"),
        pytest.param("drop", requests.exceptions.ConnectionError, 0, id="a connection cut before"),
        pytest.param("drop_after", requests.exceptions.ConnectionError, 1, id="a connection cut after"),
    ],
)
def test_a_broken_network_leaves_the_message_processed_or_not(sandbox_url, fault, kind, failure, processed):
    fault("twilio", kind)
    client = connect(sandbox_url, AUTH_TOKEN, timeout=0.5)
    with pytest.raises(failure):
        sms(client)
    assert len(client.messages.list(to=CITIZEN)) == processed


@pytest.mark.parametrize(
    ("kind", "states", "code"),
    [("window", ["failed"], "63016"), ("unreachable", ["sent", "undelivered"], "30003")],
)
def test_a_message_can_fail_after_it_was_accepted(client, customer, fault, kind, states, code):
    fault("twilio", kind)
    whatsapp(client, body="Bonjour", status_callback=PUBLIC_URL + STATUS)
    calls = customer.wait_for(STATUS, len(states))
    assert [call.form["MessageStatus"] for call in calls] == states
    assert calls[-1].form["ErrorCode"] == code


def test_a_webhook_is_delivered_again_until_it_succeeds(phone, customer):
    customer.answers.extend([Response(status_code=503), Response(status_code=500)])
    handset = phone("sms")
    handset.do(text="salam")
    requests_ = customer.wait_for(INBOUND, 3)
    assert len({request.body for request in requests_}) == 1
    assert len({request.headers["i-twilio-idempotency-token"] for request in requests_}) == 1
    until(lambda: handset.last()["status"] == "delivered")


def test_a_webhook_that_never_succeeds_leaves_the_message_failed(phone, customer):
    customer.answers.extend([Response(status_code=403)] * 4)
    handset = phone("whatsapp")
    handset.do(text="salam")
    until(lambda: handset.last()["status"] == "failed")
    assert len(customer.at(INBOUND)) == 4
