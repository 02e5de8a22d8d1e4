"""The table: every way in which a part fails, as one sentence and one function that does it under traffic.

A row returns what the judge found. It asserts by itself that its fault really happened, so that none passes idle.
"""

from __future__ import annotations

import itertools
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx2

from connectors.tls import usual_tls
from tests.faults import inside, with_rasa
from tests.faults.citizens import Citizen, Crowd, Verdict, done, settle
from tests.faults.cluster import ALL, LEASE_S, Cluster, Kind
from tests.faults.echo_rasa import POISON
from tests.faults.provider import Fault, Provider

BOTH: tuple[Kind, ...] = ("sqlite", "postgresql")
SETTLE_S = 90.0


@dataclass(slots=True)
class Plan:
    """How hard a run tries. `rounds`: kills of a kill row, and what others do again and again in proportion."""

    rounds: int = 2
    backlog: int = 300
    seed: int = 1
    say: Callable[[str], None] = lambda _line: None
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)


Does = Callable[[Cluster, Plan], Verdict]


@dataclass(frozen=True, slots=True)
class Row:
    """`share` of all kill rounds of a full run; 0: the row is no kill row. `quick`: runs with `make test`."""

    name: str
    does: Does
    databases: tuple[Kind, ...] = BOTH
    quick: tuple[Kind, ...] = ()
    share: float = 0.0
    real: bool = False


# ---- traffic -------------------------------------------------------------------------------------------------------


@contextmanager
def traffic(cluster: Cluster, citizens_a_second: float = 6.0, each: int = 3) -> Iterator[Crowd]:
    """New citizens write all the while; the rest of their messages is delivered before this ends."""
    with Crowd(cluster) as crowd:
        enough = threading.Event()
        futures: list[object] = []

        def flow() -> None:
            while not enough.wait(1 / citizens_a_second):
                if sum(1 for one in futures if not one.done()) < 12:  # type: ignore[attr-defined]
                    futures.extend(crowd.all_write(1, each, gap_s=0.1))

        thread = threading.Thread(target=flow)
        thread.start()
        try:
            yield crowd
        finally:
            enough.set()
            thread.join()
            done(futures)  # type: ignore[arg-type]


def _until(what: Callable[[], bool], within_s: float, why: str) -> None:
    deadline = time.monotonic() + within_s
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"{why} within {within_s:.0f} s")
        time.sleep(0.05)


def _at_work(cluster: Cluster, name: str, since: int) -> bool:
    """Whether this part did something since its log was `since` long. The echo has no log: it answers or not."""
    if name in cluster.workers:
        return '"sent"' in _log(cluster, name)[since:]
    url = f"{cluster.url}/health/live" if name == "web" else f"http://127.0.0.1:{cluster.dialogue_port}/status"
    try:
        return httpx2.get(url, timeout=1, trust_env=False, verify=usual_tls()).is_success
    except httpx2.TransportError:
        return False


def _log(cluster: Cluster, name: str) -> str:
    return (cluster.folder / f"{name}.log").read_text(errors="replace")


# ---- processes -----------------------------------------------------------------------------------------------------


def _kill(victims: tuple[str, ...], cluster: Cluster, plan: Plan) -> Verdict:
    """Kill at random moments: `victims` one after the other, or with "all" everything at once."""
    turns = itertools.cycle([victims] if victims == ALL else [(name,) for name in victims])
    with traffic(cluster) as crowd:
        for number, names in zip(range(plan.rounds), turns, strict=False):
            time.sleep(plan.random.uniform(0.3, 2.0))
            before = {name: len(_log(cluster, name)) for name in names}
            cluster.kill(*names)
            time.sleep(plan.random.uniform(0.0, 0.5))
            cluster.start(*names)
            for name in names:
                _until(partial(_at_work, cluster, name, before[name]), 90, f"{name} did not work again")
            plan.say(f"round {number + 1}: {', '.join(names)} killed and back")
    return settle(cluster, crowd, SETTLE_S)


def _outlive_the_lease(cluster: Cluster, plan: Plan) -> Verdict:
    """Stop a worker for longer than its lease: the other takes its work over. Then let the first go on."""
    with traffic(cluster) as crowd:
        for number, name in zip(range(plan.rounds), itertools.cycle(cluster.workers), strict=False):
            time.sleep(plan.random.uniform(0.3, 1.5))
            cluster.send(signal.SIGSTOP, name)
            time.sleep(LEASE_S * 1.5 + plan.random.uniform(0, 1))
            cluster.send(signal.SIGCONT, name)
            plan.say(f"round {number + 1}: {name} stopped and resumed")
    return settle(cluster, crowd, SETTLE_S)


def _slow_turns(cluster: Cluster, plan: Plan) -> Verdict:
    """Turns that take longer than the lease: it is renewed, and nobody else takes them."""
    cluster.mode("slow", seconds=LEASE_S * 2, count=8)
    with Crowd(cluster) as crowd:
        done(crowd.all_write(8, 3))
        return settle(cluster, crowd, SETTLE_S)


def _dialogue_fails(cluster: Cluster, plan: Plan) -> Verdict:
    """Rasa answers 500, or nothing at all once: both are tried again."""
    with Crowd(cluster) as crowd:
        cluster.mode("500", count=6)
        cluster.mode("empty", count=2)
        done(crowd.all_write(8, 3))
        return settle(cluster, crowd, SETTLE_S)


# ---- database ------------------------------------------------------------------------------------------------------


def _restart_postgres(cluster: Cluster, plan: Plan) -> Verdict:
    assert cluster.postgres is not None
    with traffic(cluster) as crowd:
        ways = [partial(cluster.postgres.restart, "fast"), cluster.postgres.kill]
        ways.append(partial(cluster.postgres.restart, "immediate"))
        for number, way in zip(range(max(1, plan.rounds // 3)), itertools.cycle(ways), strict=False):
            time.sleep(plan.random.uniform(0.5, 1.5))
            way()
            plan.say(f"round {number + 1}: PostgreSQL is back")
        time.sleep(1)
    return settle(cluster, crowd, SETTLE_S)


def _pause_postgres(cluster: Cluster, plan: Plan) -> Verdict:
    """It neither answers nor hangs up, for longer than a lease and longer than a webhook waits."""
    assert cluster.postgres is not None
    with traffic(cluster) as crowd:
        for number in range(max(1, plan.rounds // 3)):
            time.sleep(plan.random.uniform(0.5, 1.5))
            cluster.postgres.pause()
            time.sleep(7)
            cluster.postgres.resume()
            plan.say(f"round {number + 1}: PostgreSQL goes on")
            time.sleep(2)
        assert crowd.refused, "no webhook noticed"
    return settle(cluster, crowd, SETTLE_S)


def _fill_the_disk(cluster: Cluster, plan: Plan) -> Verdict:
    """Nothing can be written for a while, then there is space again."""
    disk = cluster.postgres or cluster
    with traffic(cluster) as crowd:
        for number in range(max(1, plan.rounds // 3)):
            time.sleep(plan.random.uniform(0.5, 1.5))
            before = crowd.refused
            disk.starve()
            _until(lambda seen=before: crowd.refused > seen + 3, 20, "no webhook was refused")  # type: ignore[misc]
            disk.feed()
            plan.say(f"round {number + 1}: space again")
        time.sleep(1)
    return settle(cluster, crowd, SETTLE_S)


# ---- provider ------------------------------------------------------------------------------------------------------


def _provider(faults: tuple[Fault, ...], times: int, cluster: Cluster, plan: Plan) -> Verdict:
    """The first calls suffer these faults, in turn, while citizens wait for several answers each."""
    ordered = list(itertools.islice(itertools.cycle(faults), times * len(faults)))
    plan.random.shuffle(ordered)
    cluster.provider.order(*ordered)
    with Crowd(cluster) as crowd:
        done(crowd.all_write(max(6, len(ordered) // 2), 3, gap_s=0.2))
        verdict = settle(cluster, crowd, SETTLE_S + 60)
    assert cluster.provider.pending() == 0, "not every fault happened"
    return verdict


def _redeliver(cluster: Cluster, plan: Plan) -> Verdict:
    """Every webhook comes two to four times, some at the same instant, and pairs are turned round."""
    with Crowd(cluster) as crowd:

        def write(citizen: Citizen, seed: int) -> None:
            rng, late = random.Random(seed), []
            for _ in range(3):
                pair = [crowd.webhook(citizen), crowd.webhook(citizen)]
                for one in reversed(pair):  # what counts is the order in which they are accepted
                    twins = [threading.Thread(target=crowd.post, args=(one,)) for _ in range(rng.randint(0, 2))]
                    for twin in twins:
                        twin.start()
                    crowd.deliver(citizen, one)
                    late += [*twins, *(threading.Thread(target=crowd.post, args=(w,)) for w in pair[:1])]
            for thread in late:
                if thread.ident is None:
                    thread.start()
                thread.join()

        seeds = [plan.random.random() for _ in range(10)]
        done([crowd.submit(partial(write, crowd.citizen(), int(seed * 1e9))) for seed in seeds])
        return settle(cluster, crowd, SETTLE_S)


# ---- messages ------------------------------------------------------------------------------------------------------


def _poison(cluster: Cluster, plan: Plan) -> Verdict:
    """One text of each citizen makes the turn crash: he gets an apology for it, and answers before and after."""
    with Crowd(cluster) as crowd:

        def write(citizen: Citizen) -> None:
            crowd.write(citizen, 1)
            crowd.write(citizen, 1, note=POISON)
            crowd.write(citizen, 2)

        done([crowd.submit(partial(write, crowd.citizen())) for _ in range(6)])
        return settle(cluster, crowd, SETTLE_S)


def _unreadable(cluster: Cluster, plan: Plan) -> Verdict:
    """A stored message that cannot be read any more (a bad block, a lost key) holds up nobody, not even its writer."""
    with Crowd(cluster) as crowd:
        cluster.mode("slow", seconds=0.5, count=20)
        damaged = crowd.citizen()
        crowd.write(damaged, 3)
        inside.damage(cluster.database_url, newest=damaged)
        lost = damaged.accepted.pop()  # nobody can answer that one
        done(crowd.all_write(5, 3))
        crowd.write(damaged, 1)
        verdict = settle(cluster, crowd, SETTLE_S)
        assert not any(lost.text in one.body for one in cluster.provider.created), "it was answered before the damage"
        return verdict


def _backlog(cluster: Cluster, plan: Plan) -> Verdict:
    """Thousands of messages wait while no worker runs, then two workers drain them."""
    cluster.kill(*cluster.workers)
    with Crowd(cluster) as crowd:
        citizens = [crowd.citizen() for _ in range(max(1, plan.backlog // 10))]
        started = time.monotonic()
        inside.store(cluster.settings(), citizens, each=10, webhook=crowd.webhook)
        stored = sum(len(citizen.accepted) for citizen in citizens)
        plan.say(f"{stored} messages stored in {time.monotonic() - started:.0f} s")
        cluster.start(*cluster.workers)
        verdict = settle(cluster, crowd, 60 + stored / 5)
        plan.say(f"drained in {verdict.slowest_s:.0f} s at most")
        return verdict


def _inside(does: Callable[[str, Provider], Verdict], cluster: Cluster, plan: Plan) -> Verdict:
    return does(cluster.fresh_database(), cluster.provider)


ROWS: tuple[Row, ...] = (
    Row("a worker is killed", partial(_kill, ("worker1", "worker2")), quick=("sqlite",), share=0.3),
    Row("the web process is killed", partial(_kill, ("web",)), share=0.2),
    Row("the dialogue server is killed", partial(_kill, ("dialogue",)), share=0.2),
    Row("everything is killed at once", partial(_kill, ALL), quick=("postgresql",), share=0.3),
    Row("a worker stops for longer than its lease, then goes on", _outlive_the_lease),
    Row(
        "a worker wakes up after its lease, before or after a send",
        partial(_inside, inside.worker_wakes_up_late),
        quick=BOTH,
    ),
    Row(
        "a worker freezes in the middle of a transaction",
        partial(_inside, inside.worker_freezes_in_a_transaction),
        ("postgresql",),
    ),
    Row("turns take longer than the lease", _slow_turns),
    Row("the dialogue server answers 500, or nothing", _dialogue_fails),
    Row("PostgreSQL is restarted, or killed", _restart_postgres, ("postgresql",), quick=("postgresql",)),
    Row("PostgreSQL is paused", _pause_postgres, ("postgresql",)),
    Row("the disk is full", _fill_the_disk, quick=("sqlite",)),
    Row("the provider answers 429", partial(_provider, (Fault.THROTTLED,), 8)),
    Row("the provider answers 500", partial(_provider, (Fault.ERROR, Fault.ERROR_CREATED), 5)),
    Row("the provider never answers", partial(_provider, (Fault.TIMEOUT, Fault.TIMEOUT_CREATED), 3)),
    Row("the provider is slow", partial(_provider, (Fault.SLOW,), 6)),
    Row("connections to the provider are half open", partial(_provider, (Fault.HALF_OPEN,), 6)),
    Row(
        "the provider takes the message and drops the connection",
        partial(_provider, (Fault.DROP_CREATED, Fault.GARBLED, Fault.DROP), 4),
        quick=("sqlite",),
    ),
    Row("webhooks come twice and out of order", _redeliver, quick=BOTH),
    Row("one text makes the turn crash", _poison, quick=("sqlite",)),
    Row("a stored message cannot be read", _unreadable, quick=("sqlite",)),
    Row("the clock steps forward", partial(_inside, inside.clock_steps_forward), quick=BOTH),
    Row("the clock steps back", partial(_inside, inside.clock_steps_back), quick=BOTH),
    Row("a long backlog is drained", _backlog),
    Row("Rasa itself is killed", with_rasa.rasa_is_killed, real=True),
    Row("everything is killed at once, with Rasa itself", with_rasa.all_are_killed, real=True),
    Row("the web process is killed under Rasa's actions", with_rasa.web_is_killed, real=True),
)
