"""⑤ The action server: Rasa calls here, on a private path behind a token, and rasa-sdk runs `actions/`."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic_core import from_json, to_json
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.metrics import METRICS

log = logging.getLogger(__name__)


def create_router(actions: Iterable[Action], token: str) -> APIRouter:
    """`POST /internal/rasa/actions?token=...`: the protocol of rasa-sdk's own server, without its echo of requests."""
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)
    router = APIRouter()

    async def run_action(request: Request) -> Response:
        if not hmac.compare_digest(request.query_params.get("token", "").encode(), token.encode()):
            return Response(status_code=403)
        call = from_json(await request.body())
        call.setdefault("domain", {})  # Rasa sends it with the form's validation only; rasa-sdk wants something
        try:
            with METRICS.step.labels("action").time():
                result = await executor.run(call)
        except ActionExecutionRejection as rejection:
            return JSONResponse({"error": str(rejection), "action_name": rejection.action_name}, 400)
        except ActionNotFoundException as error:
            return JSONResponse({"error": str(error), "action_name": call.get("next_action")}, 404)
        except Exception:
            # A mistake of ours. The log has its place and no text; Rasa gets 500, and the worker tries again.
            log.exception("action failed", extra=_ids(call))
            return Response(status_code=500)
        if result is None:
            return JSONResponse({"events": [], "responses": []})
        return Response(to_json(result), media_type="application/json")

    # A plain route: there is nothing to inject, validate or document, and every turn comes here.
    router.add_route("/internal/rasa/actions", run_action, methods=["POST"], include_in_schema=False)
    return router


def _ids(call: Mapping[str, Any]) -> dict[str, object]:
    """What names the turn in Rasa's call: the metadata of its last message is our `TurnInput`."""
    turn = ((call.get("tracker") or {}).get("latest_message") or {}).get("metadata") or {}
    return {"action": call.get("next_action"), "inbox": turn.get("turn_id"), "trace": turn.get("trace")}
