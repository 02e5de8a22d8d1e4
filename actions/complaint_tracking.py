"""Where a complaint stands: one's own, from the ledger, or any by its reference, as the desk tells it to everybody.

A desk's references follow one another, so wrong ones count as wrong tries at files do: nobody reads a desk through by
guessing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from actions.attempts import AttemptLedger, file_key, is_locked
from actions.complaint_filing import trouble
from actions.complaint_ledger import ComplaintLedger, Filing, FilingState
from actions.contract import TurnResult
from actions.local_time import Clock, day_of
from actions.replies import Wording
from actions.speak import handled
from actions.turn_input import Understood
from connectors.errors import GovError
from connectors.gov.api import ComplaintStatus
from connectors.gov.references import ConnectedDesk

SHOWN = 3  # of one's own complaints


class ComplaintTracking:
    def __init__(
        self, wording: Wording, desk: ConnectedDesk, ledger: ComplaintLedger, attempts: AttemptLedger, clock: Clock
    ) -> None:
        self._wording = wording
        self._desk = desk.desk
        self.references = desk.references
        self._ledger = ledger
        self._attempts = attempts
        self._clock = clock

    async def has_filed(self, message: Understood) -> bool:
        """Whether this person has filed one here."""
        return bool(await asyncio.to_thread(self._ledger.latest, message.turn.person_id, 1))

    async def own(self, message: Understood) -> TurnResult:
        """The complaints that this person filed here, the latest first."""
        filings = await asyncio.to_thread(self._ledger.latest, message.turn.person_id, SHOWN)
        if not filings:
            return self._sorry(message, "complaint_none")
        try:
            paragraphs = [await self._of(message, filing) for filing in filings]
        except GovError as error:
            return self._sorry(message, f"{trouble(error, message)}_track", ("choose_complaints", "choose_agent"))
        return self._told(message, paragraphs, stuck=any(f.state is not FilingState.FILED for f in filings))

    async def by_reference(self, message: Understood, ref: str) -> TurnResult:
        person, key, now = message.turn.person_id, file_key(f"complaint:{ref}"), self._clock()
        tries = await asyncio.to_thread(self._attempts.failures, person, key, now)
        if is_locked(tries, now):
            return self._sorry(message, "case_locked")
        try:
            found = await self._desk.track(ref)
        except GovError as error:
            return self._sorry(message, f"{trouble(error, message)}_track", ("choose_retry", "choose_agent"))
        if found is None:
            await asyncio.to_thread(self._attempts.record_failure, person, key, now, message.turn.turn_id)
            return self._sorry(message, "complaint_not_found", ("choose_retry", "choose_agent"))
        await asyncio.to_thread(self._attempts.clear, person, key)
        return self._told(message, [self._status(message, found, await self._kind(found))])

    def filed(self, message: Understood, filing: Filing) -> TurnResult:
        """What came of filing it, in the turn that did."""
        if filing.state is not FilingState.FILED:
            return self._sorry(message, "complaint_uncertain", ("choose_agent", "choose_complaints", "choose_no"))
        say, language = self._wording.text, message.worded_in
        receipt = filing.receipt
        if receipt.ref:
            lines = [say(language, "complaint_filed", ref=receipt.ref)]
        else:
            lines = [say(language, "complaint_filed_token" if receipt.token else "complaint_filed_blind")]
        if receipt.notice:
            lines.append(say(language, "complaint_notice", notice=receipt.notice))
        choices = [self._wording.choice(language, "choose_complaints")] if receipt.ref or receipt.token else []
        return handled(message, ["\n".join(lines)], choices=choices, source=self._source(message))

    async def _of(self, message: Understood, filing: Filing) -> str:
        """One of his own. A token's reference is looked for, and kept once the desk has given it."""
        day = day_of(filing.at, message.turn.country)
        if filing.state is not FilingState.FILED:
            return self._wording.text(message.worded_in, "complaint_is_uncertain", kind=filing.kind, day=day)
        receipt = filing.receipt
        if not receipt.ref and receipt.token:
            ref = await self._desk.reference(receipt.token)
            if ref is None:
                return self._wording.text(message.worded_in, "complaint_is_unnumbered", kind=filing.kind, day=day)
            receipt = replace(receipt, ref=ref)
            await asyncio.to_thread(self._ledger.close, filing.turn_id, FilingState.FILED, receipt)
        if not receipt.ref:
            return self._wording.text(message.worded_in, "complaint_is_blind", kind=filing.kind, day=day)
        found = await self._desk.track(receipt.ref)
        if found is None:
            return self._wording.text(message.worded_in, "complaint_is_gone", kind=filing.kind, ref=receipt.ref)
        return self._status(message, found, filing.kind)

    def _status(self, message: Understood, found: ComplaintStatus, kind: str) -> str:
        say, language = self._wording.text, message.worded_in
        key = "complaint_heading_kind" if kind else "complaint_heading"
        values = {"ref": found.ref} | ({"kind": kind} if kind else {})
        state = say(language, f"complaint_state_{found.state}")
        lines = [say(language, key, **values), state]
        if found.requested is not None:
            lines.append(say(language, "complaint_requested", day=day_of(found.requested, message.turn.country)))
        if found.notes:
            lines.append(say(language, "complaint_notes", notes=found.notes))
        expected = found.expected
        if expected is not None and found.state == "open" and expected > self._clock():
            lines.append(say(language, "complaint_expected", day=day_of(expected, message.turn.country)))
        return "\n".join(lines)

    async def _kind(self, found: ComplaintStatus) -> str:
        """Its title; nothing where the desk does not tell now."""
        try:
            kinds = await self._desk.kinds()
        except GovError:
            return ""
        return next((kind.title for kind in kinds if kind.code == found.kind), "")

    def _told(self, message: Understood, paragraphs: list[str], *, stuck: bool = False) -> TurnResult:
        choices = [self._wording.choice(message.worded_in, "choose_agent")] if stuck else []
        return handled(message, paragraphs, choices=choices, source=self._source(message))

    def _sorry(self, message: Understood, key: str, steps: tuple[str, ...] = ("choose_agent",)) -> TurnResult:
        choices = [self._wording.choice(message.worded_in, step) for step in steps]
        return handled(message, [self._wording.text(message.worded_in, key)], choices=choices)

    def _source(self, message: Understood) -> str:
        day = day_of(self._clock(), message.turn.country)
        return self._wording.text(message.worded_in, "complaint_source", day=day)
