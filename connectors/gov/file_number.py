"""File numbers as people type them: Arabic digits, invisible marks, spaces, any dash, small letters.

The canonical form joins the groups of the system's pattern with dashes: `pa ٢٠٢٦ ٠٠٤٢١٧` → `PA-2026-004217`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

DEFAULT_PATTERN = r"([A-Z]{2})(\d{4})(\d{6})"
DEFAULT_EXAMPLE = "PA-2026-004217"

_MAX_PIECES = 6  # "P A - 2026 - 004 217" is six pieces between separators
_MAX_CHARS = 2000  # longer texts are no answer to "what is your file number?"


@dataclass(frozen=True)
class FileNumberRule:
    """`pattern` is matched in full against the number without separators; its groups form the canonical number."""

    pattern: str = DEFAULT_PATTERN
    example: str = DEFAULT_EXAMPLE

    def __post_init__(self) -> None:
        """Raise `ValueError` when pattern and example do not belong together: a setting was mistyped."""
        if self._compiled.groups == 0:
            raise ValueError(f"file number pattern {self.pattern!r} has no groups: put each part into parentheses")
        if self.find(self.example) != self.example:
            raise ValueError(f"file number example {self.example!r} is not the canonical form of {self.pattern!r}")

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def find(self, text: str) -> str | None:
        """The first file number anywhere in `text`, canonical, or None."""
        found = self._locate(text)
        return found[0] if found else None

    def without(self, text: str) -> str:
        """`text` tidied, with its first file number taken out: what else the citizen said."""
        found = self._locate(text)
        return found[1] if found else " ".join(_pieces(text))

    def _locate(self, text: str) -> tuple[str, str] | None:
        pieces = _pieces(text)
        for start in range(len(pieces)):
            for end in range(start + 1, min(start + _MAX_PIECES, len(pieces)) + 1):
                match = self._compiled.fullmatch("".join(pieces[start:end]))
                if match:
                    return "-".join(match.groups()), " ".join(pieces[:start] + pieces[end:])
        return None


def _pieces(text: str) -> list[str]:
    """Runs of letters and digits, upper case, digits in ASCII; invisible marks vanish, all else separates."""
    kept = []
    for character in unicodedata.normalize("NFKC", text[:_MAX_CHARS]):
        category = unicodedata.category(character)
        if category == "Nd":
            kept.append(str(unicodedata.digit(character)))
        elif category.startswith("L"):
            kept.append(character.upper())
        elif category != "Cf":  # bidi and zero-width marks sit inside a pasted number without being seen
            kept.append(" ")
    return "".join(kept).split()
