"""What a conversation is: pure data and rules, no store and no network."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from actions.contract import Context, CountryCode
from connectors.messages import Address, ReplyLanguage


class Owner(StrEnum):
    """Who answers the citizen's next message."""

    BOT = "bot"
    QUEUED = "queued"  # waits for a person; the bot goes on answering meanwhile
    AGENT = "agent"
    CLOSED = "closed"


class Conversation(BaseModel):
    """One citizen on one address. `id` is also Rasa's sender id: it says nothing about the person."""

    model_config = ConfigDict(frozen=True)

    id: str
    person_id: str
    address: Address
    owner: Owner = Owner.BOT
    language: ReplyLanguage | None = None  # of the last reply
    chosen_language: ReplyLanguage | None = None  # asked for by the citizen: kept until changed
    country: CountryCode | None = None
    opted_out: bool = False
    context: Context = Context()
