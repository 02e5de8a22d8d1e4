"""Every ledger of complaints keeps the same promises: the fake, and the database's on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from actions.complaint_ledger import ComplaintLedger, Filing, FilingState
from bot.store.complaints import SqlComplaints
from bot.store.database import Database
from bot.store.forgetting import delete_old_reports, forget_person
from bot.store.tables import complaints
from connectors.gov.api import Receipt
from tests.fakes import InMemoryComplaints

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RECEIPT = Receipt("638344", "", "Une équipe passe.")


class ComplaintLedgerContract:
    @pytest.fixture
    def ledger(self) -> ComplaintLedger:
        raise NotImplementedError("give a fixture `ledger` that returns an empty ledger")

    def test_a_turn_files_once(self, ledger: ComplaintLedger) -> None:
        assert ledger.begin("amina", "t1", "Trou", NOW) is None

        assert Filing("t1", FilingState.FILING, "Trou", NOW) == ledger.begin("amina", "t1", "Trou", NOW + DAY)

    def test_what_came_of_it_is_told_to_the_turn_that_is_handled_again(self, ledger: ComplaintLedger) -> None:
        ledger.begin("amina", "t1", "Trou", NOW)
        ledger.close("t1", FilingState.FILED, RECEIPT)

        filed = Filing("t1", FilingState.FILED, "Trou", NOW, RECEIPT)
        assert filed == ledger.begin("amina", "t1", "Trou", NOW) == ledger.of_turn("t1")

    def test_a_lost_answer_stays_known(self, ledger: ComplaintLedger) -> None:
        ledger.begin("amina", "t1", "Trou", NOW)
        ledger.close("t1", FilingState.UNCERTAIN)

        assert [Filing("t1", FilingState.UNCERTAIN, "Trou", NOW)] == list(ledger.latest("amina", 3))

    def test_what_was_certainly_not_taken_may_be_tried_again(self, ledger: ComplaintLedger) -> None:
        ledger.begin("amina", "t1", "Trou", NOW)
        ledger.drop("t1")

        assert ledger.of_turn("t1") is None
        assert ledger.begin("amina", "t1", "Trou", NOW) is None

    def test_the_latest_come_first_and_nobody_else_s(self, ledger: ComplaintLedger) -> None:
        for number in range(3):
            ledger.begin("amina", f"t{number}", "Trou", NOW + number * DAY)
        ledger.begin("brahim", "b1", "Trou", NOW + 9 * DAY)

        assert ["t2", "t1"] == [filing.turn_id for filing in ledger.latest("amina", 2)]

    def test_a_turn_that_filed_nothing_is_not_known(self, ledger: ComplaintLedger) -> None:
        assert ledger.of_turn("t1") is None
        assert [] == list(ledger.latest("amina", 3))


class TestInMemoryComplaints(ComplaintLedgerContract):
    @pytest.fixture
    def ledger(self) -> ComplaintLedger:
        return InMemoryComplaints()


class TestSqlComplaints(ComplaintLedgerContract):
    @pytest.fixture
    def ledger(self, database: Database) -> ComplaintLedger:
        return SqlComplaints(database)


def test_a_person_who_is_forgotten_leaves_no_complaint(database: Database) -> None:
    ledger = SqlComplaints(database)
    ledger.begin("amina", "t1", "Trou", NOW)
    ledger.begin("brahim", "t2", "Trou", NOW)

    with database.write() as connection:
        forget_person(connection, "amina", NOW.timestamp())

    assert [] == list(ledger.latest("amina", 3))
    assert 1 == len(ledger.latest("brahim", 3))


def test_old_complaints_are_not_kept(database: Database) -> None:
    ledger = SqlComplaints(database)
    ledger.begin("amina", "old", "Trou", NOW - 100 * DAY)
    ledger.begin("amina", "new", "Trou", NOW)

    with database.write() as connection:
        before = (NOW - 90 * DAY).timestamp()
        delete_old_reports(connection, before, before)
        left = connection.scalars(select(complaints.c.turn_id)).all()

    assert ["new"] == list(left)
