"""How the desk writes its answers: XML as GeoReport has it, JSON by the Spark convention."""

from __future__ import annotations

from typing import Any, Literal
from xml.sax.saxutils import escape

from fastapi import Response
from fastapi.responses import JSONResponse

FormatName = Literal["xml", "json"]

# The name of each item of a list.
_ITEMS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
}
_IDS = frozenset({"service_request_id", "service_code", "token", "code", "key"})


def write(root: str, content: Any, form: FormatName, status: int = 200, numeric_ids: bool = False) -> Response:  # noqa: ANN401 -- any JSON value
    """`content` under `root`; `numeric_ids`: ids of digits are written as JSON numbers, as many servers do."""
    if form == "json":
        body = _numbered(content) if numeric_ids else content
        return JSONResponse(body, status, media_type="application/json; charset=utf-8")
    xml = f'<?xml version="1.0" encoding="utf-8"?>\n{_element(root, content)}'
    return Response(xml.encode(), status, media_type="text/xml; charset=utf-8")


def _element(tag: str, value: Any) -> str:  # noqa: ANN401 -- any JSON value
    if value is None:
        return f"<{tag}/>"
    if isinstance(value, list):
        inner = "".join(_element(_ITEMS[tag], each) for each in value)
    elif isinstance(value, dict):
        inner = "".join(_element(name, each) for name, each in value.items())
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape("".join(each for each in str(value) if each.isprintable() or each in "\n\t"))
    return f"<{tag}>{inner}</{tag}>"


def _numbered(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    if isinstance(value, list):
        return [_numbered(each) for each in value]
    if isinstance(value, dict):
        return {
            name: int(each) if name in _IDS and isinstance(each, str) and each.isdecimal() else _numbered(each)
            for name, each in value.items()
        }
    return value
