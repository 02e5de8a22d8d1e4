"""Invented applications of the REST sandbox, a town-planning desk: the same at every start, no real person in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.moves import Move, Planned

# Shared with connectors/gov/systems/sandbox_permits.yaml through the settings. They open nothing but this sandbox.
API_KEY = "sandbox-permits-key"
CLIENT_ID = "sandbox-dalil"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - of the sandbox only


@dataclass(frozen=True, slots=True)
class Dossier:
    """Days are written day/month/year, as this invented desk does. `label` is what it says of the code."""

    number: str
    name: str
    born: str
    subject: str
    code: str
    label: str
    closed: bool
    filed: str
    moved: str
    next_step: str = ""
    reason: str = ""
    result: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "numero": self.number,
            "objet": self.subject,
            "demandeur": {"nom": self.name, "dateNaissance": self.born},
            "etat": {"code": self.code, "libelle": self.label},
            "clos": self.closed,
            "depotLe": self.filed,
            "majLe": self.moved,
            "suite": self.next_step or None,
            "motif": self.reason or None,
            "decision": self.result or None,
        }


# From each code of an open dossier, what an official can do and the code that it leads to; else OTHER_MOVES.
MOVES: Mapping[str, dict[Move, str]] = {
    "DEP": {"next": "INS", "send_back": "CMP", "refuse": "REF"},
    "INS": {"next": "ACC", "send_back": "CMP", "refuse": "REF"},
    "CMP": {"next": "INS", "refuse": "REF"},
}
OTHER_MOVES: dict[Move, str] = {"next": "INS", "send_back": "CMP", "refuse": "REF"}

# What the desk says once a dossier has moved to a code: label, next step, reason, result.
WORDING: Mapping[str, tuple[str, str, str, str]] = {
    "INS": ("En instruction", "Passage en commission", "", ""),
    "CMP": ("Pièces demandées", "", "Plan de situation illisible", ""),
    "ACC": ("Accordé", "", "", "À retirer au guichet 4"),
    "REF": ("Refusé", "", "Zone non constructible", ""),
}

# What happens by itself after the sandbox has started.
PLAN = (Planned(30, "URB-2026-00044", "next"), Planned(45, "URB-2026-00044", "next"))

DOSSIERS = (
    Dossier(
        number="URB-2026-00017",
        name="Nadia Exemple",
        born="14/03/1987",
        subject="Permis de construire",
        code="INS",
        label="En instruction",
        closed=False,
        filed="05/10/2026",
        moved="12/11/2026",
        next_step="Passage en commission",
    ),
    Dossier(
        number="URB-2026-00031",
        name="Rachid Exemple",
        born="02/09/1979",
        subject="Permis de construire",
        code="CMP",
        label="Pièces demandées",
        closed=False,
        filed="19/10/2026",
        moved="20/11/2026",
        reason="Plan de situation illisible",
    ),
    Dossier(
        number="URB-2026-00008",
        name="Houda Exemple",
        born="29/02/1992",
        subject="Permis d'habiter",
        code="ACC",
        label="Accordé",
        closed=True,
        filed="03/08/2026",
        moved="22/09/2026",
        result="À retirer au guichet 4",
    ),
    Dossier(
        number="URB-2026-00044",
        name="Said Exemple",
        born="11/06/1968",
        subject="Permis de démolir",
        code="VST",
        label="Visite prévue",
        closed=False,
        filed="09/11/2026",
        moved="23/11/2026",
    ),
)
