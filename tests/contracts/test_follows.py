"""Files that are followed: agreed to, looked at by one worker at a time, told once, deleted. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from actions.contract import FollowFile, UnfollowFile
from actions.following import FollowOffer
from bot.follow_ports import FollowClaim
from bot.ports import Claim, Kept, Priority, TurnPlan
from bot.store.database import Database
from bot.store.follows import LEFT_OVER_S, OFFER_S, REST_S, SqlFollows
from bot.store.housekeeping import Housekeeping
from bot.store.people import SqlPeople
from bot.store.rotation import SqlRotation
from bot.store.tables import follows, outbox
from bot.vault import Vault
from connectors.messages import Address, DeliveryStatus, OutgoingMessage
from tests.contracts.store_cases import META_WHATSAPP, SMS, TELEGRAM, Store, report

OFFER = FollowOffer(number="PA-2026-004217", born=date(1990, 4, 12), system="a", told="in_progress", final=False)
OTHER = replace(OFFER, number="CN-2026-003321", system="b")
YES = FollowFile(wording=1, days=90, look_after_s=3600.0)
DAY = 86_400.0
DUE = 5000.0  # more than an hour after the yes


class Followers(Store):
    """Store with files that are followed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database, vault)
        self.follows = SqlFollows(database, vault)

    def turn(self, sender: Address, now: float, *effects: FollowFile | UnfollowFile, **person: object) -> Claim:
        self.receive(sender, now)
        claim = self.claim(now)
        plan = TurnPlan(claim.conversation.model_copy(update=person), effects=effects)
        assert self.inbox.finish(claim, plan, now)
        return claim

    def offer(self, claim: Claim, offer: FollowOffer = OFFER, now: float = 0.0) -> bool:
        conversation = claim.conversation
        return self.follows.offer(conversation.person_id, conversation.id, offer, datetime.fromtimestamp(now, UTC))

    def follow(self, sender: Address = SMS, offer: FollowOffer = OFFER, now: float = 0.0) -> Claim:
        """He asks where his file stands, and says yes."""
        claim = self.turn(sender, now)
        assert self.offer(claim, offer, now)
        self.turn(sender, now, YES)
        return claim

    def look(self, now: float = DUE, limit: int = 10) -> list[FollowClaim]:
        return list(self.follows.claim(limit, 60.0, now, 2.0))

    def only(self, now: float = DUE) -> FollowClaim:
        [claim] = self.look(now)
        return claim

    def tell(self, claim: FollowClaim, text: str = "news", due_at: float | None = DUE + DAY, now: float = DUE) -> bool:
        assert claim.conversation is not None
        message = OutgoingMessage(to=claim.conversation.address, text=text, language="fr")
        return self.follows.tell(claim, "approved", (message,), due_at, now)


def plain(message: OutgoingMessage, address: Address) -> OutgoingMessage:
    return message.model_copy(update={"to": address, "text": f"SMS: {message.text}"})


@pytest.fixture
def store(database: Database, vault: Vault) -> Followers:
    return Followers(database, vault)


# ---- offered and agreed to -----------------------------------------------------------------------------------------


def test_an_offer_is_followed_only_after_a_yes(store: Followers) -> None:
    claim = store.turn(SMS, 0.0)
    assert store.offer(claim)

    assert store.follows.is_offered(claim.conversation.id, 10.0)
    assert [] == store.look(DUE)

    store.turn(SMS, 10.0, YES)

    assert not store.follows.is_offered(claim.conversation.id, 10.0)
    assert ["PA-2026-004217"] == [one.number for one in store.follows.followed(claim.conversation.person_id)]
    assert [(1, 10.0)] == list(zip(store.column(follows.c.wording), store.column(follows.c.consented_at), strict=True))


def test_an_offer_is_over_after_an_hour_and_then_deleted(store: Followers) -> None:
    claim = store.turn(SMS, 0.0)
    store.offer(claim)

    assert not store.follows.is_offered(claim.conversation.id, OFFER_S)
    store.turn(SMS, OFFER_S, YES)
    assert [] == list(store.follows.followed(claim.conversation.person_id))

    Housekeeping(store.database, store.outbox, 90, Path("no such file"))(OFFER_S)
    assert 0 == store.rows(follows)


def test_only_the_file_that_was_asked_for_last_is_offered(store: Followers) -> None:
    claim = store.turn(SMS, 0.0)
    store.offer(claim)
    store.offer(claim, OTHER)
    store.turn(SMS, 0.0, YES)

    assert ["CN-2026-003321"] == [one.number for one in store.follows.followed(claim.conversation.person_id)]


def test_a_file_that_has_ended_or_is_followed_already_is_not_offered(store: Followers) -> None:
    claim = store.follow()

    assert not store.offer(claim)
    assert not store.offer(claim, replace(OTHER, final=True))
    assert 1 == store.rows(follows)


def test_what_he_reads_himself_meanwhile_counts_as_told(store: Followers) -> None:
    claim = store.follow()
    store.offer(claim, replace(OFFER, told="action_needed"))

    assert "action_needed" == store.only().told


def test_number_and_birth_date_are_sealed(store: Followers) -> None:
    store.follow()

    with store.database.read() as connection:
        row = str(connection.execute(select(follows)).one())
    assert "004217" not in row
    assert "1990" not in row


# ---- looking -------------------------------------------------------------------------------------------------------


def test_a_file_is_looked_at_when_it_is_due_and_by_one_worker(store: Followers) -> None:
    store.follow()

    assert [] == store.look(3599.0)
    claim = store.only(3600.0)
    assert ("PA-2026-004217", date(1990, 4, 12), "in_progress") == (claim.number, claim.born, claim.told)
    assert claim.conversation is not None
    assert SMS == claim.conversation.address
    assert [] == store.look(3601.0)


def test_ten_workers_at_once_look_once(store: Followers) -> None:
    for number in range(6):
        sender = SMS.model_copy(update={"external_id": f"+21260000001{number}"})
        store.follow(sender, replace(OFFER, number=f"PA-2026-00421{number}", system=f"s{number}"))

    with ThreadPoolExecutor(10) as pool:
        found = [claim.number for claims in pool.map(lambda _: store.look(), range(10)) for claim in claims]

    assert 6 == len(found) == len(set(found))


def test_a_system_is_asked_at_its_own_pace_and_hides_no_other(store: Followers) -> None:
    store.follow(SMS, OFFER)
    store.follow(SMS, replace(OFFER, number="PA-2026-000001"))
    store.follow(SMS, OTHER)

    assert {"a", "b"} == {claim.system for claim in store.look(DUE)}
    assert [] == store.look(DUE + 1.9)
    assert ["a"] == [claim.system for claim in store.look(DUE + 2.0)]


def test_a_system_that_fails_rests_longer_each_time_and_the_others_do_not(store: Followers) -> None:
    store.follow(SMS, OFFER)
    store.follow(SMS, OTHER)
    claim = next(one for one in store.look(DUE) if one.system == "a")

    assert DUE + REST_S == store.follows.system_failed(claim, DUE)
    assert [] == [one for one in store.look(DUE + REST_S - 1) if one.system == "a"]
    again = next(one for one in store.look(DUE + REST_S) if one.system == "a")
    assert DUE + 3 * REST_S == store.follows.system_failed(again, DUE + REST_S)
    third = next(one for one in store.look(DUE + 3 * REST_S) if one.system == "a")
    store.follows.look_again(third, DUE + 4 * REST_S, found=True)
    fourth = next(one for one in store.look(DUE + 4 * REST_S) if one.system == "a")
    assert DUE + 5 * REST_S == store.follows.system_failed(fourth, DUE + 4 * REST_S)


def test_looks_without_a_change_are_counted_and_so_are_those_that_find_nothing(store: Followers) -> None:
    store.follow()
    store.follows.look_again(store.only(), DUE + 10, found=True)
    store.follows.look_again(store.only(DUE + 10), DUE + 20, found=False)
    claim = store.only(DUE + 20)

    assert (2, 1) == (claim.quiet, claim.missing)
    store.follows.look_again(claim, DUE + 30, found=None)
    claim = store.only(DUE + 30)
    assert (2, 1) == (claim.quiet, claim.missing)


def test_news_of_a_file_make_it_due_at_once_and_no_other(store: Followers) -> None:
    store.follow(SMS, OFFER)
    store.follow(SMS, OTHER)

    assert 1 == store.follows.news_of("PA-2026-004217", 100.0)
    assert 0 == store.follows.news_of("PA-2026-999999", 100.0)
    assert ["PA-2026-004217"] == [claim.number for claim in store.look(100.0)]


# ---- telling -------------------------------------------------------------------------------------------------------


def test_a_change_is_told_as_a_notification_and_remembered(store: Followers) -> None:
    store.follow()

    assert store.tell(store.only())
    [message] = store.leaving(DUE)
    assert (Priority.NOTIFICATION, "news", SMS) == (message.priority, message.message.text, message.message.to)
    assert "approved" == store.only(DUE + DAY).told


def test_a_worker_that_lost_its_lease_tells_nothing(store: Followers) -> None:
    store.follow()
    slow = store.only()
    second = store.only(DUE + 60)

    assert store.tell(second, now=DUE + 60)
    assert not store.tell(slow, now=DUE + 61)
    assert not store.follows.look_again(slow, DUE, found=True)
    assert ["news"] == store.texts(DUE + 61)


def test_the_last_message_deletes_what_was_kept(store: Followers) -> None:
    store.follow()

    assert store.tell(store.only(), due_at=None)
    assert 0 == store.rows(follows)
    assert ["news"] == store.texts(DUE)


# ---- the end -------------------------------------------------------------------------------------------------------


def test_one_file_or_all_are_no_longer_followed_and_nobody_else_s(store: Followers) -> None:
    mine = store.follow(SMS, OFFER)
    store.follow(SMS, OTHER)
    his = store.follow(TELEGRAM, OFFER)
    [theirs] = store.follows.followed(his.conversation.person_id)
    first, _ = store.follows.followed(mine.conversation.person_id)

    store.turn(SMS, 1.0, UnfollowFile(follow_id=theirs.follow_id))
    assert 3 == store.rows(follows)
    store.turn(SMS, 2.0, UnfollowFile(follow_id=first.follow_id))
    assert ["CN-2026-003321"] == [one.number for one in store.follows.followed(mine.conversation.person_id)]
    store.turn(SMS, 3.0, UnfollowFile())
    assert [] == list(store.follows.followed(mine.conversation.person_id))
    assert 1 == len(store.follows.followed(his.conversation.person_id))


def test_stop_on_any_of_his_channels_ends_it(store: Followers) -> None:
    store.follow(META_WHATSAPP)
    store.turn(SMS, 1.0, opted_out=True)

    assert 0 == store.rows(follows)


def test_who_is_forgotten_is_followed_no_longer(store: Followers) -> None:
    store.follow()
    store.receive(SMS, 100.0)
    store.answer(store.claim(100.0), "forgotten", now=100.0, forget=True)

    assert 0 == store.rows(follows)
    assert [] == store.look()


def test_what_could_not_be_ended_in_time_is_deleted(store: Followers) -> None:
    store.follow()
    clean = Housekeeping(store.database, store.outbox, 999, Path("no such file"))

    clean(90 * DAY + LEFT_OVER_S - 1)
    assert 1 == store.rows(follows)
    clean(90 * DAY + LEFT_OVER_S)
    assert 0 == store.rows(follows)


def test_he_is_told_how_many_files_are_followed(store: Followers) -> None:
    claim = store.follow()
    store.offer(claim, OTHER)

    kept = SqlPeople(store.database).kept_of(claim.conversation.person_id)
    assert Kept(messages=2, replies=0, since=0.0, follows=1) == kept


# ---- keys ----------------------------------------------------------------------------------------------------------


def test_after_a_rotation_the_new_key_opens_it_and_events_find_it(store: Followers) -> None:
    store.follow()
    rotated = Vault(["n" * 43 + "=", "c" * 43 + "="], b"another secret")
    list(SqlRotation(store.database, rotated).rotate())
    fresh = SqlFollows(store.database, Vault(["n" * 43 + "="], b"another secret"))

    assert 1 == fresh.news_of("PA-2026-004217", 100.0)
    assert ["PA-2026-004217"] == [claim.number for claim in fresh.claim(10, 60.0, 100.0, 2.0)]


def test_a_file_that_no_key_opens_waits_a_day_and_blocks_nobody(store: Followers) -> None:
    store.follow(SMS, OFFER)
    with store.database.write() as connection:
        connection.execute(update(follows).values(sealed=Vault(["x" * 43 + "="], b"k").seal("1990-04-12 PA")))
    store.follow(SMS, OTHER)

    assert ["CN-2026-003321"] == [claim.number for claim in store.look()]
    assert [DUE + DAY] == [due for due in store.column(follows.c.due_at) if due > DUE + 60]


# ---- SMS instead of WhatsApp ---------------------------------------------------------------------------------------


def undelivered(store: Followers) -> None:
    """A notification by WhatsApp that Meta took, and could not deliver."""
    store.tell(store.only())
    [claim] = store.leaving(DUE)
    store.send(claim, "OUT1", DUE)
    store.outbox.delivered(report("whatsapp", "OUT1", DeliveryStatus.FAILED), DUE + 1)


def test_what_whatsapp_could_not_deliver_goes_by_sms_once(store: Followers) -> None:
    store.exchange(SMS)
    store.follow(META_WHATSAPP)
    undelivered(store)

    assert [1, 0] == [store.follows.send_instead(plain, 10, DUE + 2) for _ in range(2)]
    [claim] = store.leaving(DUE + 2)
    assert (SMS, "SMS: news", Priority.NOTIFICATION) == (claim.message.to, claim.message.text, claim.priority)


def test_who_never_wrote_by_sms_gets_none(store: Followers) -> None:
    store.follow(META_WHATSAPP)
    undelivered(store)

    assert 0 == store.follows.send_instead(plain, 10, DUE + 2)
    assert [None] == store.column(outbox.c.instead)


def test_who_said_stop_gets_no_sms_instead(store: Followers) -> None:
    store.exchange(SMS)
    store.follow(META_WHATSAPP)
    undelivered(store)
    store.turn(SMS, DUE + 1.5, opted_out=True)

    assert 0 == store.follows.send_instead(plain, 10, DUE + 2)


def test_what_was_delivered_is_sent_once(store: Followers) -> None:
    store.exchange(SMS)
    store.follow(META_WHATSAPP)
    store.tell(store.only())
    [claim] = store.leaving(DUE)
    store.send(claim, "OUT1", DUE)

    assert 0 == store.follows.send_instead(plain, 10, DUE + 2)
