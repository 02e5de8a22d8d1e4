"""bot/nlu/rasa_server.py: the repairs change how long Rasa takes, not what it accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

from bot.nlu import rasa_server


@pytest.fixture
def repaired() -> Iterator[RemoteAction]:
    """An action after the repairs, which are undone again."""
    check, session = RemoteAction._validate_action_result, EndpointConfig.session
    rasa_server.check_schema_once()
    rasa_server.keep_connections()
    yield RemoteAction("action_answer", None)
    RemoteAction._validate_action_result, EndpointConfig.session = check, session


def test_a_right_answer_is_accepted(repaired: RemoteAction) -> None:
    slot = {"event": "slot", "name": "file_number", "value": None, "timestamp": None}

    assert repaired._validate_action_result({"events": [slot], "responses": [{"custom": {"dalil": 1}}]})


@pytest.mark.parametrize(
    "answer", [{"events": "none"}, {"events": [{"event": "no such event"}]}, {"responses": ["text"]}]
)
def test_a_wrong_answer_is_refused_in_rasas_own_words(repaired: RemoteAction, answer: object) -> None:
    with pytest.raises(ValidationError, match="Failed to validate Action server response"):
        repaired._validate_action_result(answer)


def test_calls_share_one_session_and_an_endpoint_with_a_password_gets_its_own(repaired: RemoteAction) -> None:
    first, second = EndpointConfig("http://127.0.0.1:1/a"), EndpointConfig("http://127.0.0.1:1/b")
    guarded = EndpointConfig("http://127.0.0.1:1/a", headers={"Authorization": "invented"})

    async def sessions() -> tuple[bool, bool]:
        async with first.session() as one, second.session() as other, guarded.session() as own:
            found = one is other, one is own
            assert not one.closed
        assert own.closed
        assert not one.closed
        await one.close()
        return found

    assert (True, False) == asyncio.run(sessions())
