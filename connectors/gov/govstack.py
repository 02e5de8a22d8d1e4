"""Which GovStack building blocks are used, how each is reached, and which one says where an application stands.

The only place that puts these clients together. A block's `base_url` is an address, or `xroad:` and the identifier of
an X-Road service (`xroad:eGovStack/GOV/90000009/registration/api`); the clients themselves never know which.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from connectors.gov.api import CaseTracker, IdentifiedCaseTracker, ServiceCatalogue
from connectors.gov.digital_registries import CaseRegistry, RegistriesConfig, RegistryCases
from connectors.gov.guarded import GuardedCatalogue, GuardedIdentified, GuardedProgress, GuardedTracker
from connectors.gov.identified import Identified
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.resilience import Guards
from connectors.gov.status_fallback import IdentifiedStatusFallback, StatusFallback
from connectors.gov.workflow import WorkflowClient, WorkflowConfig
from connectors.gov.xroad import XRoad, XRoadConfig
from connectors.http import HttpMaker, http_client

XROAD = "xroad:"
REGISTRATION, WORKFLOW, REGISTRIES = "registration", "workflow", "registries"  # as metrics and `dalil doctor` say


@dataclass(frozen=True, slots=True)
class GovStackConfig:
    """`cases`: the block that knows the applications, and in a registry also which one. `workflow`: asked where `cases`
    knows a file but not its status. `xroad`: needed as soon as one `base_url` begins with `xroad:`.
    """

    cases: RegistrationConfig | tuple[RegistriesConfig, CaseRegistry]
    workflow: WorkflowConfig | None = None
    xroad: XRoadConfig | None = None


Probe = Callable[[], Awaitable[object]]  # asks a block something that is nobody's; raises what a call raises

NOBODYS_BIRTH_DATE = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Built:
    """What a configuration comes to. `probes`: one a block, by its name. `tracker` tells a file by a birth date,
    `identified` to a verified identity (None: the block cannot); they are the same clients, and `close` of either
    closes everything.
    """

    tracker: CaseTracker
    catalogue: ServiceCatalogue | None
    probes: Mapping[str, Probe]
    identified: IdentifiedCaseTracker | None = None


class GovStack:
    """Makes the clients that a configuration asks for, each block in its own guard.

    Raises `ValueError` at once when the configuration cannot be right.
    """

    def __init__(self, config: GovStackConfig, guards: Guards | None = None) -> None:
        self._config = config
        self._guards = guards or Guards()
        self._road = XRoad(config.xroad) if config.xroad else None

    def tracker(self) -> CaseTracker:
        return self.build().tracker

    def build(self) -> Built:
        blocks, workflow = self._cases(), self._config.workflow
        if workflow is None:
            return blocks
        url, make_http = self._reach(workflow.base_url)
        guard = self._guards.of(WORKFLOW, workflow.timeout_s)
        client = WorkflowClient(replace(workflow, base_url=url), make_http)
        progress, cases = GuardedProgress(client, guard), blocks.identified
        return replace(
            blocks,
            tracker=StatusFallback(blocks.tracker, progress),
            probes={**blocks.probes, WORKFLOW: partial(client.progress, blocks.tracker.file_numbers.example)},
            identified=IdentifiedStatusFallback(cases, progress) if cases is not None else None,
        )

    def _cases(self) -> Built:
        match self._config.cases:
            case RegistrationConfig() as registration:
                url, make_http = self._reach(registration.base_url)
                client = RegistrationClient(replace(registration, base_url=url), make_http)
                guard = self._guards.of(REGISTRATION, registration.timeout_s + registration.details_timeout_s)
                return Built(
                    GuardedTracker(client, guard),
                    GuardedCatalogue(client, guard),
                    {REGISTRATION: client.services},
                    GuardedIdentified(Identified(client), guard),
                )
            case (registries, registry):
                url, make_http = self._reach(registries.base_url)
                cases = RegistryCases(replace(registries, base_url=url), registry, make_http)
                tracker = GuardedTracker(cases, self._guards.of(REGISTRIES, registries.timeout_s))
                nobodys = partial(cases.find, registry.file_number_example, NOBODYS_BIRTH_DATE)
                return Built(tracker, None, {REGISTRIES: nobodys})

    def _reach(self, base_url: str) -> tuple[str, HttpMaker]:
        """Where a block's paths begin, and what makes the client for it."""
        if not base_url.startswith(XROAD):
            return base_url, http_client
        if self._road is None:
            raise ValueError("a base URL begins with xroad: but no Security Server is configured")
        return self._road.base_url(base_url.removeprefix(XROAD)), self._road.http_client
