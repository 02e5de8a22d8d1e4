"""What the GovStack clients really send and get, recorded on the wire, and the OpenAPI files to hold it against."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx2
import yaml

from connectors.http import http_client
from connectors.sandbox.registration import api as registration
from tests.contracts.openapi_check import Asked, Specification

_SPECIFICATIONS = Path(__file__).parents[2] / "connectors" / "sandbox" / "spec"
_PERMITS = Path(__file__).parents[1] / "fixtures" / "rest" / "permits.yaml"
_REGISTRATION = Path(registration.__file__).parent / "spec" / "GovStack_Registration_BB_API.json"

# Path of a value in a document → what stands there instead, because the file contradicts itself.
Patches = dict[tuple[str, ...], Any]
_WORKFLOW_PATCHES: Patches = {
    # An instance's id is typed integer; every example of one is a UUID.
    ("components", "schemas", "ProcessInstance", "properties", "id", "type"): "string",
    ("paths", "/instances/{instanceId}", "get", "parameters"): [
        {"name": "instanceId", "in": "path", "required": True, "schema": {"type": "string"}}
    ],
}


def registration_specification() -> Specification:
    return Specification(json.loads(_REGISTRATION.read_text(encoding="utf-8")))


def workflow_specification() -> Specification:
    return Specification(_patched(_yaml("workflow.yaml"), _WORKFLOW_PATCHES))


def registries_specification() -> Specification:
    return Specification(_yaml("digital_registries.yaml"))


def permits_specification() -> Specification:
    return Specification(yaml.safe_load(_PERMITS.read_text(encoding="utf-8")))


def _yaml(name: str) -> Any:
    return yaml.safe_load((_SPECIFICATIONS / name).read_text(encoding="utf-8"))


def _patched(document: Any, patches: Patches) -> Any:
    document = copy.deepcopy(document)
    for path, value in patches.items():
        place = document
        for part in path[:-1]:
            place = place[part]
        assert path[-1] in place, f"the file no longer has {path}: the patch is out of date"
        place[path[-1]] = value
    return document


@dataclass(frozen=True)
class Call:
    """One call. `path` is as it went over the wire; `headers` have lower-case names."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int
    answer: bytes
    answer_headers: httpx2.Headers


@dataclass
class Wire:
    """Makes clients that talk to the real server and leave a copy of every call here."""

    calls: list[Call] = field(default_factory=list)

    def http_client(self, *base_urls: str, connect: float, read: float) -> httpx2.AsyncClient:
        return http_client(*base_urls, connect=connect, read=read, wrap=lambda network: _Tap(network, self.calls))

    def follows(
        self, specification: Specification, prefix: str, template: str, method: str = "get", number: int = -1
    ) -> list[str]:
        """What is wrong with the last call, or another by `number`, to `template`, in either direction."""
        call = self.calls[number]
        assert method == call.method
        asked = Asked(call.query, call.headers, _path_values(call.path.removeprefix(prefix), template), call.body)
        mistakes = list(specification.request_mistakes(template, method, asked))
        schema = specification.response_schema(template, method, call.status)
        if schema is not None:
            mistakes += specification.mistakes(schema, json.loads(call.answer))
        return mistakes


class _Tap(httpx2.AsyncBaseTransport):
    def __init__(self, network: httpx2.AsyncBaseTransport, calls: list[Call]) -> None:
        self._network = network
        self._calls = calls

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        response = await self._network.handle_async_request(request)
        answer = await response.aread()
        await response.aclose()
        path, _, query = request.url.raw_path.decode().partition("?")
        self._calls.append(
            Call(
                method=request.method.lower(),
                path=path,
                query=dict(parse_qsl(query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=_sent(request.headers.get("content-type", ""), body),
                status=response.status_code,
                answer=answer,
                answer_headers=response.headers,
            )
        )
        return httpx2.Response(response.status_code, headers=response.headers, content=answer)

    async def aclose(self) -> None:
        await self._network.aclose()


def _sent(content_type: str, body: bytes) -> Any:
    if not body:
        return None
    return dict(parse_qsl(body.decode())) if "form" in content_type else json.loads(body)


def _path_values(path: str, template: str) -> dict[str, str]:
    given, named = path.split("/"), template.split("/")
    assert len(given) == len(named), f"{path} is not {template}"
    pairs = list(zip(named, given, strict=True))
    assert all(name == value for name, value in pairs if not name.startswith("{")), f"{path} is not {template}"
    return {name.strip("{}"): unquote(value) for name, value in pairs if name.startswith("{")}
