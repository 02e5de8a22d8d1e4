"""action_language: "answer me in French". The citizen's wish is kept until he says otherwise."""

from __future__ import annotations

from typing import get_args

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions import payloads
from actions.contract import ChooseLanguage, TurnResult
from actions.replies import Wording, variety
from actions.reply_language import named_language
from actions.speak import handled, utter
from actions.turn_input import Understood, understood
from connectors.messages import ReplyLanguage


class ChangeLanguage(Action):
    """Confirms in the language that was asked for; asks which one where none was named."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def name(self) -> str:
        return "action_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        utter(dispatcher, self._result(understood(tracker)))
        return []

    def _result(self, message: Understood) -> TurnResult:
        wanted = _tapped(message) or named_language(message.text)
        if wanted is None:
            question = self._wording.text(message.worded_in, "language_which")
            return handled(message, [question], choices=self._wording.language_choices())
        result = handled(
            message,
            [self._wording.text(variety(wanted, message.turn.country), "language_set")],
            effects=[ChooseLanguage(language=wanted)],
        )
        return result.model_copy(update={"reply": result.reply.model_copy(update={"language": wanted})})


def _tapped(message: Understood) -> ReplyLanguage | None:
    choice = payloads.parse(message.turn.choice or "")
    if not isinstance(choice, payloads.Speak):
        return None
    languages: tuple[ReplyLanguage, ...] = get_args(ReplyLanguage)
    return next((language for language in languages if language == choice.language), None)
