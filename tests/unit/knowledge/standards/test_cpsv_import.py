"""CPSV-AP files as drafts: our own export comes back whole, somebody else's as far as it goes, a bad one is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.loader import load_content
from knowledge.procedures import Confidence, Fee, Localised, Procedure, State
from knowledge.standards.cpsv_ap import export, words
from knowledge.standards.cpsv_ap.to_drafts import drafts_of
from knowledge.standards.draft import ImportProblem
from knowledge.standards.writing import write_draft
from tests.unit.knowledge.standards.conftest import BASE, FIXTURES, Save, options

EXAMPLE = FIXTURES / "cpsv_ap" / "example-rdf_public_service.jsonld"


def imported(file: Path, folder: Path, **given: Any) -> Procedure:
    """The one draft of a file, written and loaded again."""
    (draft,) = drafts_of(file, options(**given))
    write_draft(draft, folder)
    (sheet,) = load_content(folder)
    return sheet


def said(sheet: Procedure) -> dict[str, object]:
    """What a round trip keeps."""
    return {
        "title": sheet.title,
        "short title": sheet.short_title,
        "summary": sheet.summary,
        "authority": sheet.authority and sheet.authority.text,
        "documents": [fact.text for fact in sheet.documents],
        "steps": [fact.text for fact in sheet.steps],
        "fees": [price(fee) for fee in sheet.fees.items],
        "fee notes": [fact.text for fact in sheet.fees.notes],
        "how paid": sheet.fees.how_paid and sheet.fees.how_paid.text,
        "office": sheet.where.office and sheet.where.office.text,
        "online": sheet.where.online,
        "online note": sheet.where.online_note and sheet.where.online_note.text,
        "processing time": sheet.processing_time and sheet.processing_time.text,
        "validity": sheet.validity and sheet.validity.text,
        "eligibility": sheet.eligibility and sheet.eligibility.text,
        "tracking": sheet.tracking and sheet.tracking.text,
        "law": [fact.text for fact in sheet.legal_basis],
        "cautions": [(fact.text, fact.about) for fact in sheet.cautions],
        "aliases": sheet.aliases,
        "link": sheet.official_link,
    }


def price(fee: Fee) -> tuple[object, ...]:
    return fee.amount, fee.currency, fee.label, fee.as_of


def test_every_published_sheet_comes_back_from_its_own_export_as_a_draft(
    published: tuple[Procedure, ...], save: Save, tmp_path: Path
) -> None:
    for sheet in published:
        link = None if sheet.official_link else "https://service.example/"
        file = save(export.service(sheet, BASE))
        back = imported(file, tmp_path / sheet.id, country=sheet.country.value, link=link)

        expected = said(sheet) | ({"link": back.official_link} if link else {})
        assert expected == said(back), sheet.id
        assert (sheet.id, State.DRAFT, Confidence.LOW) == (back.id, back.state, back.confidence)


def test_the_sources_of_an_export_come_back_behind_the_file_itself(
    published: tuple[Procedure, ...], save: Save, tmp_path: Path
) -> None:
    sheet = next(sheet for sheet in published if sheet.id == "ma.casier_judiciaire")
    back = imported(save(export.service(sheet, BASE)), tmp_path / "content", country="ma")

    assert ("import", "dalil.example", "private_guide") == (
        back.sources[0].ref,
        back.sources[0].publisher,
        back.sources[0].kind,
    )
    assert sheet.sources == back.sources[1:]
    assert ("import", *sheet.documents[0].sources) == back.documents[0].sources


def test_an_authority_that_no_source_names_does_not_become_a_fact(
    published: tuple[Procedure, ...], save: Save, tmp_path: Path
) -> None:
    sheet = next(sheet for sheet in published if sheet.authority is None and sheet.country == "ma")
    document = export.service(sheet, BASE)

    assert "authority-not-stated-ma" in json.dumps(document["hasCompetentAuthority"])
    assert imported(save(document), tmp_path / "content", country="ma").authority is None


def test_the_official_example_becomes_a_draft_with_what_it_says_in_french(tmp_path: Path) -> None:
    sheet = imported(EXAMPLE, tmp_path / "content", link="https://finances.example/")

    assert Localised(ar="Tax-on-web", fr="Tax-on-web") == sheet.title
    assert ["Attestation garde d'enfants"] == [fact.text.fr for fact in sheet.documents]
    assert "Service Public Fédéral FINANCES" == (sheet.authority and sheet.authority.text.fr)
    assert "http://example.com/publicService1" == str(sheet.sources[0].url)
    assert "2026-11-20" == sheet.sources[0].date
    notes = "\n".join(sheet.editor_notes)
    assert "Not imported, eligibility in en: Request to provide certificate about childcare costs" in notes
    assert "http://data.europa.eu/m8g/contactPoint" in notes


def service(**more: object) -> dict[str, object]:
    """A small service of somebody else's."""
    return {
        "@context": {
            "cpsv": words.CPSV,
            "cv": words.CV,
            "dct": words.DCT,
            "foaf": words.FOAF,
            "title": {"@id": "dct:title", "@language": "fr"},
        },
        "@id": "https://services.example/passeport",
        "@type": "cpsv:PublicService",
        "dct:identifier": "P-1",
        "title": "Passeport",
        **more,
    }


def cost(value: object, currency: str) -> dict[str, object]:
    return {"cv:hasCost": {"cv:hasValue": value, "cv:currency": {"@id": f"https://money.example/{currency}"}}}


def test_a_price_in_another_currency_is_a_note_and_no_fee(save: Save, tmp_path: Path) -> None:
    sheet = imported(save(service(**cost(60, "EUR"))), tmp_path / "content")

    assert () == sheet.fees.items
    assert "A price that is not in MRU: 60 EUR" in sheet.editor_notes


def test_a_price_keeps_its_decimals(save: Save, tmp_path: Path) -> None:
    sheet = imported(save(service(**cost(12.5, "MRU"))), tmp_path / "content")

    assert ["12.5"] == [str(fee.amount) for fee in sheet.fees.items]


def test_a_channel_with_a_page_is_online_and_another_is_an_office(save: Save, tmp_path: Path) -> None:
    channels = [
        {"@id": "_:a", "dct:description": {"@value": "À la mairie.", "@language": "fr"}},
        {"@id": "_:b", "foaf:page": {"@id": "https://services.example/go"}},
    ]
    sheet = imported(save(service(**{"cv:hasChannel": channels})), tmp_path / "content")

    assert "À la mairie." == (sheet.where.office and sheet.where.office.text.fr)
    assert "https://services.example/go" == str(sheet.where.online)


def test_a_fact_that_the_loader_refuses_is_left_out_and_noted(save: Save, tmp_path: Path) -> None:
    papers = [{"title": "Carte, photo, etc..."}, {"title": "Photo"}, {"title": "Copie..."}, {"title": "Timbre"}]
    sheet = imported(save(service(**{"cpsv:hasInput": papers})), tmp_path / "content")

    assert ["Photo", "Timbre"] == [fact.text.fr for fact in sheet.documents]
    assert any("Left out" in note and "Carte, photo, etc..." in note for note in sheet.editor_notes)


def test_a_description_that_the_loader_refuses_is_replaced_by_the_title(save: Save, tmp_path: Path) -> None:
    said = {"dct:description": {"@value": "Pièces, délais...", "@language": "fr"}}
    sheet = imported(save(service(**said)), tmp_path / "content")

    assert "Passeport" == sheet.summary.fr
    assert any("Pièces, délais..." in note for note in sheet.editor_notes)


def test_a_file_with_several_services_makes_several_drafts(save: Save) -> None:
    second = {**service(title="Visa"), "@id": "https://services.example/visa"}
    drafts = drafts_of(save([service(), second]), options())

    assert ["mr.passeport", "mr.visa"] == [draft.id for draft in drafts]


BAD = {
    "no JSON at all": ('{"@id": 1,}', "line 1, column 11: not JSON"),
    "no public service": ({"@id": "https://a.example/"}, "$: no public service"),
    "a context that is not known": (
        service() | {"@context": "https://elsewhere.example/context.jsonld"},
        "$['@context']: the context https://elsewhere.example/context.jsonld is not known",
    ),
    "a scoped context": (
        service() | {"@context": [{"x": {"@id": "https://a.example/x", "@context": {}}}]},
        "$['@context'][0]['x']: @context is not read in a term",
    ),
    "a reversed property": (service(**{"@reverse": {}}), "$['@reverse']: @reverse is not read here"),
    "a price that is no number": (service(**cost("gratuit", "MRU")), "cv:hasValue: 'gratuit' is no amount"),
    "a service of another country": (
        service(**{"dct:spatial": {"@id": words.AUTHORITY_TABLES + "country/DZA"}}),
        "$ dct:spatial: this service is for DZA, not for 'mr'; give its own --country",
    ),
    "no title": (service(title=None), "$ dct:title: there is no title; give one with --title"),
    "no official page": (service() | {"@id": "urn:passeport"}, "$ foaf:page: a draft needs the official page"),
    "a list where a node should be": (["passeport"], "$[0]: an object was expected here"),
}


@pytest.mark.parametrize(("document", "expected"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_the_place_and_what_to_do(document: object, expected: str, save: Save) -> None:
    with pytest.raises(ImportProblem) as problem:
        drafts_of(save(document), options())

    assert expected in str(problem.value)


def test_an_existing_sheet_is_never_overwritten(save: Save, tmp_path: Path) -> None:
    (draft,) = drafts_of(save(service()), options())
    file = tmp_path / "mr" / "passeport.yaml"
    file.parent.mkdir()
    file.write_text("an editor's work", "utf-8")

    with pytest.raises(ImportProblem, match="never overwrites; choose another --id"):
        write_draft(draft, tmp_path)
    assert "an editor's work" == file.read_text("utf-8")
    assert [file] == [*tmp_path.rglob("*.yaml")]


def test_a_title_that_the_loader_refuses_can_be_given_by_hand(save: Save, tmp_path: Path) -> None:
    file = save(service(title={"@value": "Renewal of the passport", "@language": "en"}))
    (refused,) = drafts_of(file, options())
    with pytest.raises(ImportProblem, match="give another with --title"):
        write_draft(refused, tmp_path)

    sheet = imported(file, tmp_path, title="تجديد جواز السفر", sheet_id="mr.passeport_renouvellement")

    assert ("mr.passeport_renouvellement", "تجديد جواز السفر") == (sheet.id, sheet.title.ar)


@pytest.mark.parametrize("later", ["avant", "zone"], ids=["an id before the other's", "an id after the other's"])
def test_a_draft_gives_way_to_a_sheet_that_has_its_names(
    later: str, published: tuple[Procedure, ...], save: Save, tmp_path: Path
) -> None:
    sheet = next(sheet for sheet in published if sheet.id == "mr.casier_judiciaire")
    for name in ("premier", later):
        (draft,) = drafts_of(save(export.service(sheet, BASE)), options(sheet_id=name))
        write_draft(draft, tmp_path / "content")
    sheets = load_content(tmp_path / "content").by_id

    assert (sheet.aliases, sheet.short_title) == (sheets["mr.premier"].aliases, sheets["mr.premier"].short_title)
    assert () == sheets[f"mr.{later}"].aliases.all()
    assert later == sheets[f"mr.{later}"].short_title.fr
