"""The handsets: what a citizen can do on each, and what whoever watches is told."""

import json
import re

import httpx2
import pytest

from tests.unit.sandbox.serving import until


@pytest.mark.parametrize("handset", ["whatsapp", "sms"])
@pytest.mark.parametrize(
    ("country", "pattern"),
    [("ma", r"\+2126000\d{5}"), ("dz", r"\+2136000\d{5}"), ("mr", r"\+222400\d{5}")],
)
def test_a_new_citizen_has_an_invented_number_of_his_country(phone, handset, country, pattern):
    screen = phone(handset).post("/reset", {"country": country}).json()
    assert re.fullmatch(pattern, screen["address"])
    assert screen["country"] == country


def test_a_new_citizen_finds_an_empty_screen(phone):
    handset = phone("telegram")
    before = handset.do(text="salam")
    after = handset.post("/reset", {}).json()
    assert after["bubbles"] == []
    assert after["address"] != before["address"]


@pytest.mark.parametrize(
    ("handset", "act", "status"),
    [
        pytest.param("sms", {"kind": "sticker"}, 422, id="a sticker by SMS"),
        pytest.param("sms", {"kind": "block"}, 422, id="blocking by SMS"),
        pytest.param("whatsapp", {"choice": "a:x:fees"}, 409, id="a button that is not there"),
        pytest.param("whatsapp", {"text": ""}, 422, id="an empty text"),
        pytest.param("whatsapp", {"text": "x" * 4097}, 422, id="4,097 characters"),
        pytest.param("whatsapp", {}, 422, id="nothing"),
        pytest.param("whatsapp", {"text": "x", "kind": "photo"}, 422, id="two things at once"),
        pytest.param("fax", {"text": "x"}, 422, id="a phone that does not exist"),
    ],
)
def test_what_a_phone_cannot_do_is_refused(phone, handset, act, status):
    assert phone(handset).post("/messages", act).status_code == status


def test_a_blocked_conversation_takes_no_message(phone):
    handset = phone("telegram")
    handset.do(kind="block")
    assert handset.post("/messages", {"text": "salam"}).status_code == 409


def test_a_screen_keeps_the_last_200_messages(phone):
    handset = phone("sms")
    for n in range(203):
        handset.do(text=str(n))
    bubbles = handset.bubbles()
    assert (len(bubbles), bubbles[0]["text"], bubbles[-1]["text"]) == (200, "3", "202")


def test_a_watcher_gets_the_screen_then_each_change_then_the_new_citizens_screen(sandbox_url, phone):
    handset = phone("sms")
    handset.do(text="salam")
    until(lambda: handset.last()["status"] == "delivered")
    with (
        httpx2.Client(trust_env=False, timeout=10) as http,
        http.stream("GET", f"{sandbox_url}/phones/sms/events") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = read_events(stream)
        kind, screen = next(events)
        assert (kind, [bubble["text"] for bubble in screen["bubbles"]]) == ("screen", ["salam"])
        handset.do(text="labas?")
        kind, bubble = next(events)
        assert (kind, bubble["text"]) == ("bubble", "labas?")
        while bubble["status"] != "delivered":
            kind, bubble = next(events)
        assert (kind, bubble["id"]) == ("bubble", 2)
        new = handset.post("/reset", {"country": "dz"}).json()
        assert next(events) == ("screen", new)


def test_one_stream_carries_all_three_handsets(sandbox_url, phone):
    with (
        httpx2.Client(trust_env=False, timeout=10) as http,
        http.stream("GET", f"{sandbox_url}/phones/events") as stream,
    ):
        events = read_events(stream)
        assert [next(events)[1]["handset"] for _ in range(3)] == ["whatsapp", "sms", "telegram"]
        phone("telegram").do(text="salam")
        kind, bubble = next(events)
        assert (kind, bubble["handset"], bubble["text"]) == ("bubble", "telegram", "salam")


def read_events(stream):
    """(event, data) of each server-sent event."""
    kind = ""
    for line in stream.iter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)
