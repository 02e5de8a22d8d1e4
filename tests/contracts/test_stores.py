"""What the inbox, the outbox and their neighbours promise, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from actions.contract import Context, RequestPerson
from bot.conversation import Conversation
from bot.ports import Accepted, Claim, Priority, Report, StoreUnavailable, TurnPlan, Waiting
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.migrate import migrate
from bot.store.outbox import SqlOutbox
from bot.store.requests import SqlMonitor, SqlRequests
from bot.store.tables import metadata
from bot.vault import Vault
from connectors.messages import (
    Address,
    DeliveryReport,
    DeliveryStatus,
    IncomingMessage,
    Medium,
    OutgoingMessage,
    SubscriptionChange,
)

AMINA = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
BRAHIM = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+213600000002")
LEASE = 30.0


def message(number: int, sender: Address = AMINA, text: str = "") -> IncomingMessage:
    return IncomingMessage(provider_id=f"SM{number:032d}", sender=sender, text=text or f"salam {number}")


def reply(conversation: Conversation, text: str = "jawab") -> OutgoingMessage:
    return OutgoingMessage(to=conversation.address, text=text, language="ary")


def answer(inbox: SqlInbox, claim: Claim, *texts: str, now: float = 1.0) -> bool:
    plan = TurnPlan(claim.conversation, tuple(reply(claim.conversation, text) for text in texts))
    return inbox.finish(claim, plan, now)


@pytest.fixture
def inbox(database: Database, vault: Vault) -> SqlInbox:
    return SqlInbox(database, vault)


@pytest.fixture
def outbox(database: Database, vault: Vault) -> SqlOutbox:
    return SqlOutbox(database, vault)


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.write() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert [] == differences


def test_migrating_twice_changes_nothing(database: Database, vault: Vault, inbox: SqlInbox) -> None:
    inbox.accept(message(1), 0.0)

    migrate(database, vault)

    assert Accepted.DUPLICATE is inbox.accept(message(1), 0.0)


def test_a_redelivered_message_is_stored_once(inbox: SqlInbox) -> None:
    assert Accepted.STORED is inbox.accept(message(1), 0.0)
    assert Accepted.DUPLICATE is inbox.accept(message(1), 1.0)
    assert ["salam 1"] == [claim.message.text for claim in inbox.claim(10, LEASE, 2.0)]


def test_the_country_comes_from_the_calling_code(inbox: SqlInbox) -> None:
    inbox.accept(message(1, AMINA), 0.0)
    inbox.accept(message(2, BRAHIM), 0.0)

    assert ["ma", "dz"] == [claim.conversation.country for claim in inbox.claim(10, LEASE, 1.0)]


def test_one_conversation_is_worked_on_one_message_at_a_time_and_in_order(inbox: SqlInbox) -> None:
    for number in (1, 2, 3):
        inbox.accept(message(number), 0.0)

    first = inbox.claim(10, LEASE, 1.0)
    assert ["salam 1"] == [claim.message.text for claim in first]
    assert [] == list(inbox.claim(10, LEASE, 1.0))

    answer(inbox, first[0])
    assert ["salam 2"] == [claim.message.text for claim in inbox.claim(10, LEASE, 1.0)]


def test_another_conversation_does_not_wait(inbox: SqlInbox) -> None:
    inbox.accept(message(1, AMINA), 0.0)
    inbox.accept(message(2, AMINA), 0.0)
    inbox.accept(message(3, BRAHIM), 0.0)

    claims = inbox.claim(10, LEASE, 1.0)
    assert [(AMINA, "salam 1"), (BRAHIM, "salam 3")] == [(c.message.sender, c.message.text) for c in claims]


def test_a_message_whose_worker_died_is_claimed_again_and_the_dead_one_cannot_finish_it(
    inbox: SqlInbox, outbox: SqlOutbox
) -> None:
    inbox.accept(message(1), 0.0)
    [lost] = inbox.claim(10, LEASE, 0.0)
    assert [] == list(inbox.claim(10, LEASE, LEASE - 1))

    [taken] = inbox.claim(10, LEASE, LEASE + 1)

    assert not answer(inbox, lost, "from the dead")
    assert answer(inbox, taken, "from the living")
    assert ["from the living"] == [c.message.text for c in outbox.claim_messages(10, LEASE, LEASE + 2, {})]


def test_a_released_message_waits_for_its_time_and_keeps_its_place(inbox: SqlInbox) -> None:
    inbox.accept(message(1), 0.0)
    inbox.accept(message(2), 0.0)
    [claim] = inbox.claim(10, LEASE, 0.0)

    inbox.release(claim, retry_at=5.0, counts=True, error="dialogue_failed")

    assert [] == list(inbox.claim(10, LEASE, 4.0))
    [again] = inbox.claim(10, LEASE, 6.0)
    assert ("salam 1", 1) == (again.message.text, again.failures)


def test_the_turn_s_result_is_remembered_with_the_conversation(inbox: SqlInbox) -> None:
    inbox.accept(message(1), 0.0)
    [claim] = inbox.claim(10, LEASE, 0.0)
    after = claim.conversation.model_copy(
        update={"language": "fr", "context": Context(procedure="ma.casier_judiciaire", choices=("i:agent",))}
    )
    inbox.finish(claim, TurnPlan(after), 1.0)
    inbox.accept(message(2), 2.0)

    [following] = inbox.claim(10, LEASE, 3.0)

    assert after == following.conversation


def test_asking_for_a_person_twice_makes_one_request(database: Database, vault: Vault, inbox: SqlInbox) -> None:
    requests = SqlRequests(database, vault)
    for number in (1, 2):
        inbox.accept(message(number), 0.0)
        [claim] = inbox.claim(10, LEASE, float(number))
        inbox.finish(claim, TurnPlan(claim.conversation, effects=(RequestPerson(reason="asked"),)), 5.0 + number)

    [request] = requests.open_requests(10)
    assert (AMINA, "asked", 6.0) == (request.address, request.reason, request.created_at)
    assert requests.resolve(request.id, 9.0)
    assert not requests.resolve(request.id, 9.0)
    assert [] == list(requests.open_requests(10))


def test_replies_of_one_conversation_leave_in_order(inbox: SqlInbox, outbox: SqlOutbox) -> None:
    inbox.accept(message(1), 0.0)
    [claim] = inbox.claim(10, LEASE, 0.0)
    answer(inbox, claim, "first", "second")

    [first] = outbox.claim_messages(10, LEASE, 2.0, {})
    assert ("first", []) == (first.message.text, list(outbox.claim_messages(10, LEASE, 2.0, {})))
    outbox.sent(first, "SMout1", 3.0)
    [second] = outbox.claim_messages(10, LEASE, 4.0, {})
    outbox.failed(second, "rejected", opted_out=False, now=5.0)

    assert [] == list(outbox.claim_messages(10, LEASE, 6.0, {}))
    assert ["first"] == [m.text for _, m in outbox.sent_after(AMINA, 0, 10)]


def test_a_send_that_outlived_its_lease_comes_back_as_uncertain(inbox: SqlInbox, outbox: SqlOutbox) -> None:
    inbox.accept(message(1), 0.0)
    [claim] = inbox.claim(10, LEASE, 0.0)
    answer(inbox, claim, "only")
    [first] = outbox.claim_messages(10, LEASE, 2.0, {})

    [again] = outbox.claim_messages(10, LEASE, 2.0 + LEASE + 1, {})

    assert (False, True) == (first.uncertain, again.uncertain)


def test_delivery_states_only_rise(inbox: SqlInbox, outbox: SqlOutbox) -> None:
    inbox.accept(message(1), 0.0)
    [claim] = inbox.claim(10, LEASE, 0.0)
    answer(inbox, claim, "only")
    [sending] = outbox.claim_messages(10, LEASE, 2.0, {})
    outbox.sent(sending, "SMout1", 3.0)

    def report(status: DeliveryStatus) -> Report | None:
        return outbox.delivered(DeliveryReport(channel="twilio", provider_message_id="SMout1", status=status), 4.0)

    order = [DeliveryStatus.DELIVERED, DeliveryStatus.SENT, DeliveryStatus.READ, DeliveryStatus.READ]
    raised = Report(sending.outbox_id, sending.trace)
    assert [raised, None, raised, None] == [report(status) for status in order]


def test_a_report_on_an_unknown_message_changes_nothing(outbox: SqlOutbox) -> None:
    unknown = DeliveryReport(channel="twilio", provider_message_id="SMnone", status=DeliveryStatus.READ)

    assert not outbox.delivered(unknown, 1.0)


def test_a_blocked_citizen_who_writes_again_keeps_his_conversation(inbox: SqlInbox) -> None:
    inbox.accept(message(1), 0.0)
    [claim] = inbox.claim(10, LEASE, 0.0)
    answer(inbox, claim)
    inbox.subscription_changed(SubscriptionChange(provider_id="u1", sender=AMINA, reachable=False), 1.0)
    inbox.accept(message(2), 2.0)

    [again] = inbox.claim(10, LEASE, 3.0)

    assert claim.conversation.id == again.conversation.id


def test_messages_stored_at_the_same_instant_make_one_person_and_are_all_kept(inbox: SqlInbox) -> None:
    start = threading.Barrier(8)

    def store(number: int) -> Accepted:
        start.wait()
        return inbox.accept(message(number), 0.0)

    with ThreadPoolExecutor(8) as pool:
        assert [Accepted.STORED] * 8 == list(pool.map(store, range(8)))

    conversations, claimed = set(), 0
    while claims := inbox.claim(10, LEASE, 1.0):
        claimed += len(claims)
        for claim in claims:
            conversations.add(claim.conversation.id)
            answer(inbox, claim)
    assert (1, 8) == (len(conversations), claimed)


def test_workers_side_by_side_never_share_a_message(inbox: SqlInbox) -> None:
    senders = [AMINA.model_copy(update={"external_id": f"+2126000001{n:02d}"}) for n in range(20)]
    for number in range(100):
        inbox.accept(message(number, senders[number % 20]), 0.0)
    done: list[tuple[str, int]] = []
    guard = threading.Lock()

    def work() -> None:
        while claims := inbox.claim(3, LEASE, 1.0):
            for claim in claims:
                with guard:  # before the end, which lets the next of the conversation be claimed
                    done.append((claim.conversation.id, claim.inbox_id))
                assert answer(inbox, claim)

    with ThreadPoolExecutor(4) as pool:
        for finished in [pool.submit(work) for _ in range(4)]:
            finished.result()
    work()  # a worker that found nothing may have stopped before its neighbour's last turn ended

    assert 100 == len(set(done))
    by_conversation: dict[str, list[int]] = {}
    for conversation, inbox_id in done:
        by_conversation.setdefault(conversation, []).append(inbox_id)
    assert all(order == sorted(order) for order in by_conversation.values())


def test_the_backlog_tells_what_waits_and_for_how_long(database: Database, inbox: SqlInbox) -> None:
    monitor = SqlMonitor(database)
    inbox.accept(message(1), 10.0)
    inbox.accept(message(2), 20.0)

    backlog = monitor.backlog()

    assert (2, 15.0) == (backlog.inbox.count, backlog.inbox.oldest_s(25.0))
    assert {Priority.REPLY: Waiting(), Priority.NOTIFICATION: Waiting()} == backlog.outbox


def test_a_database_without_tables_is_reported(tmp_path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")

    with pytest.raises(StoreUnavailable):
        SqlMonitor(database).check()
    database.close()
