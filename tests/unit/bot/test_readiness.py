"""What makes an instance unready, what only warns, and what a load balancer is told, over a real database and HTTP."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from bot.budget import Budget
from bot.metrics import METRICS, Metrics
from bot.ports import Price, Priority, TurnPlan
from bot.readiness import Readiness
from bot.store.costs import spend
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.store.requests import SqlMonitor
from bot.store.tables import inbox as inbox_table
from bot.vault import Vault
from bot.web import health
from connectors.messages import Address, IncomingMessage, Medium, OutgoingMessage

VAULT = Vault(["c" * 43 + "="], b"a key of the tests")
AMINA = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
NOW = 1_800_000_000.0


class Site:
    """A health page whose surroundings a test may spoil."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.rasa, self.mistakes, self.free_mb, self.now = True, 0, 10_000, NOW
        self.inbox, self.outbox = SqlInbox(self.database, VAULT), SqlOutbox(self.database, VAULT)
        self.readiness = Readiness(
            SqlMonitor(self.database),
            self.outbox.spent,
            self._rasa_ready,
            lambda: self.mistakes,
            Budget(segments=10),
            folder,
            disk_min_mb=500,
            backlog_max_s=300,
            clock=lambda: self.now,
        )
        web = FastAPI()
        web.include_router(health.create_router(self.readiness))
        transport = httpx2.ASGITransport(app=web)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://dalil")

    async def _rasa_ready(self) -> bool:
        return self.rasa

    async def ask(self, path: str = "ready") -> tuple[int, list[str], list[str]]:
        answer = await self.http.get(f"/health/{path}")
        body = answer.json()
        return answer.status_code, body["problems"], body.get("warnings", [])

    async def figures(self) -> str:
        return (await self.http.get("/metrics")).text

    def turn(self, *texts: str, failed: str | None = None) -> None:
        self.inbox.accept(IncomingMessage(provider_id=str(self.now), sender=AMINA, text="salam"), self.now)
        [claim] = self.inbox.claim(10, 30.0, self.now)
        messages = tuple(OutgoingMessage(to=AMINA, text=text, language="fr") for text in texts)
        self.inbox.finish(claim, TurnPlan(claim.conversation, messages, failed=failed), self.now)
        self.conversation = claim.conversation.id


@pytest.fixture
async def site(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    site = Site(sqlite_database, tmp_path)
    real = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        "bot.readiness.shutil.disk_usage", lambda _place: real._replace(free=site.free_mb * 2**20)
    )  # no disk can be filled by a test
    yield site
    await site.http.aclose()


async def test_nothing_wrong_is_ready_without_a_word(site: Site) -> None:
    assert (200, [], []) == await site.ask()
    assert (200, [], []) == await site.ask("accepting")


async def test_rasa_down_is_unready_but_still_accepts_messages(site: Site) -> None:
    site.rasa = False

    status, [problem], warnings = await site.ask()

    assert (503, "rasa", []) == (status, problem[:4], warnings)
    assert (200, [], []) == await site.ask("accepting")


async def test_a_database_that_cannot_be_written_accepts_nothing(site: Site) -> None:
    with sqlite3.connect(site.folder / "dalil.db") as raw:
        raw.execute("DROP TABLE spending")
        raw.execute("ALTER TABLE inbox RENAME TO gone")

    status, [problem], _ = await site.ask()

    assert (503, "database: ") == (status, problem[:10])
    assert 503 == (await site.ask("accepting"))[0]
    figures = await site.figures()
    assert "dalil_database_up 0.0" in figures
    assert "dalil_backlog{" not in figures


async def test_a_full_disk_accepts_nothing_and_a_nearly_full_one_warns(site: Site) -> None:
    site.free_mb = 499
    status, problems, [warning] = await site.ask()
    assert (200, [], "disk: 499 MB") == (status, problems, warning[:12])
    assert 200 == (await site.ask("accepting"))[0]

    site.free_mb = 19
    assert (503, "disk: 19 MB") == ((answer := await site.ask())[0], answer[1][0][:11])
    assert 503 == (await site.ask("accepting"))[0]


async def test_an_old_backlog_warns_and_waiting_notifications_do_not(site: Site) -> None:
    site.turn()
    site.outbox.enqueue(site.conversation, OutgoingMessage(to=AMINA, text="news", language="fr"), Priority(1), NOW)
    site.now += 301
    assert (200, [], []) == await site.ask()

    site.inbox.accept(IncomingMessage(provider_id="late", sender=AMINA, text="salam"), NOW)
    status, problems, [warning] = await site.ask()
    assert (200, [], "backlog: 1 in the inbox, the oldest for 301 s (more than 300 s)") == (status, problems, warning)
    figures = await site.figures()
    assert 'dalil_oldest_waiting_seconds{priority="none",queue="inbox"} 301.0' in figures
    assert 'dalil_backlog{priority="notification",queue="outbox"} 1.0' in figures
    assert 'dalil_backlog{priority="reply",queue="outbox"} 0.0' in figures


async def test_a_misconfigured_channel_warns_until_its_message_is_sent(site: Site) -> None:
    site.turn("a reply")
    [claim] = site.outbox.claim_messages(10, 30.0, NOW, {})
    site.outbox.retry(claim, NOW + 1, "misconfigured", uncertain=False)

    status, problems, [warning] = await site.ask()
    assert (200, [], "channel twilio: misconfigured, 1 messages wait") == (status, problems, warning.split(";")[0])
    assert 'dalil_misconfigured{channel="twilio"} 1.0' in await site.figures()

    [claim] = site.outbox.claim_messages(10, 30.0, NOW + 2, {})
    site.outbox.sent(claim, "SM1", NOW + 2)
    assert (200, [], []) == await site.ask()
    assert "dalil_misconfigured{" not in await site.figures()


async def test_mistakes_in_the_content_and_a_used_up_budget_warn(site: Site) -> None:
    site.mistakes = 3
    with site.database.write() as connection:
        spend(connection, Price("ma", 8, None), NOW)
    status, problems, warnings = await site.ask()
    assert (200, []) == (status, problems)
    budget, content = warnings
    assert "budget: 80% of today's SMS segments used up" == budget
    assert content.startswith("content: 3 mistakes")

    with site.database.write() as connection:
        spend(connection, Price("dz", 2, None), NOW)
    assert "budget: 100% of today's SMS segments used up; notifications wait" in (await site.ask())[2]
    assert 'dalil_sms_budget_used_ratio{budget="segments"} 1.0' in await site.figures()


async def test_dead_letters_are_counted(site: Site) -> None:
    site.turn("sorry", failed="crashed")
    [claim] = site.outbox.claim_messages(10, 30.0, NOW, {})
    site.outbox.failed(claim, "rejected", opted_out=False, now=NOW)

    figures = await site.figures()

    assert 'dalil_dead_letters{queue="inbox"} 1.0' in figures
    assert 'dalil_dead_letters{queue="outbox"} 1.0' in figures
    with site.database.write() as connection:
        connection.execute(update(inbox_table).values(state="done"))
    assert 'dalil_dead_letters{queue="inbox"} 0.0' in await site.figures()


def test_a_worker_shows_what_it_counted_and_nothing_of_what_is_stored() -> None:
    metrics = Metrics()
    metrics.in_hand.labels("inbox").set(2)

    names = {family.name for family in metrics.without_stored().collect()}

    assert {"dalil_in_hand", "dalil_sent", "dalil_step_seconds", "dalil_content_mistakes"} <= names
    assert not {"dalil_backlog", "dalil_held", "dalil_disk_free_bytes", "dalil_database_up"} & names
    assert "dalil_disk_free_bytes" in {family.name for family in METRICS.registry.collect()}
