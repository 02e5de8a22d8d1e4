"""Invented services and applications of the registration sandbox. The same at every start; no real person is in here.

Services are named as in the knowledge base. `registered` days are fixed, so that screenshots and tests stay the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from connectors.sandbox.moves import Move, Planned

CLIENT_HEADER_EXAMPLE = "eGovStack/GOV/90000009/dalil"


def stable_id(kind: str, name: str) -> str:
    """A UUID that is the same at every start."""
    return str(uuid5(NAMESPACE_URL, f"urn:dalil-sandbox:{kind}:{name}"))


@dataclass(frozen=True, slots=True)
class SeedService:
    """A service of the register. `procedure` is the sheet of the knowledge base that explains it."""

    procedure: str
    name: str
    prefix: str  # of the file numbers

    @property
    def id(self) -> str:
        return stable_id("service", self.procedure)

    @property
    def form_id(self) -> str:
        return stable_id("form", self.procedure)


@dataclass(frozen=True, slots=True)
class SeedApplication:
    """An application: who (invented), which service, how far. `note` is what the phones page says about it."""

    file_id: str
    service: SeedService
    name: str
    birth_date: str  # ISO
    code: str
    title: str
    ended: bool
    registered: str  # ISO day
    note: str


CNIE = SeedService("ma.cnie_renouvellement", "Renouvellement de la CNIE", "CN")
PASSPORT = SeedService("ma.passeport_biometrique_majeur", "Passeport biométrique", "PA")
RECORD = SeedService("ma.casier_judiciaire", "Casier judiciaire", "CJ")
BIRTH = SeedService("ma.extrait_acte_naissance", "Extrait d'acte de naissance", "EC")
LICENCE = SeedService("ma.permis_conduire_duplicata", "Duplicata du permis de conduire", "PC")
REGISTER = SeedService("ma.rsu_inscription", "Inscription au RSU", "RS")

SERVICES = (CNIE, PASSPORT, RECORD, BIRTH, LICENCE, REGISTER)

# The titles of the four codes of the specification (statusModel).
TITLES = {"PENDING": "Pending", "SENDBACK": "Sent back", "APPROVED": "Approved", "REJECTED": "Rejected"}

# What an operator wrote about a file, and the step that a file waits for, by its code. Invented.
REASONS = {"SENDBACK": "La photo est illisible.", "REJECTED": "Le dossier ne concerne pas ce service."}
TASKS = {"PENDING": "Examen du dossier", "SENDBACK": "Compléter le dossier"}

# From each code, what an operator can do and the code that it leads to. OTHER_MOVES: from a code of no specification.
MOVES: Mapping[str, dict[Move, str]] = {
    "PENDING": {"next": "APPROVED", "send_back": "SENDBACK", "refuse": "REJECTED"},
    "SENDBACK": {"next": "PENDING", "refuse": "REJECTED"},
}
OTHER_MOVES: dict[Move, str] = {"next": "PENDING", "send_back": "SENDBACK", "refuse": "REJECTED"}

# What happens by itself after the sandbox has started: one file is sent back, completed and granted, one is granted.
PLAN = (
    Planned(20, "PC-2026-000358", "send_back"),
    Planned(40, "PC-2026-000358", "next"),
    Planned(50, "CN-2026-003321", "next"),
    Planned(60, "PC-2026-000358", "next"),
)

APPLICATIONS = (
    SeedApplication(
        "PA-2026-004217", PASSPORT, "Amina Exemple", "1990-04-12", "PENDING", "Pending", False, "2026-10-26", "pending"
    ),
    SeedApplication(
        "CN-2026-001503", CNIE, "Youssef Exemple", "1985-11-30", "APPROVED", "Approved", True, "2026-09-14", "approved"
    ),
    SeedApplication(
        "CN-2026-002894",
        CNIE,
        "Khadija Exemple",
        "1972-01-01",
        "SENDBACK",
        "Sent back",
        False,
        "2026-10-05",
        "sent back",
    ),
    SeedApplication(
        "CJ-2026-000731", RECORD, "Omar Exemple", "1999-07-23", "REJECTED", "Rejected", True, "2026-10-19", "rejected"
    ),
    SeedApplication(
        "EC-2026-010066", BIRTH, "Salma Exemple", "2001-02-28", "APPROVED", "Approved", True, "2026-11-02", "approved"
    ),
    SeedApplication(
        "PC-2026-000358", LICENCE, "Hamid Exemple", "1964-05-09", "PENDING", "Pending", False, "2026-11-09", "pending"
    ),
    SeedApplication(
        "RS-2026-020145",
        REGISTER,
        "Fatima Exemple",
        "1958-12-31",
        "ONSITE_CHECK",
        "Visite sur place prévue",
        False,
        "2026-10-12",
        "a code that the specification does not know",
    ),
    SeedApplication(
        "PA-2025-009990",
        PASSPORT,
        "Mehdi Exemple",
        "1994-08-16",
        "ARCHIVED",
        "Archived",
        True,
        "2025-03-03",
        "an unknown code, ended",
    ),
    SeedApplication(
        "CN-2026-003321", CNIE, "Zineb Exemple", "2008-02-29", "PENDING", "Pending", False, "2026-11-16", "pending"
    ),
)
