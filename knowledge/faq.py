"""Questions that are no procedure ("what is a récépissé?"): short answers, kept and sourced as sheets are.

An editor writes a `Faq`. Search and answers know procedures only, so its `entry` has a procedure's form: nothing but an
overview, which is shown whatever facet is asked.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from knowledge.procedures import Country, Fact, Procedure, Sheet

FaqId = Annotated[str, StringConstraints(pattern=r"^faq\.[a-z0-9_]+$", max_length=46)]


class Faq(Sheet):
    """One question as `content/faq/<id>.yaml` holds it: the title is the question, `answer` one line a fact."""

    id: FaqId
    countries: Annotated[tuple[Country, ...], Field(min_length=1)]
    answer: Annotated[tuple[Fact, ...], Field(min_length=1)]

    @property
    def entry(self) -> FaqEntry:
        """The question in a procedure's form. Its title stands for the summary, so that its answer is not searched."""
        common = {name: getattr(self, name) for name in type(self).model_fields}
        return FaqEntry(**common, country=self.countries[0], summary=self.title)


class FaqEntry(Procedure):
    """A question among the procedures."""

    id: FaqId
    countries: tuple[Country, ...]
    answer: tuple[Fact, ...]

    def serves(self, country: Country) -> bool:
        """Whether the answer holds in `country`."""
        return country in self.countries
