"""Adds the languages of a message to what Rasa gives out about it."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.normaliser import FORCED
from knowledge.language.identify import identify

LANGUAGE = "language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LanguageIdentifier(GraphComponent):
    """Output `language`: {"name": "ary", "shares": {"ary": 0.8, "fr": 0.2}}.

    `shares` is empty where the text says nothing about it (a tapped button, a number): keep the language of the
    conversation then.
    """

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            found = identify("" if message.get(FORCED) else message.get(TEXT) or "")
            message.set(LANGUAGE, {"name": found.language, "shares": found.shares}, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing learns from the language yet."""
        return training_data
