"""The simulated GovStack building blocks, each reachable directly and through the simulated Security Server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, FastAPI

from connectors.sandbox import digital_registries, workflow, xroad
from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.registration import api as registration
from connectors.sandbox.registration.book import Register
from connectors.sandbox.registration.seed import CLIENT_HEADER_EXAMPLE

CLIENT = CLIENT_HEADER_EXAMPLE
_OWNER = "eGovStack/GOV/90000009"
# X-Road service → the path below which the block answers directly.
SERVICES = {
    f"{_OWNER}/registration/api": "/registration",
    f"{_OWNER}/workflow/api": "/workflow",
    f"{_OWNER}/digitalregistries/data-api": "/registries",
}
_HERE = Path(__file__).parent
SPECIFICATIONS = {
    "/registration": _HERE / "registration" / "spec" / "GovStack_Registration_BB_API.json",
    "/workflow": _HERE / "spec" / "workflow.yaml",
    "/registries": _HERE / "spec" / "digital_registries.yaml",
}


@dataclass(frozen=True, slots=True)
class Blocks:
    """One register, told by three building blocks, each with its own faults."""

    register: Register = field(default_factory=Register)
    registration: GovFaults = field(default_factory=registration.create_faults)
    workflow: GovFaults = field(default_factory=GovFaults)
    registries: GovFaults = field(default_factory=GovFaults)


def create_router(systems: Blocks | None = None) -> APIRouter:
    """The building blocks of `systems`; without them it has its own, so that two routers share nothing."""
    systems = systems or Blocks()
    blocks = APIRouter()
    blocks.include_router(registration.create_router(systems.register, systems.registration))
    blocks.include_router(workflow.create_router(systems.register, systems.workflow))
    blocks.include_router(digital_registries.create_router(systems.register, systems.registries))
    inside = FastAPI()  # what the Security Server passes to: the same systems, not copies
    inside.include_router(blocks)
    providers = {
        service: xroad.Provider(inside, prefix, SPECIFICATIONS[prefix]) for service, prefix in SERVICES.items()
    }
    blocks.include_router(xroad.create_router(providers, [CLIENT]))
    return blocks
