"""Which government systems are connected, and how each is reached."""

from __future__ import annotations

from bot.accounts import oidc_config
from bot.settings import Settings
from connectors.gov.api import CaseTracker, IdentifiedCaseTracker
from connectors.gov.declared_systems import SANDBOX, open_systems
from connectors.gov.events import EventDoor
from connectors.gov.guarded import GuardedIdentified
from connectors.gov.identified import ByIdentity, Identified, SeveralIdentified, WithIdentified
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.resilience import Guard, Policy
from connectors.gov.several import one_of
from connectors.sandbox import mediator
from connectors.sandbox.benefits import API_KEY as BENEFITS_KEY
from connectors.sandbox.rest.seed import API_KEY


def gov_values(settings: Settings) -> dict[str, str]:
    """What the files of DALIL_GOV_SYSTEMS_DIR may name: the secrets of the settings, the sandbox's where that is on."""
    sandbox = {SANDBOX: settings.sandbox_url, "sandbox_permits_key": API_KEY, "sandbox_benefits_key": BENEFITS_KEY}
    if not settings.sandbox:
        sandbox = {}
    return {**sandbox, **settings.gov_secrets}


def event_door(settings: Settings) -> EventDoor | None:
    """Who may push events; None where nobody may."""
    certificates = {*settings.events.certificates, *([mediator.fingerprint()] if settings.sandbox else [])}
    return EventDoor(frozenset(certificates)) if certificates else None


def case_tracker(settings: Settings) -> CaseTracker | None:
    """The government systems that know the state of applications, as one; None where none is connected.

    Raises `DeclaredError` with file and line where a file of DALIL_GOV_SYSTEMS_DIR is wrong, and `ValueError` where a
    system asks for an identity and no identity provider is set.
    """
    plain, identified = _by_birth_date(settings), _by_identity(settings)
    if not identified:
        return plain
    if oidc_config(settings) is None:
        example = identified[0].file_numbers.example
        raise ValueError(f"files like {example} are told to a verified identity only: set DALIL_OIDC__ISSUER")
    return WithIdentified(plain, SeveralIdentified(identified))


def _by_identity(settings: Settings) -> list[IdentifiedCaseTracker]:
    declared = open_systems(settings.gov_systems_dir, gov_values(settings), "required")
    clients: list[tuple[str, ByIdentity]] = [(client.id, client) for client in declared]
    if settings.registration.identity and (registration := _registration(settings)):
        clients.insert(0, ("registration", registration))
    return [GuardedIdentified(Identified(client), Guard(name, Policy())) for name, client in clients]


def _by_birth_date(settings: Settings) -> CaseTracker | None:
    declared = open_systems(settings.gov_systems_dir, gov_values(settings))
    registration = None if settings.registration.identity else _registration(settings)
    return one_of(declared if registration is None else (registration, *declared))


def _registration(settings: Settings) -> RegistrationClient | None:
    base_url = settings.registration.base_url or (f"{settings.sandbox_url}/registration" if settings.sandbox else None)
    if base_url is None:
        return None
    return RegistrationClient(
        RegistrationConfig(
            base_url=base_url,
            client_header=settings.registration.client,
            timeout_s=settings.registration.timeout_s,
            file_number_pattern=settings.registration.file_number_pattern,
        )
    )
