"""The public, read-only API: what Dalil knows, as JSON or, by `Accept`, as CPSV-AP 3.2.0 JSON-LD."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, Response

from bot.web import negotiation
from knowledge.answer import Knowledge
from knowledge.faq import FaqEntry
from knowledge.procedures import ContentLanguage, Country, Procedure, State
from knowledge.standards.cpsv_ap import export
from knowledge.standards.cpsv_ap.words import CONTEXT_FILE, CONTEXT_PATH

OFFERED = (negotiation.JSON, negotiation.JSON_LD)

Accept = Annotated[str | None, Header()]
AcceptLanguage = Annotated[str | None, Header()]


# What /openapi.json says of the answers beside those that FastAPI knows of.
Documented = dict[int | str, dict[str, Any]]
_FORMS: Documented = {
    200: {"content": {negotiation.JSON: {}, negotiation.JSON_LD: {}}},
    406: {"description": "`Accept` wants neither of the two"},
}
_MISSING: Documented = {404: {"description": "there is no such procedure, or its facts are not verified yet"}}


class _JsonLd(JSONResponse):
    media_type = negotiation.JSON_LD


def create_router(knowledge: Knowledge, public_url: str) -> APIRouter:
    """`public_url`: Dalil's address without a slash at the end; the IRIs of the JSON-LD begin with it."""
    router = APIRouter()

    @router.get("/api/procedures", responses=_FORMS)
    async def procedures(
        country: Country | None = None, accept: Accept = None, accept_language: AcceptLanguage = None
    ) -> Response:
        """Every procedure: id, state, titles. `name` is the title in the language asked for. JSON-LD: whole sheets."""
        sheets = [sheet for sheet in knowledge.catalogue if _is_procedure(sheet) and country in (None, sheet.country)]
        match negotiation.media_type(accept, OFFERED):
            case None:
                return _not_acceptable()
            case negotiation.JSON_LD:
                published = (sheet for sheet in sheets if sheet.state is State.PUBLISHED)
                return _json_ld(export.document(published, public_url))
        language = negotiation.language(accept_language)
        return _json([_entry(sheet, language) for sheet in sheets], language)

    @router.get("/api/procedures/{procedure_id}", responses=_FORMS | _MISSING)
    async def procedure(procedure_id: str, accept: Accept = None, accept_language: AcceptLanguage = None) -> Response:
        """One procedure with its facts and sources. A draft's facts are not given: only its name and official page."""
        found = knowledge.catalogue.get(procedure_id)
        if found is None or not _is_procedure(found):
            return JSONResponse({"error": f"no procedure '{procedure_id}'; see /api/procedures"}, 404)
        match negotiation.media_type(accept, OFFERED):
            case None:
                return _not_acceptable()
            case negotiation.JSON_LD:
                return _linked_data(found, public_url)
        return _plain(found, negotiation.language(accept_language))

    router.add_api_route(CONTEXT_PATH, _context, methods=["GET"], response_class=_JsonLd)
    return router


async def _context() -> Response:
    """The JSON-LD context that our documents name. Any page may read it, as JSON-LD processors must."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=86400"}
    return Response(CONTEXT_FILE.read_bytes(), media_type=negotiation.JSON_LD, headers=headers)


def _plain(sheet: Procedure, language: ContentLanguage) -> Response:
    if sheet.state is not State.PUBLISHED:
        return _json(_entry(sheet, language), language)
    return _json(sheet.model_dump(mode="json", by_alias=True, exclude={"editor_notes"}), language)


def _linked_data(sheet: Procedure, public_url: str) -> Response:
    if sheet.state is not State.PUBLISHED:
        return JSONResponse({"error": f"'{sheet.id}' is a draft: its facts are not verified yet"}, 404)
    return _json_ld(export.service(sheet, public_url))


def _is_procedure(sheet: Procedure) -> bool:
    return not isinstance(sheet, FaqEntry)  # a question is kept in a procedure's form, but is no public service


def _entry(sheet: Procedure, language: ContentLanguage) -> dict[str, object]:
    return {
        "id": sheet.id,
        "country": sheet.country,
        "state": sheet.state,
        "name": sheet.title.get(language),
        "title": sheet.title.model_dump(),
        "official_link": str(sheet.official_link) if sheet.official_link else None,
        "checked_on": sheet.checked_on.isoformat(),
    }


def _json(content: object, language: ContentLanguage) -> Response:
    return JSONResponse(content, headers={"Vary": "Accept, Accept-Language", "Content-Language": language})


def _json_ld(content: dict[str, object]) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), media_type=negotiation.JSON_LD, headers={"Vary": "Accept, Accept-Language"})


def _not_acceptable() -> Response:
    return JSONResponse({"error": f"this is given as {' or '.join(OFFERED)}; ask for one of them in Accept"}, 406)
