"""bot/nlu/tracker_store.py: Rasa remembers a form that is open, and else the last turn only."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.nlu.tracker_store import LastTurnStore

MODEL = Path(__file__).parents[2] / "models" / "dalil.tar.gz"
SLOTS = [AnySlot("file_number", [{}]), AnySlot("session_started_metadata", [{}])]
TURN = ("user", "action", "bot", "action")


def tracker(*events: Any) -> DialogueStateTracker:
    started = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    return DialogueStateTracker.from_events("someone", [*started, *events], SLOTS)


def turn(text: str) -> list[Any]:
    return [UserUttered(text), ActionExecuted("action_answer"), BotUttered("…"), ActionExecuted("action_listen")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rasa.db"


@pytest.fixture
def store(path: Path) -> LastTurnStore:
    return LastTurnStore(Domain.empty(), db=str(path))


def kept(store: LastTurnStore, given: DialogueStateTracker) -> DialogueStateTracker:
    """What the store gives back after it was given a tracker."""

    async def both() -> DialogueStateTracker:
        await store.save(given)
        found = await store.retrieve("someone")
        assert found is not None
        return found

    store.domain.slots.extend(SLOTS)
    return asyncio.run(both())


def texts(given: DialogueStateTracker) -> list[str]:
    return [event.text for event in given.events if isinstance(event, UserUttered)]


def test_without_a_form_only_the_last_turn_stays(store: LastTurnStore) -> None:
    found = kept(store, tracker(*turn("the passport"), *turn("and how much?")))

    assert ["and how much?"] == texts(found)
    assert ["session_started", *TURN] == [event.type_name for event in found.events]


def test_while_a_form_is_open_everything_stays(store: LastTurnStore) -> None:
    form = [UserUttered("where is my file?"), ActiveLoop("status_form"), SlotSet("file_number", "PA-2026-004217")]

    found = kept(store, tracker(*turn("the passport"), *form, *turn("12/03/1990")))

    assert ["the passport", "where is my file?", "12/03/1990"] == texts(found)
    assert ("status_form", "PA-2026-004217") == (found.active_loop_name, found.get_slot("file_number"))


def test_a_slot_outlives_the_turn_that_set_it_and_a_sessions_metadata_does_not(store: LastTurnStore) -> None:
    slots = [SlotSet("file_number", "PA-2026-004217"), SlotSet("session_started_metadata", {"turn_id": "1"})]

    found = kept(store, tracker(*slots, *turn("one"), *turn("two")))

    assert ("PA-2026-004217", None) == (found.get_slot("file_number"), found.get_slot("session_started_metadata"))


def test_a_session_that_is_over_is_forgotten(store: LastTurnStore) -> None:
    open_form = [UserUttered("where is my file?"), ActiveLoop("status_form")]

    found = kept(store, tracker(*open_form, ActionExecuted("action_session_start"), SessionStarted(), *turn("salam")))

    assert ["salam"] == texts(found)
    assert found.active_loop_name is None


def test_what_was_kept_before_is_overwritten_in_the_file(store: LastTurnStore, path: Path) -> None:
    kept(store, tracker(*turn("words of the first turn")))
    kept(store, tracker(*turn("words of the first turn"), *turn("words of the second turn")))

    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert b"words of the second turn" in path.read_bytes()
    assert b"words of the first turn" not in path.read_bytes()


def test_nobody_is_known_before_the_first_turn_and_a_new_process_knows_everybody(path: Path) -> None:
    before, after = LastTurnStore(Domain.empty(), db=str(path)), LastTurnStore(Domain.empty(), db=str(path))

    assert asyncio.run(before.retrieve("someone")) is None
    kept(before, tracker(*turn("salam")))
    assert ["someone"] == list(asyncio.run(after.keys()))


@pytest.fixture(scope="module")
def say_kept(action_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[str]]]:
    """`say` of tests/nlu/conftest.py with the store that runs in production."""
    store = LastTurnStore(db=str(tmp_path_factory.mktemp("tracker") / "rasa.db"))
    endpoint = EndpointConfig(action_url, enable_selective_domain=True)
    agent = Agent.load(str(MODEL), action_endpoint=endpoint, tracker_store=store)
    loop = asyncio.new_event_loop()

    def say(text: str) -> list[str]:
        return [
            answer["custom"]["action"] for answer in loop.run_until_complete(agent.handle_text(text, sender_id="me"))
        ]

    yield say
    loop.close()


def test_turns_and_forms_go_on_as_with_a_whole_history(say_kept: Callable[[str], list[str]]) -> None:
    assert [["action_greet"], ["action_answer"]] == [say_kept("salam"), say_kept("combien coûte le passeport")]
    assert ["action_ask_file_number"] == say_kept("où en est mon dossier ?")
    assert ["action_ask_birth_date"] == say_kept("PA-2026-004217")
    assert ["action_thanks", "action_ask_birth_date"] == say_kept("merci beaucoup")
    assert ["action_case_status"] == say_kept("12/03/1990")
    assert ["action_answer"] == say_kept("combien coûte le passeport")
    assert ["action_ask_file_number"] == say_kept("où en est mon dossier ?")
