"""A complaint while it is written down, step by step. Pure: an answer and a draft in, the next draft out.

It lives in Rasa's slot `complaint` while the form is open, as JSON, and is emptied when the form ends. What may be
chosen is in it too, so that asking again needs no call to the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from actions import payloads
from connectors.gov.api import Complaint, Place, Question, Service
from knowledge.language.normalise import ascii_digits, tokens

PAGE = 7  # of the kinds: with "more", "follow" and a way out they fill a WhatsApp list

_TELLING = 4  # letters from which a word of a kind's name says which one is meant


class Step(StrEnum):
    KIND = "kind"
    QUESTION = "question"
    TEXT = "text"
    PLACE = "place"
    CONFIRM = "confirm"
    EDIT = "edit"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Option(_Frozen):
    """`value` is the desk's, `title` what the citizen reads."""

    value: str
    title: str


class Asked(_Frozen):
    """One question of a kind; without options it is answered in words."""

    code: str
    text: str
    hint: str = ""
    options: tuple[Option, ...] = ()


class Draft(_Frozen):
    """`answers` go with the first of `questions`. `place` None: not asked yet. `trouble`: why the last try to file it
    failed. `unclear`: the last answer was none. `needs_place`: the desk takes none without.
    """

    step: Step = Step.KIND
    kinds: tuple[Option, ...] = ()
    first: int = 0  # of the kinds: where the page shown begins
    kind: Option | None = None
    questions: tuple[Asked, ...] = ()
    answers: tuple[Option, ...] = ()
    text: str = ""
    place: str | None = None
    trouble: str = ""
    unclear: bool = False
    needs_place: bool = True

    @property
    def question(self) -> Asked | None:
        """The question that is open."""
        return self.questions[len(self.answers)] if len(self.answers) < len(self.questions) else None

    @property
    def free(self) -> bool:
        """Whether the answer is the citizen's own words."""
        open_question = self.step is Step.QUESTION and self.question is not None and not self.question.options
        return open_question or self.step in (Step.TEXT, Step.PLACE)

    def but(self, **changes: object) -> Draft:
        """This draft with `changes`, at the first step that is still to be answered."""
        draft = self.model_copy(update={"trouble": "", "unclear": False, **changes})
        return draft.model_copy(update={"step": _next(draft)})

    def at(self, step: Step) -> Draft:
        return self.model_copy(update={"step": step, "trouble": "", "unclear": False})

    def again(self) -> Draft:
        """The same question: the answer was none."""
        return self.model_copy(update={"unclear": True, "trouble": ""})

    def without(self, part: Step) -> Draft:
        """One part asked for anew, the others kept. Another kind has other questions."""
        changes: dict[Step, dict[str, object]] = {
            Step.KIND: {"kind": None, "questions": (), "answers": (), "first": 0},
            Step.TEXT: {"text": ""},
            Step.PLACE: {"place": None},
        }
        return self.but(**changes.get(part, {}))

    def complaint(self) -> Complaint:
        """What is filed. Raises `ValueError` for one that is not whole."""
        if self.kind is None or _next(self) is not Step.CONFIRM:
            raise ValueError("a part of the complaint is missing")
        asked = zip(self.questions, self.answers, strict=True)
        attributes = tuple((question.code, answer.value) for question, answer in asked)
        return Complaint(self.kind.value, self.text, Place(address=self.place or ""), attributes)


def _next(draft: Draft) -> Step:
    if draft.kind is None:
        return Step.KIND
    if draft.question is not None:
        return Step.QUESTION
    if not draft.text:
        return Step.TEXT
    return Step.PLACE if draft.place is None else Step.CONFIRM


def opened(kinds: Sequence[Service], *, needs_place: bool) -> Draft:
    """A new one. A code that no button can carry is left out: it could not be chosen."""
    options = (Option(value=kind.code, title=kind.title or kind.code) for kind in kinds)
    choosable = tuple(option for option in options if payloads.fits(payloads.Pick("k", option.value)))
    return Draft(kinds=choosable, needs_place=needs_place)


def asked(questions: Sequence[Question]) -> tuple[Asked, ...]:
    """Those that must be answered: what a desk would only like to know is not asked for."""
    return tuple(
        Asked(
            code=each.code,
            text=each.text or each.hint or each.code,
            hint=each.hint if each.text else "",
            options=tuple(Option(value=value, title=title) for value, title in each.choices),
        )
        for each in questions
        if each.required
    )


def named(text: str, options: Sequence[Option]) -> Option | None:
    """The one option whose title shares a telling word with `text`; None where none does, or several."""
    words = {word for word in tokens(text) if len(word) >= _TELLING}
    found = [each for each in options if words & {word for word in tokens(each.title) if len(word) >= _TELLING}]
    return found[0] if len(found) == 1 else None


def in_words(text: str) -> Option:
    """An answer in the citizen's own words; a number alone in ASCII digits, which is what desks read."""
    said = " ".join(text.split())
    digits = ascii_digits(said)
    value = digits if digits.isdecimal() else said
    return Option(value=value, title=said)
