"""Systems that tell a file to a verified identity, beside those that tell it by number and birth date."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from connectors.gov.api import Case, CaseTracker, IdentifiedCaseTracker, VerifiedIdentity
from connectors.gov.file_number import FileNumberRule
from connectors.gov.several import FileNumberRules, OneOfSeveral


class ByIdentity(Protocol):
    """A client that can tell a file to an identity: `DeclaredClient`, `RegistrationClient`."""

    @property
    def file_numbers(self) -> FileNumberRule: ...

    async def find_of(self, file_id: str, identity: VerifiedIdentity) -> Case | None: ...

    async def close(self) -> None: ...


class Nobody:
    """A `VerifiedIdentity` whose file nothing is: to see whether a system answers."""

    def is_subject(self, name: str) -> bool:  # noqa: ARG002 - whoever is named, it is not he
        return False


class Identified:
    """An `IdentifiedCaseTracker` over such a client."""

    def __init__(self, client: ByIdentity) -> None:
        self._client = client

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._client.file_numbers

    async def find(self, file_id: str, identity: VerifiedIdentity) -> Case | None:
        return await self._client.find_of(file_id, identity)

    async def close(self) -> None:
        await self._client.close()


class SeveralIdentified(OneOfSeveral[IdentifiedCaseTracker]):
    """An `IdentifiedCaseTracker` over others: the form of the number says which is asked."""

    async def find(self, file_id: str, identity: VerifiedIdentity) -> Case | None:
        tracker = self.asked(file_id)
        return None if tracker is None else await tracker.find(file_id, identity)


class WithIdentified:
    """A `CaseTracker` that also knows the numbers of systems which ask for an identity; by a birth date they tell
    nothing. Where both have numbers of one form, the identity is asked for.
    """

    def __init__(self, plain: CaseTracker | None, identified: IdentifiedCaseTracker) -> None:
        self._plain = plain
        self.identified = identified
        first = plain or identified
        rules = (identified.file_numbers, *([plain.file_numbers] if plain is not None else []))
        self._file_numbers = FileNumberRules(first.file_numbers.pattern, first.file_numbers.example, rules)

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._file_numbers

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        if self._plain is None or self.identified.file_numbers.find(file_id) == file_id:
            return None
        return await self._plain.find(file_id, birth_date)

    async def close(self) -> None:
        await self.identified.close()
        if self._plain is not None:
            await self._plain.close()
