"""What `GET /Procedures/{id}` of the eRegulations API v1 gives, as far as a sheet has a place for it.

Names follow the API's own description (tests/fixtures/eregulations/swagger.json); a test holds them together. Servers
wrap the procedure as `{"data": …, "links": …}`; version 4 wraps a step's costs, too. Both forms are read.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from knowledge.standards.draft import ImportProblem
from knowledge.standards.files import read_json


def _or_empty(value: object) -> object:
    return [] if value is None else value


def _costs(value: object) -> object:
    return value.get("individualCosts") or [] if isinstance(value, dict) else _or_empty(value)


_Listed = BeforeValidator(_or_empty)  # the API writes null for an empty list


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Range(_Model):
    min: Decimal | None = None
    max: Decimal | None = None


class Days(_Model):
    days: Range | None = None


class Timeframe(_Model):
    comments: str | None = None
    waiting_time_until_next_step: Days | None = None


class Online(_Model):
    url: str | None = None


class Named(_Model):
    """A law, a unit, an attachment: what has a name."""

    id: int | None = None
    name: str | None = None


class Entity(Named):
    address: str | None = None
    city: str | None = None
    zip_code: str | None = None
    first_phone: str | None = None
    second_phone: str | None = None
    first_email: str | None = None
    first_website: str | None = None
    schedule_comments: str | None = None


class Contact(_Model):
    entity_in_charge: Entity | None = None
    unit_in_charge: Named | None = None


class Paper(Named):
    """A requirement or a result of a step."""

    nb_original: int | None = None
    nb_copy: int | None = None
    nb_authenticated: int | None = None
    comments: str | None = None
    aggregate_operator: str | None = None
    is_final_result: bool | None = None  # of results


class Cost(_Model):
    is_separator: bool | None = None
    value: Decimal | None = None
    operator: str | None = None
    parameter: str | None = None
    unit: str | None = None
    comments: str | None = None


class AdditionalInfo(_Model):
    text: str | None = None


class Step(Named):
    order: int | None = None
    is_online: bool | None = None
    is_optional: bool | None = None
    online: Online | None = None
    contact: Contact | None = None
    requirements: Annotated[tuple[Paper, ...], _Listed] = ()
    results: Annotated[tuple[Paper, ...], _Listed] = ()
    laws: Annotated[tuple[Named, ...], _Listed] = ()
    costs: Annotated[tuple[Cost, ...], BeforeValidator(_costs)] = ()
    timeframe: Timeframe | None = None
    additional_info: AdditionalInfo | None = None


class Block(Named):
    order: int | None = None
    is_optional: bool | None = None
    steps: Annotated[tuple[Step, ...], _Listed] = ()


class EProcedure(_Model):
    id: int
    name: Annotated[str, Field(min_length=1)]
    description: str | None = None
    url: str | None = None
    additional_info: str | None = None
    blocks: Annotated[tuple[Block, ...], _Listed]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step in the order in which it is taken; what has no number keeps its place in the file."""
        blocks = sorted(self.blocks, key=lambda block: block.order or 0)
        return tuple(step for block in blocks for step in sorted(block.steps, key=lambda step: step.order or 0))


def read(file: Path) -> EProcedure:
    """The procedure in a file.

    Raises:
        ImportProblem: it is no JSON, or no procedure of this API; the place is a line, or a path such as
            `$.blocks[0].steps[2].costs[0].value`.
    """
    value, root = read_json(file), "$"
    if isinstance(value, dict) and isinstance(value.get("data"), dict):
        value, root = value["data"], "$.data"
    try:
        return EProcedure.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        more = f" ({error.error_count() - 1} more like this)" if error.error_count() > 1 else ""
        message = f"{first['msg']}{more}; is this the answer of GET /Procedures/{{id}} of an eRegulations API v1?"
        raise ImportProblem(place, message) from None
