"""A database of the first version is brought up to date with everything that is in it. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from bot.ports import Accepted
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import conversations, identities, inbox, metadata, outbox, paces, people
from bot.vault import Vault
from connectors.messages import DeliveryStatus, IncomingMessage
from tests.contracts.conftest import VAULT
from tests.contracts.store_cases import SMS, TELEGRAM, Store, report

BODY = (
    '{"event":"message","provider_id":"%s","sender":{"channel":"%s","medium":"%s","namespace":"%s",'
    '"external_id":"%s"},"kind":"text","text":"ch7al tamen dial passport?"}'
)
REPLY = '{"to":{"channel":"%s","medium":"%s","namespace":"%s","external_id":"%s"},"text":"500 درهم","language":"ary"}'


OF_ONE = (
    "INSERT INTO people (id, created_at) VALUES (:p, 1)",
    """INSERT INTO identities (id, person_id, channel, medium, namespace, external_id)
       VALUES (:n, :p, :channel, :medium, :namespace, :external_id)""",
    "INSERT INTO conversations (id, identity_id, opted_out, updated_at) VALUES (:c, :n, :stopped, 7)",
    """INSERT INTO inbox (id, channel, provider_id, conversation_id, body, state, due_at, received_at)
       VALUES (:n, :channel, 'IN', :c, :body, 'queued', 1, 1)""",
    """INSERT INTO outbox (id, conversation_id, inbox_id, body, state, due_at, created_at, channel, provider_message_id)
       VALUES (:n, :c, :n, :reply, 'sent', 1, 1, :channel, 'OUT')""",
    """INSERT INTO outbox (id, conversation_id, body, state, due_at, created_at, channel)
       VALUES (:n + 10, :c, :reply, 'queued', 1, 1, :channel)""",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the first schema: two citizens; one of them said stop, one waits for an answer."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    else:
        server = sqlalchemy.make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
        admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE IF EXISTS old")
            connection.exec_driver_sql("CREATE DATABASE old")
        admin.dispose()
        database = Database(server.set(database="old").render_as_string(hide_password=False))
    migrate(database, VAULT, "0001")
    with database.write() as connection:
        for number, (who, stopped) in enumerate(((SMS, True), (TELEGRAM, False)), 1):
            row = who.model_dump(mode="json") | {"n": number, "p": f"p{number}", "c": f"c{number}", "stopped": stopped}
            ours = (who.channel, who.medium.value, who.namespace, who.external_id)
            row |= {"body": BODY % (f"IN{number}", *ours), "reply": REPLY % ours}
            for statement in OF_ONE:
                connection.execute(
                    text(statement.replace("'IN'", f"'IN{number}'").replace("'OUT'", f"'OUT{number}'")), row
                )
    yield database
    database.close()


def test_the_schema_is_that_of_the_code(old: Database) -> None:
    migrate(old, VAULT)

    with old.write() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), metadata)


def test_everybody_is_recognised_and_what_waited_is_answered(old: Database) -> None:
    migrate(old, VAULT)
    store = Store(old, VAULT)

    assert Accepted.DUPLICATE is store.inbox.accept(IncomingMessage(provider_id="IN1", sender=SMS, text="x"), 2.0)
    claims = store.inbox.claim(10, 30.0, 2.0)

    assert [SMS, TELEGRAM] == [claim.message.sender for claim in claims]
    assert ["c1", "c2"] == [claim.conversation.id for claim in claims]
    assert ["ch7al tamen dial passport?"] * 2 == [claim.message.text for claim in claims]
    assert ["500 درهم"] * 2 == store.texts(2.0)
    assert (2, 2) == (store.rows(people), store.rows(conversations))


def test_who_said_stop_has_still_said_stop_now_on_every_channel(old: Database) -> None:
    migrate(old, VAULT)
    store = Store(old, VAULT)

    assert [True, False] == [claim.conversation.opted_out for claim in store.inbox.claim(10, 30.0, 2.0)]
    assert [7.0, None] == store.column(people.c.opted_out_at)


def test_a_report_on_a_message_that_was_sent_before_finds_it(old: Database) -> None:
    migrate(old, VAULT)

    assert Store(old, VAULT).outbox.delivered(report("twilio", "OUT1", DeliveryStatus.READ), 2.0)


def test_nothing_of_an_address_or_a_provider_s_id_stays_open(old: Database) -> None:
    migrate(old, VAULT)

    with old.read() as connection:
        rows = [str(row) for table in (identities, inbox, outbox) for row in connection.execute(table.select())]
    assert [] == [row for row in rows if any(word in row for word in ("212600000001", "5550001", "OUT1", "IN1"))]


def test_the_senders_of_before_are_asked_for_what_waits(old: Database) -> None:
    migrate(old, VAULT)

    assert ["telegram:telegram:7000", "twilio:sms:+15005550006"] == Store(old, VAULT).column(paces.c.sender)


def test_addresses_are_sealed_under_the_newest_key(old: Database) -> None:
    newest = Vault(["n" * 43 + "=", "c" * 43 + "="], b"a key of the tests")
    migrate(old, newest)

    assert all(newest.is_current(str(sealed)) for sealed in Store(old, newest).column(identities.c.external_id))
