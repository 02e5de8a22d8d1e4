"""SMS as networks and Twilio bill it: GSM-7 or UCS-2, in segments (3GPP TS 23.038 and TS 23.040).

One character outside GSM-7 turns the whole message into UCS-2: 70 units instead of 160. French loses nothing by "e" for
"ê" and gains half the price; Arabic has no GSM-7 form, is never replaced, and is always UCS-2.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from connectors.text import CharacterTable, utf16_units
from connectors.text import split as split_text

Encoding = Literal["GSM-7", "UCS-2"]

# The default alphabet without the escape character, and the extension table (each costs the escape plus one septet).
GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM7 = GSM7_BASIC | GSM7_EXTENSION

# Units that fit: (a message of one segment, each segment of a longer one, whose header takes the rest).
_ROOM: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}

# What French typography and office software write, in GSM-7's words. Letters with accents are decomposed instead.
_FRENCH = {
    "œ": "oe", "Œ": "OE", "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"',
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "ʼ": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "-", "·": "-", "▪": "-", "●": "-",
    "…": "...", "°": "o", "º": "o", "ª": "a", "×": "x", "÷": "/", "⁄": "/", "→": "->", "←": "<-", "⇒": "=>",
    "≤": "<=", "≥": ">=", "✓": "-", "✔": "-", "©": "(c)", "®": "(r)", "\t": " ", "\u2028": "\n", "\u2029": "\n",
}  # fmt: skip

_LATIN_MARKS = range(0x0300, 0x0370)
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_KEYCAP = "\u20e3"


@dataclass(frozen=True, slots=True)
class SmsCount:
    """`units` septets (GSM-7) or UTF-16 code units (UCS-2), sent in `segments` of at most `per_segment` each."""

    encoding: Encoding
    segments: int
    units: int
    per_segment: int


def segments(text: str) -> SmsCount:
    """Count what `text` costs. An empty message still costs one segment."""
    encoding: Encoding = "GSM-7" if is_gsm7(text) else "UCS-2"
    units = utf16_units(text) if encoding == "UCS-2" else len(text) + sum(map(text.count, GSM7_EXTENSION))
    single, part = _ROOM[encoding]
    if units <= single:
        return SmsCount(encoding, 1, units, single)
    if units == len(text):  # every character takes one: the usual case, and pages are counted often
        return SmsCount(encoding, -(-units // part), units, part)
    count, used = 1, 0
    for width in (_width(char, encoding) for char in text):
        if used + width > part:  # an escape or surrogate pair goes whole into the next segment
            count, used = count + 1, 0
        used += width
    return SmsCount(encoding, count, units, part)


def is_gsm7(text: str) -> bool:
    return _GSM7.issuperset(text)


def to_gsm7_french(text: str) -> str:
    """French `text` in GSM-7: ê → e, ç → c, œ → oe, ’ → ', no-break spaces → spaces; emoji and invisible marks go.

    What GSM-7 has stays (à è é ù ì ò Ç É Ä Ö Ñ Ü, €). Letters and digits of other scripts stay too, and keep the
    message in UCS-2: Arabic is never replaced.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_TO_FRENCH)


def split(text: str, max_segments: int) -> list[str]:
    """`text` in messages of at most `max_segments` segments each, cut as `connectors.text.split` explains."""
    return split_text(text, lambda piece: segments(piece).segments <= max_segments)


def _width(char: str, encoding: Encoding) -> int:
    if encoding == "UCS-2":
        return utf16_units(char)
    return 2 if char in GSM7_EXTENSION else 1


def _french(char: str) -> str:
    if (char in GSM7_BASIC or char in GSM7_EXTENSION) and char != "\f":
        return char
    if char in _FRENCH:
        return _FRENCH[char]
    if ord(char) in _LATIN_MARKS or ord(char) in _VARIATION_SELECTORS or char == _KEYCAP:
        return ""
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category in ("Cc", "Cf", "So", "Sk"):  # controls, invisible marks, emoji
        return ""
    plain = "".join(_FRENCH.get(part, part) for part in unicodedata.normalize("NFKD", char))
    plain = "".join(part for part in plain if ord(part) not in _LATIN_MARKS)
    return plain if plain and is_gsm7(plain) else char


_TO_FRENCH = CharacterTable(_french)
