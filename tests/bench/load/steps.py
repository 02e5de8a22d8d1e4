"""Dalil's own timings, from the text of its /metrics: the histograms of acknowledging and of each step of a turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

_ACKNOWLEDGE, _STEP = "dalil_acknowledge_seconds", "dalil_step_seconds"
_BACKLOG, _TURNS = "dalil_backlog", "dalil_turns"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts by upper bound (s)."""

    buckets: Mapping[float, float] = field(default_factory=dict)
    total_s: float = 0.0

    @property
    def count(self) -> float:
        return max(self.buckets.values(), default=0.0)

    @property
    def mean_ms(self) -> float:
        return 1000 * self.total_s / self.count if self.count else float("nan")

    def quantile_ms(self, share: float) -> float:
        """Interpolated within a bucket, as Prometheus does."""
        wanted, below, lower = share * self.count, 0.0, 0.0
        for bound, count in sorted(self.buckets.items()):
            if count >= wanted and count > below:
                upper = bound if bound != float("inf") else lower
                return 1000 * (lower + (upper - lower) * (wanted - below) / (count - below))
            below, lower = count, bound
        return float("nan")

    def since(self, before: Histogram) -> Histogram:
        buckets = {bound: count - before.buckets.get(bound, 0.0) for bound, count in self.buckets.items()}
        return Histogram(buckets, self.total_s - before.total_s)


Histograms = dict[str, Histogram]


def read(text: str) -> Histograms:
    """By step; `acknowledge` is one of them."""
    buckets: dict[str, dict[float, float]] = {}
    totals: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        if family.name not in (_ACKNOWLEDGE, _STEP):
            continue
        for sample in family.samples:
            name = sample.labels.get("step", "acknowledge")
            if sample.name.endswith("_bucket"):
                bounds = buckets.setdefault(name, {})
                bound = float(sample.labels["le"])
                bounds[bound] = bounds.get(bound, 0.0) + sample.value
            elif sample.name.endswith("_sum"):
                totals[name] = totals.get(name, 0.0) + sample.value
    return {name: Histogram(bounds, totals.get(name, 0.0)) for name, bounds in buckets.items()}


def between(before: Histograms, after: Histograms) -> Histograms:
    return {name: one.since(before.get(name, Histogram())) for name, one in after.items()}


def apologies(text: str) -> int:
    """Turns that ended in an apology."""
    families = text_string_to_metric_families(text)
    samples = (sample for family in families if family.name == _TURNS for sample in family.samples)
    return int(sum(one.value for one in samples if one.name == _TURNS + "_total" and one.labels["outcome"] == "failed"))


def backlog(text: str) -> int:
    """Rows of inbox and outbox that wait."""
    families = text_string_to_metric_families(text)
    return int(sum(sample.value for family in families if family.name == _BACKLOG for sample in family.samples))
