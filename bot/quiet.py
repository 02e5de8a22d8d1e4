"""Quiet hours: when nobody is told anything that he did not ask for just now.

By the clock of the citizen's country, from the time zone database (https://www.iana.org/time-zones).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from actions.contract import CountryCode
from actions.local_time import ZONES


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From the hour `since` to the hour `until` of the next day; none where both are the same."""

    since: int
    until: int
    country: CountryCode  # of a citizen whose own is not known

    def end(self, country: CountryCode | None, now: float) -> float | None:
        """When the quiet hours of now end (POSIX seconds); None outside them."""
        if self.since == self.until:
            return None
        zone = ZONES[country or self.country]
        local = datetime.fromtimestamp(now, UTC).astimezone(zone)
        over_midnight = self.since > self.until
        late, early = local.hour >= self.since, local.hour < self.until
        if not (late or early if over_midnight else late and early):
            return None
        day = local.date() + timedelta(days=1 if over_midnight and late else 0)
        return datetime(day.year, day.month, day.day, self.until, tzinfo=zone).timestamp()
