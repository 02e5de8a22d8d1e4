"""Events of government systems: whoever follows the file is told soon. Nothing of an event is believed or stored.

204 also for events that are not understood: a mediator would send them again for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request, Response

from bot.follow_ports import Follows
from bot.metrics import METRICS
from bot.ports import StoreUnavailable
from bot.web.gateway import read_body
from connectors.errors import Forged, Malformed
from connectors.gov.api import CaseTracker
from connectors.gov.events import MAX_BODY, EventDoor

log = logging.getLogger(__name__)


def create_router(
    door: EventDoor,
    types: Mapping[str, str],
    cases: CaseTracker,
    follows: Follows,
    now: Callable[[], float] = time.time,
) -> APIRouter:
    """`POST /gov/events`."""
    router = APIRouter()

    @router.post("/gov/events", include_in_schema=False)
    async def take(request: Request) -> Response:
        declared = int(request.headers.get("content-length") or 0)
        body = None if declared > MAX_BODY else await read_body(request.receive, MAX_BODY)
        if body is None:
            return _refuse("too_large", 413)
        try:
            event = door.parse(request.headers, body)
        except Forged:
            return _refuse("forged", 403)
        except Malformed:
            return _refuse("malformed", 400)
        written = event.file_number(types)
        number = cases.file_numbers.find(written) if written is not None else None
        if number is None:
            METRICS.gov_events.labels("unknown").inc()
            return Response(status_code=204)
        try:
            followers = await asyncio.to_thread(follows.news_of, number, now())
        except StoreUnavailable as error:
            log.error("event not stored", extra={"reason": str(error)})
            return _refuse("not_stored", 503)
        METRICS.gov_events.labels("followed" if followers else "not_followed").inc()
        return Response(status_code=204)

    return router


def _refuse(reason: str, status: int) -> Response:
    METRICS.gov_events.labels(reason).inc()
    return Response(status_code=status)
