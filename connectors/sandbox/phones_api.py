"""What the page and the tests do with the handsets, over HTTP.

POST /phones/{handset}/messages    {"text": …} | {"choice": id} | {"kind": "location" | "sticker" | "photo"}
                                   | {"kind": "block" | "unblock"}: what the citizen does; answers with the screen
GET  /phones/{handset}/events      server-sent events `screen` and `bubble`, see phones.py
GET  /phones/events                the same of all three in one stream: browsers keep few connections open
GET  /phones/{handset}/transcript  the screen, once
POST /phones/{handset}/reset       {"country": "ma" | "dz" | "mr"}: the phone goes to a new invented citizen
POST /phones/{handset}/carrier     {"provider": "twilio" | "whatsapp"}: who carries what this phone writes from now on.
                                   Only the WhatsApp phone has a choice: Twilio (at first) or Meta itself. Every
                                   screen says in `carrier` which it is
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Literal, Protocol

from fastapi import APIRouter, HTTPException
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.sandbox.faults import ProviderName
from connectors.sandbox.phones import Bubble, BubbleKind, Country, Handset, HandsetName, Option, Phones, Screen

MAX_TEXT = 4096  # characters a citizen can type on any of the three

SharedKind = Literal["location", "sticker", "photo"]


class Act(BaseModel):
    """One thing a citizen does. Exactly one of the three is given; `title` is only a label and is not trusted."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(default=None, min_length=1, max_length=MAX_TEXT)
    choice: str | None = None
    title: str | None = None
    kind: Literal["location", "sticker", "photo", "block", "unblock"] | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Act:
        if sum(given is not None for given in (self.text, self.choice, self.kind)) != 1:
            raise ValueError("give exactly one of text, choice and kind")
        return self


class NewCitizen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    country: Country = "ma"


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: ProviderName


class Carrier(Protocol):
    """A provider as the handset sees it: takes what the citizen does and brings it to the app in the background."""

    def carry_text(self, handset: Handset, bubble: Bubble) -> None: ...

    def carry_choice(self, handset: Handset, offered: Bubble, option: Option) -> None: ...

    def carry_media(self, handset: Handset, bubble: Bubble) -> None: ...

    def carry_block(self, handset: Handset) -> None: ...


_CAN_SHARE: dict[HandsetName, frozenset[str]] = {
    HandsetName.WHATSAPP: frozenset({"location", "sticker", "photo"}),
    HandsetName.SMS: frozenset({"photo"}),  # an MMS
    HandsetName.TELEGRAM: frozenset({"location", "sticker", "photo", "block", "unblock"}),
}


Carriers = Mapping[HandsetName, Mapping[str, Carrier]]
"""The providers that can carry what a handset writes, by `ProviderName`; the first does until another is chosen."""


def create_router(phones: Phones, carriers: Carriers) -> APIRouter:
    router = APIRouter(prefix="/phones", tags=["phones"])
    _hand_out(phones, carriers)

    @router.post("/{handset}/messages", status_code=202)
    async def act(handset: HandsetName, act: Act) -> Screen:
        phone = phones[handset]
        _perform(phone, carriers[handset][phone.carrier], act)
        return phone.screen()

    @router.get("/events", response_class=EventSourceResponse)
    async def all_events() -> AsyncIterator[ServerSentEvent]:
        async for news in phones.follow(*HandsetName):
            yield _event(news)

    @router.get("/{handset}/events", response_class=EventSourceResponse)
    async def events(handset: HandsetName) -> AsyncIterator[ServerSentEvent]:
        async for news in phones.follow(handset):
            yield _event(news)

    @router.get("/{handset}/transcript")
    async def transcript(handset: HandsetName) -> Screen:
        return phones[handset].screen()

    @router.post("/{handset}/reset")
    async def reset(handset: HandsetName, citizen: NewCitizen) -> Screen:
        phones[handset].reset(citizen.country)
        return phones[handset].screen()

    @router.post("/{handset}/carrier", status_code=204)
    async def choose(handset: HandsetName, choice: Choice) -> None:
        if choice.provider not in carriers[handset]:
            raise HTTPException(422, f"{choice.provider} carries no {handset}")
        phones[handset].carry(choice.provider)

    return router


def _hand_out(phones: Phones, carriers: Carriers) -> None:
    """Give each phone the first of its carriers."""
    for handset, able in carriers.items():
        phones[handset].carry(next(iter(able)))


def _event(news: Screen | Bubble) -> ServerSentEvent:
    return ServerSentEvent(event="screen" if isinstance(news, Screen) else "bubble", data=news)


def _perform(phone: Handset, carrier: Carrier, act: Act) -> None:
    """Do on `phone` what `act` says; 409 or 422 when a citizen could not do it on that phone."""
    if act.kind is not None and act.kind not in _CAN_SHARE[phone.name]:
        raise HTTPException(422, f"{phone.name} has no {act.kind}")
    if phone.blocked and act.kind != "unblock":
        raise HTTPException(409, "Dalil is blocked on this phone: unblock first")
    if act.text is not None:
        carrier.carry_text(phone, phone.add("sent", act.text))
    elif act.choice is not None:
        offering = phone.offering(act.choice)
        if offering is None:
            raise HTTPException(409, "no message on this phone offers that choice")
        carrier.carry_choice(phone, *offering)
    elif act.kind in ("block", "unblock"):
        phone.block(act.kind == "block")
        carrier.carry_block(phone)
    elif act.kind is not None:
        carrier.carry_media(phone, phone.add("sent", "", kind=BubbleKind(act.kind)))
