"""What SMS may cost in a day (UTC), and the alarm when they do. Replies are never stopped by it; notifications wait."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.ports import Price, Spent

log = logging.getLogger(__name__)

THRESHOLDS = (0.8, 1.0)  # shares of the budget at which a person is told, once a day each
WARNING = THRESHOLDS[0]


@dataclass(frozen=True, slots=True)
class Budget:
    """A day's, in segments, in millionths of the price table's currency, in both or (None) in neither."""

    segments: int | None = None
    micros: int | None = None

    def __bool__(self) -> bool:
        return bool(self.segments or self.micros)

    def used(self, spent: Spent) -> Mapping[str, float]:
        """The share that is used up, by `segments` and `cost`; only of what has a budget."""
        shares = {}
        if self.segments:
            shares["segments"] = spent.segments / self.segments
        if self.micros:
            shares["cost"] = spent.micros / self.micros
        return shares

    def exhausted(self, spent: Spent) -> bool:
        return any(share >= 1 for share in self.used(spent).values())

    def crossed(self, after: Spent, price: Price) -> list[tuple[str, float]]:
        """The thresholds that this message passed, having led to `after`.

        `after` comes from the transaction that counted the message, so of all workers exactly one finds a threshold.
        """
        before = Spent(after.segments - price.segments, after.micros - (price.micros or 0), after.unpriced)
        was, now = self.used(before), self.used(after)
        return [(kind, limit) for kind in now for limit in THRESHOLDS if was[kind] < limit <= now[kind]]

    def alarm(self, after: Spent, price: Price) -> None:
        """One ERROR line for each threshold that this message passed."""
        for kind, limit in self.crossed(after, price):
            log.error(
                "SMS budget",
                extra={
                    "budget": kind,
                    "percent": round(100 * limit),
                    "segments": after.segments,
                    "micros": after.micros,
                    "unpriced": after.unpriced,
                },
            )


def day_of(now: float) -> str:
    """The UTC day, `2026-11-28`."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def next_day(now: float) -> float:
    """When the next UTC day starts."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()
