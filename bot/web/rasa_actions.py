"""⑤ The action server: Rasa calls here, on a private path behind a token, and rasa-sdk runs `actions/`."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

log = logging.getLogger(__name__)


def create_router(actions: Iterable[Action], token: str) -> APIRouter:
    """`POST /internal/rasa/actions?token=...`: the protocol of rasa-sdk's own server, without its echo of requests."""
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)
    router = APIRouter()

    @router.post("/internal/rasa/actions", include_in_schema=False)
    async def run_action(request: Request) -> Response:
        if not hmac.compare_digest(request.query_params.get("token", "").encode(), token.encode()):
            return Response(status_code=403)
        call = await request.json()
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as rejection:
            return JSONResponse({"error": str(rejection), "action_name": rejection.action_name}, 400)
        except ActionNotFoundException as error:
            return JSONResponse({"error": str(error), "action_name": call.get("next_action")}, 404)
        if result is None:
            return JSONResponse({"events": [], "responses": []})
        return JSONResponse(result.model_dump() if hasattr(result, "model_dump") else result)

    return router
