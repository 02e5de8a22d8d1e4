"""A send whose answer was lost is found again, by its reference, by a report that came early, or at the provider."""

from __future__ import annotations

import pytest

from bot.ports import Price
from bot.store.database import Database
from bot.store.reports import reference_of
from bot.store.tables import conversations, early_reports, outbox, people, spending
from bot.vault import Vault
from connectors.messages import DeliveryStatus
from tests.contracts.store_cases import LEASE, META_WHATSAPP, SMS, Store, report

SENT, DELIVERED, READ, FAILED = (
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
    DeliveryStatus.FAILED,
)


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


def state(store: Store) -> list[tuple[object, object]]:
    return list(zip(store.column(outbox.c.state), store.column(outbox.c.delivery), strict=True))


# ---- a report names our own reference ------------------------------------------------------------------------------


def test_a_report_that_names_our_message_says_that_it_was_sent(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    [claim] = store.leaving()
    store.outbox.retry(claim, retry_at=60.0, code="uncertain", uncertain=True)

    found = store.outbox.delivered(report("whatsapp", "wamid1", DELIVERED, reference=claim.reference), 5.0)

    assert found is not None
    assert (True, claim.outbox_id) == (found.found, found.outbox_id)
    assert [("sent", "delivered")] == state(store)
    assert [] == store.leaving(now=1_000.0)


def test_it_says_so_too_while_the_lease_is_held_by_a_worker_that_died(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    [claim] = store.leaving()

    assert store.outbox.delivered(report("whatsapp", "wamid1", SENT, reference=claim.reference), 5.0)

    assert [] == store.leaving(now=LEASE + 1)
    assert [("sent", "sent")] == state(store)


def test_an_answer_that_is_slower_than_its_report_takes_nothing_back(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    [claim] = store.leaving()
    store.outbox.delivered(report("whatsapp", "wamid1", READ, reference=claim.reference), 5.0)

    store.send(claim, "wamid1", now=6.0)
    store.outbox.retry(claim, retry_at=7.0, code="uncertain", uncertain=True)
    store.outbox.failed(claim, "rejected", opted_out=False, now=8.0)

    assert [("sent", "read")] == state(store)


def test_a_message_that_was_given_up_in_uncertainty_turns_out_to_be_sent(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    [claim] = store.leaving()
    store.outbox.retry(claim, retry_at=1.0, code="uncertain", uncertain=True)
    [again] = store.leaving(now=2.0)
    store.outbox.failed(again, "uncertain", opted_out=False, now=3.0)

    assert store.outbox.delivered(report("whatsapp", "wamid1", DELIVERED, reference=claim.reference), 5.0)
    assert [("sent", "delivered")] == state(store)


def test_a_message_that_certainly_was_not_sent_is_not_found_by_its_reference(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    [claim] = store.leaving()
    store.outbox.retry(claim, retry_at=60.0, code="throttled", uncertain=False)

    assert store.outbox.delivered(report("whatsapp", "wamid1", SENT, reference=claim.reference), 5.0) is None
    assert ["queued"] == store.column(outbox.c.state)


@pytest.mark.parametrize("reference", ["1.ffffffffffff", "1", "", "x.y", "99999999999999999999999.0", "١.aa"])
def test_a_reference_of_another_installation_finds_nothing(store: Store, reference: str) -> None:
    store.exchange(META_WHATSAPP, "reply")
    store.leaving()

    assert store.outbox.delivered(report("whatsapp", "wamid1", SENT, reference=reference), 5.0) is None
    assert ["sending"] == store.column(outbox.c.state)


def test_a_reference_counts_for_its_own_channel_only(store: Store, vault: Vault) -> None:
    store.exchange(SMS, "reply")
    [claim] = store.leaving()
    assert reference_of(vault, claim.outbox_id) == claim.reference

    assert store.outbox.delivered(report("whatsapp", "wamid1", SENT, reference=claim.reference), 5.0) is None


# ---- a report comes before the answer ------------------------------------------------------------------------------


def test_a_report_that_overtakes_the_answer_is_kept_until_it_comes(store: Store) -> None:
    store.exchange(SMS, "reply")
    [claim] = store.leaving()
    for status in (DELIVERED, SENT):  # they arrive unordered
        assert store.outbox.delivered(report("twilio", "SM1", status), 1.0) is None

    store.send(claim, "SM1", now=2.0)

    assert [("sent", "delivered")] == state(store)
    assert 0 == store.rows(early_reports)


def test_a_report_that_was_stored_at_the_same_moment_as_the_answer_is_settled_later(store: Store) -> None:
    store.exchange(SMS, "reply")
    [claim] = store.leaving()
    store.send(claim, "SM1")
    other = Store(store.database, store.vault)
    other.exchange(META_WHATSAPP, "another")
    [later] = other.leaving()
    store.outbox.delivered(report("whatsapp", "wamid9", READ), 1.0)  # early, and then stored as if by a race
    with store.database.write() as connection:
        values = {"provider_key": store.vault.lookup("provider", "whatsapp", "wamid9"), "delivery": "accepted"}
        connection.execute(outbox.update().where(outbox.c.id == later.outbox_id).values(state="sent", **values))

    assert 1 == store.outbox.settle_early_reports(2.0)

    assert [("sent", "accepted"), ("sent", "read")] == state(store)
    assert 0 == store.rows(early_reports)


def test_a_blocked_citizen_is_opted_out_also_by_a_report_that_came_early(store: Store) -> None:
    store.exchange(SMS, "reply")
    [claim] = store.leaving()
    store.outbox.delivered(report("twilio", "SM1", FAILED, failure="opted_out"), 1.0)
    assert [None] == store.column(people.c.opted_out_at)

    store.send(claim, "SM1", now=2.0)

    assert [2.0] == store.column(people.c.opted_out_at)


def test_a_failure_that_is_reported_again_is_not_held_against_who_started_again(store: Store) -> None:
    store.exchange(SMS, "reply")
    [claim] = store.leaving()
    store.send(claim, "SM1")
    blocked = report("twilio", "SM1", FAILED, failure="opted_out")
    store.outbox.delivered(blocked, 1.0)
    store.exchange(SMS, now=2.0, opted_out=False)

    store.outbox.delivered(blocked, 3.0)

    assert [None] == store.column(people.c.opted_out_at)


# ---- WhatsApp's window is closed -----------------------------------------------------------------------------------


def test_a_message_that_whatsapp_took_and_then_refused_goes_through_the_outbox_again(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    [claim] = store.leaving()
    store.send(claim, "wamid1", now=1.0)
    refused = report("whatsapp", "wamid1", FAILED, failure="window_closed")

    assert store.outbox.delivered(refused, 2.0)

    [again] = store.leaving(now=2.0)
    assert ("reply", 0.0, False) == (again.message.text, again.heard_at, again.uncertain)  # the window counts as closed
    assert store.outbox.delivered(refused, 3.0) is None


def test_who_has_written_since_gets_it_at_once(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    [claim] = store.leaving()
    store.send(claim, "wamid1", now=1.0)
    store.receive(META_WHATSAPP, now=50.0)

    store.outbox.delivered(report("whatsapp", "wamid1", FAILED, failure="window_closed"), 60.0)

    assert [50.0] == store.column(conversations.c.heard_at)
    assert [50.0] == [again.heard_at for again in store.leaving(now=60.0)]


# ---- looked for at the provider ------------------------------------------------------------------------------------


def test_only_what_the_provider_has_and_no_other_row_has_is_ours_and_lost(store: Store) -> None:
    store.exchange(SMS, "known", "lost")
    [known] = store.leaving()
    store.send(known, "SM1")
    [lost] = store.leaving()

    assert ["SM2", "SM3"] == list(store.outbox.unknown_of(lost, ("SM1", "SM2", "SM3")))
    assert [] == list(store.outbox.unknown_of(lost, ()))


def test_a_later_try_knows_when_the_first_one_was(store: Store) -> None:
    store.exchange(SMS, "reply")
    [first] = store.leaving(now=100.0)
    store.outbox.retry(first, retry_at=200.0, code="uncertain", uncertain=True)

    [again] = store.leaving(now=200.0)

    assert (100.0, True, first.reference) == (again.tried_at, again.uncertain, again.reference)


def test_two_workers_that_both_sent_it_leave_the_first_id_and_count_both_prices(store: Store) -> None:
    store.exchange(SMS, "reply")
    [first] = store.leaving(now=0.0)
    [second] = store.leaving(now=LEASE + 1)
    price = Price(country="MA", segments=2, micros=100)

    store.send(first, "SM1", now=50.0, price=price)
    store.send(second, "SM2", now=51.0, price=price)

    assert store.outbox.delivered(report("twilio", "SM1", DELIVERED), 60.0)
    assert [4] == store.column(spending.c.segments)


# ---- what cannot be read -------------------------------------------------------------------------------------------


def test_a_row_that_no_key_opens_becomes_a_dead_letter_and_blocks_nobody(store: Store, database: Database) -> None:
    claim = store.exchange(SMS, "reply")
    store.receive(SMS)
    stranger = Store(database, Vault(["d" * 43 + "="], b"a key of the tests"))

    assert [] == list(stranger.inbox.claim(10, LEASE, 1.0))
    assert [] == stranger.leaving(now=1.0)

    assert ["unreadable"] == store.column(outbox.c.error_code)
    assert claim.conversation.id in store.column(conversations.c.id)
