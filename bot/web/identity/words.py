"""The sentences of the page (words.yaml), complete in both languages or the app does not start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from connectors.identity import api
from connectors.messages import Medium

USED_UP = "used_up"
_CODES = frozenset(
    error.code
    for error in (
        api.ProviderDown,
        api.ProviderGarbled,
        api.ProviderRefused,
        api.NotProven,
        api.Declined,
        api.TooLate,
    )
)


class Words(BaseModel):
    """One language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    why: str
    kept: str
    chat: str
    chat_number: str
    go_on: str
    done_title: str
    write_code: str
    never_give: str
    back: str
    problem_title: str
    again: str
    media: Mapping[Medium, str]
    problems: Mapping[str, str]

    @model_validator(mode="after")
    def _complete(self) -> Words:
        if set(self.media) != set(Medium):
            raise ValueError("media: one name for each medium")
        if set(self.problems) != _CODES | {USED_UP}:
            raise ValueError("problems: one sentence for each code")
        return self


WORDS: Mapping[Literal["ar", "fr"], Words] = {
    language: Words.model_validate(words)
    for language, words in yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8")).items()
}
