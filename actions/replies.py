"""Dalil's own sentences, all in actions/wording/<variety>.yaml: one file a language, the same keys in each.

Darija is written as the citizen's country speaks it: `ary.yaml` is Moroccan, `arq.yaml` Algerian (the codes of ISO
639-3). The Algerian file may lack a sentence; it is then said in plain Arabic, never in Moroccan.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import yaml

from actions.contract import CountryCode
from actions.payloads import Ask, Follow, FollowComplaints, Intend, Payload, Pick, Speak
from connectors.messages import Choice, ReplyLanguage

Variety = ReplyLanguage | Literal["arq"]

LANGUAGES: tuple[ReplyLanguage, ...] = get_args(ReplyLanguage)
_DIALECTS: tuple[Variety, ...] = ("arq",)
_DARIJA: Mapping[CountryCode, Variety] = MappingProxyType({"ma": "ary", "dz": "arq", "mr": "ar"})
_FOLDER = Path(__file__).parent / "wording"

# The choices that are not a facet of a procedure: what they do and which sentence names them.
_NAMED: Mapping[str, Payload] = {
    "choose_agent": Intend("agent"),
    "choose_status": Intend("status"),
    "choose_retry": Intend("status"),
    "choose_cancel": Intend("deny"),
    "choose_no": Intend("deny"),
    "choose_language": Intend("language"),
    "choose_follow": Follow(),
    "choose_complain": Intend("complaint"),
    "choose_send": Intend("affirm"),
    "choose_resend": Intend("affirm"),
    "choose_leave": Intend("deny"),
    "choose_edit": Pick("e"),
    "choose_edit_kind": Pick("e", "kind"),
    "choose_edit_text": Pick("e", "text"),
    "choose_edit_place": Pick("e", "place"),
    "choose_no_place": Pick("s"),
    "choose_complaints": FollowComplaints(),
}


class WordingError(Exception):
    """A wording file is incomplete or wrong: says which file and which key."""


def variety(language: ReplyLanguage, country: CountryCode) -> Variety:
    """How a citizen of `country` is written to: Darija is another one in Algeria, and plain Arabic in Mauritania."""
    return _DARIJA[country] if language == "ary" else language


class Wording:
    """The sentences of every language, complete: each language has the same keys with the same {placeholders}.

    `dialects`: the other Darijas, which say in plain Arabic what they lack.
    """

    def __init__(
        self,
        texts: Mapping[ReplyLanguage, Mapping[str, str]],
        dialects: Mapping[Variety, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self._texts: dict[Variety, Mapping[str, str]] = dict(texts.items())
        for name, own in dialects.items():
            self._texts[name] = {**texts["ar"], **own}
        self._check()

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts[LANGUAGES[0]])

    def text(self, language: Variety, key: str, **values: str) -> str:
        """The sentence `key`, its placeholders filled. Raises `WordingError` for an unknown key or a missing value."""
        try:
            return self._texts[language][key].format(**values)
        except KeyError as error:
            raise WordingError(f"{language}.yaml: no sentence or no value for {error} (asked for {key!r})") from None

    def choice(self, language: Variety, key: str) -> Choice:
        """The choice called `key` (choose_agent, choose_status ...)."""
        title, short = self.text(language, key), self.text(language, f"{key}_short")
        return Choice(title=title, short=short, payload=str(_NAMED[key]))

    def facet_choice(self, language: Variety, procedure: str, facet: str) -> Choice:
        """The choice that asks one facet of one procedure."""
        title, short = self.text(language, f"facet_{facet}"), self.text(language, f"facet_{facet}_short")
        return Choice(title=title, short=short, payload=str(Ask(procedure, facet)))

    def language_choices(self) -> tuple[Choice, ...]:
        """One choice a language, each in its own words."""
        return tuple(
            Choice(title=name, short=name, payload=str(Speak(language)))
            for language in LANGUAGES
            for name in [self.text(language, f"language_{language}")]
        )

    def _check(self) -> None:
        first = LANGUAGES[0]
        for language in self._texts:
            missing = set(self._texts[first]) ^ set(self._texts[language])
            if missing:
                raise WordingError(f"{first}.yaml and {language}.yaml differ in: {', '.join(sorted(missing))}")
            for key, text in self._texts[language].items():
                if placeholders(text) != placeholders(self._texts[first][key]):
                    raise WordingError(f"{language}.yaml: {key}: other {{placeholders}} than in {first}.yaml")
                if key.endswith("_short") and len(text) > 20:
                    raise WordingError(f"{language}.yaml: {key}: {len(text)} characters, a button holds 20")


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def payloads_of(choices: Sequence[Choice]) -> tuple[str, ...]:
    """What to remember of the choices that were offered."""
    return tuple(choice.payload for choice in choices)


@cache
def load_wording() -> Wording:
    """The shipped wording. Raises `WordingError` with the file and the key that is wrong."""
    dialects = {name: read_sentences(_FOLDER / f"{name}.yaml") for name in _DIALECTS}
    return Wording({language: read_sentences(_FOLDER / f"{language}.yaml") for language in LANGUAGES}, dialects)


def read_sentences(path: Path) -> dict[str, str]:
    """One wording file. Raises `WordingError` when an entry is not one sentence."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise WordingError(f"{path.name}: write one `key: sentence` a line")
    for key, text in content.items():
        if not isinstance(text, str) or not text.strip():
            raise WordingError(f"{path.name}: {key}: write a sentence (quote it if it contains a colon)")
    return content
