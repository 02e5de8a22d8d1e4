"""Client of a GovStack Workflow building block, API 1.0.0: how far one process instance is.

Specification: connectors/sandbox/spec/workflow.yaml. Its listed defects are lived with: `id` is typed integer though
its example is a UUID, times have no zone, an unknown instance may be 400 or 404. It knows no person: nothing that it
says may be told to somebody who did not prove elsewhere that the file is his (connectors/gov/status_fallback.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from connectors.errors import SystemGarbled
from connectors.gov.api import CaseState
from connectors.gov.calls import Answer, Calls, read
from connectors.gov.status_fallback import Progress
from connectors.http import HttpMaker, http_client

# `state` of the specification's own examples. BPMN 2.0 §13.2.2, to which it refers, has many more, and none of them
# says what was decided.
STATES: Mapping[str, CaseState] = MappingProxyType(
    {
        "running": CaseState.IN_PROGRESS,
        "suspended": CaseState.IN_PROGRESS,
        "completed": CaseState.CLOSED,
        "stopped": CaseState.CLOSED,  # the example of `stop`: ended is true
    }
)


@dataclass(frozen=True, slots=True)
class WorkflowConfig:
    """`client_header`: INSTANCE/CLASS/MEMBER/SUBSYSTEM, sent though the API defines none; the mediator wants it.

    `instance_id`: how an instance is called, made from the file number: `{ref}`, or for example `application:{ref}`.
    """

    base_url: str
    client_header: str
    timeout_s: float = 2.0
    instance_id: str = "{ref}"


class _Instance(Answer):
    id: str | int | None = None
    state: str | None = None
    last_change: str | None = Field(default=None, alias="lastChangeTime")


_INSTANCE = TypeAdapter(_Instance)


class WorkflowClient:
    """A `ProgressSource`. Raises `HostNotAllowedError` or `ValueError` at once when a setting cannot be right."""

    def __init__(self, config: WorkflowConfig, make_http: HttpMaker = http_client) -> None:
        if "{ref}" not in config.instance_id:
            raise ValueError("instance_id must contain {ref}: otherwise all files would be one instance")
        self._instance_id = config.instance_id
        headers = {"Information-Mediator-Client": config.client_header}
        self._calls = Calls(config.base_url, config.timeout_s, headers, make_http)

    async def progress(self, ref: str) -> Progress | None:
        wanted = self._instance_id.replace("{ref}", ref)
        got = await self._calls.get(f"/instances/{quote(wanted, safe='')}", unknown=frozenset({400, 404}))
        if not got.found:
            return None
        instance = read(_INSTANCE, got.body)
        if instance.id is not None and str(instance.id) != wanted:
            raise SystemGarbled("answered with another instance")
        raw = (instance.state or "").strip()
        return Progress(STATES.get(raw.lower(), CaseState.UNKNOWN), raw, _day(instance.last_change or ""))

    async def close(self) -> None:
        await self._calls.close()


def _day(timestamp: str) -> date | None:
    """The day as it is written: the specification's times have no zone."""
    try:
        return datetime.fromisoformat(timestamp).date()
    except ValueError:
        return None
