"""What is forgotten is gone, and nothing else: who asked, what is old, what an operator deletes. On both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.erasure import SqlErasure
from bot.store.forgetting import LAST_REPLY_S
from bot.store.housekeeping import DAY_S, Housekeeping
from bot.store.tables import (
    attempts,
    conversations,
    early_reports,
    identities,
    inbox,
    outbox,
    people,
    requests,
    suppressions,
)
from bot.vault import Vault
from connectors.messages import DeliveryStatus, OutgoingMessage
from tests.contracts.store_cases import META_WHATSAPP, SMS, TELEGRAM, Store, report

PERSONAL = (attempts, conversations, identities, inbox, outbox, people, requests)
LATER = 100.0 + LAST_REPLY_S


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


def clean(store: Store, now: float = LATER, days: int = 90) -> None:
    Housekeeping(store.database, store.outbox, days, Path("no such file"))(now)


def forget(store: Store, sender=SMS, now: float = 100.0) -> None:
    """He asks to be forgotten and is told that he is."""
    store.receive(sender, now)
    store.answer(store.claim(now), "forgotten", now=now, forget=True)


# ---- who asked -----------------------------------------------------------------------------------------------------


def test_who_asked_is_gone_once_he_was_told(store: Store) -> None:
    store.exchange(SMS, "reply")
    store.send_all()
    forget(store)
    clean(store)
    assert 1 == store.rows(people)  # he has not been told yet

    assert ["forgotten"] == store.send_all(now=100.0)
    clean(store)

    assert {table.name: 0 for table in PERSONAL} == {table.name: store.rows(table) for table in PERSONAL}


def test_what_was_said_is_gone_at_once_on_all_his_conversations(store: Store) -> None:
    for address in (SMS, META_WHATSAPP):
        store.exchange(address, "private")
    store.send_all()

    forget(store)

    assert (0, 1) == (store.rows(inbox), store.rows(outbox))


def test_another_person_loses_nothing(store: Store) -> None:
    store.exchange(TELEGRAM, "kept")
    forget(store)
    store.send_all(now=100.0)
    clean(store)

    assert ["kept"] == [text for _, message in store.outbox.sent_after(TELEGRAM, 0, 10) for text in [message.text]]


def test_a_message_in_hand_is_answered_before_he_is_gone(store: Store) -> None:
    store.receive(META_WHATSAPP, now=99.0)
    in_hand = store.claim(now=99.0)
    forget(store)
    store.send_all(now=100.0)
    clean(store)

    assert store.answer(in_hand, "answer", now=101.0)
    assert ["answer"] == store.send_all(now=101.0)
    clean(store)
    assert 0 == store.rows(people)


def test_who_writes_again_meanwhile_is_a_citizen_again(store: Store) -> None:
    forget(store)
    store.send_all(now=100.0)
    store.exchange(SMS, "welcome", now=101.0)
    store.send_all(now=101.0)
    clean(store)

    assert (1, [None]) == (store.rows(people), store.column(people.c.forget_at))


def test_a_stop_outlives_its_person(store: Store) -> None:
    store.exchange(SMS, opted_out=True)
    forget(store)
    store.send_all(now=100.0)
    clean(store)
    assert (0, 2) == (store.rows(people), store.rows(suppressions))  # the address and the number, as hashes

    assert store.exchange(META_WHATSAPP, now=200.0).conversation.opted_out


def test_a_stop_that_was_taken_back_does_not_outlive_him(store: Store) -> None:
    store.exchange(SMS, opted_out=True)
    forget(store)
    store.send_all(now=100.0)
    clean(store)
    store.exchange(SMS, now=200.0, opted_out=False)
    forget(store, now=300.0)
    store.send_all(now=300.0)
    clean(store, now=1_000.0)

    assert not store.exchange(SMS, now=2_000.0).conversation.opted_out


def test_a_message_that_comes_while_he_is_being_deleted_is_kept(store: Store) -> None:
    forget(store)
    store.send_all(now=100.0)
    start = threading.Barrier(2)

    def write() -> None:
        start.wait()
        for _ in range(5):
            store.receive(SMS, now=LATER)

    def delete() -> None:
        start.wait()
        clean(store)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write), pool.submit(delete)]:
            done.result()

    assert 5 == store.rows(inbox)
    assert 1 == store.rows(conversations) == store.rows(people)


# ---- what is old ---------------------------------------------------------------------------------------------------


def test_what_is_old_is_deleted_and_what_waits_is_not(store: Store) -> None:
    store.exchange(SMS, "old")
    store.send_all()
    store.exchange(TELEGRAM, "new", now=89 * DAY_S)
    store.send_all(now=89 * DAY_S)
    store.receive(SMS, now=1.0)  # nobody has answered it in all this time

    clean(store, now=91 * DAY_S)

    assert (["done", "queued"], ["sent"]) == (store.column(inbox.c.state), store.column(outbox.c.state))
    assert 2 == store.rows(people)


def test_dead_letters_and_what_was_never_asked_for_are_deleted_with_their_age(store: Store) -> None:
    for _ in range(2):
        store.exchange(META_WHATSAPP, "reply")
    [first] = store.leaving()
    store.outbox.failed(first, "rejected", opted_out=False, now=1.0)
    [second] = store.leaving(now=1.0)
    store.outbox.hold(second, OutgoingMessage(to=META_WHATSAPP, text="write", language="fr"), 1.0)
    store.send_all(now=1.0)

    clean(store, now=91 * DAY_S)

    assert 0 == store.rows(outbox)


def test_more_than_one_batch_of_old_rows_goes_in_one_round(store: Store) -> None:
    claim = store.exchange(SMS)
    with store.database.write() as connection:
        row = {"channel": "twilio", "conversation_id": claim.conversation.id, "body": "{}", "state": "done"}
        rows = [row | {"provider_key": f"k{n}", "due_at": 1.0, "received_at": 1.0} for n in range(1_200)]
        connection.execute(inbox.insert(), rows)

    clean(store, now=91 * DAY_S)

    assert 0 == store.rows(inbox)


def test_a_report_on_a_message_that_nobody_knows_is_kept_for_a_day(store: Store) -> None:
    store.outbox.delivered(report("twilio", "SMforeign", DeliveryStatus.SENT), 0.0)

    clean(store, now=0.9 * DAY_S)
    assert 1 == store.rows(early_reports)
    clean(store, now=1.1 * DAY_S)
    assert 0 == store.rows(early_reports)


def test_two_workers_may_clean_at_once(store: Store) -> None:
    for number in range(20):
        citizen = SMS.model_copy(update={"external_id": f"+2126000030{number:02d}"})
        forget(store, citizen)
    store.send_all(now=100.0)

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(clean, store) for _ in range(3)]:
            done.result()

    assert 0 == store.rows(people)


# ---- an operator deletes one -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [SMS, TELEGRAM], ids=["a phone number", "another address"])
def test_an_operator_deletes_one_person_by_his_address(store: Store, address) -> None:
    for sender in (SMS, META_WHATSAPP, TELEGRAM):
        store.exchange(sender, "private")
    store.send_all()
    erasure = SqlErasure(store.database, store.vault)

    erased = erasure.erase(erasure.found(address.external_id), 50.0)

    assert (1, 0) == (erased.people, erased.waiting)
    assert [] == erasure.found(address.external_id)
    assert 1 == store.rows(people)


def test_a_person_can_be_named_by_his_conversation(store: Store) -> None:
    claim = store.exchange(TELEGRAM)
    erasure = SqlErasure(store.database, store.vault)

    assert [claim.conversation.person_id] == erasure.found(claim.conversation.id)
    assert [] == erasure.found("+212699999999")
