"""`dalil deadletter list` shows ids and reasons whole, in a pipe and in a narrow terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from bot.dead_letters import _print
from bot.ports import DeadLetter

LETTER = DeadLetter(
    id="out:1234567",
    at=0.0,
    channel="whatsapp",
    reason="no_such_channel",
    attempts=12,
    provider_code="131047",
    conversation_id="366f075d" * 4,
    trace="1f3a9c0b77de1f3a",
)


@pytest.mark.parametrize("terminal", [True, False])
def test_everything_is_whole_at_forty_columns(capsys: pytest.CaptureFixture[str], terminal: bool) -> None:
    out = StringIO()
    _print([LETTER], 90.0, Console(file=out, width=40, force_terminal=terminal))

    shown = out.getvalue() + capsys.readouterr().out
    for part in (LETTER.id, LETTER.reason, LETTER.conversation_id, LETTER.trace, "131047"):
        assert part in shown
