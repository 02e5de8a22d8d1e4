"""What the path counts and logs of messages that fail: under the message's own id, and by reason."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from prometheus_client import Counter
from sqlalchemy import select

from bot.dialogue import DialogueFailed
from bot.metrics import METRICS
from bot.store.database import Database
from bot.store.tables import inbox as inbox_table
from bot.store.tables import outbox as outbox_table
from connectors.errors import OptedOut, Rejected, Throttled
from tests.unit.bot.test_worker import System


@pytest.fixture
async def system(sqlite_database: Database) -> AsyncIterator[System]:
    system = System(sqlite_database)
    running = asyncio.create_task(system.worker.run())
    yield system
    system.worker.stop()
    await running


def value(counter: Counter, *labels: str) -> float:
    return counter.labels(*labels)._value.get()


def states(system: System) -> list[str]:
    with system.database.read() as connection:
        return list(connection.scalars(select(outbox_table.c.state)))


def lines(caplog: pytest.LogCaptureFixture, message: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.message == message]


@pytest.mark.parametrize(("error", "left"), [(Rejected("21211"), 0), (OptedOut("21610"), 1)])
async def test_a_reply_that_is_given_up_is_a_dead_letter_with_its_messages_id(
    system: System, caplog: pytest.LogCaptureFixture, error: Rejected | OptedOut, left: int
) -> None:
    caplog.set_level(logging.INFO)
    given_up, opted_out = (
        value(METRICS.given_up, "telegram", error.code),
        value(METRICS.opted_out, "telegram", "provider"),
    )
    system.wire.trouble.append(error)

    await system.receive("salam")
    await system.until(lambda: states(system) == ["failed"])

    [accepted], [dead] = lines(caplog, "accepted"), lines(caplog, "dead letter")
    assert (accepted.trace, error.code) == (dead.trace, dead.code)
    assert 1 == value(METRICS.given_up, "telegram", error.code) - given_up
    assert left == value(METRICS.opted_out, "telegram", "provider") - opted_out


async def test_a_reply_that_is_tried_again_is_counted_and_timed_from_its_webhook(system: System) -> None:
    retried, whole = value(METRICS.retried, "telegram", "throttled"), METRICS.answered.labels("telegram")._sum.get()
    system.wire.trouble.append(Throttled("429", retry_after=1.0))

    await system.receive("salam")
    await system.until(lambda: states(system) == ["sent"])

    assert 1 == value(METRICS.retried, "telegram", "throttled") - retried
    assert METRICS.answered.labels("telegram")._sum.get() - whole >= 1.0
    await system.until(lambda: METRICS.in_hand.labels("outbox")._value.get() == 0)


async def test_a_message_that_gets_an_apology_is_a_dead_letter_too(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    failures = value(METRICS.turn_failures, "dialogue_failed")
    system.dialogue.trouble += [DialogueFailed("no action gave a result")] * 3

    await system.receive("salam")
    await system.until(lambda: states(system) == ["sent"])

    [accepted], [dead] = lines(caplog, "accepted"), lines(caplog, "dead letter")
    assert (accepted.trace, "dialogue_failed", logging.ERROR) == (dead.trace, dead.code, dead.levelno)
    assert {accepted.trace} == {line.trace for line in lines(caplog, "turn failed")}
    assert 3 == value(METRICS.turn_failures, "dialogue_failed") - failures
    assert ["dead"] == system.column(inbox_table.c.state)
