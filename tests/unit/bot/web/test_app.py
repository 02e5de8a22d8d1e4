"""What ends the process: a worker that ended by itself."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from bot.web.app import _ended


class _Worker:
    stopping = False


@pytest.mark.parametrize(
    ("asked", "killed"), [(False, [signal.SIGTERM]), (True, [])], ids=["by a mistake", "because it was asked to"]
)
async def test_a_worker_that_ends(asked: bool, killed: list[signal.Signals], monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: sent.append(number))
    worker = _Worker()
    worker.stopping = asked

    async def run() -> None:
        if not asked:
            raise ZeroDivisionError

    working = asyncio.create_task(run())
    await asyncio.wait([working])
    _ended(worker, working)  # type: ignore[arg-type]  # only `stopping` is looked at

    assert killed == sent
