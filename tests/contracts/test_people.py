"""What is kept of a person, and how it goes: one person over all his addresses, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from actions.appointment_ledger import Appointment, BookingState
from actions.contract import RequestPerson
from actions.following import FollowOffer
from bot.conversation import Flood
from bot.identity_links import NewLink
from bot.ports import Claim, Kept, People, Said, TurnPlan
from bot.store.appointments import SqlAppointments
from bot.store.attempts import SqlAttempts
from bot.store.complaints import SqlComplaints
from bot.store.database import Database
from bot.store.erasure import SqlErasure
from bot.store.export import SqlExport
from bot.store.follows import SqlFollows
from bot.store.forgetting import LAST_REPLY_S, forget_asked
from bot.store.identity import SqlIdentity
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.store.people import SqlPeople
from bot.store.tables import inbox, metadata, suppressions
from bot.vault import Vault
from connectors.gov.api import Slot
from connectors.messages import Address, IncomingMessage, Medium, OutgoingMessage
from tests.fakes import InMemoryPeople

SMS = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
WHATSAPP = Address(channel="whatsapp", medium=Medium.WHATSAPP, namespace="1000", external_id="+212600000001")
OTHER = SMS.model_copy(update={"external_id": "+212600000002"})
LEASE = 30.0
TODAY = datetime(2026, 11, 28, tzinfo=UTC)
SLOT = Slot("12345", TODAY, TODAY, "Annexe (exemple)")
NOBODYS = ("paces", "spending", "suppressions", "follow_systems")
FORGOTTEN_OF = [table for table in metadata.sorted_tables if table.name not in NOBODYS]
FILE = FollowOffer(number="PA-2026-004217", born=date(1990, 4, 12), system="a", told="in_progress", final=False)


class Store:
    """Citizens who write and are answered, one turn at a time; every step is a second later."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.inbox, self.outbox, self.people = (
            SqlInbox(database, vault),
            SqlOutbox(database, vault),
            SqlPeople(database),
        )
        self.now = 100.0

    def writes(self, who: Address, text: str = "salam") -> Claim:
        self.now += 1
        self.inbox.accept(IncomingMessage(provider_id=f"{text}{self.now}", sender=who, text=text), self.now)
        [claim] = self.inbox.claim(1, LEASE, self.now)
        return claim

    def answers(self, claim: Claim, text: str = "jawab", **plan: object) -> None:
        reply = OutgoingMessage(to=claim.conversation.address, text=text, language="fr")
        self.now += 1
        assert self.inbox.finish(claim, TurnPlan(claim.conversation, (reply,), **plan), self.now)

    def talks(self, who: Address) -> Claim:
        claim = self.writes(who)
        self.answers(claim)
        self.sends()
        return claim

    def sends(self) -> None:
        for claim in self.outbox.claim_messages(10, LEASE, self.now, {}):
            self.outbox.sent(claim, f"id{claim.outbox_id}", self.now)

    def stops(self, who: Address, stopped: bool = True) -> None:
        claim = self.writes(who)
        self.now += 1
        after = claim.conversation.model_copy(update={"opted_out": stopped})
        self.inbox.finish(claim, TurnPlan(after), self.now)

    def tidies(self) -> list[tuple[str, float]]:
        self.now += LAST_REPLY_S
        with self.database.write() as connection:
            return forget_asked(connection, self.now)

    def rows(self) -> dict[str, int]:
        with self.database.read() as connection:
            counts = {
                t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in FORGOTTEN_OF
            }
        return {name: count for name, count in counts.items() if count}


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


class PeopleContract:
    """What every `People` promises. `known` is a person with two messages and one reply since then."""

    def test_what_is_kept_is_counted(self, subject: People, known: str, since: float) -> None:
        assert Kept(messages=2, replies=1, since=since) == subject.kept_of(known)

    def test_the_last_that_was_said_in_one_conversation_is_read(
        self, subject: People, conversation: tuple[str, int], since: float
    ) -> None:
        his, this = conversation

        assert [(False, "salam"), (True, "jawab")] == [(s.ours, s.text) for s in subject.said_in(his, this, 5)]
        assert [(True, "jawab")] == [(s.ours, s.text) for s in subject.said_in(his, this, 1)]
        assert [] == subject.said_in("nobody", this, 5)

    def test_nobody_is_made_up(self, subject: People) -> None:
        with pytest.raises(LookupError):
            subject.kept_of("nobody")


class TestInMemoryPeople(PeopleContract):
    @pytest.fixture
    def since(self) -> float:
        return 5.0

    @pytest.fixture
    def known(self) -> str:
        return "p1"

    @pytest.fixture
    def subject(self) -> People:
        said = [(1, Said(5.0, False, "salam")), (1, Said(6.0, True, "jawab")), (9, Said(7.0, False, "export"))]
        return InMemoryPeople({"p1": Kept(2, 1, 5.0)}, {"c1": said})

    @pytest.fixture
    def conversation(self) -> tuple[str, int]:
        return "c1", 9


class TestSqlPeople(PeopleContract):
    @pytest.fixture
    def since(self) -> float:
        return 101.0

    @pytest.fixture
    def known(self, store: Store) -> str:
        store.talks(SMS)
        store.talks(OTHER)
        return store.writes(WHATSAPP).conversation.person_id

    @pytest.fixture
    def subject(self, store: Store) -> People:
        return store.people

    @pytest.fixture
    def conversation(self, known: str, store: Store) -> tuple[str, int]:
        """Of his SMS, not of his WhatsApp, nor of another person's SMS."""
        asking = store.writes(SMS, "export my data")
        return asking.conversation.id, asking.inbox_id


def sign_in(identity: SqlIdentity, person_id: str, key: str) -> None:
    """A person who has proven who he is."""
    assert identity.add(NewLink(f"token {key}", person_id, key, "t1", "a file", "fr"), 0.0)
    link = identity.find(f"token {key}", 0.0)
    assert link is not None
    assert identity.start(link.id, f"browser {key}", f"state {key}", "secret", 0.0)
    assert identity.come_back(f"state {key}", f"browser {key}", 0.0)
    assert identity.identified(link.id, "https://id.example", "s" * 64, f"code {key}", "sealed", 0.0)
    assert identity.confirm(f"code {key}", person_id, "typed", 3600.0, 1.0, counts=True) is not None


def test_an_export_has_every_row_of_the_person_and_none_of_another(
    store: Store, database: Database, vault: Vault
) -> None:
    SqlAttempts(database, b"key").record_failure(store.talks(SMS).conversation.person_id, "PA-1", TODAY, "t1")
    for who in (WHATSAPP, OTHER):
        writes = store.writes(who, "je veux une personne")
        store.answers(writes, effects=(RequestPerson(),))
        mine = writes.conversation
        SqlComplaints(database).begin(mine.person_id, f"c-{mine.id}", "Trou", TODAY)
        booking = Appointment(f"a-{mine.id}", "ma.cnie_renouvellement", SLOT, BookingState.BOOKING)
        SqlAppointments(database, vault).begin(mine.person_id, mine.id, booking)
        SqlFollows(database, vault).offer(mine.person_id, mine.id, FILE, TODAY)
        sign_in(SqlIdentity(database, vault), mine.person_id, mine.id)
    export, erasure = SqlExport(database, vault), SqlErasure(database, vault)
    found = erasure.found(SMS.external_id)

    [person] = export.reached_by(found, "sms", SMS.external_id)
    kept = export.of(person)

    assert [person] == export.reached_by(found, "whatsapp", SMS.external_id)
    assert [] == export.reached_by(found, "telegram", SMS.external_id)
    assert [] == export.reached_by(found, "sms", OTHER.external_id)
    assert {t.name for t in FORGOTTEN_OF} - {"early_reports"} == set(kept)
    twice = {"identities": 2, "conversations": 2, "inbox": 2, "outbox": 2}
    filed = ("complaints", "appointments", "follows", "identity_bindings")
    once = dict.fromkeys(("people", "requests", "attempts", *filed), 1) | {"identity_links": 0}  # spent
    assert once | twice == {name: len(rows) for name, rows in kept.items()}
    assert {SMS.external_id} == {row["external_id"] for row in kept["identities"]}
    assert ["salam", "je veux une personne"] == [row["body"]["text"] for row in kept["inbox"]]
    assert OTHER.external_id not in json.dumps(kept)


def test_to_be_forgotten_leaves_no_row_once_the_last_reply_is_sent(store: Store, database: Database) -> None:
    SqlAttempts(database, b"key").record_failure(store.talks(SMS).conversation.person_id, "PA-1", TODAY, "t1")
    store.talks(WHATSAPP)
    asked = store.writes(SMS, "SUPPRIMER")
    store.answers(asked, "au revoir", effects=(RequestPerson(),), forget=True)
    asked_at = store.now

    with database.read() as connection:
        assert 0 == connection.execute(select(func.count()).select_from(inbox)).scalar_one()
    assert {"people": 1, "identities": 2, "conversations": 2, "outbox": 1} == store.rows()
    store.tidies()
    assert 1 == store.rows()["people"]  # his last reply still waits

    store.sends()
    gone = store.tidies()

    assert {} == store.rows()
    assert (asked.conversation.id, asked_at) in gone


def test_another_person_keeps_everything(store: Store) -> None:
    store.talks(OTHER)
    before = store.rows()
    store.answers(store.writes(SMS), forget=True)
    store.sends()
    store.tidies()

    assert before == store.rows()


def test_who_writes_again_before_he_is_gone_stays_and_is_told_the_notice_again(store: Store) -> None:
    claim = store.writes(SMS)
    told = claim.conversation.model_copy(update={"notice": 1})
    store.inbox.finish(claim, TurnPlan(told, forget=True), store.now)

    again = store.talks(SMS)
    asked = store.tidies()

    assert [claim.conversation.id] == [conversation for conversation, _ in asked]  # Rasa's events of before go
    assert (0, 1) == (again.conversation.notice, store.rows()["people"])
    assert [] == store.tidies()


def test_a_stop_outlives_its_person_as_a_hash_and_nothing_else(store: Store, database: Database) -> None:
    store.stops(SMS)
    claim = store.writes(WHATSAPP)
    store.inbox.finish(claim, TurnPlan(claim.conversation, forget=True), store.now)
    store.tidies()

    with database.read() as connection:
        kept = connection.execute(select(suppressions.c.lookup)).scalars().all()
    assert {} == store.rows()
    assert kept
    assert all("212600000001" not in key for key in kept)
    assert store.writes(WHATSAPP).conversation.opted_out
    assert store.writes(SMS).conversation.opted_out


def test_who_started_again_before_he_was_forgotten_is_no_longer_stopped(store: Store) -> None:
    for stopped in (True, False):
        store.stops(SMS, stopped)
        claim = store.writes(SMS)
        store.inbox.finish(claim, TurnPlan(claim.conversation, forget=True), store.now)
        store.tidies()

    assert not store.writes(SMS).conversation.opted_out


def test_stop_notice_and_flood_are_one_for_all_addresses_of_a_person(store: Store) -> None:
    claim = store.writes(SMS)
    flood = Flood(pace=500.0, told_at=90.0)
    after = claim.conversation.model_copy(update={"opted_out": True, "notice": 1, "flood": flood})
    store.inbox.finish(claim, TurnPlan(after), store.now)

    same, other = store.writes(WHATSAPP).conversation, store.writes(OTHER).conversation

    assert (True, 1, flood) == (same.opted_out, same.notice, same.flood)
    assert (False, 0, Flood()) == (other.opted_out, other.notice, other.flood)
