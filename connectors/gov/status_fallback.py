"""A case tracker that asks a second system how far a file is, where the first one knows the file but not its status.

Whose file it is, the first system alone decides: while it is down, nothing is told, whatever the second one knows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from connectors.errors import GovError
from connectors.gov.api import Case, CaseState, CaseTracker, IdentifiedCaseTracker, VerifiedIdentity
from connectors.gov.file_number import FileNumberRule

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file is, without a word about whose it is. `raw`: the system's own word. `changed`: the last step."""

    state: CaseState
    raw: str
    changed: date | None


class ProgressSource(Protocol):
    async def progress(self, ref: str) -> Progress | None:
        """None where the system does not know `ref`. Raises `SystemDown`, `SystemSlow` or `SystemGarbled`."""
        ...

    async def close(self) -> None: ...


class StatusFallback:
    """A `CaseTracker`: `cases`, and `progress` where a case came without a status. Closes both.

    A status that `cases` gave is never replaced, an unknown one with a title neither: its title says more.
    """

    def __init__(self, cases: CaseTracker, progress: ProgressSource) -> None:
        self._cases = cases
        self._progress = progress

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._cases.file_numbers

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        return await _with_status(await self._cases.find(file_id, birth_date), self._progress)

    async def close(self) -> None:
        try:
            await self._cases.close()
        finally:
            await self._progress.close()


class IdentifiedStatusFallback:
    """The same as an `IdentifiedCaseTracker`."""

    def __init__(self, cases: IdentifiedCaseTracker, progress: ProgressSource) -> None:
        self._cases = cases
        self._progress = progress

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._cases.file_numbers

    async def find(self, file_id: str, identity: VerifiedIdentity) -> Case | None:
        return await _with_status(await self._cases.find(file_id, identity), self._progress)

    async def close(self) -> None:
        try:
            await self._cases.close()
        finally:
            await self._progress.close()


async def _with_status(case: Case | None, source: ProgressSource) -> Case | None:
    if case is None or case.state is not CaseState.UNKNOWN or case.raw_title:
        return case
    try:
        progress = await source.progress(case.ref)
    except GovError as error:
        logger.warning("status fallback: a case is told without its status: %s", error)
        return case
    if progress is None:
        return case
    return replace(
        case,
        state=progress.state,
        raw_code=case.raw_code or progress.raw,
        raw_title=progress.raw,
        ended=case.ended or progress.state is CaseState.CLOSED,
        changed=case.changed or progress.changed,
    )
