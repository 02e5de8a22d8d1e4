"""What a Security Server's own errors mean for us (PR-REST 1.0.4 §4.6).

The names changed: up to 7.7 they are `Server.ServerProxy.AccessDenied`, from 7.8 `server.serverproxy.access_denied`.
Both are compared without case and underscores. Codes: X-Road's ErrorCodes.java (7.x) and ErrorCode.java (7.8).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from connectors.errors import GovError, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow

MAX_ERROR_BYTES = 16 * 1024

# Code → what it is to us. A code that is not here: refused when it begins with `client`, else down.
FAILURES: Mapping[str, type[GovError]] = MappingProxyType(
    {
        # Our identifier, rights, certificate or address: somebody here or at the mediator must mend it.
        "accessdenied": SystemRefused,
        "unknownmember": SystemRefused,
        "unknownservice": SystemRefused,
        "sslauthenticationfailed": SystemRefused,
        "missingheader": SystemRefused,
        "missingheaderfield": SystemRefused,
        "duplicateheaderfield": SystemRefused,
        "invalidhttpmethod": SystemRefused,
        "invalidclientidentifier": SystemRefused,
        "invalidsecurityserver": SystemRefused,
        "invalidprotocolversion": SystemRefused,
        "invalidservicetype": SystemRefused,
        "servicetype": SystemRefused,
        "badrequest": SystemRefused,
        # An answer that the Security Server could not trust or read.
        "inconsistentresponse": SystemGarbled,
        "invalidresponse": SystemGarbled,
        "invalidmessage": SystemGarbled,
        "invalidsignaturevalue": SystemGarbled,
        "malformedsignature": SystemGarbled,
        "missingsignature": SystemGarbled,
        "signatureverification": SystemGarbled,
        # The provider, the network or a Security Server is out of order; nothing for us to mend.
        "servicedisabled": SystemDown,
        "servicefailed": SystemDown,
        "servicemissingurl": SystemDown,
        "servicemalformedurl": SystemDown,
        "networkerror": SystemDown,
        "httperror": SystemDown,
        "ioerror": SystemDown,
        "unknownhost": SystemDown,
        "outdatedglobalconf": SystemDown,
        "globalconfoutdated": SystemDown,
        "maintenancemode": SystemPaused,
        "databaseerror": SystemDown,
        "internalerror": SystemDown,
        "loggingfailed": SystemDown,
        "timestampingfailed": SystemDown,
    }
)
# Found before the request was passed to the provider, whatever a Security Server logs or signs. `networkerror` and its
# like are not here: the connection may have broken after the provider got the request.
_BEFORE_THE_PROVIDER = frozenset(
    {
        *(code for code, kind in FAILURES.items() if kind is SystemRefused),
        "servicedisabled",
        "servicemissingurl",
        "servicemalformedurl",
        "unknownhost",
        "outdatedglobalconf",
        "globalconfoutdated",
        "maintenancemode",
    }
)
_NETWORK = frozenset({"networkerror", "httperror", "ioerror", "servicefailed"})
_CODE = re.compile(r"[A-Za-z][A-Za-z_]*(\.[A-Za-z][A-Za-z_]*)*")
_LONGEST_CODE = 100
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class MediatorError:
    """`code`: as the mediator wrote it, where it looks like a code. `failure`: what to raise; its `nothing_done` says
    that the provider was never reached.
    """

    code: str
    failure: GovError


def mediator_error(header: str, body: bytes, sent_id: str) -> MediatorError:
    """The error of an answer that has the error header. `body`: JSON or XML, perhaps cut, perhaps no error body.

    The body's `message` is read for one thing, whether something timed out, and goes no further: it may quote the
    request. Its `detail` is the mediator's own id of the error.
    """
    fields = _fields(body)
    code = _code(header) or _code(fields.get("type", "")) or "unlisted"
    parts = code.lower().replace("_", "").split(".")
    known = next((part for part in reversed(parts) if part in FAILURES), None)
    if known in _NETWORK and b"timed out" in body.lower():
        kind: type[GovError] = SystemSlow  # X-Road has no code of its own for it (§4.6, example 2)
    elif known is not None:
        kind = FAILURES[known]
    else:
        kind = SystemRefused if parts[0] == "client" else SystemDown
    case = fields.get("detail", "")
    noted = f", error {case}" if _UUID.fullmatch(case) else ""
    before = known in _BEFORE_THE_PROVIDER or (known is None and parts[0] == "client")
    return MediatorError(code, kind(f"x-road {code}, id {sent_id}{noted}", nothing_done=before))


def _fields(body: bytes) -> dict[str, str]:
    """The text fields of a JSON error body; empty for anything else, as the header says enough."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def _code(value: str) -> str:
    value = value.strip()
    return value if len(value) <= _LONGEST_CODE and _CODE.fullmatch(value) else ""
