"""File numbers as people type them: Arabic digits, invisible marks, spaces, any dash, small letters.

The canonical form has the dashes of the system's own pattern: `pa ٢٠٢٦ ٠٠٤٢١٧` → `PA-2026-004217`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

DEFAULT_PATTERN = r"[A-Z]{2}-\d{4}-\d{6}"
DEFAULT_EXAMPLE = "PA-2026-004217"

_MAX_PIECES = 6  # "P A - 2026 - 004 217" is six pieces between separators
_DASH = re.compile(r"-(?![^\[]*\])")  # a dash of the number, not one of a class like [A-Z]
_MAX_CHARS = 2000  # longer texts are no answer to "what is your file number?"


@dataclass(frozen=True)
class FileNumberRule:
    """`pattern`: a regular expression of the number as it is printed, its parts separated by dashes."""

    pattern: str = DEFAULT_PATTERN
    example: str = DEFAULT_EXAMPLE

    def __post_init__(self) -> None:
        """Raise `ValueError` when pattern and example do not belong together: a setting was mistyped."""
        if self.find(self.example) != self.example:
            raise ValueError(f"file number example {self.example!r} does not fit the pattern {self.pattern!r}")

    @cached_property
    def _parts(self) -> re.Pattern[str]:
        """The pattern without its dashes, each part a named group."""
        parts = _DASH.split(self.pattern.removeprefix("^").removesuffix("$"))
        return re.compile("".join(f"(?P<part{number}>{part})" for number, part in enumerate(parts)))

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
                match = self._parts.fullmatch("".join(pieces[start:end]))
                if match:
                    return "-".join(match.groupdict().values()), " ".join(pieces[:start] + pieces[end:])
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
