"""Two processes' figures on one page."""

from __future__ import annotations

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bot.web.figures import Both, OtherProcess


def process(turns: int, mistakes: int, seconds: tuple[float, ...], *, labelled: str = "answered") -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("dalil_turns_total", "Turns", ["outcome"], registry=registry).labels(labelled).inc(turns)
    Gauge("dalil_content_mistakes", "Mistakes", registry=registry).set(mistakes)
    histogram = Histogram("dalil_step_seconds", "Steps", ["step"], buckets=(0.1, 1.0), registry=registry)
    for one in seconds:
        histogram.labels("turn").observe(one)
    return registry


async def shown(ours: CollectorRegistry, theirs: bytes | None) -> dict[tuple[str, str], float]:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert "/metrics" == request.url.path
        if theirs is None:
            raise httpx2.ConnectError("nobody there")
        return httpx2.Response(200, content=theirs)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        text = generate_latest(Both(ours, await OtherProcess(http, "http://worker:8001/").figures())).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert len({(one.name, *sorted(one.labels.items())) for one in samples}) == len(samples), "a figure stands twice"
    return {(one.name, ",".join(one.labels.values())): one.value for one in samples}


async def test_counts_and_times_are_added_and_of_gauges_the_higher_stands() -> None:
    both = await shown(process(2, 3, (0.05,)), generate_latest(process(5, 3, (0.05, 0.5, 7.0))))

    assert 7 == both["dalil_turns_total", "answered"]
    assert 3 == both["dalil_content_mistakes", ""]
    assert (4, 2) == (both["dalil_step_seconds_count", "turn"], both["dalil_step_seconds_bucket", "0.1,turn"])
    assert 7.6 == pytest.approx(both["dalil_step_seconds_sum", "turn"])


async def test_what_only_one_of_them_has_stands_too() -> None:
    both = await shown(process(2, 0, ()), generate_latest(process(5, 0, (), labelled="clarify")))

    assert (2, 5) == (both["dalil_turns_total", "answered"], both["dalil_turns_total", "clarify"])


async def test_while_the_worker_is_away_ours_stand_alone() -> None:
    assert 2 == (await shown(process(2, 0, ()), None))["dalil_turns_total", "answered"]
