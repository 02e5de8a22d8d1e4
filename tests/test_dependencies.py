"""What the project depends on: locked with hashes, and under licences that Apache-2.0 code may use."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution

import pytest
from packaging.requirements import Requirement

from bot.settings import PROJECT


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def direct_dependencies(file: str) -> list[str]:
    lines = [line.split("#")[0].strip() for line in read(file).splitlines()]
    return [Requirement(line).name for line in lines if line and not line.startswith("-")]


@pytest.mark.parametrize("file", ["requirements/app.in", "requirements/dev.in", "requirements/rasa.in"])
def test_every_direct_dependency_is_locked_with_hashes(file: str) -> None:
    lock = read(file.replace(".in", ".txt")) + (read("requirements/app.txt") if "dev" in file else "")
    locked = {
        name.lower().replace("_", "-") for name in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", lock, re.MULTILINE)
    }
    by_name = {"torch"}  # its build differs by machine: `make setup` installs it by name

    assert {name.lower().replace("_", "-") for name in direct_dependencies(file)} - by_name <= locked
    assert lock.count("--hash=sha256:") >= len(locked)


PERMISSIVE = re.compile(
    r"\b(?:MIT|BSD|Apache|ISC|PSF|Python Software Foundation|HPND|Zlib|0BSD|LGPL|Lesser General Public License"
    r"|MPL|Mozilla Public License)\b",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"(?<!L)(?<!Lesser )\b(?:AGPL|GPL|GNU (?:Affero )?General Public License|Proprietary)", re.IGNORECASE
)


def licence_of(package: Distribution) -> str:
    """What a package says about its licence: its SPDX expression, else its classifiers, else the first line of text."""
    about = package.metadata
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [line for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    return "; ".join(classifiers) or (about.get("License") or "").strip().split("\n")[0]


@pytest.mark.parametrize("name", direct_dependencies("requirements/app.in"))
def test_the_licence_of_every_direct_dependency_is_permissive_or_lgpl(name: str) -> None:
    licence = licence_of(distribution(name))

    assert PERMISSIVE.search(licence), f"{name}: {licence!r}"
    assert not REFUSED.search(licence), f"{name}: {licence!r}"


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("GPL-3.0-or-later", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("AGPL-3.0-only", True),
        ("LGPL-3.0-only", False),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MIT", False),
    ],
)
def test_the_licence_rule_tells_gpl_from_lgpl(licence: str, refused: bool) -> None:
    assert bool(REFUSED.search(licence)) is refused
