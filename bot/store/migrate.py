"""Bring a database to the current schema (Alembic, called in-process; `dalil migrate` and every start use it)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from bot.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database, revision: str = "head") -> None:
    """Run every migration that is missing, in one transaction. Safe to run again, and by two processes at once."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(72616)")  # one migrator at a time
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
