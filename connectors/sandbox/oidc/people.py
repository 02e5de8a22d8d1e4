"""Invented people who can sign in at the sandbox's identity provider, and the names that others know them by."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

# The services of one invented administration share a sector, so that a person has one pairwise name for all of them
# (OpenID Connect Core 1.0, 8.1). Somebody else's services would see another name.
SECTOR = "services.sandbox.invalid"


@dataclass(frozen=True, slots=True)
class Person:
    id: str  # known to the provider alone
    name: str
    name_ar: str


PEOPLE = (
    Person("0001", "Nadia Exemple", "نادية مثال"),
    Person("0002", "Rachid Exemple", "رشيد مثال"),
    Person("0003", "Houda Exemple", "هدى مثال"),
)


def pairwise(person_id: str, sector: str = SECTOR) -> str:
    """The `sub` of a person for one sector: always the same there, and of no use elsewhere."""
    digest = hashlib.sha256(f"{sector}|{person_id}|invented salt".encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def person(person_id: str) -> Person | None:
    return next((each for each in PEOPLE if each.id == person_id), None)
