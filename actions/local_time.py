"""Times as a citizen's own clock shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from actions.contract import CountryCode

Clock = Callable[[], datetime]
"""The present, with its time zone."""

# https://data.iana.org/time-zones/ : Morocco's Ramadan hours are in its rules.
ZONES: Mapping[CountryCode, ZoneInfo] = MappingProxyType(
    {
        "ma": ZoneInfo("Africa/Casablanca"),
        "dz": ZoneInfo("Africa/Algiers"),
        "mr": ZoneInfo("Africa/Nouakchott"),
    }
)


def local(moment: datetime, country: CountryCode) -> datetime:
    return moment.astimezone(ZONES[country])


def day_of(moment: datetime, country: CountryCode) -> str:
    """30/11/2026"""
    return f"{local(moment, country):%d/%m/%Y}"


def hour_of(moment: datetime, country: CountryCode) -> str:
    """09:30"""
    return f"{local(moment, country):%H:%M}"
