"""Cutting text where a reader expects it: at paragraphs, sentences and words, never inside what he sees as one letter.

Lengths are counted in UTF-16 code units: no provider counts more than that, and phones count exactly that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

ELLIPSIS = "…"
_CACHED_CHARACTERS = 4096  # more than all letters of our languages; a bound against hostile text
_ZWJ = "\u200d"
_ZWNJ = "\u200c"
_REGIONAL = range(0x1F1E6, 0x1F200)
_MODIFIERS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)

# Where a text may be cut, best first; the cut falls after the match.
_BLANK_LINE = re.compile(r"\n[^\S\n]*(?=\n)")
_LINE = re.compile(r"(?=\n)")
_SENTENCE = re.compile(r"[.!?؟…][»\"”’)\]]*(?=\s)")
_CLAUSE = re.compile(r"[؛،;,:](?=\s)")
_WORD = re.compile(r"(?=[ \t\n])")  # not at a no-break space: "25 DH" stays together
_ENUMERATOR = re.compile(r"\s*\d+\.")  # "1." at a line's start ends no sentence

# (boundaries, least share of the room that the piece must fill to be cut there)
_PREFERENCES: tuple[tuple[tuple[re.Pattern[str], ...], float], ...] = (
    ((_BLANK_LINE,), 0.5),
    ((_LINE,), 0.5),
    ((_SENTENCE,), 0.5),
    ((_LINE, _SENTENCE), 0.0),
    ((_CLAUSE,), 0.0),
    ((_WORD,), 0.0),
)


class CharacterTable(dict[int, str]):
    """A `str.translate` table of what `of` makes of each character, filled as characters are met."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, codepoint: int) -> str:
        written = self._of(chr(codepoint))
        if len(self) < _CACHED_CHARACTERS:
            self[codepoint] = written
        return written


def utf16_units(text: str) -> int:
    """Length in UTF-16 code units: 1 for Arabic and Latin letters, 2 for most emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def storable(text: str) -> str:
    """`text` as any database and any JSON can hold it: no NUL, lone surrogates replaced by U+FFFD."""
    return text.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def graphemes(text: str) -> list[str]:
    """`text` cut into what a reader sees as single letters.

    The part of Unicode TR 29 that our scripts and emoji need: marks, joined emoji, flags, and a line end of two.
    """
    clusters: list[str] = []
    lone_flag_letter = False  # the last cluster is the first half of a flag
    for char in text:
        is_flag_letter = ord(char) in _REGIONAL
        if clusters and _joins(clusters[-1], char, lone_flag_letter and is_flag_letter):
            clusters[-1] += char
            lone_flag_letter = False
        else:
            clusters.append(char)
            lone_flag_letter = is_flag_letter
    return clusters


def truncate(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, on one line, ended by "…" where something was left out; "" for a limit of 0."""
    text = " ".join(text.split())
    if limit < 1:
        return ""
    if utf16_units(text) <= limit:
        return text
    kept, room = "", limit - utf16_units(ELLIPSIS)
    for cluster in graphemes(text):
        if utf16_units(kept + cluster) > room:
            break
        kept += cluster
    return kept.rstrip() + ELLIPSIS


def split(text: str, fits: Callable[[str], bool]) -> list[str]:
    """`text` in as few readable pieces as `fits` allows, in order, nothing but white space left out.

    Cuts at a blank line or line end, then at a sentence end, then at a clause, then between words; inside a word only
    when that word alone does not fit, and then between graphemes. `fits` must not turn true again for a longer text.
    Raises ValueError when not even one character fits.
    """
    pieces: list[str] = []
    rest = text.strip()
    while rest and not fits(rest):
        end = _cut(rest, fits)
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*pieces, rest] if rest else pieces


def _cut(text: str, fits: Callable[[str], bool]) -> int:
    """Where to end the first piece of a `text` that does not fit whole."""
    room = _longest(text, fits)
    for patterns, share in _PREFERENCES:
        for end in sorted(_ends(text, room, patterns), reverse=True):
            if end >= room * share and text[:end].strip():
                return end
    return room


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """The length of the longest prefix, ending between graphemes, that fits; a code point where no grapheme does."""
    ends = _lengths(graphemes(text))
    low, high = 0, len(ends)
    while low < high:  # ends[:low] fit, ends[high:] do not
        middle = (low + high) // 2
        if fits(text[: ends[middle]]):
            low = middle + 1
        else:
            high = middle
    if low:
        return ends[low - 1]
    for length in range(ends[0] - 1, 0, -1):  # one letter under a pile of marks
        if fits(text[:length]):
            return length
    raise ValueError("not even one character fits")


def _lengths(parts: list[str]) -> list[int]:
    ends, total = [], 0
    for part in parts:
        total += len(part)
        ends.append(total)
    return ends


def _ends(text: str, room: int, patterns: tuple[re.Pattern[str], ...]) -> Iterator[int]:
    for pattern in patterns:
        for match in pattern.finditer(text, 0, min(len(text), room + 2)):  # 2: what a look-ahead must see
            end = match.end()
            if 0 < end <= room and not (pattern is _SENTENCE and _is_enumerator(text, end)):
                yield end


def _is_enumerator(text: str, end: int) -> bool:
    return _ENUMERATOR.fullmatch(text, text.rfind("\n", 0, end) + 1, end) is not None


def _joins(cluster: str, char: str, completes_flag: bool) -> bool:
    """Whether `char` belongs to the letter `cluster` before it."""
    if cluster in ("\r", "\n", "\r\n"):
        return (cluster, char) == ("\r", "\n")
    return (
        completes_flag
        or (cluster.endswith(_ZWJ) and unicodedata.category(char) == "So")
        or unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in (_ZWJ, _ZWNJ)
        or ord(char) in _MODIFIERS
        or ord(char) in _TAGS
    )
