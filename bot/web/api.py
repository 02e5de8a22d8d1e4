"""The public, read-only API: what Dalil knows, as JSON."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from knowledge.answer import Knowledge
from knowledge.procedures import State


def create_router(knowledge: Knowledge) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/procedures")
    async def procedures() -> list[dict[str, object]]:
        """Published procedures: id, titles and the date of the last check."""
        return [
            {
                "id": procedure.id,
                "country": procedure.country,
                "title": procedure.title.model_dump(),
                "checked_on": procedure.checked_on,
            }
            for procedure in knowledge.catalogue
            if procedure.state is State.PUBLISHED
        ]

    @router.get("/procedures/{procedure_id}")
    async def procedure(procedure_id: str) -> JSONResponse:
        found = knowledge.catalogue.get(procedure_id)
        if found is None or found.state is not State.PUBLISHED:
            return JSONResponse({"error": f"no published procedure '{procedure_id}'; see /api/procedures"}, 404)
        return JSONResponse(found.model_dump(mode="json", by_alias=True, exclude={"editor_notes"}))

    return router
