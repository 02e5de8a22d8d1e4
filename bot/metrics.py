"""Counters and timings of the path, in Prometheus' words. Labels are channels, steps and codes: never a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 1, 2, 5, 15, 60)


class Metrics:
    """One set a process, on its own registry."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.received = Counter(
            "dalil_received_total", "Events taken from providers", ["channel", "result"], registry=registry
        )
        self.rejected = Counter(
            "dalil_rejected_total", "Webhooks refused, by reason", ["channel", "reason"], registry=registry
        )
        self.acknowledge = Histogram(
            "dalil_acknowledge_seconds", "Webhook in to answer out", ["channel"], buckets=_SECONDS, registry=registry
        )
        self.turns = Counter("dalil_turns_total", "Turns by outcome", ["outcome"], registry=registry)
        self.step = Histogram(
            "dalil_step_seconds", "Time of one step of a turn", ["step"], buckets=_SECONDS, registry=registry
        )
        self.sent = Counter(
            "dalil_sent_total", "Messages to providers, by result", ["channel", "result"], registry=registry
        )
        self.deliveries = Counter(
            "dalil_deliveries_total", "Delivery reports, by state", ["channel", "state"], registry=registry
        )
        self.backlog = Gauge("dalil_backlog", "Rows that wait", ["queue"], registry=registry)
        self.oldest = Gauge("dalil_oldest_waiting_seconds", "Age of the oldest unanswered message", registry=registry)


METRICS = Metrics()
