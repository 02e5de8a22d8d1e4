"""Files one complaint, once. The ledger is written before the desk is called: whatever dies in between, the turn that
is handled again finds that it has filed, and asks nobody a second time.
"""

from __future__ import annotations

import asyncio
import logging

from actions.complaint_draft import Draft
from actions.complaint_ledger import ComplaintLedger, Filing, FilingState
from actions.failures import failure_key, log_failure
from actions.turn_input import Understood
from connectors.errors import GovError, Uncertain
from connectors.gov.api import ComplaintDesk

logger = logging.getLogger(__name__)


class Filer:
    def __init__(self, desk: ComplaintDesk, ledger: ComplaintLedger) -> None:
        self._desk = desk
        self._ledger = ledger

    async def file(self, draft: Draft, message: Understood) -> str | None:
        """None once the desk has it, or may have: `filed` says which. Else the sentence for why it has not."""
        turn = message.turn
        kind = draft.kind.title if draft.kind is not None else ""
        before = await asyncio.to_thread(self._ledger.begin, turn.person_id, turn.turn_id, kind, turn.now)
        if before is not None:
            return None
        try:
            receipt = await self._desk.file(draft.complaint())
        except Uncertain as error:
            log_failure(logger, "complaint desk", message, error)
            await asyncio.to_thread(self._ledger.close, turn.turn_id, FilingState.UNCERTAIN)
            return None
        except GovError as error:
            await asyncio.to_thread(self._ledger.drop, turn.turn_id)
            return trouble(error, message)
        await asyncio.to_thread(self._ledger.close, turn.turn_id, FilingState.FILED, receipt)
        return None

    async def filed(self, message: Understood) -> Filing | None:
        """What this very turn filed, also where Rasa has forgotten that it did."""
        return await asyncio.to_thread(self._ledger.of_turn, message.turn.turn_id)


def trouble(error: GovError, message: Understood) -> str:
    """The sentence for a failure, which is logged."""
    log_failure(logger, "complaint desk", message, error)
    return failure_key("complaint", error)
