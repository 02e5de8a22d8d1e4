"""What a sheet's texts must be beyond their form: the same numbers in every language, no promise, no English; whole.

`check_texts` is part of loading: what it finds would mislead a citizen. `check_complete` is not: a sheet in work may
lack a language or examples, and `dalil content report` lists it. A test holds the shipped sheets to both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from knowledge.content_yaml import Place
from knowledge.faq import FaqEntry
from knowledge.procedures import Country, Localised, Phrases, Procedure

LEAST_ALIASES = 8  # per variety
LEAST_ALIASES_OF_A_QUESTION = 4  # one that is no procedure has fewer names
LEAST_QUESTIONS = 6

_NO_DARIJA = frozenset({Country.MR})  # its readers get plain Arabic
_SEARCHED = frozenset({"aliases", "questions"})  # what citizens say: never shown
_ARABIC_INDIC = {
    ord(digit): str(value) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(digits)
}
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f.,٬](?=\d{3}(?!\d))")
_PROMISE = re.compile(
    r"…|\.\.\.|\bbient[oô]t\b|voir (?:plus bas|ci-dessous|ci-dessus)|à compléter|\bTODO\b|\bTBD\b"
    r"|قريبا سنضيف|انظر أدناه|أدناه|شوف لتحت|من بعد غادي نزيدو",
    re.IGNORECASE,
)
# Words that English cannot do without and that neither French nor Darija in Latin letters has.
_ENGLISH = re.compile(
    r"\b(?:the|of|and|from|with|which|this|that|through|only|address|answer|repeats|says|law|fee|fees|year|years|days"
    r"|see|check|source says|unknown|unclear)\b",
    re.IGNORECASE,
)


def check_texts(procedure: Procedure) -> Iterator[tuple[Place, str]]:
    """What would mislead a citizen, each with its place."""
    for place, text in shown_texts(procedure):
        yield from _numbers(place, text)
        for language, words in written(text):
            if promise := _PROMISE.search(words):
                yield (*place, language), f"'{promise[0]}' promises what is not there; say it or leave it out"
            if english := _ENGLISH.search(words):
                yield (*place, language), f"'{english[0]}' is English; notes for editors go into editor_notes"
    for index, source in enumerate(procedure.sources):
        if english := _ENGLISH.search(source.publisher):
            yield ("sources", index, "publisher"), f"'{english[0]}' is English; a citizen reads who published this"
    for place, url in ((("official_link",), procedure.official_link), (("where", "online"), procedure.where.online)):
        if url is not None and url.scheme != "https":
            yield place, f"'{url}' is not https; give the https address or leave it out"


def check_complete(procedure: Procedure) -> Iterator[tuple[Place, str]]:
    """What an editor still has to write: a language, names, examples."""
    least_aliases = LEAST_ALIASES_OF_A_QUESTION if isinstance(procedure, FaqEntry) else LEAST_ALIASES
    if procedure.country not in _NO_DARIJA:  # a question of several countries: the first one's language
        for place, text in shown_texts(procedure):
            if text.ary is None:
                yield place, f"{dotted(place)} is not written in ary; write it as people of the country say it"
    for name, phrases, least in (
        ("aliases", procedure.aliases, least_aliases),
        ("questions", procedure.questions, LEAST_QUESTIONS),
    ):
        for variety, texts in varieties(phrases):
            if len(texts) < least:
                yield (name, variety), f"{len(texts)} {name} in {variety}; write at least {least}"


def shown_texts(procedure: Procedure) -> Iterator[tuple[Place, Localised]]:
    """Every text of a sheet that a citizen may read, with its place."""
    for name in type(procedure).model_fields:
        if name not in _SEARCHED:
            yield from _texts(getattr(procedure, name), (name,))


def written(text: Localised) -> tuple[tuple[str, str], ...]:
    """A text by language, where it is written."""
    pairs = (("ar", text.ar), ("fr", text.fr), ("ary", text.ary))
    return tuple((language, words) for language, words in pairs if words is not None)


def varieties(phrases: Phrases) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What citizens say, by variety."""
    return (("ar", phrases.ar), ("fr", phrases.fr), ("ary", phrases.ary), ("ary-Latn", phrases.ary_latn))


def numbers(text: str) -> frozenset[str]:
    """The numbers in a text from 3 up: "12 000 DH, 2 jours" and "يومان، 12000 درهم" have the same.

    1 and 2 are left out, and the minutes of a full hour: Arabic has forms of the noun for those, and French no ":00".
    """
    found = re.findall(r"\d+", _THOUSANDS.sub("", text.translate(_ARABIC_INDIC)))
    return frozenset(found) - {"1", "2", "00"}


def dotted(place: Place) -> str:
    """A place as editors name it: steps.0.text."""
    return ".".join(str(part) for part in place)


def _numbers(place: Place, text: Localised) -> Iterator[tuple[Place, str]]:
    (_, first), *others = written(text)
    for language, words in others:
        if numbers(words) != numbers(first):
            differing = ", ".join(sorted(numbers(words) ^ numbers(first)))
            yield (*place, language), f"ar and {language} differ in {differing}; give the same numbers in each language"


def _texts(value: object, place: Place) -> Iterator[tuple[Place, Localised]]:
    if isinstance(value, Localised):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), (*place, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _texts(item, (*place, index))
