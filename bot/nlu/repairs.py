"""What Rasa 3.6.21 works out anew with every message though it cannot have changed. Each repair gives what Rasa gives.

They are made by bot/nlu/rasa_server.py in the serving process only; training runs without them.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Set, Tuple, Type

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot

_REMEMBERED = 4096  # situations of a conversation, as far as rules tell them apart
_NONE: Dict[str, Any] = {}
_STATES = "dalil_states"  # an attribute of a tracker, while one prediction is made from it


def repair() -> None:
    """Make all of them."""
    name_events_once()
    build_empty_domain_once()
    copy_slots_plainly()
    see_states_once()
    match_rules_once()


def name_events_once() -> None:
    """Rasa walks through all classes of events to find the one of a name."""
    by_rasa = Event.resolve_by_type
    known: Dict[str, Type[Event]] = {}

    def resolve(type_name: str, default: Optional[Type[Event]] = None) -> Optional[Type[Event]]:
        if type_name.__class__ is str and type_name in known:
            return known[type_name]
        found = by_rasa(type_name, default)
        if found is not None and found is not default:
            known[type_name] = found
        return found

    Event.resolve_by_type = staticmethod(resolve)


def build_empty_domain_once() -> None:
    """Rasa builds an empty domain to see whether its own is one."""
    empty = Domain.empty().as_dict()
    Domain.is_empty = lambda self: self.as_dict() == empty


def copy_slots_plainly() -> None:
    """Each copy of a tracker copies every slot; `copy.copy` goes the way of pickles where a class names no other."""

    def copied(self: Slot) -> Slot:
        new = object.__new__(self.__class__)
        new.__dict__.update(self.__dict__)
        return new

    Slot.__copy__ = copied


def see_states_once() -> None:
    """A prediction looks at the same past twice, for rules about texts and for rules about intents."""
    predict, create = RulePolicy._predict, TrackerFeaturizer._create_states  # noqa: SLF001 - Rasa offers no other way

    def predict_once(self: RulePolicy, tracker: Any, domain: Domain) -> Any:
        setattr(tracker, _STATES, {})
        try:
            return predict(self, tracker, domain)
        finally:
            delattr(tracker, _STATES)

    def create_once(tracker: Any, domain: Domain, *args: Any, **options: Any) -> List[State]:
        kept = vars(tracker).get(_STATES)
        if kept is None or args or options.get("ignore_rule_only_turns"):  # others than the rules' look at less
            return create(tracker, domain, *args, **options)
        key = id(domain), options.get("omit_unset_slots", False)
        if key not in kept:
            kept[key] = create(tracker, domain, **options)
        return [{kind: dict(part) for kind, part in state.items()} for state in kept[key]]  # the caller changes his

    RulePolicy._predict = predict_once  # noqa: SLF001 - the same
    TrackerFeaturizer._create_states = staticmethod(create_once)  # noqa: SLF001 - the same


def match_rules_once() -> None:
    """Rasa compares every rule with every state; which ones fit depends on the few values that rules speak of."""
    by_rasa = RulePolicy._get_possible_keys  # noqa: SLF001 - Rasa offers no other way

    def possible(self: RulePolicy, lookup: Dict[str, str], states: List[State]) -> Set[str]:
        kept: Dict[int, _Rules] = vars(self).setdefault("dalil_rules", {})
        rules = kept.get(id(lookup))
        if rules is None or rules.lookup is not lookup:
            rules = kept[id(lookup)] = _Rules(lookup, self._rule_key_to_state)
        try:
            situation = rules.situation(states)
            found = rules.fitting.get(situation)
        except TypeError:  # a value that is a list or the like
            return by_rasa(self, lookup, states)
        if found is None:
            found = by_rasa(self, lookup, states)
            if len(rules.fitting) < _REMEMBERED:
                rules.fitting[situation] = found
        return found  # whoever asks only reads it

    RulePolicy._get_possible_keys = possible  # noqa: SLF001 - the same


class _Rules:
    """One of the policy's tables of rules, and which of them fitted in the situations met so far."""

    def __init__(self, lookup: Dict[str, str], read: Callable[[str], List[State]]) -> None:
        self.lookup = lookup
        self.fitting: Dict[Tuple[Any, ...], Set[str]] = {}
        spoken_of = {
            (kind, key) for rule in lookup for state in read(rule) for kind, part in state.items() for key in part
        }
        self._spoken_of = sorted(spoken_of)

    def situation(self, states: List[State]) -> Tuple[Any, ...]:
        """All that `RulePolicy._is_rule_applicable` looks at. Raises TypeError for what has no hash."""
        seen = tuple(
            (bool(state.get(PREVIOUS_ACTION)), *[state.get(kind, _NONE).get(key) for kind, key in self._spoken_of])
            for state in states
        )
        hash(seen)
        return seen
