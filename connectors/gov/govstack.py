"""Which GovStack building blocks are used, how each is reached, and which one says where an application stands.

The only place that puts these clients together. A block's `base_url` is an address, or `xroad:` and the identifier of
an X-Road service (`xroad:eGovStack/GOV/90000009/registration/api`); the clients themselves never know which.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.gov.api import CaseTracker
from connectors.gov.digital_registries import CaseRegistry, RegistriesConfig, RegistryCases
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.status_fallback import StatusFallback
from connectors.gov.workflow import WorkflowClient, WorkflowConfig
from connectors.gov.xroad import XRoad, XRoadConfig
from connectors.http import HttpMaker, http_client

XROAD = "xroad:"


@dataclass(frozen=True, slots=True)
class GovStackConfig:
    """`cases`: the block that knows the applications, and in a registry also which one. `workflow`: asked where `cases`
    knows a file but not its status. `xroad`: needed as soon as one `base_url` begins with `xroad:`.
    """

    cases: RegistrationConfig | tuple[RegistriesConfig, CaseRegistry]
    workflow: WorkflowConfig | None = None
    xroad: XRoadConfig | None = None


class GovStack:
    """Makes the clients that a configuration asks for. Raises `ValueError` at once when it cannot be right."""

    def __init__(self, config: GovStackConfig) -> None:
        self._config = config
        self._road = XRoad(config.xroad) if config.xroad else None

    def tracker(self) -> CaseTracker:
        cases, workflow = self._cases(), self._config.workflow
        if workflow is None:
            return cases
        url, make_http = self._reach(workflow.base_url)
        return StatusFallback(cases, WorkflowClient(replace(workflow, base_url=url), make_http))

    def _cases(self) -> CaseTracker:
        match self._config.cases:
            case RegistrationConfig() as registration:
                url, make_http = self._reach(registration.base_url)
                return RegistrationClient(replace(registration, base_url=url), make_http)
            case (registries, registry):
                url, make_http = self._reach(registries.base_url)
                return RegistryCases(replace(registries, base_url=url), registry, make_http)

    def _reach(self, base_url: str) -> tuple[str, HttpMaker]:
        """Where a block's paths begin, and what makes the client for it."""
        if not base_url.startswith(XROAD):
            return base_url, http_client
        if self._road is None:
            raise ValueError("a base URL begins with xroad: but no Security Server is configured")
        return self._road.base_url(base_url.removeprefix(XROAD)), self._road.http_client
