"""How fast one sender may send, or one recipient be sent to: the generic cell rate algorithm (ITU-T I.371).

The number is the theoretical arrival time: when the next message would be due if all came evenly. It is stored, so that
any number of workers share one rate.
"""

from __future__ import annotations

CLOCKS_S = 60.0  # machines' clocks differ by less


def believable(pace: float, now: float, interval: float, burst: int) -> float:
    """The stored number; or `now` where none can be so far ahead, and the clock must have been set back since."""
    return pace if pace <= now + burst * interval + CLOCKS_S else now


def slot(pace: float, now: float, interval: float, burst: int) -> float:
    """The earliest time at which the next message may leave. `interval` in seconds; `burst` messages may go at once."""
    return max(now, pace - (burst - 1) * interval)


def advanced(pace: float, at: float, interval: float) -> float:
    """The stored number after a message left at `at`."""
    return max(pace, at) + interval
