"""What a conversation is: pure data and rules, no store and no network."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from actions.contract import Context, CountryCode
from connectors.messages import Address, ReplyLanguage

_CALLING_CODES: dict[str, CountryCode] = {"212": "ma", "213": "dz", "222": "mr"}
_BSUID_COUNTRIES: dict[str, CountryCode] = {"MA": "ma", "DZ": "dz", "MR": "mr"}


class Owner(StrEnum):
    """Who answers the citizen's next message."""

    BOT = "bot"
    QUEUED = "queued"  # waits for a person; the bot goes on answering meanwhile
    AGENT = "agent"
    CLOSED = "closed"


class Repeats(BaseModel):
    """What shows a stuck phone or another machine at this address (see `bot/guard.py`). Texts only as hashes.

    `digest`, `count`, `at`: the last text, how often it came in a row, and when. `recent`: the last texts that were
    answered, each with its time. `our_last`: what we said last; `echoes`: how often it came back in a row.
    """

    model_config = ConfigDict(frozen=True)

    digest: str = ""
    count: int = 0
    at: float = 0.0
    recent: tuple[tuple[str, float], ...] = ()
    our_last: str = ""
    echoes: int = 0
    quiet_until: float = 0.0  # taken for a machine: no answer until then


class Flood(BaseModel):
    """How much a person has written of late, over all his addresses (see `bot/guard.py`)."""

    model_config = ConfigDict(frozen=True)

    pace: float = 0.0
    told_at: float = 0.0  # when he was last asked to slow down


class Conversation(BaseModel):
    """One citizen on one address. `id` is also Rasa's sender id: it says nothing about the person.

    `opted_out`, `notice` (the version of the privacy notice that was sent, 0 for none) and `flood` are the person's:
    they hold for every conversation of his.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    person_id: str
    address: Address
    owner: Owner = Owner.BOT
    language: ReplyLanguage | None = None  # of the last reply
    chosen_language: ReplyLanguage | None = None  # asked for by the citizen: kept until changed
    country: CountryCode | None = None
    opted_out: bool = False
    notice: int = 0
    flood: Flood = Flood()
    context: Context = Context()
    repeats: Repeats = Repeats()


def country_of(address: Address) -> CountryCode | None:
    """The country that an address tells: a phone's calling code, or the prefix of a WhatsApp BSUID (`MA.1349...`)."""
    if match := re.search(r"\+(212|213|222)\d", address.external_id):
        return _CALLING_CODES[match[1]]
    if match := re.match(r"(?:whatsapp:)?(MA|DZ|MR)\.\w", address.external_id):
        return _BSUID_COUNTRIES[match[1]]
    return None
