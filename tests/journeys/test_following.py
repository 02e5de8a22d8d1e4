"""Citizens who follow their file, in a running system: they say yes, it moves, they are told once, they stop."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest

from connectors.gov.events import CLIENT_CERT, client_cert
from connectors.sandbox.mediator import certificate
from tests.journeys.conftest import Phone
from tests.system import System, running

PATIENCE_S = 30.0
TWO_LOOKS_S = 5.0
KILLED_S = 100.0  # the lease of a look, and the time to start again


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, in which nobody sleeps."""
    with running(
        tmp_path_factory.mktemp("following"), {"DALIL_QUIET__SINCE": "0", "DALIL_QUIET__UNTIL": "0"}
    ) as system:
        yield system


@pytest.fixture
def move(following: System, http: httpx2.Client) -> Callable[[str], None]:
    """Move an invented file to its next state, as its clerk would."""

    def moved(number: str) -> None:
        url = f"{following.sandbox_url}/sandbox/registration/applications/{number}/advance"
        http.post(url).raise_for_status()

    return moved


def hear(phone: Phone, count: int, patience_s: float = PATIENCE_S) -> list[str]:
    """The texts once there are so many, and no more a moment later."""
    deadline = time.monotonic() + patience_s
    while len(phone.received()) < count and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(TWO_LOOKS_S)
    return [bubble["text"] for bubble in phone.received()]


def follow(phone: Phone, number: str, born: str) -> str:
    phone.say("où en est mon dossier ?")
    phone.say(number)
    answer = phone.say(born)
    offered = re.search(r"(\d)\.? Prévenez-moi", answer)
    if offered:
        return phone.say(offered[1])
    buttons = [button["title"] for button in phone.received()[-1]["buttons"]]
    return phone.tap(next(title for title in buttons if title.startswith("Prévenez-moi")))  # whole where it fits


def test_who_follows_is_told_each_change_once_and_only_so_much(
    following: System, http: httpx2.Client, move: Callable[[str], None]
) -> None:
    phone = Phone(http, following.sandbox_url, "whatsapp")
    agreed = follow(phone, "PA-2026-004217", "12/04/1990")
    assert "90 jours" in agreed
    assert "ne me suis plus" in agreed
    before = len(phone.received())

    move("PA-2026-004217")
    [news] = hear(phone, before + 1)[before:]

    assert "PA-***217" in news
    assert "PA-2026-004217" not in news
    assert "compléter ou le corriger" in news

    assert "PA-***217" in phone.say("quels dossiers suivez-vous ?")
    assert "votre date de naissance" in phone.say("vie privée")
    assert "plus aucun dossier n'est suivi" in phone.say("ne me suis plus")
    quiet = len(phone.received())
    move("PA-2026-004217")

    assert quiet == len(hear(phone, quiet + 1, TWO_LOOKS_S))


def test_on_sms_it_is_a_number_and_the_last_state_ends_it(
    following: System, http: httpx2.Client, move: Callable[[str], None]
) -> None:
    phone = Phone(http, following.sandbox_url, "sms")
    move("PC-2026-000358")
    move("PC-2026-000358")  # sent back, and mended: pending again
    follow(phone, "PC-2026-000358", "09/05/1964")
    before = len(phone.received())

    move("PC-2026-000358")
    [news] = hear(phone, before + 1)[before:]

    assert "PC-***358" in news
    assert "acceptée" in news
    assert "suivi" in phone.say("quels dossiers suivez-vous ?")


def test_stop_ends_it(following: System, http: httpx2.Client, move: Callable[[str], None]) -> None:
    phone = Phone(http, following.sandbox_url, "telegram")
    follow(phone, "CN-2026-002894", "01/01/1972")
    phone.say("STOP")
    before = len(phone.received())
    move("CN-2026-002894")

    assert before == len(hear(phone, before + 1, TWO_LOOKS_S))


def test_a_worker_killed_in_the_middle_of_a_look_has_told_nothing_and_the_next_tells_once(
    following: System, http: httpx2.Client, move: Callable[[str], None]
) -> None:
    phone = Phone(http, following.sandbox_url, "telegram")
    follow(phone, "CN-2026-003321", "29/02/2008")
    before = len(phone.received())
    faults = f"{following.sandbox_url}/sandbox/registration/faults"
    http.post(faults, json={"kind": "slow", "seconds": 1.8}).raise_for_status()
    move("CN-2026-003321")
    time.sleep(2.5)  # the look has begun, or is about to
    following.child("serve").kill()
    http.post(faults, json={"kind": "none"}).raise_for_status()
    following.wait_until_ready()

    [news] = hear(phone, before + 1, KILLED_S)[before:]
    assert "CN-***321" in news


def test_an_event_of_a_stranger_is_refused_and_one_that_means_nothing_is_taken(
    following: System, http: httpx2.Client
) -> None:
    url, known = f"{following.url}/gov/events", {CLIENT_CERT: client_cert(certificate())}
    stranger = {CLIENT_CERT: client_cert(b"another")}
    event = {"id": "1", "eventType": "newBirth", "event": {"place": "City Hospital"}}

    assert 403 == http.post(url, json=event).status_code
    assert 403 == http.post(url, json=event, headers=stranger).status_code
    assert 400 == http.post(url, content=b"{", headers=known).status_code
    assert 204 == http.post(url, json=event, headers=known).status_code
