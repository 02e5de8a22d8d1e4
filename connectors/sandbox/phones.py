"""The three handsets in an invented citizen's hands: what each shows, and who watches it.

A handset knows no provider and no HTTP. It keeps a bounded transcript in memory; every change raises its version and
rings the bell, and `Phones.follow` hands whoever watches first the whole screens and then each change.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from connectors.sms_text import segments

KEEP = 200  # bubbles a handset remembers

Country = Literal["ma", "dz", "mr"]

# Ranges that look like a mobile number of the country; the zeros mark them as invented.
_NUMBERS: dict[Country, tuple[str, int]] = {"ma": ("+2126000", 5), "dz": ("+2136000", 5), "mr": ("+222400", 5)}


class HandsetName(StrEnum):
    WHATSAPP = "whatsapp"
    SMS = "sms"
    TELEGRAM = "telegram"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Option(_Frozen):
    """A button, or a row of a menu. Buttons with the same `line` stand side by side (Telegram's keyboard)."""

    id: str
    title: str
    description: str = ""
    line: int = 0


class Menu(_Frozen):
    """A list that opens on a tap on `button`."""

    button: str
    rows: tuple[Option, ...]


class SmsCount(_Frozen):
    """What an SMS costs: `characters` as its encoding counts them, of the `room` that its `segments` have."""

    encoding: str
    segments: int
    characters: int
    room: int


class Status(StrEnum):
    PENDING = "pending"  # on its way to the provider
    SENT = "sent"
    DELIVERED = "delivered"  # the app answered 2xx; or the message is on this handset
    FAILED = "failed"


class BubbleKind(StrEnum):
    TEXT = "text"
    LOCATION = "location"
    STICKER = "sticker"
    PHOTO = "photo"
    NOTICE = "notice"  # said by the provider or the handset itself, not by Dalil


class Bubble(_Frozen):
    """One message on the screen. `direction` as the handset sees it: "sent" is the citizen's, "received" Dalil's.

    `provider_id`: the provider's id of the message. `waiting`: the tapped button that has not been answered yet.
    """

    handset: HandsetName
    id: int
    version: int
    direction: Literal["sent", "received"]
    kind: BubbleKind
    text: str
    at: datetime
    status: Status
    provider_id: str = ""
    buttons: tuple[Option, ...] = ()
    menu: Menu | None = None
    sms: SmsCount | None = None
    waiting: str | None = None

    def offers(self, choice: str) -> Option | None:
        """The button or row with the id `choice`, when this bubble has it."""
        rows = self.menu.rows if self.menu else ()
        return next((option for option in (*self.buttons, *rows) if option.id == choice), None)


class Screen(_Frozen):
    """Everything a handset shows."""

    handset: HandsetName
    country: Country
    address: str
    carrier: str  # which provider takes what is written on it (phones_api.py)
    blocked: bool
    typing: bool
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a watcher has followed one handset."""

    version: int = 0
    state: tuple[int, str, bool, bool] | None = None  # citizen, carrier, typing, blocked


class Bell:
    """Wakes everyone who waits, each time it rings."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    def next(self) -> asyncio.Event:
        """The event that the next ring sets. Take it before looking at what may change, wait for it afterwards."""
        return self._next


class Handset:
    """One invented citizen's phone. `address` is a phone number, or Telegram's chat id in digits."""

    def __init__(self, name: HandsetName, country: Country, now: Callable[[], datetime], bell: Bell) -> None:
        self.name = name
        self._now = now
        self._bell = bell
        self._version = 0
        self._next_id = 1
        self.carrier = ""
        self.reset(country)

    def reset(self, country: Country) -> None:
        """Give the phone to somebody new: another number, an empty screen."""
        self.country: Country = country
        self.address = _new_address(self.name, country)
        self.typing = False
        self.blocked = False
        self._bubbles: OrderedDict[int, Bubble] = OrderedDict()
        self._citizen = self._touch()

    def screen(self) -> Screen:
        return Screen(
            handset=self.name,
            country=self.country,
            address=self.address,
            carrier=self.carrier,
            blocked=self.blocked,
            typing=self.typing,
            bubbles=tuple(self._bubbles.values()),
        )

    def add(
        self,
        direction: Literal["sent", "received"],
        text: str,
        *,
        kind: BubbleKind = BubbleKind.TEXT,
        provider_id: str = "",
        buttons: tuple[Option, ...] = (),
        menu: Menu | None = None,
    ) -> Bubble:
        """Show a new bubble. A citizen's own is still on its way; Dalil's has arrived by being shown."""
        bubble = Bubble(
            handset=self.name,
            id=self._next_id,
            version=self._touch(),
            direction=direction,
            kind=kind,
            text=text,
            at=self._now(),
            status=Status.PENDING if direction == "sent" else Status.DELIVERED,
            provider_id=provider_id,
            buttons=buttons,
            menu=menu,
            sms=_count(text) if self.name is HandsetName.SMS and kind is BubbleKind.TEXT else None,
        )
        self._next_id += 1
        if direction == "received":
            self.typing = False
        self._bubbles[bubble.id] = bubble
        if len(self._bubbles) > KEEP:
            self._bubbles.popitem(last=False)
        return bubble

    def update(self, bubble: Bubble, *, status: Status | None = None, waiting: str | None = None) -> None:
        """Change a bubble's delivery state or its waiting button; nothing when it is no longer on the screen."""
        shown = self._bubbles.get(bubble.id)
        if shown is not None:
            change = {"version": self._touch(), "status": status or shown.status, "waiting": waiting}
            self._bubbles[bubble.id] = shown.model_copy(update=change)

    def show_typing(self) -> None:
        self.typing = True
        self._touch()

    def carry(self, carrier: str) -> None:
        """From now on this provider takes what is written; a new citizen changes nothing about it."""
        self.carrier = carrier
        self._touch()

    def block(self, blocked: bool) -> None:
        """Block or unblock Dalil in the app itself."""
        self.blocked = blocked
        self._touch()

    def offering(self, choice: str) -> tuple[Bubble, Option] | None:
        """The latest bubble with a button or row `choice`."""
        for bubble in reversed(self._bubbles.values()):
            if option := bubble.offers(choice):
                return bubble, option
        return None

    def news(self, seen: Seen) -> tuple[Seen, list[Screen | Bubble]]:
        """What changed since `seen`: the bubbles, or the whole screen when more than bubbles did."""
        now = Seen(self._version, (self._citizen, self.carrier, self.typing, self.blocked))
        if now.state != seen.state:
            return now, [self.screen()]
        return now, [bubble for bubble in self._bubbles.values() if bubble.version > seen.version]

    def _touch(self) -> int:
        self._version += 1
        self._bell.ring()
        return self._version


class Phones:
    """The three handsets."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._bell = Bell()
        self._handsets = {name: Handset(name, "ma", now, self._bell) for name in HandsetName}

    def __getitem__(self, name: HandsetName) -> Handset:
        return self._handsets[name]

    def find(self, name: HandsetName, address: str) -> Handset | None:
        """The handset when `address` is (still) its number."""
        handset = self._handsets[name]
        return handset if handset.address == address else None

    async def follow(self, *names: HandsetName) -> AsyncIterator[Screen | Bubble]:
        """The screens of `names`, then whatever is new or changed on them, without end."""
        seen = dict.fromkeys(names, Seen())
        while True:
            rung = self._bell.next()
            for name in names:
                seen[name], news = self._handsets[name].news(seen[name])
                for item in news:
                    yield item
            await rung.wait()


def _new_address(name: HandsetName, country: Country) -> str:
    if name is HandsetName.TELEGRAM:
        return str(7_000_000_000 + secrets.randbelow(10**9))
    prefix, digits = _NUMBERS[country]
    return prefix + f"{secrets.randbelow(10**digits):0{digits}d}"


def _count(text: str) -> SmsCount:
    counted = segments(text)
    room = counted.segments * counted.per_segment
    return SmsCount(encoding=counted.encoding, segments=counted.segments, characters=counted.units, room=room)
