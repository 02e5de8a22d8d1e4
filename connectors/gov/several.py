"""Several systems as one: the form of a file number says which of them is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Generic, Protocol, TypeVar

from connectors.gov.api import Case, CaseTracker
from connectors.gov.file_number import FileNumberRule


class Numbered(Protocol):
    """A system whose file numbers have a form."""

    @property
    def file_numbers(self) -> FileNumberRule: ...

    async def close(self) -> None: ...


Asked = TypeVar("Asked", bound=Numbered)


@dataclass(frozen=True)
class FileNumberRules(FileNumberRule):
    """Finds numbers of any of `rules`. `pattern` and `example` are those of the first: what a citizen is shown."""

    rules: tuple[FileNumberRule, ...] = ()

    def __post_init__(self) -> None:
        """Nothing to compare: each rule has compared its own pattern and example."""

    def find(self, text: str) -> str | None:
        return next((number for rule in self.rules if (number := rule.find(text))), None)

    def without(self, text: str) -> str:
        rule = next((rule for rule in self.rules if rule.find(text)), self.rules[0])
        return rule.without(text)


class OneOfSeveral(Generic[Asked]):
    """Which of several systems is asked: where two have numbers of one form, the first."""

    def __init__(self, trackers: Sequence[Asked]) -> None:
        """`trackers`: at least one."""
        self._trackers = tuple(trackers)
        rules = tuple(tracker.file_numbers for tracker in trackers)
        self._file_numbers = FileNumberRules(rules[0].pattern, rules[0].example, rules)

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._file_numbers

    def asked(self, file_id: str) -> Asked | None:
        """The system whose numbers look so; None where none's do."""
        return next((one for one in self._trackers if one.file_numbers.find(file_id) == file_id), None)

    async def close(self) -> None:
        for tracker in self._trackers:
            await tracker.close()


class SeveralSystems(OneOfSeveral[CaseTracker]):
    """A `CaseTracker` over others."""

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        tracker = self.asked(file_id)
        return None if tracker is None else await tracker.find(file_id, birth_date)


def form_key(rule: FileNumberRule, file_id: str) -> str:
    """Names the system that `SeveralSystems` asks for this number, by the form of its numbers (16 hex characters)."""
    while isinstance(rule, FileNumberRules):  # systems may themselves be several
        form = next((one for one in rule.rules if one.find(file_id) == file_id), None)
        if form is None:
            break
        rule = form
    return blake2b(rule.pattern.encode(), digest_size=8).hexdigest()


def one_of(trackers: Sequence[CaseTracker]) -> CaseTracker | None:
    """All of them as one; None where there is none."""
    return SeveralSystems(trackers) if len(trackers) > 1 else next(iter(trackers), None)
