"""The simulated GovStack building blocks, each reachable directly and through the simulated Security Server."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI

from connectors.sandbox import digital_registries, workflow, xroad
from connectors.sandbox.registration import api as registration
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


def create_router() -> APIRouter:
    """A router with its own systems: two routers share nothing."""
    blocks = APIRouter()
    blocks.include_router(registration.create_router())
    blocks.include_router(workflow.create_router())
    blocks.include_router(digital_registries.create_router())
    inside = FastAPI()  # what the Security Server passes to: the same systems, not copies
    inside.include_router(blocks)
    providers = {
        service: xroad.Provider(inside, prefix, SPECIFICATIONS[prefix]) for service, prefix in SERVICES.items()
    }
    blocks.include_router(xroad.create_router(providers, [CLIENT]))
    return blocks
