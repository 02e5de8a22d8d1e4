"""First in the pipeline: makes a citizen's text safe for the components after it."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from knowledge.language.normalise import ascii_digits, clean

FORCED = "forced_intent"  # a message key: the intent that a tapped button or a numbered answer stands for
_FORCED = re.compile(r"/([a-z_]+)")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Normaliser(GraphComponent):
    """Rewrites the text: no invisible controls, ASCII digits, no leading slash.

    Rasa reads any text that starts with `/` as a command, `/restart` and `/session_start` included. The slash is
    taken off here; a text that is exactly `/<name>` is remembered as a forced intent, which only the intent
    classifier accepts, and only for the intents it was trained on. The tracker keeps the text as it was sent.
    """

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normaliser:
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = ascii_digits(clean(message.get(TEXT) or ""))
            forced = _FORCED.fullmatch(text)
            if forced:
                message.set(FORCED, forced[1])
            message.set(TEXT, text.lstrip("/ "), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training texts stay as editors wrote them: the classifier normalises them itself."""
        return training_data
