"""What is measured, one function a scenario; each takes running processes and gives plain figures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from bot.settings import Settings
from tests.bench.load import order, prefill
from tests.bench.load.driver import Load
from tests.bench.load.steps import Histograms, between
from tests.bench.load.systems import Target
from tests.bench.load.traffic import Run, Traffic, percentile

Say = Callable[[str], object]
Figures = dict[str, Any]

LATE_MS = 1000.0  # p95 of webhook → provider that is still good
TURNS = 4  # of a comparison
CLOSE = 0.06  # the search ends when the best good rate and the least bad one are as near
MOST_STEPS = 8
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
CROWD = 24


def throughput(traffic: Traffic, target: Target, seconds: float, say: Say) -> Figures:
    """The highest rate at which p95 stays under a second and nothing is lost.

    A crowd that writes as fast as it is answered says about where that is; then the rate steps up or down from there
    and is halved in.
    """
    crowd = traffic.run(target, Load(rate=0, crowd=CROWD, think_s=0.0, seconds=seconds, warm_s=4))
    say(f"{target.name}: {CROWD} citizens without a pause: {crowd.rate:.1f} turns/s")
    good: Run | None = None
    bad: float | None = None
    rate, runs = max(1.0, 0.85 * crowd.rate), []
    for _ in range(MOST_STEPS):
        run = traffic.run(target, Load(rate=rate, seconds=seconds))
        runs.append(run)
        passed = run.clean and run.reply_ms(0.95) < LATE_MS
        say(
            f"  {rate:6.1f}/s: p50 {run.reply_ms(0.5):.0f} ms, p95 {run.reply_ms(0.95):.0f} ms, lost {run.outcome.lost}"
        )
        settle(target)
        if passed:
            good = run if good is None or run.load.rate > good.load.rate else good
        else:
            bad = rate if bad is None else min(bad, rate)
        low = good.load.rate if good else 0.0
        if bad is None:
            rate = low * 1.2
        elif good is None:
            rate = bad * 0.75
        elif bad - low <= CLOSE * bad:
            break
        else:
            rate = (bad + low) / 2
    return {
        "system": target.name,
        "ready_s": round(target.seconds_to_ready, 1),
        "crowd_per_s": round(crowd.rate, 1),
        "best_per_s": round(good.load.rate, 1) if good else 0.0,
        "best": figures(good) if good else None,
        "crowd": figures(crowd),
        "steps": [figures(run) for run in sorted(runs, key=lambda run: run.load.rate)],
    }


def latency(traffic: Traffic, target: Target, rate: float, seconds: float, load: Load | None = None) -> Figures:
    """Percentiles from webhook to provider at a fixed rate, and Dalil's own steps."""
    before = target.steps() if target.url else {}
    run = traffic.run(target, replace(load or Load(rate=rate, seconds=seconds), rate=rate, seconds=seconds))
    inside = between(before, target.steps()) if target.url else {}
    return {"system": target.name, **figures(run), "steps_ms": step_figures(inside), "times_ms": _curve(run)}


def growth(traffic: Traffic, target: Target, sizes: Sequence[int], seconds: float, say: Say) -> Figures:
    """Turns a second of a crowd, and p95 at half of that, with more and more messages stored."""
    points = []
    for size in sizes:
        began = time.perf_counter()
        prefill.fill(target.database_url, size)
        filled = time.perf_counter() - began
        run = traffic.run(target, Load(rate=0, crowd=CROWD, think_s=0.0, seconds=seconds, warm_s=2))
        calm = traffic.run(target, Load(rate=max(1.0, run.rate / 2), seconds=seconds, warm_s=2))
        say(
            f"{target.name}, {size:>9,} stored (filled in {filled:.1f} s): {run.rate:.1f} turns/s, "
            f"p95 at half of it {calm.reply_ms(0.95):.0f} ms"
        )
        points.append(
            {"stored": size, "per_s": round(run.rate, 1), "cpu_ms": _rounded(run.cpu_ms_a_message())}
            | {"calm_rate": calm.load.rate, "calm_p95_ms": round(calm.reply_ms(0.95), 1)}
            | {"acknowledged_p99_ms": round(calm.acknowledged_ms(0.99), 1), "lost": run.outcome.lost}
        )
    return {"system": target.name, "points": points}


def burst(
    traffic: Traffic, target: Target, rate: float, seconds: float, say: Say, patience_s: float = 600.0
) -> Figures:
    """Webhooks at a rate beyond what can be answered: each acknowledged at once, all answered later, in order."""
    load = Load(rate=rate, seconds=seconds, warm_s=2, impatient=True, give_up=False, patience_s=0)
    vault = Settings(var_dir=target.var_dir).vault()
    before = order.check(target.database_url, vault)
    began = time.perf_counter()
    run = traffic.run(target, load)
    drained = settle(target, patience_s)
    took = time.perf_counter() - began
    found = order.check(target.database_url, vault)
    outcome = run.outcome
    say(
        f"{target.name}, {rate:.0f} webhooks/s for {seconds:.0f} s: {outcome.sent} sent, {outcome.errors} refused, "
        f"acknowledged p99 {run.acknowledged_ms(0.99):.1f} ms, drained after {took:.0f} s, "
        f"{found.disordered} of {found.conversations} conversations out of order"
    )
    return {
        "system": target.name,
        "rate": rate,
        "seconds": seconds,
        "sent": outcome.sent,
        "refused": outcome.errors,
        "acknowledged_ms": _spread(outcome.acknowledged_ms),
        "drained": drained,
        "drained_after_s": round(took, 1),
        "drained_per_s": round(outcome.sent / took, 1),
        "order": asdict(found),
        "lost": outcome.sent - (found.answered - before.answered),
        "memory_mb": target.memory(),
    }


def forged(traffic: Traffic, target: Target, rate: float, forged_rate: float, seconds: float, say: Say) -> Figures:
    """A normal load alone and with forged webhooks beside it, in turns: a machine's speed changes within a minute.

    Each way for `seconds` in all, after a run that fills the caches.
    """
    load = Load(rate=rate, seconds=seconds / TURNS)
    traffic.run(target, load)
    alone: list[Run] = []
    beside: list[Run] = []
    for turn in range(TURNS):
        mine = replace(load, seed=2 + turn)
        for runs in (alone, beside) if turn % 2 else (beside, alone):
            runs.append(traffic.run(target, replace(mine, forged_rate=forged_rate if runs is beside else 0.0)))
    answers = Counter[str]()
    for run in beside:
        answers.update(run.outcome.forged)
    answered = answers["403"] / sum(run.load.warm_s + run.load.seconds for run in beside)
    before, after = _together(alone), _together(beside)
    change = after["reply_ms"]["p95"] / before["reply_ms"]["p95"] - 1
    say(
        f"{target.name} at {rate:.0f}/s: p95 {before['reply_ms']['p95']:.0f} ms alone, "
        f"{after['reply_ms']['p95']:.0f} ms ({change:+.0%}) beside {answered:.0f} forged requests/s "
        f"(of {forged_rate:.0f})"
    )
    return {
        "system": target.name,
        "rate": rate,
        "forged_per_s": round(answered, 1),
        "forged_answers": dict(answers),
        "forged_ms": _spread([one for run in beside for one in run.outcome.forged_ms]),
        "alone": before,
        "beside": after,
        "p95_change": round(change, 3),
    }


def _together(runs: Sequence[Run]) -> Figures:
    """Several runs as one, and the p95 of each."""
    lost = sum(run.outcome.lost for run in runs)
    replies = [one for run in runs for one in run.outcome.reply_ms]
    return {
        "messages": sum(run.outcome.sent for run in runs),
        "lost": lost,
        "reply_ms": _spread([*replies, *[float("inf")] * lost]),
        "p95_of_each_ms": [round(run.reply_ms(0.95), 1) for run in runs],
    }


def settle(target: Target, patience_s: float = 120.0) -> bool:
    """Wait until nothing waits in Dalil any more; False when it still does."""
    if not target.url:
        return True
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if target.backlog() == 0:
            return True
        time.sleep(0.25)
    return False


def figures(run: Run) -> Figures:
    """A run as the results keep it."""
    outcome = run.outcome
    return {
        "rate": round(run.load.rate, 2),
        "answered_per_s": round(run.rate, 2),
        "messages": outcome.sent,
        "citizens": outcome.citizens,
        "lost": outcome.lost,
        "refused": outcome.errors,
        "apologies": run.apologies,
        "given_up": outcome.hopeless,
        "reply_ms": _spread([*outcome.reply_ms, *[float("inf")] * outcome.lost]),
        "acknowledged_ms": _spread(outcome.acknowledged_ms),
        "cpu_ms_a_message": _rounded(run.cpu_ms_a_message()),
        "driver_share_of_a_core": round(outcome.cpu_s / max(0.001, outcome.wall_s), 3),
        "memory_mb": run.memory_mb,
    }


def step_figures(inside: Histograms) -> dict[str, dict[str, float]]:
    return {
        name: {"count": one.count, "mean": round(one.mean_ms, 2)}
        | {share: round(one.quantile_ms(value), 1) for share, value in SHARES.items()}
        for name, one in sorted(inside.items())
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {name: round(percentile(values, share), 1) for name, share in SHARES.items()}


def _curve(run: Run) -> list[float]:
    """A hundred points of the distribution, for the plot."""
    return [round(percentile(run.outcome.reply_ms, share / 100), 1) for share in range(100)]


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
