"""What breaks, breaks here: processes die and come back, and no accepted message is lost or answered twice."""

from __future__ import annotations

import time

import httpx2

from tests.journeys.conftest import Phone
from tests.system import System


def test_messages_taken_while_rasa_is_dead_are_answered_once_it_is_back(dalil: System, telegram: Phone) -> None:
    telegram.say("salam")
    dalil.child("rasa").kill()

    telegram.act(text="combien coute le passeport")
    assert httpx2.get(f"{dalil.url}/health/live", trust_env=False).is_success
    ready = httpx2.get(f"{dalil.url}/health/ready", trust_env=False)
    assert (503, "rasa") == (ready.status_code, ready.json()["problems"][0][:4])
    before = len(telegram.received())
    dalil.wait_until_ready()

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and len(telegram.received()) == before:
        time.sleep(0.1)
    assert "500 DH" in telegram.received()[-1]["text"]


def test_an_app_that_is_killed_is_started_again_and_answers_what_it_had_stored(dalil: System, sms: Phone) -> None:
    sms.say("salam")
    for text in ("combien coute le passeport", "et les documents ?"):
        sms.act(text=text)
        sms.until_taken(text)
    for child in [dalil.child("serve"), dalil.child("worker")]:
        child.kill()
    dalil.wait_until_ready()

    deadline = time.monotonic() + 60  # a lease of the dead worker may have to run out
    while time.monotonic() < deadline and len(sms.received()) < 3:
        time.sleep(0.2)
    texts = [bubble["text"] for bubble in sms.received()[1:]]
    assert len(texts) >= 2
    assert "500 DH" in texts[0]


def test_a_provider_that_fails_is_tried_again(dalil: System, http: httpx2.Client, telegram: Phone) -> None:
    fault = {"provider": "telegram", "kind": "429", "count": 1}
    http.post(f"{dalil.sandbox_url}/sandbox/faults", json=fault).raise_for_status()

    assert telegram.say("salam")
