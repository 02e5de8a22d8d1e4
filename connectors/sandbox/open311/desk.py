"""The sandbox's complaint desk: invented kinds and complaints, in memory, one desk per router."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal

from connectors.sandbox.moves import CannotMoveError, Clock, Plan, Planned

API_KEY_EXAMPLE = "invented-open311-key"
JURISDICTION = "commune.exemple.ma"

# What happens by itself after the sandbox has started: the first seeded complaint is dealt with.
FIRST = 638344
PLAN = (Planned(30, str(FIRST), "next"),)
NOTES = "Traité par l'équipe de la voirie."

ServiceType = Literal["realtime", "batch", "blackbox"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question of a kind, as GeoReport's service definition has it. `values`: key and name of what can be chosen."""

    code: str
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    description: str
    required: bool = False
    hint: str = ""
    values: tuple[tuple[str, str], ...] = ()
    variable: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    name: str
    description: str
    type: ServiceType
    group: str
    keywords: str
    notice: str
    attributes: tuple[Attribute, ...] = ()


KINDS = (
    Kind(
        "101",
        "Éclairage public en panne",
        "Un lampadaire éteint, cassé ou allumé le jour",
        "realtime",
        "voirie",
        "lampe, lampadaire, إنارة",
        "Une équipe passe sous sept jours.",
        (
            Attribute("INFO", "text", "Ne touchez à aucun fil.", variable=False),
            Attribute("NBLAMPES", "number", "Combien de lampadaires ?", required=True, hint="Un nombre"),
            Attribute(
                "ETAT",
                "singlevaluelist",
                "Dans quel état ?",
                required=True,
                values=(("eteint", "Éteint"), ("casse", "Cassé"), ("jour", "Allumé le jour")),
            ),
            Attribute(
                "DANGER",
                "multivaluelist",
                "Y a-t-il un danger ?",
                values=(("fil", "Fil nu"), ("poteau", "Poteau penché")),
            ),
        ),
    ),
    Kind(
        "102",
        "Ordures non ramassées",
        "Un bac ou un point de collecte qui déborde",
        "batch",
        "propreté",
        "poubelle, déchets, زبل",
        "Votre signalement est transmis au délégataire ; le numéro suit.",
    ),
    Kind(
        "103",
        "Nid-de-poule",
        "Un trou dans la chaussée",
        "realtime",
        "voirie",
        "trou, chaussée, حفرة",
        "Une équipe passe sous trente jours.",
    ),
    Kind(
        "104",
        "Remarque à la commune",
        "Une remarque sans suivi",
        "blackbox",
        "général",
        "remarque, ملاحظة",
        "Merci. Cette remarque n'est pas suivie par un numéro.",
    ),
)


@dataclass
class Complaint:
    """A service request. Times have a zone."""

    id: str
    kind: Kind
    description: str
    requested: datetime
    updated: datetime
    address: str = ""
    lat: float | None = None
    long: float | None = None
    status: str = "open"
    notes: str = ""
    attributes: dict[str, list[str]] = field(default_factory=dict)

    def close(self, notes: str) -> None:
        self.status, self.notes, self.updated = "closed", notes, datetime.now(UTC)

    def as_request(self) -> dict[str, Any]:
        """GeoReport's `request`; fields that hold nothing are null."""
        return {
            "service_request_id": self.id,
            "status": self.status,
            "status_notes": self.notes or None,
            "service_name": self.kind.name,
            "service_code": self.kind.code,
            "description": self.description or None,
            "agency_responsible": "Commune (exemple)",
            "service_notice": self.kind.notice,
            "requested_datetime": _stamp(self.requested),
            "updated_datetime": _stamp(self.updated),
            "expected_datetime": _stamp(self.requested + timedelta(days=7)),
            "address": self.address or None,
            "address_id": None,
            "zipcode": None,
            "lat": self.lat,
            "long": self.long,
            "media_url": None,
        }


class Desk:
    """All complaints of one sandbox. `tokens`: what each stands for, None while nobody has numbered it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.kinds = {kind.code: kind for kind in KINDS}
        self._plan = Plan(clock or Clock(), *PLAN)
        self.reset()

    def reset(self) -> None:
        """The complaints that were seeded, and no others."""
        self._complaints: dict[str, Complaint] = {}
        self.tokens: dict[str, str | None] = {}
        self._held: dict[str, Complaint] = {}
        self._numbers = count(FIRST)
        self._plan.restart()
        for kind, day, notes in (("103", 3, ""), ("101", 40, "Doublon."), ("103", 200, "Réparé.")):
            before = datetime.now(UTC) - timedelta(days=day)
            seeded = self._numbered(
                Complaint("", self.kinds[kind], "Exemple", before, before, address="Rue inventée 1")
            )
            if notes:
                seeded.close(notes)

    @property
    def complaints(self) -> dict[str, Complaint]:
        """As they are now, by number."""
        for step in self._plan.due():
            if self._complaints[step.number].status == "open":  # a hand may have been quicker
                self._complaints[step.number].close(NOTES)
        return self._complaints

    @property
    def held(self) -> dict[str, Complaint]:
        """What was taken for a token and has no number yet, by token."""
        return dict(self._held)

    def next(self, key: str) -> None:
        """Deal with `key`: a token is numbered, an open complaint is closed. Raises `CannotMoveError` for others."""
        if key in self._held:
            self.number(key)
        elif key in self._complaints and self._complaints[key].status == "open":
            self._complaints[key].close(NOTES)
        else:
            raise CannotMoveError(f"{key} is no complaint that waits")

    def take(self, complaint: Complaint) -> tuple[str | None, str | None]:
        """File it. Its id (realtime), its token (batch), or neither (blackbox)."""
        if complaint.kind.type == "batch":
            token = f"t{next(self._numbers)}"
            self._held[token], self.tokens[token] = complaint, None
            return None, token
        numbered = self._numbered(complaint)
        return (numbered.id, None) if complaint.kind.type == "realtime" else (None, None)

    def number(self, token: str) -> str | None:
        """Number what was taken for a token, as the desk's own staff would do later."""
        if token in self._held:
            self.tokens[token] = self._numbered(self._held.pop(token)).id
        return self.tokens.get(token)

    def _numbered(self, complaint: Complaint) -> Complaint:
        complaint.id = str(next(self._numbers))
        self._complaints[complaint.id] = complaint
        return complaint


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
