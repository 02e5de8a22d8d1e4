"""Which government systems are connected, and how each is reached: the place where they are put together.

Every client stands in a guard of its own (connectors/gov/resilience.py), whose limits are in the settings or in the
system's YAML file, and whose calls are counted here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, reduce

from bot.accounts import oidc_config
from bot.gov_desks import APPOINTMENTS, COMPLAINTS, appointment_book, complaint_desk
from bot.gov_settings import words
from bot.metrics import METRICS
from bot.settings import Settings
from connectors.gov.api import CaseTracker, IdentifiedCaseTracker, ServiceCatalogue
from connectors.gov.appointments import ConnectedBook
from connectors.gov.breaker import Circuit
from connectors.gov.declared import DeclaredClient
from connectors.gov.declared_systems import SANDBOX, open_systems
from connectors.gov.digital_registries import CaseRegistry, RegistriesConfig
from connectors.gov.events import EventDoor
from connectors.gov.govstack import NOBODYS_BIRTH_DATE, Built, GovStack, GovStackConfig, Probe
from connectors.gov.guarded import GuardedIdentified, GuardedTracker
from connectors.gov.identified import Identified, Nobody, SeveralIdentified, WithIdentified
from connectors.gov.references import ConnectedDesk
from connectors.gov.registration import RegistrationConfig
from connectors.gov.resilience import Guards, Observed, Policy
from connectors.gov.served import NOTHING, Served, read_served
from connectors.gov.several import one_of
from connectors.gov.workflow import WorkflowConfig
from connectors.gov.xroad import XRoadConfig
from connectors.sandbox import mediator
from connectors.sandbox.benefits import API_KEY as BENEFITS_KEY
from connectors.sandbox.registration.seed import SERVICES
from connectors.sandbox.rest.seed import API_KEY

_CIRCUIT = {Circuit.CLOSED: 0, Circuit.HALF_OPEN: 1, Circuit.OPEN: 2}


@dataclass(frozen=True, slots=True)
class GovernmentSystems:
    """Everything that is connected. What no system offers is None or empty. Catalogues by the name of their system.
    `served`: the procedures whose files `cases` knows. `desk` takes complaints, `book` gives appointments. `probes`:
    what asks each system something that is nobody's (`dalil doctor`). `close` releases all connections.
    """

    cases: CaseTracker | None = None
    served: Served = NOTHING
    desk: ConnectedDesk | None = None
    book: ConnectedBook | None = None
    catalogues: Mapping[str, ServiceCatalogue] = field(default_factory=dict)
    probes: Mapping[str, Probe] = field(default_factory=dict)

    async def close(self) -> None:
        if self.cases is not None:
            await self.cases.close()
        if self.desk is not None:
            await self.desk.desk.close()
        if self.book is not None:
            await self.book.book.close()


def government_systems(settings: Settings) -> GovernmentSystems:
    """The systems that the settings and the files of DALIL_GOV_SYSTEMS_DIR name.

    Raises `ValueError` with the setting, or `DeclaredError` with file and line, where something cannot be right.
    """
    guards = system_guards(settings)
    stacks = [(_built(config, guards), served) for config, served in _govstack(settings)]
    folder, values = settings.gov_systems_dir, gov_values(settings)
    declared, to_identity = open_systems(folder, values), open_systems(folder, values, "required")
    asks = [built.identified if settings.registration.identity else None for built, _ in stacks]
    by_date = [built.tracker for (built, _), identified in zip(stacks, asks, strict=True) if identified is None]
    by_identity = [identified for identified in asks if identified is not None]
    by_date += [_guarded(client, guards) for client in declared]
    by_identity += [_guarded_identified(client, guards) for client in to_identity]
    served = [*(served for _, served in stacks), *(client.system.served for client in (*declared, *to_identity))]
    probes = {name: probe for built, _ in stacks for name, probe in built.probes.items()}
    probes |= {client.id: _probe(client) for client in (*declared, *to_identity)}
    with _named("DALIL_COMPLAINTS__*"):
        desk, asks_desk = complaint_desk(settings, guards) or (None, None)
    with _named("DALIL_APPOINTMENTS__*"):
        book, asks_book = appointment_book(settings, guards) or (None, None)
    acting = {COMPLAINTS: asks_desk, APPOINTMENTS: asks_book}
    return GovernmentSystems(
        cases=_as_one(settings, by_date, by_identity),
        served=reduce(Served.and_also, served, NOTHING),
        catalogues={name: built.catalogue for built, _ in stacks for name in built.probes if built.catalogue},
        desk=desk,
        book=book,
        probes=probes | {name: probe for name, probe in acting.items() if probe is not None},
    )


def _as_one(
    settings: Settings, by_date: Sequence[CaseTracker], by_identity: Sequence[IdentifiedCaseTracker]
) -> CaseTracker | None:
    """`WithIdentified` is the outermost: a number says at once whether its file is told to an identity only."""
    plain = one_of(by_date)
    if not by_identity:
        return plain
    if oidc_config(settings) is None:
        example = by_identity[0].file_numbers.example
        raise ValueError(f"files like {example} are told to a verified identity only: set DALIL_OIDC__ISSUER")
    return WithIdentified(plain, SeveralIdentified(by_identity))


def case_tracker(settings: Settings) -> CaseTracker | None:
    """The systems that know the state of applications, as one; None where none is connected. Raises `ValueError`."""
    return government_systems(settings).cases


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


def system_guards(settings: Settings) -> Guards:
    """Makes the guards of all systems; what passes them is counted."""
    return Guards(Policy(**settings.gov_limits.model_dump()), _count)


def _count(call: Observed) -> None:
    METRICS.gov_calls.labels(call.system, call.operation, call.outcome).inc()
    METRICS.gov_seconds.labels(call.system).observe(call.seconds)
    METRICS.gov_tries.labels(call.system).inc(call.tries)
    METRICS.gov_circuit.labels(call.system).set(_CIRCUIT[call.circuit])


# ---- systems that a YAML file describes ----------------------------------------------------------------------------


def _guarded(client: DeclaredClient, guards: Guards) -> CaseTracker:
    limits = client.system.limits
    return GuardedTracker(client, guards.of(client.id, limits.timeout_s, limits.of_guard))


def _guarded_identified(client: DeclaredClient, guards: Guards) -> IdentifiedCaseTracker:
    limits = client.system.limits
    return GuardedIdentified(Identified(client), guards.of(client.id, limits.timeout_s, limits.of_guard))


def _probe(client: DeclaredClient) -> Probe:
    if client.needs_identity:
        return partial(client.find_of, client.file_numbers.example, Nobody())
    return partial(client.find, client.file_numbers.example, NOBODYS_BIRTH_DATE)


# ---- GovStack ------------------------------------------------------------------------------------------------------


def _govstack(settings: Settings) -> Iterator[tuple[GovStackConfig, Served]]:
    """What the settings say of the blocks. The sandbox's register stands in where no other one knows files."""
    xroad, workflow = _xroad(settings), _workflow(settings)
    registration, registries = _registration(settings), _registries(settings)
    if registration is not None:
        yield GovStackConfig(registration, workflow, xroad), _registration_serves(settings)
    if registries is not None:
        served = read_served(words(settings.registries.procedures))
        yield GovStackConfig(registries, None if registration else workflow, xroad), served
    if workflow is not None and registration is None and registries is None:
        raise ValueError(
            "DALIL_WORKFLOW__BASE_URL needs DALIL_REGISTRATION__BASE_URL or DALIL_REGISTRIES__BASE_URL beside it: "
            "a workflow says how far a file is, never whose it is"
        )


def _built(config: GovStackConfig, guards: Guards) -> Built:
    is_registration = isinstance(config.cases, RegistrationConfig)
    with _named(
        "DALIL_REGISTRATION__* or DALIL_XROAD__*" if is_registration else "DALIL_REGISTRIES__* or DALIL_XROAD__*"
    ):
        return GovStack(config, guards).build()


def _registration(settings: Settings) -> RegistrationConfig | None:
    ours = settings.registration
    base_url = ours.base_url
    if base_url is None and settings.sandbox and settings.registries.base_url is None:
        base_url = f"{settings.sandbox_url}/registration"
    if base_url is None:
        return None
    return RegistrationConfig(
        base_url=base_url,
        client_header=ours.client,
        timeout_s=ours.timeout_s,
        file_number_pattern=ours.file_number_pattern,
        file_number_example=ours.file_number_example,
        birth_date_path=tuple(ours.birth_date_path.split(".")),
        read_reason=ours.read_reason,
        read_tasks=ours.read_tasks or ours.base_url is None,  # the sandbox has agreed
        details_timeout_s=ours.details_timeout_s,
    )


def _registration_serves(settings: Settings) -> Served:
    ours = settings.registration
    of_sandbox = ours.base_url is None and not ours.procedures
    return read_served(service.procedure for service in SERVICES) if of_sandbox else read_served(words(ours.procedures))


def _registries(settings: Settings) -> tuple[RegistriesConfig, CaseRegistry] | None:
    ours = settings.registries
    if ours.base_url is None:
        return None
    registry = CaseRegistry(
        name=ours.registry,
        version=ours.version,
        states=ours.states,
        ended=frozenset(words(ours.ended)),
        file_number_pattern=ours.file_number_pattern,
        file_number_example=ours.file_number_example,
        **ours.fields,
    )
    return RegistriesConfig(ours.base_url, ours.client, ours.api_key, ours.timeout_s), registry


def _workflow(settings: Settings) -> WorkflowConfig | None:
    ours = settings.workflow
    if ours.base_url is None:
        return None
    client = ours.client or settings.registration.client
    return WorkflowConfig(ours.base_url, client, ours.timeout_s, ours.instance_id)


def _xroad(settings: Settings) -> XRoadConfig | None:
    ours = settings.xroad
    if not ours.security_server:
        return None
    return XRoadConfig(
        security_server=ours.security_server,
        client=ours.client,
        client_headers=words(ours.client_headers),
        error_header=ours.error_header,
        target_server=ours.target_server,
        certificate=str(ours.certificate or ""),
        private_key=str(ours.private_key or ""),
        authority=str(ours.authority or ""),
    )


@contextmanager
def _named(setting: str) -> Iterator[None]:
    """What cannot be right is said with the setting's name."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ValueError(f"{setting}: {error}") from None
