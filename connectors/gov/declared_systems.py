"""Every system that a folder declares, ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from connectors.gov.declared import DeclaredClient
from connectors.gov.declared_schema import System, placeholders, read_system
from connectors.gov.declared_yaml import DeclaredError, Mistake

SANDBOX = "sandbox_url"  # a file whose base_url is {sandbox_url}/... is used only where the sandbox runs


def open_systems(
    folder: Path, values: Mapping[str, str], identity: Literal["none", "required"] = "none"
) -> tuple[DeclaredClient, ...]:
    """A client for each `*.yaml` of `folder` whose `identity` is this, by file name. A folder that does not exist holds
    none.

    Raises `DeclaredError` with the mistakes of all files together: nothing starts with half of its systems.
    """
    systems: dict[str, System] = {}
    mistakes: list[Mistake] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            if SANDBOX in placeholders(read_system(file).base_url) and SANDBOX not in values:
                continue
            systems[file.name] = read_system(file, values)
        except DeclaredError as error:
            mistakes += error.mistakes
    mistakes += _alike(systems)
    if mistakes:
        raise DeclaredError(mistakes)
    return tuple(DeclaredClient(system, values) for system in systems.values() if system.identity == identity)


def _alike(systems: Mapping[str, System]) -> list[Mistake]:
    """Systems that cannot be told apart: by their id, or by what their file numbers look like."""
    names = list(systems)
    found = []
    for index, name in enumerate(names):
        for earlier in names[:index]:
            one, other = systems[earlier], systems[name]
            if one.id == other.id:
                found.append(Mistake(name, 1, f"the id '{one.id}' is used in {earlier}, too"))
            elif one.file_number.rule.find(other.file_number.example):
                found.append(Mistake(name, 1, f"its file numbers look like those of {earlier}"))
    return found
