"""Which government systems are connected, and how each is reached."""

from __future__ import annotations

from datetime import timedelta

from actions.local_time import ZONES
from bot.settings import Settings
from connectors.gov.api import CaseTracker
from connectors.gov.appointments import ConnectedBook
from connectors.gov.declared_systems import SANDBOX, open_systems
from connectors.gov.guarded import GuardedCheckedBook, GuardedQuestionedDesk
from connectors.gov.open311 import Open311Client, Open311Config
from connectors.gov.open311_format import Format
from connectors.gov.references import ConnectedDesk, ReferenceRule
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.resilience import Guard, Policy
from connectors.gov.scheduler import SchedulerClient, SchedulerConfig
from connectors.gov.several import one_of
from connectors.sandbox.open311.desk import API_KEY_EXAMPLE
from connectors.sandbox.rest.seed import API_KEY
from connectors.sandbox.scheduler.book import HOST_ENTITY, PARTICIPANT_ENTITY, REQUESTOR_EXAMPLE, TOKEN_EXAMPLE

# Which procedures the sandbox's invented office serves.
_SANDBOX_SERVICES = {"ma.cnie_renouvellement": "depot_cnie", "ma.cnie_premiere_demande": "depot_cnie"}


def gov_values(settings: Settings) -> dict[str, str]:
    """What the files of DALIL_GOV_SYSTEMS_DIR may name: the secrets of the settings, the sandbox's where that is on."""
    sandbox = {SANDBOX: settings.sandbox_url, "sandbox_permits_key": API_KEY} if settings.sandbox else {}
    return {**sandbox, **settings.gov_secrets}


def case_tracker(settings: Settings) -> CaseTracker | None:
    """The government systems that know the state of applications, as one; None where none is connected.

    Raises `DeclaredError` with file and line where a file of DALIL_GOV_SYSTEMS_DIR is wrong.
    """
    declared = open_systems(settings.gov_systems_dir, gov_values(settings))
    base_url = settings.registration.base_url or (f"{settings.sandbox_url}/registration" if settings.sandbox else None)
    if base_url is None:
        return one_of(declared)
    registration = RegistrationClient(
        RegistrationConfig(
            base_url=base_url,
            client_header=settings.registration.client,
            timeout_s=settings.registration.timeout_s,
            file_number_pattern=settings.registration.file_number_pattern,
        )
    )
    return one_of((registration, *declared))


def complaint_desk(settings: Settings) -> ConnectedDesk | None:
    """The desk that takes complaints; None where none is connected.

    Raises `ValueError` where pattern and example of its references do not belong together.
    """
    told = settings.complaints
    base_url, api_key = told.base_url, told.api_key
    if base_url is None:
        if not settings.sandbox:
            return None
        base_url, api_key = f"{settings.sandbox_url}/open311/v2", API_KEY_EXAMPLE
    config = Open311Config(base_url, api_key, told.jurisdiction, Format(told.format), told.timeout_s)
    guard = Guard("complaints", Policy(timeout_s=told.timeout_s))
    return ConnectedDesk(
        GuardedQuestionedDesk(Open311Client(config), guard),
        ReferenceRule(told.reference_pattern, told.reference_example),
        told.needs_place,
    )


def appointment_book(settings: Settings) -> ConnectedBook | None:
    """The book that gives appointments; None where none is connected."""
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
    guard = Guard("appointments", Policy(timeout_s=told.timeout_s))
    return ConnectedBook(GuardedCheckedBook(client, guard), told.services, timedelta(days=told.days_ahead))
