"""Who is one person: one phone on several media, several addresses in one webhook, a number that changed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.store.database import Database
from bot.store.tables import attempts, conversations, identities, outbox, people
from bot.vault import Vault
from connectors.messages import Address, IdentityChange, IncomingMessage, SubscriptionChange
from tests.contracts.store_cases import META_USER, META_WHATSAPP, SMS, TELEGRAM, TWILIO_WHATSAPP, Store

NEW_PHONE = META_WHATSAPP.model_copy(update={"external_id": "+212600000099"})


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


def change(store: Store, before: Address, after: Address, *also: Address) -> None:
    event = IdentityChange(provider_id="c1", sender=before, becomes=after, also=also)
    store.inbox.identity_changed(event, 10.0)


def test_one_phone_on_sms_and_on_both_whatsapps_is_one_person_with_three_conversations(store: Store) -> None:
    claims = [store.exchange(address) for address in (SMS, TWILIO_WHATSAPP, META_WHATSAPP)]

    assert 1 == len({claim.conversation.person_id for claim in claims})
    assert 3 == len({claim.conversation.id for claim in claims})
    assert [SMS, TWILIO_WHATSAPP, META_WHATSAPP] == [c.message.sender for c in claims]


def test_another_number_and_an_address_without_one_are_other_people(store: Store) -> None:
    claims = [store.exchange(address) for address in (SMS, NEW_PHONE, TELEGRAM)]

    assert 3 == len({claim.conversation.person_id for claim in claims})


def test_stop_on_one_medium_is_stop_on_all(store: Store) -> None:
    store.exchange(SMS)
    store.exchange(META_WHATSAPP, opted_out=True)

    assert store.exchange(SMS).conversation.opted_out


def test_stop_drops_all_that_still_waits_and_leaves_its_confirmation(store: Store) -> None:
    claim = store.exchange(SMS, "a reply")
    store.notify(claim.conversation.id, SMS, "news")
    store.exchange(META_WHATSAPP, "goodbye", opted_out=True)

    assert ["goodbye"] == store.send_all()
    assert ["opted_out", "opted_out"] == [code for code in store.column(outbox.c.error_code) if code]


def test_blocking_us_is_stop_and_unblocking_is_start(store: Store) -> None:
    store.exchange(TELEGRAM)
    for reachable, opted_out in ((False, True), (True, False)):
        store.inbox.subscription_changed(SubscriptionChange(provider_id="s", sender=TELEGRAM, reachable=reachable), 1.0)
        assert opted_out == store.exchange(TELEGRAM).conversation.opted_out


def test_a_number_beside_a_user_id_joins_him_to_who_wrote_by_sms(store: Store) -> None:
    sms = store.exchange(SMS)
    store.receive(META_USER, also=(META_WHATSAPP,))
    claim = store.claim()

    assert (sms.conversation.person_id, "ma") == (claim.conversation.person_id, claim.conversation.country)


def test_a_conversation_goes_on_when_the_number_is_replaced_by_a_user_id(store: Store) -> None:
    by_number = store.exchange(META_WHATSAPP)
    store.receive(META_USER, also=(META_WHATSAPP,))
    by_id = store.claim()

    assert by_number.conversation.id == by_id.conversation.id
    assert META_USER == by_id.conversation.address


def test_a_number_that_becomes_known_later_makes_two_people_one(store: Store) -> None:
    sms = store.exchange(SMS, opted_out=True)
    hidden = store.exchange(META_USER)
    assert sms.conversation.person_id != hidden.conversation.person_id
    with store.database.write() as connection:
        tried = {"person_id": hidden.conversation.person_id, "file_key": "f", "turn_id": "1", "at": 1.0}
        connection.execute(attempts.insert().values(tried))

    store.receive(META_USER, also=(META_WHATSAPP,))
    claim = store.claim()

    assert (sms.conversation.person_id, True) == (claim.conversation.person_id, claim.conversation.opted_out)
    assert (1, [sms.conversation.person_id]) == (store.rows(people), store.column(attempts.c.person_id))


def test_a_stop_that_was_being_handled_when_two_became_one_holds(store: Store) -> None:
    store.exchange(SMS)
    store.receive(META_USER)
    stopping = store.claim()
    store._count += 1
    other_number = IncomingMessage(provider_id="IN99", sender=META_USER, text="again", also=(META_WHATSAPP,))
    store.inbox.accept(other_number, 1.0)

    store.answer(stopping, opted_out=True, now=2.0)

    assert [2.0] == store.column(people.c.opted_out_at)


def test_a_changed_number_keeps_the_conversation_and_leaves_the_old_number_free(store: Store) -> None:
    before = store.exchange(META_WHATSAPP)
    change(store, META_WHATSAPP, NEW_PHONE)

    same = store.exchange(NEW_PHONE)
    stranger = store.exchange(META_WHATSAPP)

    assert before.conversation.id == same.conversation.id
    assert before.conversation.person_id != stranger.conversation.person_id


def test_a_user_id_that_follows_a_number_does_not_keep_the_number(store: Store) -> None:
    store.exchange(META_WHATSAPP)
    change(store, META_WHATSAPP, META_USER)

    assert store.exchange(SMS).conversation.person_id != store.exchange(META_USER).conversation.person_id


def test_a_changed_number_is_found_by_any_of_the_old_addresses(store: Store) -> None:
    before = store.exchange(META_WHATSAPP)
    change(store, META_USER, NEW_PHONE, META_WHATSAPP)

    assert before.conversation.id == store.exchange(NEW_PHONE).conversation.id


def test_a_number_that_changed_to_one_that_is_known_already_joins_both(store: Store) -> None:
    old, new = store.exchange(META_WHATSAPP, opted_out=True), store.exchange(NEW_PHONE)
    assert old.conversation.person_id != new.conversation.person_id
    change(store, META_WHATSAPP, NEW_PHONE)

    again, stranger = store.exchange(NEW_PHONE), store.exchange(META_WHATSAPP)

    assert (new.conversation.id, True) == (again.conversation.id, again.conversation.opted_out)
    assert stranger.conversation.person_id != again.conversation.person_id
    assert not stranger.conversation.opted_out


def test_a_change_of_somebody_who_is_not_known_changes_nothing(store: Store) -> None:
    change(store, META_WHATSAPP, NEW_PHONE)

    assert 0 == store.rows(conversations)


def test_one_phone_that_writes_on_two_media_at_the_same_instant_is_one_person(store: Store) -> None:
    start = threading.Barrier(6)

    def write(number: int) -> None:
        address = (SMS, TWILIO_WHATSAPP, META_WHATSAPP)[number % 3]
        start.wait()
        store.inbox.accept(IncomingMessage(provider_id=f"X{number}", sender=address, text="salam"), 0.0)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(write, number) for number in range(6)]:
            done.result()

    assert (1, 3, 3) == (store.rows(people), store.rows(identities), store.rows(conversations))


def test_no_address_and_no_number_is_stored_open(store: Store) -> None:
    store.exchange(META_WHATSAPP, "reply")
    store.send_all()

    with store.database.read() as connection:
        kept = [
            str(row)
            for table in (identities, conversations, people, outbox)
            for row in connection.execute(table.select())
        ]
    assert [] == [row for row in kept if "212600000001" in row]
