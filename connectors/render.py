"""⑧ Fit a reply to what a medium can carry. Pure: a reply, an address and limits in; messages out.

Order on every medium: the answer, its source, a notice, then one line of what else can be asked (on an SMS the notice
is last). Choices become buttons where
they fit, else a menu, else numbers that follow `reply.choices` ("2" means `choices[1]`). Nothing is dropped: what does
not fit into one message goes on in the next, and the choices come with the last. On SMS the messages are pages: the
turn sends the first and keeps the others until they are asked for (connectors/sms_pages.py).
"""

from __future__ import annotations

import re
import unicodedata

from connectors.channel import Limits
from connectors.messages import Address, Button, Choice, Menu, MenuRow, OutgoingMessage, Reply, ReplyLanguage
from connectors.sms_pages import pages
from connectors.text import split, truncate, utf16_units

MENU_LABEL: dict[ReplyLanguage, str] = {"fr": "Voir les choix", "ar": "عرض الخيارات", "ary": "شوف الاختيارات"}

_RIGHT_TO_LEFT = ("ar", "ary")
_LRM, _RLM = "\u200e", "\u200f"

# Addresses are left as they are; groups of digits would be shown in the wrong order: +212 5 37 ..., 1 000, 2026-11-22.
_ADDRESS = r"\S*(?:://|www\.|@)\S*|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\S*"
_ADDRESS_OR_NUMBER = re.compile(rf"(?P<address>{_ADDRESS})|(?<![\w+-])(?:\+\d[\d .-]*\d|\d+(?:[ .-]\d{{2,}})+)(?!\w)")


def render(reply: Reply, to: Address, limits: Limits) -> list[OutgoingMessage]:
    """The messages that carry `reply`, in order, each within `limits`; none for an empty reply."""
    if limits.sms:
        texts = pages(reply, limits.max_segments)
    elif reply.choices and len(reply.choices) <= max(limits.max_buttons, limits.max_rows):
        return _interactive(reply, to, limits)
    else:
        text = _join(*reply.paragraphs, *reply.details, _one_line(reply.source), reply.notice, _numbered(reply))
        texts = _pieces(_directed(text, reply.language), limits.max_chars)
    return [OutgoingMessage(to=to, text=text, language=reply.language) for text in texts]


# ---- buttons and menus ---------------------------------------------------------------------------------------------


def _interactive(reply: Reply, to: Address, limits: Limits) -> list[OutgoingMessage]:
    body = _directed(_join(*reply.paragraphs, *reply.details), reply.language)
    tail = _directed(_join(_one_line(reply.source), reply.notice, reply.choices_intro), reply.language)
    room = min(limits.interactive_chars, limits.max_chars)
    whole = "\n\n".join(block for block in (body, tail) if block) or MENU_LABEL[reply.language]
    if utf16_units(whole) <= room:
        texts = [whole]
    else:
        texts = _pieces(body, limits.max_chars) + _pieces(tail, room)
        texts[-1:] = _pieces(texts[-1], room)
    last = OutgoingMessage(
        to=to,
        text=texts[-1],
        language=reply.language,
        buttons=_buttons(reply.choices, limits),
        menu=_menu(reply, limits),
    )
    return [*(OutgoingMessage(to=to, text=text, language=reply.language) for text in texts[:-1]), last]


def _buttons(choices: tuple[Choice, ...], limits: Limits) -> tuple[Button, ...]:
    if len(choices) > limits.max_buttons:
        return ()
    return tuple(Button(id=choice.payload, title=_title(choice, limits.button_title)) for choice in choices)


def _menu(reply: Reply, limits: Limits) -> Menu | None:
    if len(reply.choices) <= limits.max_buttons:
        return None
    rows = tuple(_row(choice, limits) for choice in reply.choices)
    return Menu(button=truncate(MENU_LABEL[reply.language], limits.button_title), rows=rows)


def _row(choice: Choice, limits: Limits) -> MenuRow:
    title = _title(choice, limits.row_title)
    description = "" if title == " ".join(choice.title.split()) else truncate(choice.title, limits.row_description)
    return MenuRow(id=choice.payload, title=title, description=description)


def _title(choice: Choice, limit: int) -> str:
    """The full wording where it fits, else the short one."""
    full = " ".join(_visible(choice.title).split())
    return full if full and utf16_units(full) <= limit else truncate(_visible(choice.short) or full, limit)


# ---- text ----------------------------------------------------------------------------------------------------------


def _numbered(reply: Reply) -> str:
    """One numbered line for each choice, in the order of `reply.choices`."""
    lines = (f"{number}. {_one_line(choice.title)}" for number, choice in enumerate(reply.choices, start=1))
    return "\n".join(line for line in (reply.choices_intro, *lines) if line)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _join(*blocks: str) -> str:
    return "\n\n".join(block.strip() for block in map(_visible, blocks) if block.strip())


def _pieces(text: str, room: int) -> list[str]:
    return split(text, lambda piece: utf16_units(piece) <= room)


def _visible(text: str, keep: str = "\n\u200c\u200d") -> str:
    """`text` without control and invisible format characters; by default emoji and words keep their joiners."""
    return "".join(c for c in text if c in keep or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def _directed(text: str, language: ReplyLanguage) -> str:
    """Marks for a right-to-left reader, only where a line would else be shown in the wrong order.

    A line that starts with Latin letters or a link but is Arabic gets a right-to-left mark; grouped digits (phone
    numbers, thousands, ISO dates) get a left-to-right mark before them, or their groups change places.
    """
    if language not in _RIGHT_TO_LEFT:
        return text
    return "\n".join(_directed_line(line) for line in text.split("\n"))


def _directed_line(line: str) -> str:
    if not any(unicodedata.bidirectional(char) in ("R", "AL") for char in line):
        return line
    marked = _ADDRESS_OR_NUMBER.sub(lambda match: match[0] if match["address"] else _LRM + match[0], line)
    first = next(char for char in map(unicodedata.bidirectional, marked) if char in ("L", "R", "AL"))
    return _RLM + marked if first == "L" else marked
