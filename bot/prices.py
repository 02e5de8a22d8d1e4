"""What an SMS costs: its segments, and their price by the recipient's country where one is known (prices.yaml)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.conversation import country_of
from bot.ports import Price
from connectors.messages import OutgoingMessage
from connectors.sms_text import segments

PricedCountry = Literal["ma", "dz", "mr", "other"]


class PricesError(ValueError):
    """The price table cannot be read; the message says what to mend."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SegmentPrice(_Model):
    """One country's. A price without the day on which its source gave it is no price."""

    micros: int | None = Field(ge=0)  # millionths of the currency; None: not known
    source: str = Field(min_length=1)
    date: date | None

    @model_validator(mode="after")
    def _dated(self) -> SegmentPrice:
        if (self.micros is None) != (self.date is None):
            raise ValueError("give micros and date, or null for both")
        return self


class PriceTable(_Model):
    currency: str = Field(pattern="^[A-Z]{3}$")  # ISO 4217
    countries: dict[PricedCountry, SegmentPrice]

    @model_validator(mode="after")
    def _whole(self) -> PriceTable:
        if missing := {"ma", "dz", "mr", "other"} - set(self.countries):
            raise ValueError(f"no entry for {', '.join(sorted(missing))}")
        return self

    def price_of(self, message: OutgoingMessage) -> Price:
        """Segments and cost of an SMS; its cost is None where the country's price is not known."""
        country = country_of(message.to)
        count = segments(message.text).segments
        each = self.countries[country or "other"].micros
        return Price(country=country or "", segments=count, micros=None if each is None else each * count)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Countries whose price is not known."""
        return tuple(name for name, price in self.countries.items() if price.micros is None)


def load_prices(path: Path) -> PriceTable:
    """Raises `PricesError`."""
    try:
        return PriceTable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise PricesError(f"{path}: {mistakes}") from None
    except (OSError, yaml.YAMLError) as error:
        raise PricesError(f"{path}: {type(error).__name__}") from None
