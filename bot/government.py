"""Which government systems are connected, and how each is reached."""

from __future__ import annotations

from bot.settings import Settings
from connectors.gov.api import CaseTracker
from connectors.gov.declared_systems import SANDBOX, open_systems
from connectors.gov.guarded import GuardedQuestionedDesk
from connectors.gov.open311 import Open311Client, Open311Config
from connectors.gov.open311_format import Format
from connectors.gov.references import ConnectedDesk, ReferenceRule
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.resilience import Guard, Policy
from connectors.gov.several import one_of
from connectors.sandbox.open311.desk import API_KEY_EXAMPLE
from connectors.sandbox.rest.seed import API_KEY


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
