"""Messages that must work whatever the NLU thinks: stop, start, delete, keep or give me my data. All of keywords.yaml.

Only a whole message counts: "où s'arrête le tram" or a question about the prison (الحبس) never stops anything. How it
is typed does not count: "S T O P", "ST0P!!", "حـــبس" and a stop sign alone are a stop. Twilio's CANCEL, END and QUIT
are not among them: in a form they mean the form, and where Twilio took them for a stop it says so when we answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge.language.arabizi import to_arabic
from knowledge.language.normalise import tokens

_FILE = Path(__file__).parent / "keywords.yaml"
_SPELLED = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_]){2,}(?!\S)")  # letters one by one: "s t o p", "ح ب س"
_NO_WORD = re.compile(r"[\W_]+")
_LETTER = re.compile(r"[^\W\d_]")

Variety = str  # fr, ar, ary, ary-Latn; en for what carriers and bots say everywhere
Phrases = dict[Variety, tuple[str, ...]]


class Keyword(Enum):
    STOP = "stop"
    NO_MORE = "no_more"  # stop, or only an end of the form that he is in
    START = "start"
    MORE = "more"  # the next page of an SMS reply
    FORGET = "forget"  # delete my data
    KEPT = "kept"  # what do you keep about me, for how long, who runs this
    EXPORT = "export"  # give me my data
    FOLLOWED = "followed"  # which files do you follow for me
    UNFOLLOW = "unfollow"  # no longer follow my file
    CONFIRM = "confirm"  # only after the question whether to delete everything


class KeywordData(BaseModel):
    """keywords.yaml as an editor writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    longest: Annotated[int, Field(ge=1, le=20)]
    around: tuple[str, ...]
    signs: frozenset[Annotated[str, Field(min_length=1, max_length=1)]]
    lookalikes: dict[Annotated[str, Field(pattern=r"^\d$")], Annotated[str, Field(pattern=r"^[a-z]$")]]
    stop: Phrases
    no_more: Phrases
    start: Phrases
    more: Phrases
    forget: Phrases
    kept: Phrases
    export: Phrases
    followed: Phrases
    unfollow: Phrases
    confirm: Phrases

    def patterns(self, keyword: Keyword) -> Phrases:
        phrases: Phrases = getattr(self, keyword.value)
        return phrases


@cache
def load_keywords(file: Path = _FILE) -> KeywordData:
    """The shipped lists. Raises pydantic.ValidationError: a list is missing or unknown."""
    return KeywordData.model_validate(yaml.safe_load(file.read_text("utf-8")))


def keyword_in(text: str) -> Keyword | None:
    """The keyword that the whole of `text` is, but for courtesies around it and a word said several times."""
    if _is_sign(text):
        return Keyword.STOP
    for form in _forms(text):
        if not form or len(form) > load_keywords().longest:
            continue
        bare = _without_courtesy(form)
        for candidate in (form, bare) if bare != form else (form,):
            said = _expressions().fullmatch(" ".join(_once(candidate)) + " ")
            if said is not None and said.lastgroup is not None:
                return Keyword(said.lastgroup)
    return None


def _is_sign(text: str) -> bool:
    """Whether `text` is nothing but stop signs, however many, with punctuation or not."""
    signs, shown = load_keywords().signs, False
    for char in text:
        if unicodedata.category(char)[0] not in "MCZP":
            if char not in signs:
                return False
            shown = True
    return shown


def _forms(text: str) -> Iterator[list[str]]:
    """The words of `text` as they may be meant: as typed, in Arabic script, spelled letter by letter, with digits for
    letters.
    """
    words = tokens(text)
    yield words
    yield to_arabic(text).split()
    apart = _NO_WORD.sub(" ", text).split()
    lookalikes = str.maketrans(load_keywords().lookalikes)
    meant = [word.translate(lookalikes) if _LETTER.search(word) else word for word in apart]
    for each in (apart, meant) if meant != apart else (apart,):
        spelled = tokens(_SPELLED.sub(lambda letters: letters[0].replace(" ", ""), " ".join(each)))
        if spelled != words:
            yield spelled


@cache
def _expressions() -> re.Pattern[str]:
    """All keywords, each a group of its name, over normalised words with a space after each. The first one counts."""
    data = load_keywords()
    groups = {
        keyword: "|".join(_expression(p) for patterns in data.patterns(keyword).values() for p in patterns)
        for keyword in Keyword
    }
    return re.compile("|".join(f"(?P<{keyword.value}>{patterns})" for keyword, patterns in groups.items()))


def _expression(pattern: str) -> str:
    """`le|les? sms` is "le sms", "les sms" and "sms"."""
    parts = []
    for word in pattern.split():
        alternatives = "|".join(" ".join(tokens(one)) + " " for one in word.rstrip("?").split("|"))
        parts.append(f"(?:{alternatives})" + ("?" if word.endswith("?") else ""))
    return "".join(parts)


@cache
def _courtesies() -> tuple[list[str], ...]:
    return tuple(sorted(map(tokens, load_keywords().around), key=len, reverse=True))


def _without_courtesy(words: list[str]) -> list[str]:
    """`words` without the courtesies at their ends."""
    while True:
        for polite in _courtesies():
            size = len(polite)
            if words[:size] == polite:
                words = words[size:]
                break
            if words[-size:] == polite:
                words = words[:-size]
                break
        else:
            return words
        if not words:
            return words


def _once(words: list[str]) -> list[str]:
    return words[:1] if len(set(words)) == 1 else words
