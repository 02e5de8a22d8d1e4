"""Which procedures the connected systems have files of, so that nobody is asked for a number that none can know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_SHEET = re.compile(r"(ma|dz|mr)\.([a-z0-9_]+|\*)")


@dataclass(frozen=True, slots=True)
class Served:
    """`sheets`: ids of sheets (`ma.permis_construire`), or all of a country (`ma.*`). None: any, as nobody has said."""

    sheets: frozenset[str] | None = None

    def any_of(self, procedures: Collection[str]) -> bool:
        """Whether files of one of `procedures` may be known."""
        if self.sheets is None:
            return True
        return any(sheet in self.sheets or f"{sheet.partition('.')[0]}.*" in self.sheets for sheet in procedures)

    def and_also(self, other: Served) -> Served:
        """What both together know files of."""
        if self.sheets is None or other.sheets is None:
            return Served()
        return Served(self.sheets | other.sheets)


NOTHING = Served(frozenset())


def read_served(ids: Iterable[str]) -> Served:
    """What a system says of itself; no id means any. Raises `ValueError` for what is no id."""
    sheets = frozenset(ids)
    if wrong := sorted(sheet for sheet in sheets if not _SHEET.fullmatch(sheet)):
        raise ValueError(f"'{wrong[0]}' is no procedure: write ma.permis_construire, or ma.* for all of a country")
    return Served(sheets or None)
