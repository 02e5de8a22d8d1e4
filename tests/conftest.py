"""What all tests share: databases with the current schema, and which tests one process runs together (`pytest -n 2`).

Rasa's environment reads this file too and has neither our stores nor pytest-xdist: what needs them is imported late.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.store.database import Database

HERE = Path(__file__).parent
# Whole systems of several processes, under time limits: one at a time, and first, as nothing else takes so long.
SYSTEMS = ("faults", "journeys")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Systems first, then what needs a database server, then the rest; a file stays together, and so do all systems."""
    items.sort(key=lambda item: _place(_folder(item)))
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            group = "systems" if _folder(item) in SYSTEMS else item.path.relative_to(HERE).as_posix()
            item.add_marker(pytest.mark.xdist_group(group))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


def _place(folder: str) -> int:
    order = (*SYSTEMS, "contracts", "browser")
    return order.index(folder) if folder in order else len(order)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the current schema, to be copied: migrating takes ten times as long."""
    from bot.store.database import Database
    from bot.store.migrate import migrate
    from bot.vault import Vault

    path = tmp_path_factory.mktemp("migrated") / "dalil.db"
    database = Database(f"sqlite:///{path}")
    migrate(database, Vault(["c" * 43 + "="], b"a key of the tests"))
    database.close()
    assert not path.with_name(f"{path.name}-wal").exists(), "the write-ahead log is part of the file now"
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of an empty SQLite database of this test's own, with the current schema."""
    shutil.copyfile(migrated_sqlite, tmp_path / "dalil.db")
    return f"sqlite:///{tmp_path / 'dalil.db'}"


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """The same, opened."""
    from bot.store.database import Database

    database = Database(sqlite_url)
    yield database
    database.close()
