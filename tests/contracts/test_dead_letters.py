"""What was given up can be looked at, tried once more and dropped; and the commands that do it. On both databases."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.ports import CannotReplay, TurnPlan
from bot.store.database import Database
from bot.store.dead_letters import SqlDeadLetters
from bot.store.migrate import migrate
from bot.store.requests import SqlMonitor
from bot.store.tables import inbox, outbox
from bot.vault import Vault
from tests.contracts.store_cases import SMS, TELEGRAM, Store


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


@pytest.fixture
def dead(database: Database, vault: Vault) -> SqlDeadLetters:
    return SqlDeadLetters(database, vault)


def unanswered(store: Store, sender=SMS, reason: str = "dialogue_failed", now: float = 0.0) -> str:
    """A message that got an apology."""
    store.receive(sender, now, text="a private question")
    claim = store.claim(now)
    store.inbox.finish(claim, TurnPlan(claim.conversation, outcome="failed", failed=reason), now)
    return f"in:{claim.inbox_id}"


def unsent(store: Store, sender=SMS, code: str = "rejected", now: float = 0.0, *, opted_out: bool = False) -> str:
    """A reply that was given up."""
    store.exchange(sender, "a private answer", now=now)
    [claim] = store.leaving(now)
    store.outbox.failed(claim, code, opted_out=opted_out, now=now, detail="21211")
    return f"out:{claim.outbox_id}"


def test_dead_letters_of_both_kinds_are_listed_the_oldest_first_without_text_or_address(
    store: Store, dead: SqlDeadLetters
) -> None:
    ids = [unsent(store, now=1.0), unanswered(store, now=2.0)]

    letters = dead.letters(10)

    assert ids == [letter.id for letter in letters]
    assert [("rejected", "21211", 1), ("dialogue_failed", None, 1)] == [
        (letter.reason, letter.provider_code, letter.attempts) for letter in letters
    ]
    assert not any("private" in str(letter) or "2126" in str(letter) for letter in letters)
    assert {"inbox": 1, "outbox": 1} == SqlMonitor(store.database).backlog().dead


def test_whoever_wants_nothing_more_leaves_no_dead_letter(store: Store, dead: SqlDeadLetters) -> None:
    unsent(store, code="opted_out", opted_out=True)

    assert [] == list(dead.letters(10))


def test_the_list_can_be_narrowed_to_a_reason_and_a_number(store: Store, dead: SqlDeadLetters) -> None:
    ids = [unanswered(store, reason=reason, now=float(n)) for n, reason in enumerate(("crashed", "slow", "crashed"))]

    assert [ids[0], ids[2]] == [letter.id for letter in dead.letters(10, "crashed")]
    assert ids[:2] == [letter.id for letter in dead.letters(2)]


def test_a_message_that_is_replayed_goes_to_the_end_of_the_line_and_starts_anew(
    store: Store, dead: SqlDeadLetters
) -> None:
    letter = unanswered(store)
    store.receive(SMS, 5.0, text="a later one")

    fresh = dead.replay(letter, 10.0)

    later = store.claim(10.0)
    assert "a later one" == later.message.text
    store.answer(later, now=10.0)
    again = store.claim(10.0)
    assert ("a private question", 0, fresh, 10.0) == (
        again.message.text,
        again.failures,
        again.inbox_id,
        again.received_at,
    )
    assert [] == list(dead.letters(10))


def test_a_message_that_was_replayed_is_still_known_to_its_provider(store: Store, dead: SqlDeadLetters) -> None:
    dead.replay(unanswered(store), 10.0)
    store._count = 0  # the provider delivers it once more
    store.receive(SMS, 11.0, text="a private question")

    assert 1 == store.rows(inbox)


def test_a_reply_that_is_replayed_keeps_that_it_may_have_been_sent(store: Store, dead: SqlDeadLetters) -> None:
    store.exchange(SMS, "reply")
    [claim] = store.leaving(3.0)
    store.outbox.retry(claim, 4.0, "uncertain", uncertain=True)
    [again] = store.leaving(5.0)
    store.outbox.failed(again, "uncertain", opted_out=False, now=6.0)

    dead.replay(f"out:{claim.outbox_id}", 10.0)

    [replayed] = store.leaving(10.0)
    assert (True, 3.0, 1, "reply") == (
        replayed.uncertain,
        replayed.tried_at,
        replayed.attempt,
        replayed.message.text,
    )


def test_nothing_is_replayed_to_who_said_stop_or_asked_to_be_forgotten(store: Store, dead: SqlDeadLetters) -> None:
    stopped, letter = unsent(store, SMS), unsent(store, TELEGRAM)
    store.exchange(SMS, opted_out=True)
    with pytest.raises(CannotReplay, match="said stop"):
        dead.replay(stopped, 10.0)

    store.receive(TELEGRAM)
    store.answer(store.claim(), forget=True, now=11.0)
    with pytest.raises(LookupError, match="forgotten"):
        dead.replay(letter, 12.0)


@pytest.mark.parametrize("letter", ["in:1", "out:7", "in:", "7", "in:x", "both:1", "in:٣"])
def test_an_id_that_no_dead_letter_has_is_refused(store: Store, dead: SqlDeadLetters, letter: str) -> None:
    store.exchange(SMS, "alive")

    for act in (dead.letter, dead.content, dead.drop, lambda one: dead.replay(one, 1.0)):
        with pytest.raises(LookupError):
            act(letter)
    assert (1, 1) == (store.rows(inbox), store.rows(outbox))


def test_a_dropped_letter_is_gone_and_its_apology_stays(store: Store, dead: SqlDeadLetters) -> None:
    store.receive(SMS)
    claim = store.claim()
    apology = store.answer
    apology(claim, "sorry")
    with store.database.write() as connection:
        connection.execute(inbox.update().values(state="dead", error="crashed"))

    dead.drop(f"in:{claim.inbox_id}")

    assert (0, ["sorry"]) == (store.rows(inbox), store.texts())


def test_what_it_says_is_shown_only_when_asked_for(store: Store, dead: SqlDeadLetters) -> None:
    letter = unanswered(store)

    content = dead.content(letter)

    assert ("a private question", SMS.external_id) == (json.loads(content.body)["text"], content.address)
    other = SqlDeadLetters(store.database, Vault(["d" * 43 + "="], b"other"))
    assert other.content(letter).address is None


# ---- the commands --------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """`dalil …` over a database of its own: exit code and output."""
    monkeypatch.setenv("DALIL_DATABASE_URL", f"sqlite:///{tmp_path / 'dalil.db'}")
    monkeypatch.setenv("DALIL_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DALIL_SECRET_KEY", "a secret of the tests")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(arguments))
        return result.exit_code, result.output

    return run


@pytest.fixture
def stored(run) -> Store:
    from bot.settings import Settings

    settings = Settings()
    database = Database(settings.effective_database_url)
    migrate(database, settings.vault())
    return Store(database, settings.vault())


def test_dead_letters_on_the_command_line(run, stored: Store) -> None:
    assert (0, "No dead letters.\n") == run("deadletter", "list")
    letter = unanswered(stored)
    unsent(stored)

    code, listed = run("deadletter", "list")
    assert (0, True, True, False) == (code, letter in listed, "rejected" in listed, "private" in listed)
    code, lines = run("deadletter", "list", "--json", "--reason", "rejected")
    assert ["out:1"] == [json.loads(line)["id"] for line in lines.splitlines()]
    assert "private" not in run("deadletter", "show", letter)[1]
    assert "a private question" in run("deadletter", "show", letter, "--text")[1]
    assert (0, f"{letter} goes again as in:3.\n") == run("deadletter", "replay", letter)
    assert (0, "out:1 is deleted.\n") == run("deadletter", "drop", "out:1")
    code, said = run("deadletter", "show", "out:1")
    assert (1, True) == (code, "No dead letter has this id" in said)


def test_all_of_one_reason_go_again_and_the_exit_code_says_when_some_stay(run, stored: Store) -> None:
    unsent(stored, SMS)
    stored.exchange(SMS, opted_out=True)
    unsent(stored, TELEGRAM)
    unanswered(stored, TELEGRAM)

    code, said = run("deadletter", "replay", "--all", "--reason", "rejected")

    assert (1, True) == (code, said.endswith("1 go again, 1 stay.\n"))
    assert (0, "1 go again, 0 stay.\n") == run("deadletter", "replay", "--all", "--reason", "dialogue_failed")
    assert 2 == run("deadletter", "replay")[0] == run("deadletter", "replay", "in:1", "--all")[0]


def test_without_a_database_the_commands_say_what_to_do(run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run("deadletter", "list")

    assert (1, True) == (code, "dalil migrate" in said)


def test_keys_are_rotated_on_the_command_line(run, stored: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.fernet import Fernet

    stored.exchange(SMS, "reply")
    monkeypatch.setenv("DALIL_ADDRESS_KEYS", Fernet.generate_key().decode())

    code, said = run("rotate-keys")
    assert (0, True) == (code, "1 looked at, 1 changed, 0 that no key opens." in said)
    assert "may be taken out" in run("rotate-keys")[1]
    monkeypatch.setenv("DALIL_ADDRESS_KEYS", Fernet.generate_key().decode())
    code, said = run("rotate-keys")
    assert (1, True) == (code, "Remove no key" in said)


def test_a_person_is_forgotten_on_the_command_line(run, stored: Store) -> None:
    stored.exchange(SMS)

    assert 1 == run("forget", "+212699999999", "--yes")[0]
    assert 1 == run("forget", SMS.external_id)[0]  # asked, and nobody said yes
    assert (0, "1 deleted.\n") == run("forget", SMS.external_id, "--yes")
