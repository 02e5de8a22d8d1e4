"""What the citizen wants to know, with a probability one can rely on."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.facets import ASK, Reading, read
from bot.nlu.normaliser import FORCED
from knowledge.classifier import views
from knowledge.classifier.model import Options, TextClassifier
from knowledge.language.normalise import LEXICON

FACETS = "facets"
_RANKED = 10
_FIRST = "salam, bghit chi haja"  # reads the word lists (0.2 s), so that no citizen waits for them

log = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FacetIntentClassifier(IntentClassifier, GraphComponent):
    """Outputs `intent`, `intent_ranking` and `facets`: [{"name": "fees", "confidence": 0.9}, ...], first asked first.

    A message without letters or digits gets no intent and confidence 0: the fallback takes it.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            "strength": 1.0,  # inverse of the penalty on the weights
            "clause_threshold": 0.65,  # probability from which a second question in the message adds its facet
            "random_state": 20,
        }

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[TextClassifier] = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FacetIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: object,
    ) -> FacetIntentClassifier:
        """Raises ValueError or OSError when the stored model is missing or damaged: better no start than no answers."""
        with model_storage.read_from(resource) as directory:
            model = TextClassifier.load(directory)
        model.votes(_FIRST)
        return cls(config, model_storage, resource, model)

    @staticmethod
    def required_packages() -> List[str]:
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Rasa trains again only when this changes: besides examples and config, the code and the word lists count."""
        digest = hashlib.sha256()
        for folder in (Path(__file__).parent, Path(views.__file__).parent, LEXICON.parent):
            for path in sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".json")):
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        examples = [(e.get(TEXT), e.get(INTENT)) for e in training_data.intent_examples if e.get(TEXT)]
        texts, labels = zip(*examples, strict=True)
        self._model = TextClassifier.train(
            texts, labels, Options(strength=self._config["strength"], seed=self._config["random_state"])
        )
        with self._model_storage.write_to(self._resource) as directory:
            self._model.save(directory)
        log.info("trained on %d examples of %d intents", len(texts), len(self._model.labels))
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        if self._model is None:
            raise RuntimeError("the intent classifier is neither trained nor loaded")
        for message in messages:
            reading = self._read(self._model, message)
            ranking = [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: p} for name, p in reading.ranking[:_RANKED]]
            first = ranking[0] if ranking else {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
            facets = [{"name": name, "confidence": confidence} for name, confidence in reading.facets]
            message.set(INTENT, first, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(FACETS, facets, add_to_output=True)
        return messages

    def _read(self, model: TextClassifier, message: Message) -> Reading:
        forced = message.get(FORCED)
        if forced in model.labels:
            facets = ((forced[len(ASK) :], 1.0),) if forced.startswith(ASK) else ()
            return Reading(((forced, 1.0),), facets)
        text = message.get(TEXT) or ""
        if not any(char.isalnum() for char in text):
            return Reading((), ())
        return read(model, text, self._config["clause_threshold"])
