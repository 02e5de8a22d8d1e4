"""A desk's reference as people type it, told apart from other numbers; and a desk with what must be known of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

from connectors.gov.api import QuestionedDesk

DEFAULT_PATTERN = r"\d{6}"
DEFAULT_EXAMPLE = "638344"

_MAX_CHARS = 2000  # longer texts are no answer to "what is its number?"


@dataclass(frozen=True)
class ReferenceRule:
    """`pattern`: a regular expression of the whole reference, letters in upper case, digits in ASCII."""

    pattern: str = DEFAULT_PATTERN
    example: str = DEFAULT_EXAMPLE

    def __post_init__(self) -> None:
        """Raise `ValueError` when pattern and example do not belong together: a setting was mistyped."""
        if self.find(self.example) != self.example:
            raise ValueError(f"reference example {self.example!r} does not fit the pattern {self.pattern!r}")

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def find(self, text: str) -> str | None:
        """The reference in `text`, or None. Where other words hold digits too (a date, a file number in pieces) it is
        not clear that one is meant.
        """
        words = [word.strip("#.,;:!?؟،()[]«»\"'") for word in _tidied(text).split()]
        numbers = [word for word in words if any(map(str.isdecimal, word))]
        return numbers[0] if len(numbers) == 1 and self._whole.fullmatch(numbers[0]) else None


@dataclass(frozen=True, slots=True)
class ConnectedDesk:
    """`needs_place`: it takes no complaint without a place (GeoReport v2 asks for one)."""

    desk: QuestionedDesk
    references: ReferenceRule = field(default_factory=ReferenceRule)
    needs_place: bool = True


def _tidied(text: str) -> str:
    """Upper case, digits in ASCII, without the invisible marks inside a pasted number."""
    folded = unicodedata.normalize("NFKC", text[:_MAX_CHARS]).upper()
    kept = (character for character in folded if unicodedata.category(character) != "Cf")
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in kept)
