"""Sealing, looking up, and keys that are replaced while citizens write. On both databases."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from bot.store.database import Database
from bot.store.rotation import SqlRotation
from bot.store.tables import identities, outbox
from bot.vault import SealedElsewhere, Vault
from connectors.messages import DeliveryStatus, IdentityChange
from tests.contracts.store_cases import META_WHATSAPP, SMS, TELEGRAM, Store, report

OLD, NEW, OWN = (Fernet.generate_key().decode() for _ in range(3))
HASHES = b"hashes"
BEFORE, BOTH, AFTER = (Vault(keys, HASHES) for keys in ([OLD, OWN], [NEW, OLD, OWN], [NEW, OWN]))


def rotate(database: Database, vault: Vault) -> tuple[int, int, int]:
    done = list(SqlRotation(database, vault).rotate())
    return sum(d.seen for d in done), sum(d.changed for d in done), sum(d.unreadable for d in done)


def written(database: Database) -> Store:
    """Three people under the old key, each with an answer that was sent."""
    store = Store(database, BEFORE)
    for address in (SMS, META_WHATSAPP, TELEGRAM):
        store.exchange(address, "reply")
    store.send_all()
    return store


def test_what_is_sealed_is_opened_again_and_says_nothing_by_itself() -> None:
    sealed = BEFORE.seal("+212600000001")

    assert "212600000001" not in sealed
    assert BEFORE.seal("+212600000001") != sealed
    assert "+212600000001" == BEFORE.open(sealed) == BOTH.open(sealed)


def test_only_the_newest_key_is_current() -> None:
    sealed = BEFORE.seal("x")

    assert (True, False) == (BEFORE.is_current(sealed), BOTH.is_current(sealed))
    with pytest.raises(SealedElsewhere):
        AFTER.open(sealed)


def test_the_same_parts_have_the_same_hash_and_other_parts_another() -> None:
    assert AFTER.lookup("a", "b", "c") == BEFORE.lookup("a", "b", "c")
    assert 3 == len({BEFORE.lookup("a", "bc"), BEFORE.lookup("ab", "c"), Vault([OLD], b"other").lookup("a", "bc")})


@pytest.mark.parametrize("key", ["", "short", "a" * 44])
def test_a_key_of_another_form_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Vault([key], HASHES)


def test_after_a_rotation_the_old_key_is_not_needed_any_more(database: Database) -> None:
    written(database)

    assert (6, 6, 0) == rotate(database, BOTH)

    store = Store(database, AFTER)
    store._count = 100
    store.exchange(SMS, "with the new key")
    assert ["with the new key"] == store.send_all(now=5.0)
    assert 3 == store.rows(identities)
    assert store.outbox.delivered(report("twilio", "OUT1", DeliveryStatus.READ), 9.0)


def test_a_second_rotation_finds_nothing_to_do(database: Database) -> None:
    written(database)
    rotate(database, BOTH)

    assert (6, 0, 0) == rotate(database, BOTH)
    assert 6 == SqlRotation(database, BOTH).total()


def test_a_rotation_that_was_broken_off_goes_on(database: Database) -> None:
    written(database)
    next(SqlRotation(database, BOTH).rotate())  # the addresses, and then the machine was switched off

    assert (6, 3, 0) == rotate(database, BOTH)


def test_what_a_process_with_the_old_settings_writes_meanwhile_is_found_by_the_next_run(database: Database) -> None:
    written(database)
    rotate(database, BOTH)
    late = Store(database, BEFORE)
    late._count = 200
    late.exchange(SMS.model_copy(update={"external_id": "+212600000077"}))

    assert (7, 1, 0) == rotate(database, BOTH)


def test_rows_that_no_key_opens_are_counted_and_left_as_they_are(database: Database) -> None:
    store = written(database)
    before = store.column(identities.c.external_id) + store.column(outbox.c.provider_message_id)

    assert (6, 0, 6) == rotate(database, AFTER)
    assert before == store.column(identities.c.external_id) + store.column(outbox.c.provider_message_id)


def test_citizens_are_recognised_again_when_the_installation_s_secret_was_changed(database: Database) -> None:
    store = written(database)
    changed = Vault([OLD, Fernet.generate_key().decode()], b"other hashes")
    assert (6, 6, 0) == rotate(database, changed)

    again = Store(database, changed)
    again._count = 300
    again.exchange(SMS)

    assert 3 == again.rows(identities)
    assert again.outbox.delivered(report("twilio", "OUT1", DeliveryStatus.READ), 9.0)
    assert store.rows(outbox) == 3


def test_an_address_that_leads_to_nobody_any_more_stays_so(database: Database) -> None:
    store = Store(database, BEFORE)
    new = META_WHATSAPP.model_copy(update={"external_id": "+212600000099"})
    store.exchange(META_WHATSAPP)
    store.exchange(new)
    store.inbox.identity_changed(IdentityChange(provider_id="c", sender=META_WHATSAPP, becomes=new), 1.0)

    rotate(database, BOTH)

    again = Store(database, BOTH)
    again._count = 50
    assert again.exchange(META_WHATSAPP).conversation.person_id != again.exchange(new).conversation.person_id
