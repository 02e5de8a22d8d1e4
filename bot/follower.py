"""Looks at the files that are followed, and tells their owners what has changed. Any number of workers may do so.

A look and what it leads to are one transaction with the lease of the row: whoever is killed in between has told
nothing, and whoever comes after tells it once. Nothing is looked at in the citizen's quiet hours: what changed at night
is told in the morning, as it is then.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from actions.following import has_ended, told_of
from bot import ports
from bot.follow_news import FollowNews, News
from bot.follow_ports import FollowClaim, Follows
from bot.metrics import METRICS
from bot.quiet import QuietHours
from connectors.errors import GovError
from connectors.gov.api import Case, CaseTracker

log = logging.getLogger(__name__)

LOOK_S = 2.0  # how often the table is looked at; events of a mediator are seen so soon
LEASE_S = 30.0  # longer than a look can take
CASE_S = 20.0  # for a system's answer: its own client gives up long before
AT_ONCE = 4
GONE_AFTER = 2  # looks in a row that did not find the file
SLOWER = 1.5  # each look without a change makes the next one so much later
MORNING_S = 1200.0  # looks that waited for the morning are spread over so long
AGAIN_S = 3600.0  # when he can be reached nowhere, or a mistake of ours ended the look


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds to the first look and, at most, to the next; seconds between two looks at one system."""

    first_s: float
    longest_s: float
    interval_s: float

    def after(self, quiet: int) -> float:
        """When to look again after so many looks without a change, with jitter."""
        plain = min(self.longest_s, self.first_s * SLOWER ** min(quiet, 40))
        return plain * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, not a secret


class Follower:
    """One loop. `news` writes what is told."""

    def __init__(
        self,
        follows: Follows,
        cases: CaseTracker,
        news: FollowNews,
        quiet: QuietHours,
        rhythm: Rhythm,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._follows = follows
        self._cases = cases
        self._news = news
        self._quiet = quiet
        self._rhythm = rhythm
        self._clock = clock
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Look until `stop`; then finish what is in hand."""
        while not self._stopping.is_set():
            pause = LOOK_S
            try:
                if await self.look():
                    pause = min(LOOK_S, self._rhythm.interval_s)  # there may be more of the same system
            except ports.StoreUnavailable as error:
                log.error("followed files not looked at", extra={"reason": str(error)})
            except Exception:
                # A mistake of ours must not end the loop, and with it the worker.
                log.exception("following crashed")
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except TimeoutError:
                continue

    async def look(self) -> int:
        """Everything that is due, once; how many files were taken. Raises `StoreUnavailable`."""
        now = self._clock()
        sent = await asyncio.to_thread(self._follows.send_instead, self._news.as_sms, AT_ONCE, now)
        METRICS.sms_instead.inc(sent)
        claims = await asyncio.to_thread(self._follows.claim, AT_ONCE, LEASE_S, now, self._rhythm.interval_s)
        await asyncio.gather(*map(self._one, claims))
        return len(claims)

    async def _one(self, claim: FollowClaim) -> None:
        try:
            result = await self._handle(claim)
        except ports.StoreUnavailable as error:
            log.error("look not saved", extra={"follow": claim.follow_id, "reason": str(error)})
            return
        except Exception:
            log.exception("look crashed", extra={"follow": claim.follow_id})
            result = "crashed"
            await asyncio.to_thread(self._follows.look_again, claim, self._clock() + AGAIN_S, found=None)
        METRICS.follow_looks.labels(result).inc()
        log.info("looked at a followed file", extra={"follow": claim.follow_id, "result": result})

    async def _handle(self, claim: FollowClaim) -> str:
        now = self._clock()
        if claim.conversation is None:
            await self._put_off(claim, now + AGAIN_S)
            return "unreachable"
        if (morning := self._quiet.end(claim.conversation.country, now)) is not None:
            await self._put_off(claim, morning + random.uniform(0, MORNING_S))  # noqa: S311 - jitter, not a secret
            return "quiet_hours"
        if now >= claim.expires_at:
            return await self._tell(claim, News.EXPIRED, None)
        try:
            async with asyncio.timeout(CASE_S):
                case = await self._cases.find(claim.number, claim.born)
        except (GovError, TimeoutError) as error:
            log.warning("government system: %s", type(error).__name__, extra={"follow": claim.follow_id})
            await asyncio.to_thread(self._follows.system_failed, claim, self._clock())
            return "failed"
        return await self._compare(claim, case)

    async def _compare(self, claim: FollowClaim, case: Case | None) -> str:
        if case is None:
            if claim.missing + 1 >= GONE_AFTER:
                return await self._tell(claim, News.GONE, None)
            await self._look_again(claim, 0, found=False)
            return "missing"
        ended, changed = has_ended(case), told_of(case) != claim.told
        if changed:
            return await self._tell(claim, News.ENDED if ended else News.CHANGED, case)
        if ended:  # he asked for it himself meanwhile, and has read it
            return await self._tell(claim, None, case)
        await self._look_again(claim, claim.quiet + 1, found=True)
        return "unchanged"

    async def _tell(self, claim: FollowClaim, news: News | None, case: Case | None) -> str:
        """Queue what there is to say, in the transaction that ends the look."""
        now = self._clock()
        goes_on = news is News.CHANGED
        messages = self._news.messages(claim, news, case, now) if news is not None else ()
        due_at = min(now + self._rhythm.after(0), claim.expires_at) if goes_on else None
        told = told_of(case) if case is not None else claim.told
        if not await asyncio.to_thread(self._follows.tell, claim, told, messages, due_at, now):
            METRICS.leases_lost.labels("follows").inc()
            return "lease_lost"
        if messages:
            METRICS.follow_told.labels(messages[0].to.channel).inc()
        if not goes_on:
            METRICS.follows.labels(news.value if news is not None else "ended").inc()
        return "changed" if news in (News.CHANGED, News.ENDED) else "over"

    async def _look_again(self, claim: FollowClaim, quiet: int, *, found: bool) -> None:
        due_at = min(self._clock() + self._rhythm.after(quiet), claim.expires_at)
        if not await asyncio.to_thread(self._follows.look_again, claim, due_at, found=found):
            METRICS.leases_lost.labels("follows").inc()

    async def _put_off(self, claim: FollowClaim, until: float) -> None:
        await asyncio.to_thread(self._follows.look_again, claim, until, found=None)
