"""An eRegulations procedure as a draft: what the file says, in the file's words and figures, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from knowledge.loader import load_content
from knowledge.procedures import Procedure
from knowledge.standards.draft import ImportProblem
from knowledge.standards.eregulations import model
from knowledge.standards.eregulations.to_draft import draft_of, plain
from knowledge.standards.writing import write_draft
from tests.unit.knowledge.standards.conftest import FIXTURES, Save, options

FILE = FIXTURES / "eregulations" / "procedure.json"
SWAGGER = json.loads((FIXTURES / "eregulations" / "swagger.json").read_text("utf-8"))["definitions"]
COLLECTED = "2026-11-20"


@pytest.fixture
def answer() -> dict[str, Any]:
    """The invented procedure, to be changed by a test."""
    data: dict[str, Any] = json.loads(FILE.read_text("utf-8"))["data"]
    return data


def imported(file: Path, folder: Path, **given: Any) -> Procedure:
    write_draft(draft_of(file, options(**given)), folder)
    (sheet,) = load_content(folder)
    return sheet


def french(text: str) -> dict[str, str]:
    """The file is in French alone: its words stand for the Arabic until an editor translates them."""
    return {"ar": text, "fr": text}


def fact(text: str) -> dict[str, object]:
    return {"text": french(text), "sources": ("import",)}


def test_a_procedure_becomes_exactly_this_draft(tmp_path: Path) -> None:
    sheet = imported(FILE, tmp_path / "content")

    papers = "Carte d'identité nationale : en cours de validité (original : 1, copies : 2, copies certifiées : 1)"
    office = "Guichet unique, Avenue Exemple, Nouakchott, +222 00 00 00 00"
    page = "https://eregulations.example.mr/procedure/71/fr"
    source = {"ref": "import", "publisher": "eregulations.example.mr", "kind": "official_mirror"}
    expected = {
        "id": "mr.creation_d_une_entreprise_individuelle",
        "country": "mr",
        "state": "draft",
        "confidence": "low",
        "checked_on": COLLECTED,
        "title": french("Création d'une entreprise individuelle"),
        "short_title": french("Création d'une"),
        "summary": french("Immatriculer une entreprise individuelle au guichet unique."),
        "aliases": {},
        "questions": {},
        "authority": fact("Guichet unique"),
        "documents": (fact(papers), fact("Contrat de bail (copies : 1)")),
        "steps": (
            fact("Réserver le nom (facultatif)"),
            fact("Déposer la demande – Guichet unique"),
            fact("Retirer le certificat – Guichet unique"),
        ),
        "fees": {
            "items": (
                {
                    "amount": "1000",
                    "currency": "MRU",
                    "label": french("Frais d'immatriculation"),
                    "sources": ["import"],
                },
            ),
            "notes": (fact("Droit d'enregistrement : 2 % du capital"), fact("Timbre : 500 UM")),
        },
        "processing_time": fact("Retirer le certificat : 1–3 jours"),
        "where": {"office": fact(office), "online": "https://guichet.example.mr/depot", "sources": ["import"]},
        "legal_basis": (fact("Code de commerce, article 37"),),
        "official_link": page,
        "sources": ({**source, "url": page, "date": COLLECTED},),
        "editor_notes": sheet.editor_notes,
    }
    assert Procedure.model_validate(expected) == sheet


def test_what_a_sheet_has_no_place_for_is_kept_as_notes(tmp_path: Path) -> None:
    notes = imported(FILE, tmp_path / "content").editor_notes

    for expected in (
        "Imported from file.jsonld on 2026-11-20. Compare every fact with its page.",
        "Joined with 'or' in the file: Contrat de bail (copies : 1)",
        "Not among the documents, an earlier step gives it: Récépissé de dépôt (original : 1)",
        "Free, or not filled in? The file says 0: Formulaire",
        "Additional information in the file: Le guichet est fermé pendant les jours fériés.",
        "Additional information, Retirer le certificat: Se présenter en personne.",
        "The file calls this the final result: Certificat d'immatriculation",
    ):
        assert expected in notes


def test_an_arabic_file_is_written_with_arabic_words(tmp_path: Path, answer: dict[str, Any], save: Save) -> None:
    answer["name"] = "إنشاء مؤسسة فردية"
    sheet = imported(save(answer), tmp_path / "content", language="ar")

    assert "mr.eregulations_71" == sheet.id
    assert sheet.documents[1].text.ar == "Contrat de bail (النسخ: 1)"
    assert sheet.processing_time is not None
    assert "Retirer le certificat: 1–3 يوم" == sheet.processing_time.text.ar


def test_the_costs_of_version_4_are_read_too(tmp_path: Path, answer: dict[str, Any], save: Save) -> None:
    step = answer["blocks"][0]["steps"][0]
    step["costs"] = {"cost": 1000.0, "unit": "MRU", "individualCosts": step["costs"][:1]}
    sheet = imported(save(answer), tmp_path / "content")

    assert ["1000"] == [str(fee.amount) for fee in sheet.fees.items]


def change(answer: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    holder: Any = answer
    for part in path:
        holder = holder[part]
    holder[last] = value
    return answer


BAD = {
    "a price in words": ("blocks.0.steps.0.costs.0.value", "mille", "$.blocks[0].steps[0].costs[0].value: "),
    "blocks that are no list": ("blocks", "none", "$.blocks: "),
    "no name": ("name", None, "$.name: "),
    "no https page": ("url", "http://old.example/71", "$.url: a draft needs the official page as an https address"),
    "no page at all": ("url", None, "$.url: nothing says who published this; add --publisher and --link"),
}


@pytest.mark.parametrize(("place", "value", "expected"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_the_place(
    place: str, value: object, expected: str, answer: dict[str, Any], save: Save
) -> None:
    with pytest.raises(ImportProblem) as problem:
        draft_of(save(change(answer, place, value)), options())

    assert str(problem.value).startswith(expected)


def test_a_file_of_another_kind_is_named_as_such(save: Save) -> None:
    with pytest.raises(ImportProblem, match=r"\$\.id: .*is this the answer of GET /Procedures/\{id\}"):
        draft_of(save({"swagger": "2.0"}), options())


def test_formatting_of_the_rich_text_editor_is_removed() -> None:
    assert "Un & deux. Fin" == plain("<p>Un&nbsp;&amp; <b>deux</b>.</p><ul><li>Fin</li></ul>")


DEFINITIONS = {
    model.EProcedure: "ProcedureModel",
    model.Block: "BlockModel",
    model.Step: "StepModel",
    model.Online: "StepOnlineModel",
    model.Contact: "StepContactModel",
    model.Entity: "ContactModel",
    model.Named: "GenericDocumentBaseModel",
    model.Cost: "CostModel",
    model.Timeframe: "TimeframeModel",
    model.Days: "DayModel",
    model.Range: "RangeModel",
    model.AdditionalInfo: "AdditionalInfoModel",
}


@pytest.mark.parametrize(("ours", "theirs"), DEFINITIONS.items(), ids=DEFINITIONS.values())
def test_every_field_that_is_read_is_in_the_description_of_the_api(ours: type[BaseModel], theirs: str) -> None:
    names = {field.alias or name for name, field in ours.model_fields.items()}

    assert set() == names - set(SWAGGER[theirs]["properties"])


def test_a_paper_is_described_as_a_requirement_or_a_result() -> None:
    names = {field.alias or name for name, field in model.Paper.model_fields.items()}
    known = {*SWAGGER["DetailedRequirementModel"]["properties"], *SWAGGER["DetailedResultModel"]["properties"]}

    assert set() == names - known


TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def departures(value: Any, schema: dict[str, Any], place: str = "$") -> list[str]:
    """Where a value is not as the API's description says; null stands for anything that is not given."""
    if "$ref" in schema:
        schema = SWAGGER[schema["$ref"].rpartition("/")[2]]
    if value is None:
        return []
    if not isinstance(value, TYPES[schema.get("type", "object")]):
        return [f"{place}: {value!r}"]
    if isinstance(value, list):
        return [one for n, item in enumerate(value) for one in departures(item, schema["items"], f"{place}[{n}]")]
    if isinstance(value, dict):
        known = schema["properties"]
        unknown = [f"{place}.{name}" for name in value if name not in known]
        return unknown + [
            one for name in value if name in known for one in departures(value[name], known[name], f"{place}.{name}")
        ]
    return []


def test_the_invented_procedure_is_as_the_api_describes_one(answer: dict[str, Any]) -> None:
    assert [] == departures(answer, {"$ref": "#/definitions/ProcedureModel"})
