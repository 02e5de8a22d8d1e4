"""Which actions Rasa calls, turn by turn, with the trained model and a real action endpoint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rasa.core.agent import Agent

Say = Callable[..., list[str]]
Turns = list[tuple[str, list[str]]]

STATUS: tuple[str, list[str]] = ("/status", ["action_ask_file_number"])
NUMBER: tuple[str, list[str]] = ("PA-2026-004217", ["action_ask_birth_date"])
ASKED = ["action_ask_complaint_answer"]
COMPLAINT: tuple[str, list[str]] = ("/complaint", ASKED)
TROUBLE: tuple[str, list[str]] = ("trou dans la chaussée devant l'école", ASKED)
YES: tuple[str, list[str]] = ("/affirm", ["action_complaint"])
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
        pytest.param([COMPLAINT, TROUBLE, YES, ("merci", ["action_thanks"])], id="a complaint is filed"),
        pytest.param(
            [COMPLAINT, ("combien coute le passeport ?", ["action_answer", *ASKED]), TROUBLE, YES],
            id="a question in the middle of a complaint is answered and the complaint comes back",
        ),
        pytest.param([COMPLAINT, COMPLAINT, TROUBLE, YES], id="a button of the complaint is an answer"),
        pytest.param(
            [COMPLAINT, ("/deny", ["action_cancel_form"]), ("سلام", ["action_greet"])], id="no leaves a complaint"
        ),
        pytest.param([COMPLAINT, TROUBLE, ("/stop", ["action_cancel_form"])], id="stop leaves a complaint"),
        pytest.param([COMPLAINT, STATUS, NUMBER, BIRTH], id="a file instead of the complaint"),
        pytest.param([STATUS, NUMBER, COMPLAINT, TROUBLE, YES, STATUS], id="a complaint instead of the file"),
        pytest.param([COMPLAINT, TROUBLE, YES, COMPLAINT, TROUBLE, YES], id="a second complaint after the first"),
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
        for before in ([], [STATUS[0]], [STATUS[0], NUMBER[0]], [COMPLAINT[0]], [COMPLAINT[0], TROUBLE[0]]):
            who = f"{intent} after {before}"
            for text in before:
                say(text, who)
            if not 1 <= len(say(f"/{intent}", who)) <= 2:
                silent.append(who)
    assert silent == []
