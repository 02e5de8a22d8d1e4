"""The quick part of the fault matrix (`make faults` runs all): every accepted message is answered exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.cluster import Cluster, Kind, running
from tests.faults.rows import ROWS, Plan, Row

QUICK = [(row, database) for database in ("sqlite", "postgresql") for row in ROWS if database in row.quick]


class Clusters:
    """One for each database, started when it is first asked for; a new one after a row that failed."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._stack = ExitStack()
        self._kind: Kind | None = None
        self._cluster: Cluster | None = None

    def of(self, kind: Kind) -> Cluster:
        if self._kind != kind or self._cluster is None:
            self.close()
            self._cluster = self._stack.enter_context(running(self._factory.mktemp("faults") / "cluster", kind))
            self._kind = kind
        self._cluster.mend()
        return self._cluster

    def close(self) -> None:
        self._stack.close()
        self._cluster = None


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    started = Clusters(tmp_path_factory)
    yield started
    started.close()


@pytest.mark.parametrize(("row", "database"), QUICK, ids=[f"{row.name} ({database})" for row, database in QUICK])
def test_every_accepted_message_is_answered_exactly_once_in_order_when(
    row: Row, database: Kind, clusters: Clusters
) -> None:
    cluster = clusters.of(database)
    try:
        verdict = row.does(cluster, Plan(rounds=1))
        assert verdict.clean, f"{verdict}\n{cluster.logs()}"
        assert verdict.messages > 0
    except BaseException:
        clusters.close()
        raise


def test_every_row_has_a_sentence_of_its_own_and_some_run_with_every_make_test() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {database for _, database in QUICK} == {"sqlite", "postgresql"}
    assert abs(sum(row.share for row in ROWS) - 1) < 1e-9
