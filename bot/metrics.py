"""Counters and timings of the path, in Prometheus' words. Labels are channels, steps and codes: never a person.

docs/metrics.md says what each one means; a test compares. What the last group holds is set when a web process is
scraped; the rest is what each process counted itself.
"""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 1, 2, 5, 15, 60)
_WHOLE = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200)


class Metrics:
    """One set a process, on its own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._incoming()
        self._turns()
        self._outgoing()
        self._costs()
        self._following()
        self._government()
        self._stored()

    def _incoming(self) -> None:
        self.received = self._counter("received", "Events taken from providers", "channel", "result")
        self.rejected = self._counter("rejected", "Webhooks refused, by reason", "channel", "reason")
        self.acknowledge = self._histogram("acknowledge_seconds", "Webhook in to answer out", "channel")

    def _turns(self) -> None:
        self.turns = self._counter("turns", "Turns by outcome", "outcome")
        self.turn_failures = self._counter("turn_failures", "Tries of a turn that failed, by reason", "reason")
        self.step = self._histogram("step_seconds", "Time of one step of a turn", "step")
        self.identity = self._counter("identity", "Steps of proving an identity, by result", "result")
        self.opted_out = self._counter("opted_out", "People who want nothing more", "channel", "how")
        self.leases_lost = self._counter("leases_lost", "Rows whose worker died or was too slow", "queue")
        self.content_mistakes = self._gauge("content_mistakes", "Mistakes that keep new sheets from being taken")
        self.in_hand = self._gauge("in_hand", "Rows that this process works on now", "queue")

    def _outgoing(self) -> None:
        self.sent = self._counter("sent", "Sends to providers, by result", "channel", "result")
        self.retried = self._counter("retried", "Sends that will be tried again, by reason", "channel", "code")
        self.given_up = self._counter("given_up", "Messages that will never be sent, by reason", "channel", "code")
        self.held_back = self._counter("held_back", "Messages held until the citizen writes", "channel")
        self.postponed = self._counter("postponed", "Notifications put off to the next day", "channel")
        self.answered = self._histogram(
            "answer_seconds", "Webhook in to the provider's yes to the reply", "channel", buckets=_WHOLE
        )
        self.deliveries = self._counter("deliveries", "Delivery reports, by state", "channel", "state")

    def _costs(self) -> None:
        self.sms_segments = self._counter("sms_segments", "SMS segments sent", "country")
        self.sms_cost = self._counter("sms_cost", "Their cost where the price is known", "country", "currency")
        self.sms_unpriced = self._counter("sms_unpriced_segments", "SMS segments without a known price", "country")

    def _following(self) -> None:
        self.follows = self._counter("follows", "Files that are followed, or no longer", "result")
        self.follow_looks = self._counter("follow_looks", "Looks at followed files, by result", "result")
        self.follow_told = self._counter("follow_told", "Notifications of followed files", "channel")
        self.sms_instead = self._counter("sms_instead", "Notifications sent by SMS because WhatsApp failed")
        self.gov_events = self._counter("gov_events", "Events of government systems, by result", "result")

    def _government(self) -> None:
        self.gov_calls = self._counter("gov_calls", "Calls of government systems", "system", "operation", "outcome")
        self.gov_seconds = self._histogram("gov_seconds", "Time of a call, tries and waiting included", "system")
        self.gov_tries = self._counter("gov_tries", "How often a system was really asked", "system")
        self.gov_circuit = self._gauge("gov_circuit", "0 closed, 1 one call out to see, 2 open", "system")

    def _stored(self) -> None:
        self.database_up = self._gauge("database_up", "1 while the database answers, else 0")
        self.backlog = self._gauge("backlog", "Rows that wait", "queue", "priority")
        self.oldest = self._gauge("oldest_waiting_seconds", "Age of the oldest row that waits", "queue", "priority")
        self.following = self._gauge("following", "Files that are followed")
        self.held = self._gauge("held", "Messages that wait for the citizen to write")
        self.dead = self._gauge("dead_letters", "What got an apology (inbox) or was given up (outbox)", "queue")
        self.misconfigured = self._gauge("misconfigured", "Messages that wait for settings to be mended", "channel")
        self.budget_used = self._gauge("sms_budget_used_ratio", "Share of today's budget used up", "budget")
        self.disk_free = self._gauge("disk_free_bytes", "Free where DALIL_VAR_DIR is")

    def forget_stored(self) -> None:
        """The database does not answer: figures of before would say that nothing is wrong."""
        self.database_up.set(0)
        for labelled in (self.backlog, self.oldest, self.dead, self.misconfigured, self.budget_used):
            labelled.clear()
        self.held.set(math.nan)
        self.following.set(math.nan)

    def without_stored(self) -> CollectorRegistry:
        """For a process that has no web: what is stored is shown by those that have."""
        for gauge in (self.database_up, self.backlog, self.oldest, self.held, self.dead, self.misconfigured):
            self.registry.unregister(gauge)
        for gauge in (self.budget_used, self.disk_free, self.following):
            self.registry.unregister(gauge)
        return self.registry

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"dalil_{name}_total", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"dalil_{name}", what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, *labels: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
        return Histogram(f"dalil_{name}", what, labels, buckets=buckets, registry=self.registry)


METRICS = Metrics()
