"""Writes lexicon/darija.json from what editors maintain: `python -m knowledge.language.build_darija`.

lexicon/darija_words.json holds words, as {standard word: "dialect words"}; a word that ends in "+" also stands for
itself with possessive endings (كارط+ for كارطتي, كارطتك ...). lexicon/darija_verbs.json holds verbs, each written
"kind stem options"; this module builds their forms. nlu_data/README.md says how to add either.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.language.normalise import LEXICON, normalise

WORDS, VERBS, BUILT = "darija_words.json", "darija_verbs.json", "darija.json"
KINDS = ("sound", "doubled", "weak_i", "weak_a", "hollow", "loan")
OPTIONS = ("passive", "to_me", "object", "eastern", "eastern_passive")
_NOT = "لا "  # before the standard word of a negated form
_POSSESSIVE = ("ي", "ك", "و", "ها", "نا", "كم", "هم")
_LONG_LOAN = 4  # letters of a French stem above which its imperative (بلوكي, انسكريبي) is no other word


class MistakeInLexicon(ValueError):
    """A line an editor has to correct; the message names it."""


@dataclass(frozen=True)
class Verb:
    """The parts its forms are made of.

    `past` he did, `she` the spellings of she did, `they` they did, `first` what ت, نا and تو are attached to (I, we,
    you did), `presents` each present stem with its plural. `passive` is the present of the ت-passive.
    """

    kind: str
    past: str
    she: tuple[str, ...]
    they: str
    first: str
    presents: tuple[tuple[str, str], ...]
    options: frozenset[str]

    @classmethod
    def parse(cls, line: str) -> Verb:
        """`line` is "kind stem options"; the stem of a hollow verb is "past/first/present"."""
        kind, stem, *options = line.split() if len(line.split()) > 1 else ["", ""]
        unknown = [option for option in options if option not in OPTIONS]
        if kind not in KINDS or not stem or unknown or (stem.count("/") != (2 if kind == "hollow" else 0)):
            raise MistakeInLexicon(f"{VERBS}: {line!r} is not 'kind stem options' ({KINDS}, {OPTIONS})")
        return cls(kind, *_parts(kind, stem), frozenset(options))

    @property
    def regular(self) -> bool:
        """Whether the present has a feminine of its own (تكتبي); a weak verb's is its plain form."""
        return self.kind in ("sound", "doubled", "hollow")


def _parts(kind: str, stem: str) -> tuple[str, tuple[str, ...], str, str, tuple[tuple[str, str], ...]]:
    if kind == "hollow":
        past, first, present = stem.split("/")
        return past, (past + "ت", past + "ات"), past + "و", first, ((present, present + "و"),)
    if kind == "sound":
        present = stem[1:] if stem[0] == "ا" and len(stem) > 4 else stem
        return stem, (stem + "ات", stem + "ت"), stem + "و", stem, ((present, present + "و"),)
    if kind == "doubled":
        return stem, (stem + "ات", stem + "ت"), stem + "و", stem + "ي", ((stem, stem + "و"),)
    she = (stem + "ات", stem + "ت") if len(stem) > 3 else (stem + "ات",)
    presents: tuple[tuple[str, str], ...] = ((stem + "ي", stem + "يو"),)
    if kind == "weak_a":
        presents = ((stem + "ا", stem + "او"), (stem + "ي", stem + "او"))
    return stem + "ا", she, stem + "او", stem + "ي", presents


def affirmative(verb: Verb) -> Iterator[str]:
    """The forms of `verb` that say it happens."""
    yield from (verb.past, *verb.she, verb.they, *(verb.first + ending for ending in ("ت", "تي", "تو", "نا")))
    for one, many in verb.presents:
        persons = [person + form for form in (one, many) for person in "نتي"]
        yield from persons
        yield from ("ك" + form for form in persons)
        yield from ("غن" + one, "غي" + one)
        if verb.regular:
            yield "ت" + one + "ي"
    if verb.kind == "loan" and len(verb.past) > _LONG_LOAN + 1:
        yield verb.first
    for option, build in _AFFIRMATIVE.items():
        if option in verb.options:
            yield from build(verb)


def negated(verb: Verb) -> Iterator[str]:
    """Those that say it does not: ما...ش and م...ش, without ما in what is said fast."""
    one, many = verb.presents[0]
    forms = [verb.past, *verb.she, verb.they, verb.first + "ت", verb.first + "نا"]
    forms += [start + one for start in ("ن", "ت", "ي", "كن", "كت", "كي")] + ["كي" + many, "ي" + many]
    if verb.kind == "loan":
        forms = [verb.past, verb.she[0], verb.they, verb.first + "ت"]
        forms += [start + one for start in ("ن", "كن", "كي", "كت")]
    yield from _not(forms)
    for option, build in _NEGATED.items():
        if option in verb.options:
            yield from build(verb)


def _not(forms: list[str]) -> list[str]:
    return [start + form + "ش" for start in ("ما", "م") for form in forms]


def _passive(verb: Verb) -> list[str]:
    past = [verb.past, verb.she[0], verb.they, verb.first + "ت"]
    present = verb.past
    forms = ["ت" + form for form in past]
    forms += [start + "ت" + present for start in ("كي", "ي", "كت", "غي")]
    return forms + ([form + "لي" for form in forms[:3]] if "to_me" in verb.options else [])


def _no_passive(verb: Verb) -> list[str]:
    forms = ["ت" + verb.past, "ت" + verb.she[0], "كيت" + verb.past, "كتت" + verb.past]
    if verb.kind != "loan":
        forms += ["ت" + verb.they, "يت" + verb.past]
    dative = ["ما" + form + "ليش" for form in forms[:2]] if "to_me" in verb.options else []
    return _not(forms) + dative


def _to_me(verb: Verb) -> list[str]:
    one, many = verb.presents[0]
    if verb.kind == "loan":
        return [form + "لي" for form in (verb.they, verb.past, verb.she[0], "ت" + many, "كي" + many)]
    forms = [verb.past, verb.they, verb.she[0], "ي" + one, "ت" + one, "ت" + many, "ي" + many]
    forms += ["كي" + one, "كت" + one, "كي" + many]
    return [form + "لي" for form in forms] + [form + "ليا" for form in (verb.past, verb.they, "كي" + many, "ت" + many)]


def _not_to_me(verb: Verb) -> list[str]:
    if verb.kind == "loan":
        return []
    return [f"ما{form}ليش" for form in (verb.they, verb.past, verb.she[0])] + [
        f"م{form}ليش" for form in (verb.they, verb.past)
    ]


def _object(verb: Verb) -> list[str]:
    one, many = verb.presents[0]
    me = verb.first + "ت"
    forms = [me + "ها", me + "هم", me + "ه", verb.past + "ها", verb.they + "ها", verb.they + "هم", many + "ها"]
    forms += [start + one + "ها" for start in ("ن", "ي", "كن")] + ["ن" + one + "هم", "ن" + one + "ه"]
    forms += ["ي" + many + "ها", "ت" + many + "ها"]
    if "eastern" in verb.options:
        forms += [start + one + end for start in "اب" for end in ("ها", "ه")]
    return forms


def _not_object(verb: Verb) -> list[str]:
    return [] if verb.kind == "loan" else [start + verb.first + "تهاش" for start in ("ما", "م")]


def _eastern(verb: Verb) -> list[str]:
    return [
        form
        for one, many in verb.presents
        for form in (
            *(start + one for start in ("ب", "بت", "بي", "بن", "ا")),
            *(start + many for start in ("بت", "بي", "ب")),
        )
    ]


def _not_eastern(verb: Verb) -> list[str]:
    return [
        form
        for one, _ in verb.presents
        for form in (
            *(start + one + "ش" for start in ("ب", "بت", "بي")),
            *(start + one for start in ("ماب", "مابي", "مابت")),
        )
    ]


def _eastern_passive(verb: Verb) -> list[str]:
    past, present = "ان" + verb.past, "ن" + verb.past
    return [past, past + "ت", past + "و", *(start + present for start in ("ي", "ت", "بت", "بي", "ب"))]


def _no_eastern_passive(verb: Verb) -> list[str]:
    past, present = "ان" + verb.past, "ن" + verb.past
    return ["ما" + past, "ما" + past + "ت", "ما" + present + "ش", "ما" + present + "تش"]


_AFFIRMATIVE = {
    "passive": _passive,
    "to_me": _to_me,
    "object": _object,
    "eastern": _eastern,
    "eastern_passive": _eastern_passive,
}
_NEGATED = {
    "passive": _no_passive,
    "to_me": _not_to_me,
    "object": _not_object,
    "eastern": _not_eastern,
    "eastern_passive": _no_eastern_passive,
}


def read(name: str, folder: Path = LEXICON) -> dict[str, list[str]]:
    """One of the files that editors maintain: standard word → its words or lines."""
    stored: dict[str, str | list[str]] = json.loads((folder / name).read_text(encoding="utf-8"))
    return {word: value.split() if isinstance(value, str) else value for word, value in stored.items()}


def build(words: dict[str, list[str]], verbs: dict[str, list[str]]) -> dict[str, str]:
    """Dialect word → standard word. What is written by hand goes before what is built, an earlier verb before a later.

    A standard word stays itself even where another verb has a form that looks like it. The words below "-" in `verbs`
    are built forms that are more often another word.
    """
    verbs = dict(verbs)
    never = {*verbs.pop("-", []), *(token for word in (*words, *verbs) for token in word.split())}
    found: dict[str, str] = {}
    for standard, dialect in words.items():
        for word in dialect:
            if normalise(word.rstrip("+")) != word.rstrip("+") or normalise(standard) != standard:
                raise MistakeInLexicon(f"{WORDS}: {word!r} below {standard!r} is not written in normalised form")
            if found.setdefault(word.rstrip("+"), standard) != standard:
                raise MistakeInLexicon(f"{WORDS}: {word!r} is below {standard!r} and {found[word.rstrip('+')]!r}")
    built = {word: standard for word, standard in _possessives(words) if word not in never}
    for standard, lines in verbs.items():
        for verb in map(Verb.parse, lines):
            for of, forms in ((standard, affirmative(verb)), (_NOT + standard, negated(verb))):
                for form in map(normalise, forms):
                    if len(form.split()) == 1 and len(form) > 2 and form not in never and form != of:
                        built.setdefault(form, of)
    return {word: standard for word, standard in {**built, **found}.items() if word != standard}


def _possessives(words: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for standard, dialect in words.items():
        for word in dialect:
            if word.endswith("+"):
                stem = word[:-2] + "ت" if word.endswith("ه+") else word[:-1]
                yield from ((normalise(stem + ending), standard) for ending in _POSSESSIVE)


def as_json(table: dict[str, str]) -> str:
    """The file: one line a standard word, everything sorted, so that a change is a short diff."""
    dialect: dict[str, list[str]] = {}
    for word, standard in sorted(table.items()):
        dialect.setdefault(standard, []).append(word)
    stored = {standard: " ".join(words) for standard, words in sorted(dialect.items())}
    return json.dumps(stored, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    table = build(read(WORDS), read(VERBS))
    (LEXICON / BUILT).write_text(as_json(table), encoding="utf-8")
    sys.stdout.write(f"{BUILT}: {len(table)} dialect words for {len(set(table.values()))} standard words" + "\n")


if __name__ == "__main__":
    main()
