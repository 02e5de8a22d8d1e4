"""The typed content model: what an editor may say about one procedure, always dated and sourced.

Shaped after CPSV-AP 3.2.0 (Public Service, Evidence, Cost, Competent Authority) and kept small enough to be written by
hand. A fact that no source states stays empty: the citizen is told so. `loader.py` reads it from YAML and reports
mistakes as `file:line: what is wrong, what to do`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Ref = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
ContentLanguage = Literal["ar", "fr", "ary"]  # languages that Dalil writes
Variety = Literal["ar", "fr", "ary", "ary-Latn"]  # languages that citizens write


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Country(StrEnum):
    MA = "ma"
    DZ = "dz"
    MR = "mr"


class Facet(StrEnum):
    """What a citizen may want to know about a procedure (the `facet` of docs INTERFACES)."""

    OVERVIEW = "overview"
    DOCUMENTS = "documents"
    STEPS = "steps"
    FEES = "fees"
    PROCESSING_TIME = "processing_time"
    WHERE = "where"
    ELIGIBILITY = "eligibility"
    VALIDITY = "validity"


class State(StrEnum):
    DRAFT = "draft"  # recognised by name, answered with the official link only
    PUBLISHED = "published"


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Localised(_Model):
    """One text in the languages that Dalil writes. Where `ary` is missing, `ar` is shown, then `fr`."""

    ar: Text
    fr: Text
    ary: Text | None = None

    def get(self, language: ContentLanguage) -> str:
        """The text in `language`, or in the next best one (ary → ar → fr)."""
        if language == "fr":
            return self.fr
        if language == "ary" and self.ary is not None:
            return self.ary
        return self.ar


class Phrases(_Model):
    """What citizens say, per variety. Search material only: never shown."""

    ar: tuple[Text, ...] = ()
    fr: tuple[Text, ...] = ()
    ary: tuple[Text, ...] = ()
    ary_latn: Annotated[tuple[Text, ...], Field(alias="ary-Latn")] = ()

    def all(self) -> tuple[str, ...]:
        return (*self.ar, *self.fr, *self.ary, *self.ary_latn)


class Fact(_Model):
    """A statement with its evidence. `sources` names entries of `Procedure.sources`."""

    text: Localised
    sources: Annotated[tuple[Ref, ...], Field(min_length=1)]


class Caution(Fact):
    """What to check or beware of. Shown with the facets it is `about`."""

    about: Annotated[tuple[Facet, ...], Field(min_length=1)]


class Fee(_Model):
    """One price. `amount` 0 means free; what it is for goes into `label` where there are several."""

    amount: Annotated[Decimal, Field(ge=0)]
    currency: Literal["MAD", "DZD", "MRU"]
    label: Localised | None = None
    as_of: Text | None = None  # the date of the figure, as the source gives it ("2023", "2026-05")
    sources: Annotated[tuple[Ref, ...], Field(min_length=1)]


class Fees(_Model):
    """All prices of a procedure, how they are paid, and what else must be known about them."""

    items: tuple[Fee, ...] = ()
    how_paid: Fact | None = None
    notes: tuple[Fact, ...] = ()


class Where(_Model):
    """Where to go, and the official address where it can be done or prepared online."""

    office: Fact | None = None
    online: HttpUrl | None = None
    online_note: Fact | None = None  # what can be done there (form, appointment, whole request)
    sources: tuple[Ref, ...] = ()  # of `online`


class Source(_Model):
    """One page or text that a fact was read in. `url` is None where the exact address was not kept."""

    ref: Ref
    publisher: Text
    kind: Literal["official", "official_mirror", "law_text", "press", "private_guide", "forum", "ngo"]
    url: HttpUrl | None = None
    date: Text | None = None  # as precise as known: "2026", "2026-05", "2026-05-14"


class Sheet(_Model):
    """What every sheet has, be it about a procedure or about a question."""

    id: Text
    state: State
    confidence: Confidence
    checked_on: date  # when an editor last compared this sheet with its sources
    title: Localised
    short_title: Localised  # fits a button: at most 20 characters a language (checked by the loader)
    aliases: Phrases
    questions: Phrases
    related: tuple[str, ...] = ()  # neighbours that are easily confused: first / renewal / loss / minor
    official_link: HttpUrl | None = None  # the page to check, named when a fact is missing
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    editor_notes: tuple[Text, ...] = ()  # never shown to a citizen


class Procedure(Sheet):
    """One public service as citizens meet it."""

    id: Annotated[str, StringConstraints(pattern=r"^(ma|dz|mr)\.[a-z0-9_]+$", max_length=46)]
    country: Country
    summary: Localised
    authority: Fact | None = None
    documents: tuple[Fact, ...] = ()
    steps: tuple[Fact, ...] = ()
    fees: Fees = Fees()
    processing_time: Fact | None = None
    validity: Fact | None = None
    eligibility: Fact | None = None
    where: Where = Where()
    legal_basis: tuple[Fact, ...] = ()
    tracking: Fact | None = None
    cautions: tuple[Caution, ...] = ()  # shown to citizens: "sources differ, check ..."
    minor_variant: str | None = None  # the sheet for a child, where there is one

    def serves(self, country: Country) -> bool:
        """Whether a citizen of `country` is at the right sheet."""
        return self.country is country
