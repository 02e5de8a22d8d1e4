"""Which desk takes complaints, and which book gives appointments: the settings' own, else the sandbox's where it is on.

Each comes with what asks it something that is nobody's (`dalil doctor`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from actions.local_time import ZONES
from bot.settings import Settings
from connectors.gov.appointments import ConnectedBook
from connectors.gov.govstack import Probe
from connectors.gov.guarded import GuardedCheckedBook, GuardedQuestionedDesk
from connectors.gov.open311 import Open311Client, Open311Config
from connectors.gov.open311_format import Format
from connectors.gov.references import ConnectedDesk, ReferenceRule
from connectors.gov.resilience import Guards
from connectors.gov.scheduler import SchedulerClient, SchedulerConfig
from connectors.sandbox.open311.desk import API_KEY_EXAMPLE
from connectors.sandbox.scheduler.book import HOST_ENTITY, PARTICIPANT_ENTITY, REQUESTOR_EXAMPLE, TOKEN_EXAMPLE

COMPLAINTS, APPOINTMENTS = "complaints", "appointments"  # as metrics and `dalil doctor` say

# Which procedures the sandbox's invented office serves.
_SANDBOX_SERVICES = {"ma.cnie_renouvellement": "depot_cnie", "ma.cnie_premiere_demande": "depot_cnie"}


def complaint_desk(settings: Settings, guards: Guards) -> tuple[ConnectedDesk, Probe] | None:
    """None where none is connected. Raises `ValueError` for an address that cannot be right."""
    told = settings.complaints
    base_url, api_key = told.base_url, told.api_key
    if base_url is None:
        if not settings.sandbox:
            return None
        base_url, api_key = f"{settings.sandbox_url}/open311/v2", API_KEY_EXAMPLE
    config = Open311Config(base_url, api_key, told.jurisdiction, Format(told.format), told.timeout_s)
    client = Open311Client(config)
    desk = GuardedQuestionedDesk(client, guards.of(COMPLAINTS, told.timeout_s))
    references = ReferenceRule(told.reference_pattern, told.reference_example)
    return ConnectedDesk(desk, references, told.needs_place), client.kinds


def appointment_book(settings: Settings, guards: Guards) -> tuple[ConnectedBook, Probe] | None:
    """None where none is connected. Raises `ValueError` for an address that cannot be right."""
    told = settings.appointments
    if told.base_url is None:
        if not settings.sandbox:
            return None
        told = told.model_copy(
            update={
                "base_url": f"{settings.sandbox_url}/scheduler",
                "requestor_id": REQUESTOR_EXAMPLE,
                "request_token": TOKEN_EXAMPLE,
                "host_entity_id": HOST_ENTITY,
                "participant_entity_id": PARTICIPANT_ENTITY,
                "services": told.services or _SANDBOX_SERVICES,
            }
        )
    client = SchedulerClient(
        SchedulerConfig(
            base_url=told.base_url or "",
            requestor_id=told.requestor_id,
            request_token=told.request_token,
            host_entity_id=told.host_entity_id,
            participant_entity_id=told.participant_entity_id,
            zone=ZONES[settings.country],
            remind_before=timedelta(hours=told.remind_hours),
            timeout_s=told.timeout_s,
        )
    )
    service = next(iter(told.services.values()))

    async def probe() -> None:
        now = datetime.now(UTC)
        await client.free_slots(service, now, now + timedelta(days=1))

    book = GuardedCheckedBook(client, guards.of(APPOINTMENTS, told.timeout_s))
    return ConnectedBook(book, told.services, timedelta(days=told.days_ahead)), probe
