"""Every sender's and every recipient's rate is kept, and what waits for it blocks nobody else. On both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.store.database import Database
from bot.vault import Vault
from connectors.channel import Pace
from connectors.messages import Address, Medium
from tests.contracts.store_cases import LEASE, SMS, TELEGRAM, Store

PER_SECOND = {("twilio", Medium.SMS): Pace(per_second=2, burst=2)}


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


def citizens(count: int, like: Address = SMS) -> list[Address]:
    return [like.model_copy(update={"external_id": f"+2126000010{n:02d}"}) for n in range(count)]


def ask(store: Store, citizens: list[Address]) -> None:
    """Each asks, and each has one answer to get."""
    for citizen in citizens:
        store.exchange(citizen, f"to {citizen.external_id[-2:]}")


def leaving(store: Store, now: float, paces=PER_SECOND) -> list[str]:
    return [claim.message.text for claim in store.outbox.claim_messages(10, LEASE, now, paces)]


def test_a_sender_sends_its_burst_at_once_and_then_keeps_to_its_rate(store: Store) -> None:
    ask(store, citizens(5))

    assert ["to 00", "to 01"] == leaving(store, 10.0)
    assert [] == leaving(store, 10.4)
    assert ["to 02"] == leaving(store, 10.5)
    assert ["to 03", "to 04"] == leaving(store, 20.0)


def test_a_sender_that_must_wait_does_not_hold_up_another(store: Store) -> None:
    ask(store, citizens(4))
    store.exchange(TELEGRAM, "telegram")

    assert ["to 00", "to 01", "telegram"] == leaving(store, 10.0)


def test_a_full_sender_with_many_notifications_hides_nobody_s_reply(store: Store) -> None:
    everybody = citizens(20)
    for citizen in everybody:
        claim = store.exchange(citizen)
        store.notify(claim.conversation.id, citizen, "news")
    assert ["news", "news"] == leaving(store, 10.0)

    store.exchange(TELEGRAM, "telegram", now=10.1)

    assert ["telegram"] == leaving(store, 10.1)


def test_replies_use_up_a_rate_before_notifications_do(store: Store) -> None:
    everybody = citizens(4)
    for citizen in everybody:
        claim = store.exchange(citizen)
        store.notify(claim.conversation.id, citizen, f"news {citizen.external_id[-2:]}")
    store.exchange(everybody[3], "reply 03")

    assert ["reply 03", "news 00"] == leaving(store, 10.0)


def test_a_recipient_is_sent_to_no_faster_than_his_rate(store: Store) -> None:
    paces = {("telegram", Medium.TELEGRAM): Pace(recipient_s=5.0, recipient_burst=2)}
    store.exchange(TELEGRAM, "1", "2", "3", "4")

    def send(now: float) -> list[str]:
        claims = store.outbox.claim_messages(10, LEASE, now, paces)
        for claim in claims:
            store.send(claim, f"T{claim.outbox_id}", now)
        return [claim.message.text for claim in claims]

    assert [["1"], ["2"], [], [], ["3"], [], ["4"]] == [send(now) for now in (10, 10, 10, 14.9, 15, 19.9, 20)]


def test_one_recipient_who_must_wait_holds_up_nobody_else(store: Store) -> None:
    paces = {("twilio", Medium.SMS): Pace(recipient_s=60.0)}
    one, other = citizens(2)
    store.exchange(one, "first", "second")
    [first] = store.outbox.claim_messages(10, LEASE, 10.0, paces)
    store.send(first, "OUT1", 10.0)
    store.exchange(other, "to the other")

    assert ["to the other"] == leaving(store, 11.0, paces)
    assert ["second"] == leaving(store, 70.0, paces)


def test_workers_side_by_side_share_one_rate(store: Store) -> None:
    ask(store, citizens(30))
    paces = {("twilio", Medium.SMS): Pace(per_second=1, burst=12)}
    start = threading.Barrier(4)

    def work() -> list[str]:
        start.wait()
        return [text for _ in range(5) for text in leaving(store, 10.0, paces)]

    with ThreadPoolExecutor(4) as pool:
        sent = [text for done in [pool.submit(work) for _ in range(4)] for text in done.result()]

    assert 12 == len(sent) == len(set(sent))


def test_what_a_rate_keeps_back_keeps_its_place_and_counts_as_no_try(store: Store) -> None:
    ask(store, citizens(3))
    leaving(store, 10.0)

    [third] = store.outbox.claim_messages(10, LEASE, 10.5, PER_SECOND)

    assert ("to 02", 1, False) == (third.message.text, third.attempt, third.uncertain)
