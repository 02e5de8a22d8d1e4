"""Whether a JSON value follows a schema of an OpenAPI 3.0 file: the keywords that the vendored files use, no others.

A library for this would be one more dependency for one test; a keyword that is not known here is an error, so nothing
is silently left unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Json = Any

_SAYS_NOTHING = {"description", "example", "xml"}
_NULLABLE = {"nullable", "x-nullable"}
_KNOWN = {"$ref", "type", "format", "enum", "required", "properties", "additionalProperties", "items"}
_KNOWN |= _SAYS_NOTHING | _NULLABLE
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
}


@dataclass(frozen=True)
class Asked:
    """A request, as a server saw it. `headers`: lower-case names. `path`: the values of the template's parameters."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    path: Mapping[str, str]
    body: Json = None


class Specification:
    """One OpenAPI document."""

    def __init__(self, document: dict[str, Json]) -> None:
        self._document = document

    def response_schema(self, path: str, method: str, status: int) -> dict[str, Json] | None:
        """The schema of a response; None where the specification gives that answer no body."""
        response = self._resolved(self._document["paths"][path][method]["responses"][str(status)])
        content = response.get("content")
        return next(iter(content.values()))["schema"] if content else None

    def request_mistakes(self, path: str, method: str, request: Asked) -> Iterator[str]:
        """What is wrong with a request to the path template `path`: unknown or missing parameters, values, the body.

        Header names are compared without case; headers that the specification does not name are not looked at.
        """
        operation = self._document["paths"][path][method]
        parameters = [self._resolved(each) for each in operation.get("parameters", [])]
        in_query = {each["name"]: each for each in parameters if each["in"] == "query"}
        yield from (f"query: {name} is not in the specification" for name in request.query if name not in in_query)
        for each in parameters:
            given = {"query": request.query, "header": request.headers, "path": request.path}[each["in"]]
            name = each["name"].lower() if each["in"] == "header" else each["name"]
            if name not in given:
                if each.get("required"):
                    yield f"{each['in']}: {each['name']} is missing"
                continue
            schema = self._resolved(each["schema"])
            yield from self.mistakes(schema, _typed(given[name], schema), f"{each['in']}.{each['name']}")
        content = self._resolved(operation.get("requestBody", {})).get("content")
        if content is None:
            yield from ["body: none is in the specification"] if request.body is not None else []
        else:
            yield from self.mistakes(next(iter(content.values()))["schema"], request.body, "body")

    def mistakes(self, schema: dict[str, Json], value: Json, where: str = "$") -> Iterator[str]:
        """What is wrong with `value`, one line each."""
        schema = self._resolved(schema)
        if unknown := set(schema) - _KNOWN:
            raise NotImplementedError(f"{where}: this checker does not know {sorted(unknown)}")
        if value is None and any(schema.get(key) for key in _NULLABLE):
            return
        expected = _TYPES.get(schema.get("type", "object"))
        if expected is None or not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            yield f"{where}: {value!r} is no {schema.get('type', 'object')}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is none of {schema['enum']}"
        if isinstance(value, str) and not _has_format(value, schema.get("format")):
            yield f"{where}: {value!r} is no {schema['format']}"
        if isinstance(value, dict):
            yield from self._object_mistakes(schema, value, where)
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self.mistakes(schema["items"], item, f"{where}[{number}]")

    def _object_mistakes(self, schema: dict[str, Json], value: dict[str, Json], where: str) -> Iterator[str]:
        yield from (f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value)
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if isinstance(inner, dict):
                yield from self.mistakes(inner, item, f"{where}.{name}")

    def _resolved(self, schema: dict[str, Json]) -> dict[str, Json]:
        while "$ref" in schema:
            target: Json = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema


def _typed(value: str, schema: dict[str, Json]) -> Json:
    """A parameter as the type that its schema wants, where it can be read as that."""
    return int(value) if schema.get("type") == "integer" and value.isdigit() else value


def _has_format(value: str, name: str | None) -> bool:
    readers = {"uuid": UUID, "date-time": datetime.fromisoformat}
    if name not in readers:
        return True
    try:
        readers[name](value)
    except ValueError:
        return False
    return True
