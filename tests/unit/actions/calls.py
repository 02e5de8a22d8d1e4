"""Action calls as Rasa 3.6.21 posts them (compared with `RemoteAction._action_call_format` of that version)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rasa_sdk.executor import ActionExecutor

from actions.contract import Context, TurnInput, TurnResult
from connectors.messages import Medium

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EMPTY_SLOTS = {
    "file_number": None,
    "birth_date": None,
    "complaint": None,
    "complaint_answer": None,
    "requested_slot": None,
    "session_started_metadata": None,
}
LEFT = dict.fromkeys(("requested_slot", "file_number", "birth_date", "complaint", "complaint_answer"))
FORMS = {
    "status_form": {"required_slots": ["file_number", "birth_date"]},
    "complaint_form": {"required_slots": ["complaint_answer"]},
}
DOMAIN = {"version": "3.1", "forms": FORMS}


def turn(**fields: object) -> TurnInput:
    return TurnInput.model_validate(
        {
            "turn_id": "turn-1",
            "person_id": "amina",
            "conversation_id": "c1",
            "medium": Medium.SMS,
            "country": "ma",
            "now": NOW,
            **fields,
        }
    )


def message(
    text: str,
    intent: str = "nlu_fallback",
    confidence: float = 0.9,
    facets: tuple[str, ...] = (),
    language: str | None = "fr",
    given: TurnInput | None = None,
) -> dict[str, Any]:
    """`latest_message`. Of a forced intent ("/ask_fees") our NLU leaves the text without slash, no language's share."""
    forced = text.startswith("/")
    parse: dict[str, Any] = {
        "text": text.lstrip("/"),
        "message_id": "0f3c",
        "intent": {"name": intent, "confidence": confidence},
        "entities": [],
        "intent_ranking": [{"name": intent, "confidence": confidence}],
        "metadata": (given or turn()).model_dump(mode="json"),
    }
    parse["language"] = {"name": "ar", "shares": {}} if forced else {"name": language, "shares": {language: 1.0}}
    parse["facets"] = [{"name": facet, "confidence": 0.9} for facet in facets]
    return parse


def event(kind: str, **fields: object) -> dict[str, Any]:
    return {"event": kind, "timestamp": NOW.timestamp(), **fields}


def slot(name: str, value: object) -> dict[str, Any]:
    return event("slot", name=name, value=value)


def acted(name: str) -> dict[str, Any]:
    return event("action", name=name, policy="RulePolicy", confidence=1.0, action_text=None, hide_rule_turn=False)


def spoken() -> dict[str, Any]:
    return event("bot", text=None, data={"custom": {"dalil": 1}}, metadata={})


def action_call(
    action: str,
    latest: dict[str, Any],
    *,
    slots: dict[str, object] | None = None,
    before: tuple[dict[str, Any], ...] = (),
    after: tuple[dict[str, Any], ...] = (),
    loop: str | None = None,
) -> dict[str, Any]:
    """`before` and `after`: events before and after the citizen's message."""
    user = event(
        "user",
        text=f"/{latest['text']}" if not latest["language"]["shares"] else latest["text"],
        parse_data=latest,
        metadata=latest["metadata"],
        input_channel="rest",
        message_id=latest["message_id"],
    )
    return {
        "next_action": action,
        "sender_id": "c1",
        "version": "3.6.21",
        "domain": DOMAIN,
        "tracker": {
            "sender_id": "c1",
            "slots": {**EMPTY_SLOTS, **(slots or {})},
            "latest_message": latest,
            "latest_event_time": NOW.timestamp(),
            "followup_action": None,
            "paused": False,
            "events": [
                acted("action_session_start"),
                event("session_started"),
                *before,
                acted("action_listen"),
                user,
                *after,
            ],
            "latest_input_channel": "rest",
            "active_loop": {"name": loop, "is_interrupted": False, "rejected": False} if loop else {},
            "latest_action": {"action_name": "action_listen"},
            "latest_action_name": "action_listen",
        },
    }


@dataclass
class Answered:
    """What Rasa gets back: the one result, and the slots that were set."""

    result: TurnResult
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n\n".join(self.result.reply.paragraphs)

    @property
    def slots(self) -> dict[str, object]:
        return {each["name"]: each["value"] for each in self.events if each["event"] == "slot"}

    @property
    def payloads(self) -> tuple[str, ...]:
        return tuple(choice.payload for choice in self.result.reply.choices)

    @property
    def context(self) -> Context:
        assert self.result.context is not None
        return self.result.context


async def run(executor: ActionExecutor, call: dict[str, Any]) -> Answered:
    """The action's answer. Fails unless it uttered exactly one custom JSON."""
    response = await executor.run(call)
    assert response is not None
    customs = [each["custom"] for each in response.responses]
    assert 1 == len(customs), "an action utters exactly one result"
    assert all(not each["text"] for each in response.responses)
    return Answered(TurnResult.model_validate(customs[0]), response.events)


async def validate_form(executor: ActionExecutor, latest: dict[str, Any], **slots: object) -> dict[str, object]:
    """The slots that validate_status_form sets for an answer in the middle of the form; it says nothing."""
    call = action_call(
        "validate_status_form",
        latest,
        slots=slots,
        after=(slot("requested_slot", slots.get("requested_slot")), acted("status_form")),
        loop="status_form",
    )
    response = await executor.run(call)
    assert response is not None
    assert [] == response.responses
    return {each["name"]: each["value"] for each in response.events}
