"""What a tapped button or a numbered answer means.

A payload is self-contained, so that an old button still works, and at most 64 bytes long (Telegram's callback_data).

    a:<procedure id>:<facet>   ask this facet of this procedure
    i:<intent>                 act as if this intent had been understood (agent, status, help, affirm, deny ...)
    l:<language>               answer in this language from now on
    f:on                       tell me when the file that I just asked about changes
    f:off:<id>                 no longer follow this file of mine
    c:<what>:<value>           an answer of the complaint form: k a kind's code, o <question>.<option>, m the kinds from
                               this place on, s no place, e the part to change ("" asks which)
    f:complaints               where one's complaints stand
    b:<procedure id>:<what>:<value>
                               an appointment: p days from this place on, d the times of a day, s this slot, y book it,
                               x cancel this booking, z cancel it indeed
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MAX_BYTES = 64  # https://core.telegram.org/bots/api#inlinekeyboardbutton


@dataclass(frozen=True, slots=True)
class Ask:
    procedure: str
    facet: str

    def __str__(self) -> str:
        return f"a:{self.procedure}:{self.facet}"


@dataclass(frozen=True, slots=True)
class Intend:
    intent: str

    def __str__(self) -> str:
        return f"i:{self.intent}"


@dataclass(frozen=True, slots=True)
class Speak:
    language: str

    def __str__(self) -> str:
        return f"l:{self.language}"


@dataclass(frozen=True, slots=True)
class Follow:
    def __str__(self) -> str:
        return "f:on"


@dataclass(frozen=True, slots=True)
class Unfollow:
    """`follow_id`: None for all."""

    follow_id: int | None = None

    def __str__(self) -> str:
        return "f:off" if self.follow_id is None else f"f:off:{self.follow_id}"


@dataclass(frozen=True, slots=True)
class Pick:
    what: Literal["k", "o", "m", "s", "e"]
    value: str = ""

    def __str__(self) -> str:
        return f"c:{self.what}:{self.value}"


@dataclass(frozen=True, slots=True)
class FollowComplaints:
    what: Literal["complaints"] = "complaints"

    def __str__(self) -> str:
        return f"f:{self.what}"


@dataclass(frozen=True, slots=True)
class Book:
    procedure: str
    what: Literal["p", "d", "s", "y", "x", "z"]
    value: str

    def __str__(self) -> str:
        return f"b:{self.procedure}:{self.what}:{self.value}"


Payload = Ask | Intend | Speak | Follow | Unfollow | Pick | FollowComplaints | Book


def fits(payload: Payload) -> bool:
    """Whether a button can carry it: what comes from a system may be too long."""
    return len(str(payload).encode()) <= MAX_BYTES


def parse(payload: str) -> Payload | None:
    """The meaning of `payload`, or None when it is not ours (a forged or outdated button)."""
    match payload.split(":"):
        case ["a", procedure, facet] if procedure and facet:
            return Ask(procedure, facet)
        case ["i", intent] if intent:
            return Intend(intent)
        case ["l", "ar" | "fr" | "ary" as language]:
            return Speak(language)
        case ["f", "on"]:
            return Follow()
        case ["f", "off"]:
            return Unfollow()
        case ["f", "off", number] if number.isascii() and number.isdecimal() and len(number) < 19:
            return Unfollow(int(number))
        case ["c", "k" | "o" | "m" | "s" | "e" as what, *value] if value:
            return Pick(what, ":".join(value))  # a desk's code may hold a colon
        case ["b", procedure, "p" | "d" | "s" | "y" | "x" | "z" as step, *value] if procedure and value:
            return Book(procedure, step, ":".join(value))
        case ["f", "complaints"]:
            return FollowComplaints()
    return None
