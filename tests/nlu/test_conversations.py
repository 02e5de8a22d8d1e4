"""Which actions Rasa calls, turn by turn, with the trained model and a real action endpoint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rasa.core.agent import Agent

Say = Callable[..., list[str]]
Turns = list[tuple[str, list[str]]]

STATUS: tuple[str, list[str]] = ("/status", ["action_ask_file_number"])
NUMBER: tuple[str, list[str]] = ("PA-2026-004217", ["action_ask_birth_date"])
BIRTH: tuple[str, list[str]] = ("12/03/1990", ["action_case_status"])


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param([STATUS, NUMBER, BIRTH, ("merci", ["action_thanks"])], id="the form is filled and looked up"),
        pytest.param(
            [("فين وصل الملف PA-2026-004217", ["action_ask_birth_date"]), BIRTH], id="the number is in the question"
        ),
        pytest.param(
            [
                STATUS,
                ("combien coute le passeport ?", ["action_answer", "action_ask_file_number"]),
                NUMBER,
                ("شنو الوراق ديال لاكارط", ["action_answer", "action_ask_birth_date"]),
                BIRTH,
            ],
            id="questions in the middle of the form are answered and the form goes on",
        ),
        pytest.param(
            [STATUS, ("/agent", ["action_request_person", "action_ask_file_number"]), NUMBER, BIRTH],
            id="a button in the middle of the form",
        ),
        pytest.param(
            [STATUS, NUMBER, ("/status", ["action_ask_birth_date"]), BIRTH],
            id="asking for the status again asks for what is missing",
        ),
        pytest.param(
            [STATUS, ("😀", ["action_answer", "action_ask_file_number"]), NUMBER, BIRTH], id="emoji in the form"
        ),
        pytest.param([STATUS, ("لا", ["action_cancel_form"]), ("سلام", ["action_greet"])], id="no ends the form"),
        pytest.param(
            [STATUS, NUMBER, ("/stop", ["action_cancel_form"]), ("salam", ["action_greet"])], id="stop ends the form"
        ),
        pytest.param([STATUS, ("au revoir", ["action_cancel_form"]), STATUS], id="goodbye ends the form"),
        pytest.param([STATUS, NUMBER, BIRTH, STATUS, NUMBER, BIRTH], id="a second file after the first"),
        pytest.param([("/restart", ["action_answer"]), ("سلام", ["action_greet"])], id="a citizen cannot restart Rasa"),
        pytest.param([("😀", ["action_answer"]), ("", ["action_answer"])], id="nothing to understand"),
    ],
)
def test_actions_called_turn_by_turn(say: Say, turns: Turns) -> None:
    assert [(text, say(text)) for text, _ in turns] == turns


def test_every_intent_has_an_answer_alone_and_in_the_middle_of_the_form(agent: Agent, say: Say) -> None:
    intents = sorted(agent.domain.intent_properties.keys() - {"restart", "back", "session_start", "nlu_fallback"})
    silent = []
    for intent in intents:
        for before in ([], [STATUS[0]], [STATUS[0], NUMBER[0]]):
            who = f"{intent} after {before}"
            for text in before:
                say(text, who)
            if not 1 <= len(say(f"/{intent}", who)) <= 2:
                silent.append(who)
    assert silent == []
