"""Conversations as data (follow_ups/*.yaml), each held by a new citizen with the whole running system.

A turn says what the citizen writes and what it must come to: the procedure and facets that are spoken of afterwards,
and the outcome. `after_hours` makes the conversation so much older before the turn, as if the citizen had been away.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from tests.journeys.conftest import Phone
from tests.system import System

TIMEOUT_S = 30.0


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Turn(_Model):
    """`pick` answers with the number of the choice that has this payload; `tap` taps it."""

    say: str = ""
    pick: str = ""
    tap: str = ""
    after_hours: float = 0
    procedure: str | None = None
    facets: tuple[str, ...] | None = None
    outcome: Literal["answered", "clarify", "no_answer", "handled", "opted_out", "page"] | None = None
    first_line: str = ""  # stands in the first line of the reply
    says: tuple[str, ...] = ()
    says_not: tuple[str, ...] = ()


class Conversation(_Model):
    name: str
    handset: Literal["sms", "whatsapp", "telegram"] = "telegram"
    country: Literal["ma", "dz", "mr"] = "ma"  # of the handset's number; a Telegram account has none
    turns: tuple[Turn, ...]


def conversations() -> list[Any]:
    """Every conversation of the files, named after its file."""
    cases = []
    for path in sorted((Path(__file__).parent / "follow_ups").glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            conversation = Conversation.model_validate(case)
            cases.append(pytest.param(conversation, id=f"{path.stem}: {conversation.name}"))
    return cases


class Citizen:
    """One invented citizen; what came of his messages is read in the system's own database."""

    def __init__(self, phone: Phone, database: Path) -> None:
        self._phone = phone
        self._database = database
        self._conversation = ""

    def send(self, turn: Turn) -> tuple[str, dict[str, Any], str]:
        """Send one message and wait for its end: the outcome, the context after it, and what was said."""
        before = self._one("select coalesce(max(id), 0) from inbox")[0]
        if turn.after_hours:
            self._was_away(timedelta(hours=turn.after_hours))
        if turn.tap:
            self._phone.act(choice=turn.tap, title=turn.tap)
        else:
            self._phone.act(text=self._number(turn.pick) if turn.pick else turn.say)
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            row = self._one("select id, conversation_id, outcome from inbox where id > ? and state = 'done'", before)
            if row is not None:
                self._conversation = row[1]
                return row[2], self._context(), self._said(row[0])
            time.sleep(0.02)
        raise AssertionError(f"no answer to {turn}")

    def _number(self, payload: str) -> str:
        return str(self._context()["choices"].index(payload) + 1)

    def _was_away(self, hours: timedelta) -> None:
        """Make what is remembered older, as the clock would have."""
        context = self._context()
        context["at"] = (datetime.fromisoformat(context["at"]) - hours).isoformat()
        with closing(sqlite3.connect(self._database, timeout=10)) as connection, connection:
            connection.execute(
                "update conversations set context = ? where id = ?", (json.dumps(context), self._conversation)
            )

    def _context(self) -> dict[str, Any]:
        context: dict[str, Any] = json.loads(
            self._one("select context from conversations where id = ?", self._conversation)[0]
        )
        return context

    def _said(self, inbox_id: int) -> str:
        with closing(sqlite3.connect(self._database, timeout=10)) as connection:
            rows = connection.execute("select body from outbox where inbox_id = ? order by id", (inbox_id,)).fetchall()
        return "\n".join(json.loads(body)["text"] for (body,) in rows)

    def _one(self, query: str, *values: object) -> Any:
        with closing(sqlite3.connect(self._database, timeout=10)) as connection:
            return connection.execute(query, values).fetchone()


@pytest.mark.parametrize("conversation", conversations())
def test_a_conversation_goes_as_written(dalil: System, http: httpx2.Client, conversation: Conversation) -> None:
    phone = Phone(http, dalil.sandbox_url, conversation.handset, conversation.country)
    citizen = Citizen(phone, dalil.var_dir / "dalil.db")

    for turn in conversation.turns:
        outcome, context, said = citizen.send(turn)

        if turn.outcome is not None:
            assert turn.outcome == outcome, (turn, said)
        if turn.procedure is not None:
            assert turn.procedure == context["procedure"], (turn, said)
        if turn.facets is not None:
            assert list(turn.facets) == context["facets"], (turn, said)
        assert turn.first_line in said.splitlines()[0], (turn, said)
        assert [] == [part for part in turn.says if part not in said], (turn, said)
        assert [] == [part for part in turn.says_not if part in said], (turn, said)


def test_there_are_conversations_in_all_four_varieties() -> None:
    names = [param.id or "" for param in conversations()]

    assert len(names) >= 40
    assert len(set(names)) == len(names)
