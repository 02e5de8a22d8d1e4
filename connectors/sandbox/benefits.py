"""An invented family benefits desk, which tells a file only to a verified identity.

It keeps no birth dates, and knows an applicant by his pairwise name at the sandbox's identity provider.

`/benefits/v1/...` asks for a key; `/sandbox/benefits/...` is our own remote control.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.gov_routes import Refusal, faulty_routes
from connectors.sandbox.moves import CannotMoveError, Move
from connectors.sandbox.oidc.people import pairwise, person

API_KEY = "sandbox-benefits-key"  # opens nothing but this sandbox


@dataclass(frozen=True, slots=True)
class Claim:
    """`owner`: the id of an invented person of the identity provider. Days are ISO 8601."""

    number: str
    owner: str
    subject: str
    code: str
    label: str
    filed: str
    moved: str
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "numero": self.number,
            "objet": self.subject,
            "demandeur": {"identifiant": pairwise(self.owner)},
            "etat": {"code": self.code, "libelle": self.label},
            "depotLe": self.filed,
            "majLe": self.moved,
            "motif": self.reason or None,
        }


CLAIMS = (
    Claim("SOC-2026-00012", "0001", "Allocation familiale", "ETU", "À l'étude", "2026-10-02", "2026-11-17"),
    Claim("SOC-2026-00023", "0002", "Allocation familiale", "ACC", "Accordée", "2026-08-20", "2026-10-30"),
    Claim(
        "SOC-2026-00031",
        "0003",
        "Aide à la scolarité",
        "CMP",
        "Pièces demandées",
        "2026-09-14",
        "2026-11-05",
        "Certificat de scolarité manquant",
    ),
)


# From each code of an open claim, what an official can do and the code that it leads to.
MOVES: Mapping[str, dict[Move, str]] = {
    "ETU": {"next": "ACC", "send_back": "CMP", "refuse": "REF"},
    "CMP": {"next": "ETU", "refuse": "REF"},
}
# What the desk says once a claim has moved to a code: label, reason.
WORDING: Mapping[str, tuple[str, str]] = {
    "ETU": ("À l'étude", ""),
    "CMP": ("Pièces demandées", "Certificat de scolarité manquant"),
    "ACC": ("Accordée", ""),
    "REF": ("Refusée", "Conditions de ressources non remplies"),
}


class Desk:
    """The claims as they are now. In memory."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Every claim as it was seeded."""
        self.claims = {claim.number: claim for claim in CLAIMS}

    def move(self, number: str, move: Move) -> None:
        """Raises `CannotMoveError` where there is no such claim or its state does not allow it."""
        if number not in self.claims:
            raise CannotMoveError(f"benefits has no claim {number}")
        claim = self.claims[number]
        able = moves_of(claim)
        if move not in able:
            raise CannotMoveError(f"{number} is {claim.code}: {', '.join(able) or 'no move'} is possible")
        label, reason = WORDING[able[move]]
        today = datetime.now(UTC).date().isoformat()
        self.claims[number] = replace(claim, code=able[move], label=label, moved=today, reason=reason)


def moves_of(claim: Claim) -> dict[Move, str]:
    """What can be done with it, and the code that it then has."""
    return MOVES.get(claim.code, {})


def create_router(desk: Desk | None = None, faults: GovFaults | None = None) -> APIRouter:
    """The API of `desk`; without one it has its own, so that two routers share nothing."""
    desk, faults = desk or Desk(), faults or GovFaults()
    routes = APIRouter(
        prefix="/benefits/v1",
        tags=["Benefits sandbox"],
        route_class=faulty_routes(faults, _refused),
    )

    @routes.get("/dossiers/{number}")
    async def get_claim(number: str, x_api_key: Annotated[str, Header()] = "") -> Response:
        if not hmac.compare_digest(x_api_key.encode(), API_KEY.encode()):
            raise Refusal(401, "CLE_INVALIDE")
        found = desk.claims.get(number)
        if found is None:
            raise Refusal(404, "INCONNU")
        return JSONResponse({"dossier": found.as_json()})

    router = APIRouter()
    router.include_router(routes)
    router.include_router(faults.router("/sandbox/benefits"))

    @router.get("/sandbox/benefits/demo", tags=["Sandbox"])
    async def demo() -> dict[str, list[dict[str, str]]]:
        """Invented files, and the invented person to whom each is told."""
        owners = {claim.owner: person(claim.owner) for claim in desk.claims.values()}
        return {
            "dossiers": [
                {"number": claim.number, "person": owner.name, "person_ar": owner.name_ar, "state": claim.label}
                for claim in desk.claims.values()
                if (owner := owners[claim.owner]) is not None
            ]
        }

    return router


def _refused(_: Request, refusal: Refusal) -> Response:
    return JSONResponse({"erreur": refusal.description}, refusal.status)
