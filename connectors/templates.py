"""The approved texts of connectors/templates.yaml, checked for what Meta would refuse.

A channel sends a template by its name (`OutgoingMessage.template`); who makes such a message takes its text from here,
for media that have no templates and for what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from connectors.messages import ReplyLanguage

PATH = Path(__file__).with_name("templates.yaml")
MAX_CHARS = 1024  # of a template's body

_PLACEHOLDER = re.compile(r"\{\{(\d+)\}\}")
_AT_END = re.compile(r"\}\}\W*$")  # what only punctuation follows counts as the end


class StoredTemplate(BaseModel):
    """One template in every language. Raises `ValueError` for what Meta would not approve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Literal["utility"]
    texts: Mapping[ReplyLanguage, str]

    @field_validator("texts")
    @classmethod
    def _approvable(cls, texts: Mapping[ReplyLanguage, str]) -> Mapping[ReplyLanguage, str]:
        if set(texts) != {"ar", "fr", "ary"}:
            raise ValueError("a text is needed in ar, fr and ary")
        for text in texts.values():
            numbers = [int(number) for number in _PLACEHOLDER.findall(text)]
            if numbers != list(range(1, len(numbers) + 1)):
                raise ValueError("placeholders are numbered {{1}}, {{2}} ... in the order of the text")
            if _PLACEHOLDER.match(text) or _AT_END.search(text) or "}}{{" in text:
                raise ValueError("a placeholder is at the beginning, at the end or beside another")
            if len(text) > MAX_CHARS:
                raise ValueError(f"longer than {MAX_CHARS} characters")
        if len({len(_PLACEHOLDER.findall(text)) for text in texts.values()}) != 1:
            raise ValueError("the languages have different numbers of placeholders")
        return texts

    @property
    def variables(self) -> int:
        """How many placeholders it has."""
        return len(_PLACEHOLDER.findall(self.texts["ar"]))

    def fill(self, language: ReplyLanguage, variables: Sequence[str] = ()) -> str:
        """The text as it is read; `ValueError` unless there is one value for each placeholder."""
        if len(variables) != self.variables:
            raise ValueError(f"{self.variables} variables are due, not {len(variables)}")
        return _PLACEHOLDER.sub(lambda found: variables[int(found[1]) - 1], self.texts[language])


class _File(RootModel[dict[str, StoredTemplate]]):
    root: dict[str, StoredTemplate] = Field(min_length=1)

    @field_validator("root")
    @classmethod
    def _names(cls, templates: dict[str, StoredTemplate]) -> dict[str, StoredTemplate]:
        if wrong := [name for name in templates if not re.fullmatch(r"[a-z0-9_]{1,512}", name)]:
            raise ValueError(f"a template's name has small letters, digits and _ only: {', '.join(wrong)}")
        return templates


def load_templates(path: Path = PATH) -> dict[str, StoredTemplate]:
    """Every template by its name. Raises pydantic's `ValidationError` with what to mend."""
    return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).root
