"""What every `AttemptLedger` promises. Inherit it, and give a fixture `ledger` with an empty one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from actions.attempts import REMEMBERED_FOR, AttemptLedger, Tries, file_key

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FILE = file_key("PA-2026-004217")
OTHER_FILE = file_key("PA-2026-004218")


class AttemptLedgerContract:
    @pytest.fixture
    def ledger(self) -> AttemptLedger:
        raise NotImplementedError("give a fixture `ledger` that returns an empty ledger")

    def test_a_new_ledger_knows_no_failures(self, ledger: AttemptLedger) -> None:
        assert Tries() == ledger.failures("amina", FILE, NOW)

    def test_a_failure_counts_for_the_pair_the_person_and_the_file(self, ledger: AttemptLedger) -> None:
        ledger.record_failure("amina", FILE, NOW, "turn-1")

        assert Tries(pair=(NOW,), person=(NOW,), file=(NOW,)) == ledger.failures("amina", FILE, NOW)
        assert Tries(person=(NOW,)) == ledger.failures("amina", OTHER_FILE, NOW)
        assert Tries(file=(NOW,)) == ledger.failures("brahim", FILE, NOW)
        assert Tries() == ledger.failures("brahim", OTHER_FILE, NOW)

    def test_every_failure_keeps_its_own_time(self, ledger: AttemptLedger) -> None:
        times = [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
        for number, at in enumerate(times):
            ledger.record_failure("amina", FILE, at, f"turn-{number}")

        assert times == sorted(ledger.failures("amina", FILE, times[-1]).pair)

    def test_a_replayed_turn_counts_once(self, ledger: AttemptLedger) -> None:
        ledger.record_failure("amina", FILE, NOW, "turn-1")
        ledger.record_failure("amina", FILE, NOW + MINUTE, "turn-1")

        assert (NOW,) == tuple(ledger.failures("amina", FILE, NOW + MINUTE).person)

    def test_clearing_forgets_one_person_at_one_file_only(self, ledger: AttemptLedger) -> None:
        ledger.record_failure("amina", FILE, NOW, "turn-1")
        ledger.record_failure("amina", OTHER_FILE, NOW, "turn-2")
        ledger.record_failure("brahim", FILE, NOW, "turn-3")

        ledger.clear("amina", FILE)

        assert Tries(person=(NOW,), file=(NOW,)) == ledger.failures("amina", FILE, NOW)
        assert Tries(pair=(NOW,), person=(NOW,), file=(NOW,)) == ledger.failures("amina", OTHER_FILE, NOW)
        assert Tries(pair=(NOW,), person=(NOW,), file=(NOW,)) == ledger.failures("brahim", FILE, NOW)

    def test_clearing_what_is_not_there_is_harmless(self, ledger: AttemptLedger) -> None:
        ledger.clear("amina", FILE)

        assert Tries() == ledger.failures("amina", FILE, NOW)

    def test_a_failure_is_forgotten_once_it_can_no_longer_lock(self, ledger: AttemptLedger) -> None:
        ledger.record_failure("amina", FILE, NOW, "turn-1")

        assert 1 == len(ledger.failures("amina", FILE, NOW + REMEMBERED_FOR - MINUTE).pair)
        assert Tries() == ledger.failures("amina", FILE, NOW + REMEMBERED_FOR + MINUTE)
