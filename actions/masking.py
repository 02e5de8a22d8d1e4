"""Personal data in a government system's own sentences, masked before they are told.

A system may write a number of the citizen or of an official into a reason or a next step, and a reply lies on a phone
that others may read. Dates, file numbers, amounts and the switchboards of offices stay: they are what he needs.
"""

from __future__ import annotations

import re
import unicodedata

_SHOWN = 2  # characters at the end, by which he knows his own number again
_LONG = 8  # digits; a shorter number is a counter, an amount, a year

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# National numbers of the three countries (5 to 18 digits, letters before some) and telephone numbers.
_CARD = re.compile(r"(?<!\w)[A-Z]{1,2}[ -]?\d{5,8}(?!\w)")
_DIGITS = re.compile(r"(?<!\w)\+?\d(?:[ .-]?\d){7,}(?!\w)")
_DAY = re.compile(r"(?:\d{1,2}[ .-]\d{1,2}[ .-]\d{4}|\d{4}[ .-]\d{1,2}[ .-]\d{1,2})")
# Fixed lines and short service numbers: Morocco 05 and 08 (10 digits), Algeria 02 to 04 (9 digits). They are offices'.
_OFFICE = re.compile(r"(?:(?:\+|00)212|0)[58]\d{8}|(?:(?:\+|00)213|0)[2-4]\d{7}")


def masked(text: str, file_number: str = "") -> str:
    """`text` without e-mail addresses, identity numbers and private telephone numbers. `file_number` stays."""
    parts = text.split(file_number) if file_number else [text]
    return file_number.join(_CARD.sub(_dotted, _DIGITS.sub(_number, _EMAIL.sub("•••", part))) for part in parts)


def _number(match: re.Match[str]) -> str:
    digits = "".join(str(unicodedata.digit(sign)) for sign in match[0] if sign.isdigit())
    plain = f"+{digits}" if match[0].startswith("+") else digits
    stays = _DAY.fullmatch(match[0]) or _OFFICE.fullmatch(plain) or len(digits) < _LONG
    return match[0] if stays else _dotted(match)


def _dotted(match: re.Match[str]) -> str:
    return f"•••{match[0][-_SHOWN:]}"
