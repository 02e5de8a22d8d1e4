"""Bring a database to the current schema (Alembic, called in-process; `dalil migrate` and every start use it)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from bot.store.database import Database
from bot.vault import Vault

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database, vault: Vault, revision: str = "head") -> None:
    """Run every migration that is missing, in one transaction. Safe to run again, and by two processes at once.

    `vault` seals what older schemas kept open.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.rebuild() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(72616)")  # one migrator at a time
        config.attributes["connection"] = connection
        config.attributes["vault"] = vault
        command.upgrade(config, revision)
