"""Whether a number that a citizen gives has the form of its kind. Tolerant: "look again", never "does not exist".

The rules come from public code and site forms, not from the operators (government-apis.md, section 5), so a number
that does not fit is a reason to ask, and never one to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from connectors.gov.file_number import FileNumberRule

_FEWEST_DIGITS = 4  # fewer are no attempt at any of these numbers


class Form(StrEnum):
    """What can be said of a text in which a number is expected."""

    FITS = "fits"
    DOES_NOT_FIT = "does_not_fit"
    NO_NUMBER = "no_number"


@dataclass(frozen=True)
class Identifier:
    """`rule`: what it looks like. `right`: what its digits must fulfil beyond that; all do where nothing is known."""

    rule: FileNumberRule
    right: Callable[[str], bool] = lambda _: True

    def find(self, text: str) -> str | None:
        """The first number of this kind in `text`, in its canonical form."""
        number = self.rule.find(text)
        return number if number is not None and self.right(number) else None

    def check(self, text: str) -> Form:
        if self.find(text) is not None:
            return Form.FITS
        digits = sum(character.isdecimal() for character in text)
        return Form.DOES_NOT_FIT if digits >= _FEWEST_DIGITS else Form.NO_NUMBER


def _nni(number: str) -> bool:
    return int(number) % 97 == 1  # seven independent code bases agree; not official


IDENTIFIERS: Mapping[str, Identifier] = MappingProxyType(
    {
        # Patterns in public code disagree on the count of digits (5 to 8, 6, 3 to 7): their union.
        "ma_cnie": Identifier(FileNumberRule(r"[A-Z]{1,2}\d{3,8}", "AB123456")),
        # mahakim.ma: number, code of four digits, year, as 1032/7206/2024.
        "ma_court_file": Identifier(FileNumberRule(r"\d{1,6}-\d{4}-(?:19|20)\d{2}", "1032-7206-2024")),
        "dz_nin": Identifier(FileNumberRule(r"\d{18}", "109870112003450017")),
        "mr_nni": Identifier(FileNumberRule(r"\d{10}", "1234567889"), _nni),
    }
)
