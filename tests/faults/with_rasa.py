"""Kill rows with the trained Rasa in its place. Its answers carry no number: an undisturbed citizen gives the measure.

Everybody asks the same questions; whoever asks while parts die must get the same answers in the same order.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.faults.citizens import Citizen, Crowd, Verdict, done, settle, total
from tests.faults.cluster import ALL, Cluster

if TYPE_CHECKING:
    from tests.faults.rows import Plan

QUESTIONS = ("combien coute le passeport", "ch7al f casier judiciaire", "où faire une carte d'identité ?")
WITHIN_S = 120.0


def rasa_is_killed(cluster: Cluster, plan: Plan) -> Verdict:
    return _while(("dialogue",), cluster, plan)


def all_are_killed(cluster: Cluster, plan: Plan) -> Verdict:
    return _while(ALL, cluster, plan)


def web_is_killed(cluster: Cluster, plan: Plan) -> Verdict:
    """Rasa runs the actions in the web process: without it every turn fails."""
    return _while(("web",), cluster, plan)


def _while(victims: tuple[str, ...], cluster: Cluster, plan: Plan) -> Verdict:
    measure = _measure(cluster)
    names = tuple(name for name in victims if name in cluster.names)
    verdicts = []
    for number in range(max(1, plan.rounds // 3)):
        with Crowd(cluster) as crowd:
            citizens = [crowd.citizen() for _ in range(5)]
            asking = [crowd.submit(lambda one=one: _ask(crowd, one)) for one in citizens]  # type: ignore[misc]
            time.sleep(plan.random.uniform(0.05, 1.0))
            cluster.kill(*names)
            time.sleep(plan.random.uniform(0.0, 1.0))
            cluster.start(*names)
            done(asking)
            cluster.wait_until_ready()
            settle(cluster, crowd, WITHIN_S)
            verdicts += [compare(measure, [m.body for m in cluster.provider.to(c.number)]) for c in citizens]
            waited = [m.at - c.accepted[0].accepted_at for c in citizens for m in cluster.provider.to(c.number)]
            verdicts.append(Verdict(0, slowest_s=max(waited, default=0.0)))
        plan.say(f"round {number + 1}: {', '.join(names)} killed and back")
    return total(verdicts)


def _ask(crowd: Crowd, citizen: Citizen) -> None:
    for question in QUESTIONS:
        crowd.deliver(citizen, crowd.webhook(citizen, text=question))


def _measure(cluster: Cluster) -> list[str]:
    """What a citizen gets on a quiet day."""
    with Crowd(cluster) as crowd:
        citizen = crowd.citizen()
        _ask(crowd, citizen)
        settle(cluster, crowd, WITHIN_S)
        received = [message.body for message in cluster.provider.to(citizen.number)]
    assert len(received) == len(set(received)) == len(QUESTIONS), f"{len(received)} answers on a quiet day"
    return received


def compare(measure: Sequence[str], received: Sequence[str]) -> Verdict:
    """One citizen's answers against the measure."""
    wanted, got = Counter(measure), Counter(received)
    order = [measure.index(body) for body in dict.fromkeys(received) if body in wanted]
    return Verdict(
        messages=len(measure),
        lost=(wanted - got).total(),
        duplicated=sum(number - 1 for body, number in got.items() if body in wanted),
        disordered=sum(1 for before, after in itertools.pairwise(order) if after < before),
        foreign=sum(number for body, number in got.items() if body not in wanted),
    )
