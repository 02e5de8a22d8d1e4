"""What an editor publishes is live in a running app; what he gets wrong changes nothing and is told."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from bot.content_watch import ContentWatch
from bot.metrics import METRICS
from bot.settings import Settings
from bot.web.app import create_web
from knowledge.answer import Knowledge
from knowledge.loader import Remembered, load_content
from knowledge.settings import load_settings, load_words
from tests.fakes import TrigramEmbedder

EXAMPLE = Path(__file__).parents[1] / "knowledge" / "data" / "exemple.yaml"
LIVE_WITHIN_S = 2.0
OLD, NEW = "Attestation d'exemple", "Attestation du modèle"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """The example sheet, alone in a content folder."""
    file = tmp_path / "content" / "ma" / "exemple.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    return file


def rename(sheet: Path, old: str, new: str) -> None:
    text = sheet.read_text("utf-8")
    assert old in text
    sheet.write_text(text.replace(old, new), "utf-8")


def move(old: Path, new: Path) -> None:
    old.rename(new)


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Knowledge]:
    """Knowledge of `folder` while a watch keeps it up to date."""
    remembered: Remembered = {}
    catalogue = load_content(folder, remembered)
    knowledge = Knowledge(catalogue, TrigramEmbedder(), load_settings(), load_words())
    watch = ContentWatch(folder, knowledge, remembered, every_s=0.02)
    running = asyncio.create_task(watch.run())
    try:
        yield knowledge
    finally:
        watch.stop()
        await running


def title(knowledge: Knowledge) -> str | None:
    sheet = knowledge.catalogue.get("ma.exemple")
    return sheet.title.fr if sheet else None


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_running_app_shows_a_published_change_within_two_seconds(sheet: Path, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, var_dir=tmp_path / "var", content_dir=sheet.parents[1])
    web = create_web(settings, worker=False)
    transport = httpx2.ASGITransport(app=web)
    async with web.router.lifespan_context(web), httpx2.AsyncClient(transport=transport, base_url="http://app") as http:

        async def shown() -> str:
            response = await http.get("/api/procedures/ma.exemple")
            return str(response.json()["title"]["fr"])

        assert await shown() == OLD
        started = time.monotonic()
        rename(sheet, OLD, NEW)
        while await shown() == OLD and time.monotonic() - started < LIVE_WITHIN_S:
            await asyncio.sleep(0.02)

        assert await shown() == NEW


async def test_a_sheet_with_mistakes_leaves_the_old_one_and_each_mistake_is_logged_with_its_line(
    sheet: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with watched(sheet.parents[1]) as knowledge:
        rename(sheet, "state: published", "state: pubished")
        await until(lambda: "content has mistakes, the old sheets stay" in caplog.messages)

        [mistake] = [record.__dict__["mistake"] for record in caplog.records if hasattr(record, "mistake")]
        assert mistake.startswith("content/ma/exemple.yaml:3: 'state'")
        assert title(knowledge) == OLD
        await until(lambda: METRICS.content_mistakes._value.get() == 1)

        rename(sheet, "state: pubished", "state: published")
        rename(sheet, OLD, NEW)
        await until(lambda: title(knowledge) == NEW)
        await until(lambda: METRICS.content_mistakes._value.get() == 0)


async def test_a_mistake_is_told_once_not_at_every_look(sheet: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with watched(sheet.parents[1]):
        rename(sheet, "state: published", "state: pubished")
        await until(lambda: "content has mistakes, the old sheets stay" in caplog.messages)
        await asyncio.sleep(0.2)

    assert caplog.messages.count("content has mistakes, the old sheets stay") == 1


async def test_a_new_sheet_is_added_and_a_deleted_one_is_gone(sheet: Path) -> None:
    async with watched(sheet.parents[1]) as knowledge:
        move(sheet, other := sheet.with_name("autre.yaml"))
        rename(other, "id: ma.exemple", "id: ma.autre")
        await until(lambda: list(knowledge.catalogue.by_id) == ["ma.autre"])


async def test_files_that_stay_as_they_are_are_not_loaded_again(sheet: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with watched(sheet.parents[1]) as knowledge:
        before = knowledge.catalogue
        await asyncio.sleep(0.2)

        assert knowledge.catalogue is before

        os.utime(sheet)
        await until(lambda: "content reloaded" in caplog.messages)


async def test_a_folder_that_goes_away_and_comes_back_is_watched_again(
    sheet: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, away = sheet.parents[1], sheet.parents[2] / "away"
    async with watched(folder) as knowledge:
        move(folder, away)
        await until(lambda: "content cannot be read, the old sheets stay" in caplog.messages)
        assert title(knowledge) == OLD

        rename(away / "ma" / "exemple.yaml", OLD, NEW)
        move(away, folder)
        await until(lambda: title(knowledge) == NEW)
