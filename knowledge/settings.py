"""settings.yaml, words.yaml and not_covered.yaml, typed: every number and word list that tunes search and answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=10)]
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]

_HERE = Path(__file__).parent


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldWeights(_Model):
    names: Weight
    questions: Weight
    summary: Weight


class LexicalSettings(_Model):
    saturation: Annotated[float, Field(gt=0, le=10)]
    length: Share
    exact: Share
    stem: Share
    sound: Share
    standard: Share
    typo: Share
    question_word: Share
    by_chance: Weight
    unknown_word: Share
    whole_name: Share
    ordinary_word: Share
    unknown_words: Weight


class DenseSettings(_Model):
    """Cosine similarities between which the calibrated score goes from 0 to 1."""

    zero: Annotated[float, Field(ge=-1, lt=1)]
    one: Annotated[float, Field(gt=-1, le=1)]

    @model_validator(mode="after")
    def _ordered(self) -> DenseSettings:
        if self.zero >= self.one:
            raise ValueError("dense.zero must be below dense.one")
        return self


class FusionSettings(_Model):
    lexical: Share
    dense: Share
    other_country: Share
    variant_missing: Share
    variant_unknown: Share
    special: Share
    question_lead: Share
    question_lead_detail: Share

    @model_validator(mode="after")
    def _sum(self) -> FusionSettings:
        if abs(self.lexical + self.dense - 1) > 1e-9:
            raise ValueError("fusion.lexical and fusion.dense must add up to 1")
        return self


class Thresholds(_Model):
    answer: Share
    answer_alone: Share
    alone: Share
    ask: Share
    outside: Share
    beside: Share
    margin: Share
    sure_intent: Share
    choices: Annotated[int, Field(ge=2, le=3)]
    candidates: Annotated[int, Field(ge=1, le=5)]

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        if not self.ask <= self.answer_alone <= self.answer:
            raise ValueError("thresholds must rise: ask, answer_alone, answer")
        return self


class Settings(_Model):
    """settings.yaml. `variants` maps a variant's name to what it costs a sheet when the citizen did not say it.

    `everyday`: the sheets that most questions are about. A variant that is `insistent` moves the answer to the
    neighbour that is about it; one that is `exclusive` is answered only from a sheet that speaks of it.
    """

    fields: FieldWeights
    lexical: LexicalSettings
    dense: DenseSettings
    fusion: FusionSettings
    thresholds: Thresholds
    variants: dict[str, Share]
    insistent: frozenset[str]
    exclusive: frozenset[str]
    everyday: frozenset[str]

    @model_validator(mode="after")
    def _known(self) -> Settings:
        if unknown := (self.insistent | self.exclusive) - set(self.variants):
            raise ValueError(f"insistent and exclusive name no variant: {', '.join(sorted(unknown))}")
        return self


class Words(_Model):
    """words.yaml: words that never name a procedure, `soft` ones that do only if a sheet is called so, and variants.

    `not_covered`, from not_covered.yaml: services that no sheet is about, by domain, each by its names. `links` may
    stand between the words of such a name; one of `means` before it says that the service is not asked for.
    """

    empty: tuple[str, ...]
    facets: tuple[str, ...]
    soft: tuple[str, ...]
    links: tuple[str, ...]
    means: tuple[str, ...]
    variants: dict[str, tuple[str, ...]]
    not_covered: dict[str, tuple[Names, ...]]


def load_settings(file: Path = _HERE / "settings.yaml") -> Settings:
    """
    Raises:
        pydantic.ValidationError: a value is missing, unknown or out of its range.
    """
    return Settings.model_validate(yaml.safe_load(file.read_text("utf-8")))


@cache  # every part that reads citizens' words asks for them, and nothing changes them while a process runs
def load_words(file: Path = _HERE / "words.yaml", not_covered: Path = _HERE / "not_covered.yaml") -> Words:
    """
    Raises:
        pydantic.ValidationError: a list is missing or unknown.
    """
    words = yaml.safe_load(file.read_text("utf-8"))
    return Words.model_validate({**words, "not_covered": yaml.safe_load(not_covered.read_text("utf-8"))})
