"""The figures of web and worker on one page, where one of each runs (`dalil run`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import httpx2
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

TIMEOUT_S = 2.0


class OtherProcess:
    """A worker with a private port at `url` (bot/web/private.py). `http` is shared and stays open."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def lives(self) -> bool:
        return await self._get("/health/live") is not None

    async def figures(self) -> list[Metric]:
        """Nothing while that process does not answer: its figures are then missing, as those of any dead process."""
        return list(text_string_to_metric_families(await self._get("/metrics") or ""))

    async def _get(self, path: str) -> str | None:
        try:
            response = await self._http.get(self._url + path, timeout=TIMEOUT_S)
        except httpx2.TransportError:
            return None
        return response.text if response.status_code == 200 else None


class Both(Collector):
    """Two processes' figures as those of one: counts are added, of gauges the higher is shown."""

    def __init__(self, registry: CollectorRegistry, others: Iterable[Metric]) -> None:
        self._registry = registry
        self._others = others

    def collect(self) -> Iterator[Metric]:
        others = {metric.name: metric for metric in self._others}
        for metric in self._registry.collect():
            other = others.get(metric.name)
            yield _together(metric, other) if other is not None else metric


def _together(one: Metric, other: Metric) -> Metric:
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for sample in (*one.samples, *other.samples):
        key = (sample.name, tuple(sorted(sample.labels.items())))
        if key not in values:
            values[key] = sample.value
        elif one.type == "gauge" or sample.name.endswith("_created"):
            values[key] = max(values[key], sample.value)
        else:
            values[key] += sample.value
    both = Metric(one.name, one.documentation, one.type, one.unit)
    both.samples = [Sample(name, dict(labels), value, None, None) for (name, labels), value in values.items()]
    return both
