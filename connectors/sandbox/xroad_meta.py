"""A Security Server's own services (PR-META 2.16, PR-MREST 0.8): who is there, which services, what they look like.

`listClients` stands beside `/r1`; `listMethods`, `allowedMethods` and `getOpenAPI` are called like services.
JSON is in snake_case, as live servers write it. Our choice: everybody who is known by form may ask, and
`allowedMethods` lists nothing for whom nothing is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Identifier = tuple[str, ...]  # decoded parts

LIST, ALLOWED, OPENAPI = "listMethods", "allowedMethods", "getOpenAPI"
CODES = frozenset({LIST, ALLOWED, OPENAPI})

_MEMBER = ("xroad_instance", "member_class", "member_code", "subsystem_code")
_METHODS = ("get", "post", "put", "delete", "patch", "head", "options")


def list_clients(owners: Iterable[Identifier]) -> dict[str, Any]:
    """`{"member": [...]}`: the subsystems behind this server and their members."""
    known = sorted({part for owner in owners for part in (owner[:3], owner[:4])})
    return {"member": [{"id": _named(part), "name": f"Sandbox, {'/'.join(part)}"} for part in known]}


def list_methods(services: Mapping[Identifier, Path | None], subsystem: Identifier) -> dict[str, Any]:
    """`{"service": [...]}`: the REST services of one subsystem, with their endpoints."""
    found = {service: spec for service, spec in services.items() if service[:4] == subsystem}
    return {"service": [_service(service, spec) for service, spec in sorted(found.items())]}


def open_api(spec: Path) -> tuple[bytes, str]:
    """The description as it was registered, and its media type."""
    return spec.read_bytes(), "application/json" if spec.suffix == ".json" else "text/yaml"


def _service(service: Identifier, spec: Path | None) -> dict[str, Any]:
    return _named(service[:4]) | {
        "service_code": service[4],
        "object_type": "SERVICE",
        "service_type": "OPENAPI" if spec else "REST",
        "endpoint_list": _endpoints(spec) if spec else [],
    }


def _named(part: Identifier) -> dict[str, Any]:
    kind = "SUBSYSTEM" if len(part) == len(_MEMBER) else "MEMBER"
    return {"object_type": kind, **dict(zip(_MEMBER, part, strict=False))}


@cache
def _endpoints(spec: Path) -> list[dict[str, str]]:
    """What a Security Server makes of a description: a parameter of a path is a `*`."""
    text = spec.read_text("utf-8")
    document = json.loads(text) if spec.suffix == ".json" else yaml.safe_load(text)
    return [
        {"method": method.upper(), "path": "/".join("*" if "{" in part else part for part in path.split("/"))}
        for path, operations in document["paths"].items()
        for method in _METHODS
        if method in operations
    ]
