"""bot/nlu/repairs.py: each repair gives what Rasa gives, on the trained model and on what only tests know."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.slots import Slot, TextSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from bot.nlu import repairs

PLACES: list[tuple[Any, str]] = [
    (Event, "resolve_by_type"),
    (Domain, "is_empty"),
    (RulePolicy, "_predict"),
    (RulePolicy, "_get_possible_keys"),
    (TrackerFeaturizer, "_create_states"),
]


@pytest.fixture
def repair() -> Iterator[Callable[[], None]]:
    """Makes all repairs when it is called; they are undone again."""
    by_rasa = [(owner, name, vars(owner)[name]) for owner, name in PLACES]
    yield repairs.repair
    for owner, name, own in by_rasa:
        setattr(owner, name, own)
    if "__copy__" in vars(Slot):
        del Slot.__copy__


def test_an_event_is_found_by_its_name(repair: Callable[[], None]) -> None:
    names = [one.type_name for one in all_subclasses(Event)]
    by_rasa = [Event.resolve_by_type(name) for name in names]
    repair()
    assert by_rasa == [Event.resolve_by_type(name) for name in names]
    assert by_rasa == [Event.resolve_by_type(name) for name in names]
    assert Event.resolve_by_type("topic") is None
    assert Event.resolve_by_type("unheard of", SlotSet) is SlotSet
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type("unheard of")
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type(["slot"])


def test_only_an_empty_domain_is_empty(repair: Callable[[], None], agent: Agent) -> None:
    repair()
    assert Domain.empty().is_empty()
    assert not agent.domain.is_empty()


def test_a_copied_slot_is_the_same_and_stands_alone(repair: Callable[[], None]) -> None:
    slot = TextSlot("number", mappings=[{"type": "custom"}], initial_value="one")
    by_rasa = copy.copy(slot)
    repair()
    copied = copy.copy(slot)
    copied.value = "two"
    assert type(copied) is TextSlot
    assert vars(by_rasa) == vars(slot)
    assert vars(by_rasa) | {"_value": "two", "_has_been_set": True} == vars(copied)


# ---- rules -----------------------------------------------------------------------------------------------------------

LISTEN = ActionExecuted("action_listen")


def said(intent: str | None, entities: list[dict[str, Any]] | None = None) -> UserUttered:
    return UserUttered(f"text of {intent}", {"name": intent, "confidence": 0.9}, entities or [])


def pasts(intents: list[str]) -> Iterator[list[Event]]:
    number = {"entity": "file_number", "value": "PA-2026-004217"}
    yield []
    for intent in intents:
        first = [LISTEN, said(intent, [number] if intent == "status" else None)]
        yield first
        yield [*first, ActionExecuted("action_answer")]
        yield [*first, ActionExecuted("action_answer"), LISTEN, said("thanks")]
        for form in ("status_form", "complaint_form"):
            begun = [LISTEN, said("status"), ActionExecuted(form), ActiveLoop(form), SlotSet("requested_slot", "x")]
            yield [*begun, LISTEN, said(intent)]
            yield [*begun, LISTEN, said(intent), ActionExecuted("action_answer")]
            yield [*begun, ActiveLoop(None), SlotSet("requested_slot", None), LISTEN, said(intent)]
    yield [LISTEN, said(None)]


@pytest.fixture(scope="module")
def policy(agent: Agent) -> RulePolicy:
    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    return next(node._component for node in nodes if isinstance(node._component, RulePolicy))


def predicted(policy: RulePolicy, domain: Domain) -> list[object]:
    found: list[object] = []
    for events in pasts(sorted(domain.intents)):
        tracker = DialogueStateTracker.from_events("anyone", copy.deepcopy(events), domain.slots)
        prediction, source = policy._predict(tracker, domain)
        found.append((prediction.probabilities, prediction.events, prediction.hide_rule_turn, source))
        assert "dalil_states" not in vars(tracker)
    return found


def test_rules_predict_the_same_in_every_situation(
    repair: Callable[[], None], policy: RulePolicy, agent: Agent
) -> None:
    by_rasa = predicted(policy, agent.domain)
    repair()
    assert by_rasa == predicted(policy, agent.domain)
    assert by_rasa == predicted(policy, agent.domain)
    assert len({source for *_, source in by_rasa if isinstance(source, str)}) > 10


def test_a_state_with_a_value_that_has_no_hash_is_compared_by_rasa(
    repair: Callable[[], None], policy: RulePolicy
) -> None:
    states = [{"prev_action": {"action_name": ["action_listen"]}, "user": {"intent": ["greet"]}}]
    by_rasa = policy._get_possible_keys(policy.lookup["rules"], states)
    repair()
    assert by_rasa == policy._get_possible_keys(policy.lookup["rules"], states)


def test_a_prediction_leaves_the_states_of_the_next_one_alone(
    repair: Callable[[], None], policy: RulePolicy, agent: Agent
) -> None:
    repair()
    tracker = DialogueStateTracker.from_events("anyone", [LISTEN, said("greet")], agent.domain.slots)
    first = policy._predict(tracker, agent.domain)[1]
    tracker.update(ActionExecuted("action_greet"))
    assert policy._predict(tracker, agent.domain)[1] != first
