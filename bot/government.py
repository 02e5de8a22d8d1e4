"""Which government systems are connected, and how each is reached: the place where they are put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.settings import Settings
from connectors.gov.api import AppointmentBook, CaseTracker, ComplaintDesk, ServiceCatalogue
from connectors.gov.declared_systems import SANDBOX, open_systems
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.several import one_of
from connectors.sandbox.rest.seed import API_KEY


@dataclass(frozen=True, slots=True)
class GovernmentSystems:
    """Everything that is connected. What no system offers is None or empty. Desks, books and catalogues by the name of
    their system. `close` releases all connections.
    """

    cases: CaseTracker | None = None
    desks: Mapping[str, ComplaintDesk] = field(default_factory=dict)
    books: Mapping[str, AppointmentBook] = field(default_factory=dict)
    catalogues: Mapping[str, ServiceCatalogue] = field(default_factory=dict)

    async def close(self) -> None:
        for client in (self.cases, *self.desks.values(), *self.books.values()):
            if client is not None:
                await client.close()


def government_systems(settings: Settings) -> GovernmentSystems:
    """The systems that the settings and the files of DALIL_GOV_SYSTEMS_DIR name.

    Raises `DeclaredError` with file and line where a file is wrong.
    """
    return GovernmentSystems(cases=case_tracker(settings))


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
