"""How an action hands over its result: one custom JSON, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.executor import CollectingDispatcher

from actions.contract import Context, Effect, Outcome, TurnResult
from actions.replies import payloads_of
from actions.turn_input import Understood
from connectors.messages import Choice, Reply


def utter(dispatcher: CollectingDispatcher, result: TurnResult) -> None:
    """Say `result`. Every action does this exactly once."""
    dispatcher.utter_message(json_message=result.model_dump(mode="json"))


def handled(
    message: Understood,
    paragraphs: Sequence[str],
    *,
    choices: Sequence[Choice] = (),
    choices_intro: str = "",
    source: str = "",
    effects: Sequence[Effect] = (),
) -> TurnResult:
    """The result of anything that is not a procedure's answer. What was last talked about stays known."""
    reply = Reply(
        language=message.reply_in,
        paragraphs=tuple(paragraphs),
        choices=tuple(choices),
        choices_intro=choices_intro,
        source=source,
    )
    return TurnResult(
        outcome=Outcome.HANDLED,
        reply=reply,
        context=remember(message, choices),
        effects=tuple(effects),
    )


def remember(message: Understood, choices: Sequence[Choice]) -> Context:
    """The turn's context with only the choices replaced: an answer "2" means the list that was seen last."""
    changes = {"choices": payloads_of(choices), "verbatim": False, "at": message.turn.now}
    return message.turn.context.model_copy(update=changes)
