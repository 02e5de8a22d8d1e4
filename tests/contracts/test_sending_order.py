"""Who goes first: replies before notifications, one at a time to one person, held messages once he writes. Leases that
are held on to, and workers that are woken.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.ports import Priority
from bot.store.database import Database
from bot.store.tables import outbox
from bot.store.wakeup import INBOX, OUTBOX, listen
from bot.vault import Vault
from connectors.messages import OutgoingMessage
from tests.contracts.store_cases import LEASE, META_WHATSAPP, SMS, TELEGRAM, Store


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


def test_a_reply_goes_before_the_notifications_that_were_there_first(store: Store) -> None:
    others = [SMS.model_copy(update={"external_id": f"+2126000020{n:02d}"}) for n in range(5)]
    for other in others:
        store.notify(store.exchange(other).conversation.id, other, "news")
    store.exchange(SMS, "reply")

    assert ["reply", "news"] == [claim.message.text for claim in store.leaving(limit=2)]


def test_one_person_gets_a_reply_and_a_notification_one_after_the_other(store: Store) -> None:
    claim = store.exchange(SMS)
    store.notify(claim.conversation.id, SMS, "news")
    store.exchange(SMS, "reply")

    [first] = store.leaving()
    assert "reply" == first.message.text
    assert [] == store.leaving()
    store.send(first, "OUT1")
    assert ["news"] == store.texts()


def test_a_reply_does_not_overtake_the_notification_that_is_being_sent(store: Store) -> None:
    claim = store.exchange(SMS)
    store.notify(claim.conversation.id, SMS, "news")
    [news] = store.leaving()
    store.exchange(SMS, "reply")

    assert [] == store.leaving()
    store.send(news, "OUT1")
    assert ["reply"] == store.texts()


def test_a_notification_whose_worker_died_is_taken_again_before_the_reply_behind_it(store: Store) -> None:
    claim = store.exchange(SMS)
    store.notify(claim.conversation.id, SMS, "news")
    store.leaving(now=0.0)
    store.exchange(SMS, "reply")

    [again] = store.leaving(now=LEASE + 1)
    assert ("news", True) == (again.message.text, again.uncertain)
    store.send(again, "OUT1")
    assert ["reply"] == store.texts(now=LEASE + 1)


def test_a_notification_that_is_tried_later_does_not_hold_up_replies(store: Store) -> None:
    claim = store.exchange(SMS)
    store.notify(claim.conversation.id, SMS, "news")
    [news] = store.leaving()
    store.outbox.retry(news, retry_at=1_000.0, code="unreachable", uncertain=False)
    store.exchange(SMS, "reply")

    assert ["reply"] == store.send_all(now=1.0)
    assert ["news"] == store.send_all(now=1_001.0)


def test_workers_side_by_side_never_send_to_one_person_at_the_same_time(store: Store) -> None:
    claim = store.exchange(SMS)
    under_way, most, guard, left = 0, 0, threading.Lock(), 40
    for number in range(20):
        store.notify(claim.conversation.id, SMS, f"news {number}")

    def work() -> None:
        nonlocal under_way, most, left
        while left > 0:
            for one in store.leaving():
                with guard:
                    under_way += 1
                    most = max(most, under_way)
                with guard:
                    under_way -= 1
                    left -= 1
                store.send(one, f"OUT{one.outbox_id}")

    def talk() -> None:
        for number in range(20):
            store.exchange(SMS, f"reply {number}")

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(talk), *(pool.submit(work) for _ in range(3))]:
            done.result(timeout=60)

    assert (1, ["sent"] * 40) == (most, store.column(outbox.c.state))


def test_nothing_is_queued_for_a_conversation_that_does_not_exist(store: Store) -> None:
    message = OutgoingMessage(to=SMS, text="news", language="fr")

    with pytest.raises(LookupError):
        store.outbox.enqueue("nobody", message, Priority.NOTIFICATION, 0.0)


# ---- held until he writes --------------------------------------------------------------------------------------------


def asking() -> OutgoingMessage:
    return OutgoingMessage(to=META_WHATSAPP, text="please write", language="fr")


def test_what_is_held_is_asked_for_once_and_goes_when_he_writes(store: Store) -> None:
    claim = store.exchange(META_WHATSAPP)
    for text in ("first", "second"):
        store.notify(claim.conversation.id, META_WHATSAPP, text)
    [first] = store.leaving()
    store.outbox.hold(first, asking(), 1.0)
    [second] = [one for one in store.leaving(now=1.0) if one.message.text == "second"]
    store.outbox.hold(second, asking(), 1.0)
    assert ["please write"] == store.send_all(now=2.0)
    assert [] == store.texts(now=1_000_000.0)

    store.receive(META_WHATSAPP, now=1_000_001.0)

    assert ["first", "second"] == store.send_all(now=1_000_001.0)


def test_what_is_held_goes_with_the_window_open_from_his_message_and_not_from_our_answer(store: Store) -> None:
    claim = store.exchange(META_WHATSAPP)
    store.notify(claim.conversation.id, META_WHATSAPP, "news")
    [news] = store.leaving()
    store.outbox.hold(news, asking(), 1.0)
    store.send_all(now=1.0)

    store.receive(META_WHATSAPP, now=5_000.0)  # and nobody has answered yet

    [released] = store.leaving(now=5_000.0)
    assert ("news", 5_000.0) == (released.message.text, released.heard_at)


def test_a_redelivered_message_opens_no_window(store: Store) -> None:
    store.receive(META_WHATSAPP, now=1.0)
    store._count = 0  # the same message again
    store.receive(META_WHATSAPP, now=900.0)
    store.answer(store.claim(now=1_000.0), "reply", now=1_000.0)

    assert [1.0] == [claim.heard_at for claim in store.leaving(now=1_000.0)]


def test_an_sms_releases_nothing_that_waits_for_whatsapp(store: Store) -> None:
    claim = store.exchange(META_WHATSAPP)
    store.notify(claim.conversation.id, META_WHATSAPP, "news")
    [news] = store.leaving()
    store.outbox.hold(news, asking(), 1.0)
    store.send_all(now=1.0)

    store.receive(SMS, now=2.0)

    assert [] == store.texts(now=2.0)


# ---- leases ----------------------------------------------------------------------------------------------------------


def test_a_lease_that_is_held_on_to_is_not_taken_over(store: Store) -> None:
    store.receive(SMS)
    turn = store.claim(now=0.0)
    store.inbox.renew([turn], until=100.0)
    assert [] == list(store.inbox.claim(10, LEASE, 99.0))
    store.answer(turn, "reply", now=99.0)
    [sending] = store.leaving(now=99.0)

    store.outbox.renew([sending], until=500.0)

    assert [] == store.leaving(now=499.0)
    assert ["reply"] == store.texts(now=501.0)


def test_a_lease_that_was_lost_stays_lost(store: Store) -> None:
    store.receive(SMS)
    lost = store.claim(now=0.0)
    taken = store.claim(now=LEASE + 1)

    store.inbox.renew([lost], until=10_000.0)

    assert ["salam 1"] == [one.message.text for one in store.inbox.claim(10, LEASE, 3 * LEASE)]
    assert not store.answer(taken, "too late")


def test_holding_on_to_nothing_changes_nothing(store: Store) -> None:
    store.receive(SMS)
    store.claim(now=0.0)

    store.inbox.renew([], until=10_000.0)
    store.outbox.renew([], until=10_000.0)

    assert ["salam 1"] == [one.message.text for one in store.inbox.claim(10, LEASE, LEASE + 1)]


# ---- woken at once ---------------------------------------------------------------------------------------------------


async def test_a_worker_elsewhere_hears_of_new_work_at_once(store: Store, database: Database) -> None:
    heard: dict[str, asyncio.Event] = {INBOX: asyncio.Event(), OUTBOX: asyncio.Event()}
    url = database.engine.url.render_as_string(hide_password=False)
    listening = asyncio.create_task(listen(url, {name: event.set for name, event in heard.items()}, own="elsewhere"))
    try:
        async with asyncio.timeout(20):
            for event in heard.values():  # once at the start: whatever came while nobody listened
                await event.wait()
                event.clear()
            await asyncio.to_thread(store.receive, TELEGRAM)
            await heard[INBOX].wait()
            assert not heard[OUTBOX].is_set()
            claim = await asyncio.to_thread(store.claim)
            await asyncio.to_thread(store.answer, claim, "reply")
            await heard[OUTBOX].wait()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
