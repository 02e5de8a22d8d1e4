"""The public API over HTTP: lists, sheets, drafts, JSON and JSON-LD, and the context that the JSON-LD names."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date

import httpx2
import pytest
from fastapi import FastAPI

from bot.web import api
from knowledge.answer import Knowledge
from knowledge.loader import Catalogue
from knowledge.procedures import Procedure, State
from knowledge.settings import load_settings, load_words
from knowledge.standards.cpsv_ap.jsonld import Graph
from knowledge.standards.cpsv_ap.words import CONTEXT_FILE, CONTEXT_PATH, CPSV
from tests.fakes import TrigramEmbedder

PUBLIC = "https://dalil.example"
LINKED = {"Accept": "application/ld+json"}


def sheet(name: str, state: State, **titles: str) -> Procedure:
    said = {"ar": "عنوان", "fr": "Titre", **titles}
    return Procedure.model_validate(
        {
            "id": name,
            "country": name[:2],
            "state": state,
            "confidence": "medium" if state is State.PUBLISHED else "low",
            "checked_on": date(2026, 11, 20),
            "title": said,
            "short_title": said,
            "summary": said,
            "aliases": {"fr": [f"nom de {name}"]},
            "questions": {},
            "documents": [{"text": {"ar": "صورة.", "fr": "Photo."}, "sources": ["site"]}],
            "official_link": "https://service.example/",
            "sources": [{"ref": "site", "publisher": "Service", "kind": "official"}],
            "editor_notes": ["between us"],
        }
    )


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    sheets = (
        sheet("ma.passeport", State.PUBLISHED, fr="Passeport", ary="الباسبور"),
        sheet("ma.visa", State.DRAFT, fr="Visa"),
        sheet("mr.permis", State.PUBLISHED, fr="Permis"),
    )
    app = FastAPI()
    knowledge = Knowledge(Catalogue.of(sheets), TrigramEmbedder(), load_settings(), load_words())
    app.include_router(api.create_router(knowledge, PUBLIC))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=PUBLIC) as client:
        yield client


async def test_every_sheet_is_listed_with_its_state(http: httpx2.AsyncClient) -> None:
    listed = (await http.get("/api/procedures")).json()

    assert [("ma.passeport", "published"), ("ma.visa", "draft"), ("mr.permis", "published")] == [
        (entry["id"], entry["state"]) for entry in listed
    ]


async def test_a_country_can_be_asked_for(http: httpx2.AsyncClient) -> None:
    listed = (await http.get("/api/procedures", params={"country": "mr"})).json()

    assert ["mr.permis"] == [entry["id"] for entry in listed]
    assert 422 == (await http.get("/api/procedures", params={"country": "fr"})).status_code


@pytest.mark.parametrize(
    ("wanted", "expected"), [("fr", ["Passeport", "Visa", "Permis"]), ("ary", ["الباسبور", "عنوان", "عنوان"])]
)
async def test_names_are_in_the_language_asked_for_or_the_next_best(
    http: httpx2.AsyncClient, wanted: str, expected: list[str]
) -> None:
    answer = await http.get("/api/procedures", headers={"Accept-Language": wanted})

    assert expected == [entry["name"] for entry in answer.json()]
    assert wanted == answer.headers["content-language"]
    assert "Accept, Accept-Language" == answer.headers["vary"]


async def test_the_facts_and_notes_of_a_draft_are_not_given(http: httpx2.AsyncClient) -> None:
    given = await http.get("/api/procedures/ma.visa")

    assert {
        "id": "ma.visa",
        "country": "ma",
        "state": "draft",
        "name": "عنوان",
        "title": {"ar": "عنوان", "fr": "Visa", "ary": None},
        "official_link": "https://service.example/",
        "checked_on": "2026-11-20",
    } == given.json()
    assert 404 == (await http.get("/api/procedures/ma.visa", headers=LINKED)).status_code


async def test_a_published_sheet_is_given_without_its_editors_notes(http: httpx2.AsyncClient) -> None:
    given = (await http.get("/api/procedures/ma.passeport")).json()

    assert "Photo." == given["documents"][0]["text"]["fr"]
    assert "editor_notes" not in given


async def test_a_sheet_is_given_as_json_ld_whose_context_is_served(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/api/procedures/ma.passeport", headers=LINKED)
    document = answer.json()
    context = await http.get(document["@context"])

    assert "application/ld+json" == answer.headers["content-type"]
    assert PUBLIC + CONTEXT_PATH == document["@context"]
    assert f"{PUBLIC}/api/procedures/ma.passeport" == document["id"]
    assert "between us" not in answer.text
    assert json.loads(CONTEXT_FILE.read_text("utf-8")) == context.json()
    assert ("application/ld+json", "*") == (
        context.headers["content-type"],
        context.headers["access-control-allow-origin"],
    )


async def test_the_list_as_json_ld_holds_every_published_sheet_whole(http: httpx2.AsyncClient) -> None:
    document = (await http.get("/api/procedures", headers=LINKED)).json()
    services = Graph(document).of_type(CPSV + "PublicService")

    assert [f"{PUBLIC}/api/procedures/{name}" for name in ("ma.passeport", "mr.permis")] == [s.id for s in services]


@pytest.mark.parametrize("path", ["/api/procedures", "/api/procedures/ma.passeport"])
async def test_a_client_that_takes_neither_form_is_told_what_there_is(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"Accept": "text/turtle"})

    assert 406 == answer.status_code
    assert "application/json or application/ld+json" in answer.json()["error"]


async def test_an_unknown_procedure_is_not_found(http: httpx2.AsyncClient) -> None:
    assert 404 == (await http.get("/api/procedures/ma.nothing")).status_code
