"""What a fault of a simulated government system is to us, while reading and while something is filed or booked."""

from __future__ import annotations

from connectors.errors import ConnectorError, SystemBusy, SystemDown, SystemPaused, SystemSlow, Uncertain

READING: list[tuple[str, type[ConnectorError]]] = [
    ("down", SystemDown),
    ("throttled", SystemBusy),
    ("maintenance", SystemPaused),
    ("slow", SystemSlow),
]
ACTING: list[tuple[str, type[ConnectorError]]] = [
    ("down", Uncertain),
    ("throttled", SystemBusy),
    ("maintenance", Uncertain),
    ("slow", Uncertain),
]
