"""A draft sheet in the making: texts as an imported file gives them, each with its source, and notes for the editor.

Nothing is translated and nothing is made up. A sheet needs Arabic and French: where the file has only one of them, it
stands for the other, as it would be shown to a citizen anyway, and a note lists those places.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from knowledge.content_checks import SHORT_TITLE_CHARACTERS
from knowledge.procedures import Country

Texts = Mapping[str, str]  # by language: "ar", "fr", "ary", or any other tag
Json = None | str | bool | int | float | list["Json"] | dict[str, "Json"]
WRITTEN: tuple[Literal["ar", "fr", "ary"], ...] = ("ar", "fr", "ary")

FILE_REF = "import"  # the source that stands for the imported file
_ID_LENGTH = 46 - len("ma.")
_MANY = 6  # places named one by one in a note


class ImportProblem(ValueError):
    """A file cannot become a draft. `place` is where in the file; the message says what to do."""

    def __init__(self, place: str, message: str) -> None:
        self.place = place
        super().__init__(f"{place}: {message}" if place else message)


@dataclass(frozen=True, slots=True)
class Options:
    """What the editor says about a file on the command line.

    `language` is that of texts without a language tag; `name` is the file's name, for the notes; `sheet_id` and `title`
    replace what the file gives; `link` is the official page, where the file names none.
    """

    country: Country
    name: str
    fetched_on: date
    language: Literal["ar", "fr"] = "fr"
    sheet_id: str | None = None
    title: str | None = None
    publisher: str | None = None
    link: str | None = None


@dataclass(slots=True)
class Draft:
    """One sheet as plain values, in the order in which they will be written."""

    options: Options
    sheet: dict[str, Json] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _filled: dict[str, list[str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.sheet["id"])

    def begin(self, name: str, title: Texts, summary: Texts, place: str, short: Texts | None = None) -> None:
        """The head of the sheet. `name` is what its id is made of, where the editor gave none."""
        options = self.options
        own = {_script(options.title): options.title} if options.title else title
        named = self._any_language(own, "title", place)
        self.sheet |= {
            "id": sheet_id(options, name),
            "country": options.country.value,
            "state": "draft",
            "confidence": "low",
            "checked_on": options.fetched_on.isoformat(),
            "title": named,
            "short_title": self._short(short or {})
            or {language: shortened(str(text)) for language, text in named.items()},
            "summary": self._localised(summary, "summary") or dict(named),
            "aliases": {},
            "questions": {},
        }
        if not short and self.sheet["short_title"] != named:
            self.notes.append("Choose a short title: the one here is the title, cut.")
        if self.sheet["summary"] == named:
            self.notes.append("The file has no description that Dalil can show: the title stands for the summary.")

    def fact(self, place: str, texts: Texts, sources: Sequence[str] = ()) -> dict[str, Json] | None:
        """A fact, or None where the file gives it in no language that Dalil writes: then a note keeps the text."""
        text = self._localised(texts, place)
        return {"text": text, "sources": list(sources) or [FILE_REF]} if text else None

    def facts(self, name: str, entries: Sequence[tuple[Texts, Sequence[str]]]) -> None:
        """A list of facts under `name`, left out where it is empty."""
        found = [self.fact(f"{name} {number}", *entry) for number, entry in enumerate(entries, start=1)]
        self.put(name, [fact for fact in found if fact])

    def put(self, name: str, value: Json) -> None:
        if value not in (None, [], {}):
            self.sheet[name] = value

    def label(self, place: str, texts: Texts) -> dict[str, Json] | None:
        """A text without a source of its own, such as what a price is for."""
        return self._localised(texts, place)

    def finish(self, links: Sequence[str], sources: Sequence[Mapping[str, Json]], place: str) -> None:
        """The official page, the sources (the file's own first) and the notes."""
        secure = [link for link in ([self.options.link] if self.options.link else links) if link.startswith("https://")]
        if not secure:
            found = f"it names {', '.join(links)}" if links else "it names none"
            raise ImportProblem(place, f"a draft needs the official page as an https address, and {found}; add --link")
        self.sheet["official_link"] = secure[0]
        self.sheet["sources"] = [dict(source) for source in sources]
        for language, places in self._filled.items():
            named = ", ".join(places[:_MANY]) + (f" and {len(places) - _MANY} more" if len(places) > _MANY else "")
            self.notes.append(f"Translate; the file gives it in {language} alone: {named}.")
        imported = f"Imported from {self.options.name} on {self.options.fetched_on}. Compare every fact with its page."
        self.sheet["editor_notes"] = [" ".join(note.split()) for note in (imported, *self.notes)]

    def _short(self, texts: Texts) -> dict[str, Json] | None:
        """The file's own short title, where it fits and the sheet's title is the file's, too."""
        fits = all(len(text) <= SHORT_TITLE_CHARACTERS for text in texts.values())
        return self._localised(texts, "short_title") if fits and self.options.title is None else None

    def note(self, text: str) -> None:
        """One more line for the editor, also after `finish`."""
        notes = self.sheet.get("editor_notes")
        (notes if isinstance(notes, list) else self.notes).append(text)

    def _localised(self, texts: Texts, place: str) -> dict[str, Json] | None:
        clean = {language: " ".join(text.split()) for language, text in texts.items() if text and text.strip()}
        given = {language: clean[language] for language in WRITTEN if language in clean}
        if not given:
            self.notes += [f"Not imported, {place} in {language}: {text}" for language, text in clean.items()]
            return None
        only = next(iter(given))
        if "ar" not in given or "fr" not in given:
            self._filled.setdefault(only, []).append(place)
        text: dict[str, Json] = {"ar": given.get("ar", given[only]), "fr": given.get("fr", given[only])}
        return text | ({"ary": given["ary"]} if "ary" in given else {})

    def _any_language(self, texts: Texts, name: str, place: str) -> dict[str, Json]:
        """As `_localised`, but a sheet cannot be without: a text in another language stands in."""
        if not any(text.strip() for text in texts.values()):
            raise ImportProblem(place, f"there is no {name}; give one with --{name}")
        if found := self._localised({language: texts[language] for language in WRITTEN if language in texts}, name):
            return found
        language, text = next((language, text) for language, text in texts.items() if text.strip())
        self._filled.setdefault(language or "an unnamed language", []).append(name)
        return {"ar": " ".join(text.split()), "fr": " ".join(text.split())}


def sheet_id(options: Options, name: str) -> str:
    """The id the editor gave, or one made of `name`: small letters, digits and underscores."""
    country = options.country.value
    if options.sheet_id is not None:
        own = options.sheet_id.removeprefix(f"{country}.")
        if not re.fullmatch(rf"[a-z0-9_]{{1,{_ID_LENGTH}}}", own):
            raise ImportProblem("--id", f"'{options.sheet_id}' is no id; write {country}. and a-z, 0-9, _ (46 at most)")
        return f"{country}.{own}"
    return f"{country}.{slug(name)}"


def slug(text: str) -> str:
    """ "Création d'entreprise" → "creation_d_entreprise". Empty where no Latin letter or digit is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return words if len(words) <= _ID_LENGTH else words[: _ID_LENGTH + 1].rpartition("_")[0] or words[:_ID_LENGTH]


def _script(text: str) -> str:
    return "ar" if re.search(r"[ء-ي]", text) else "fr"


def shortened(text: str) -> str:
    """At most what a button takes, cut between words."""
    if len(text) <= SHORT_TITLE_CHARACTERS:
        return text
    return text[: SHORT_TITLE_CHARACTERS + 1].rpartition(" ")[0].rstrip(" ,;:'’-") or text[:SHORT_TITLE_CHARACTERS]
