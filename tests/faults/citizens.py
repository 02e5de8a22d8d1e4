"""Invented citizens who write SMS through a provider that redelivers, and the judge of what came back to them.

A webhook is repeated until it gets a 2xx, as Meta does and as Twilio's fallback URL does. What got one is *accepted*,
and counts: exactly one reply, and the replies of one citizen in the order in which his messages were accepted.
"""

from __future__ import annotations

import itertools
import random
import secrets
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import httpx2
from twilio.request_validator import RequestValidator

from actions.replies import load_wording
from tests.faults.cluster import SMS_FROM, Cluster
from tests.faults.echo_rasa import ECHO, POISON
from tests.faults.provider import ACCOUNT_SID, AUTH_TOKEN, Created

WEBHOOK_TIMEOUT_S = 5.0
PAUSES_S = (0.1, 0.3, 0.5, 1.0)
PATIENCE_S = 90.0
_numbers = itertools.count(random.Random().randrange(1_000_000) * 10)


@dataclass(slots=True)
class Said:
    """One accepted message; times in time.monotonic()'s seconds."""

    text: str
    accepted_at: float
    poison: bool = False


@dataclass(slots=True)
class Citizen:
    """Writes one message after another. `accepted` in the order of the first 2xx."""

    number: str
    accepted: list[Said] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Webhook:
    text: str
    form: dict[str, str]
    headers: dict[str, str]


class Crowd:
    """Citizens with one line to the app. Use as a context manager."""

    def __init__(self, cluster: Cluster, threads: int = 12) -> None:
        self._url = f"{cluster.url}/channels/twilio"
        self._validator = RequestValidator(AUTH_TOKEN)
        self._http = httpx2.Client(trust_env=False, timeout=WEBHOOK_TIMEOUT_S)
        self._pool = ThreadPoolExecutor(threads)
        self._lock = threading.Lock()
        self.citizens: list[Citizen] = []
        self.refused = 0  # answers that were no 2xx, and calls without an answer

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def citizen(self) -> Citizen:
        one = Citizen(f"+2126{next(_numbers) % 100_000_000:08d}")
        self.citizens.append(one)
        return one

    def webhook(self, citizen: Citizen, note: str = "", text: str = "") -> Webhook:
        """A new message of his, signed and not sent yet. Without `text`, its text is unlike any other."""
        text = text or f"demande {secrets.token_hex(4)} {note}".strip() + " fin"
        form = {
            "MessageSid": "SM" + secrets.token_hex(16),
            "AccountSid": ACCOUNT_SID,
            "From": citizen.number,
            "To": SMS_FROM,
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        return Webhook(text, form, {"X-Twilio-Signature": self._validator.compute_signature(self._url, form)})

    def post(self, webhook: Webhook) -> bool:
        """One delivery; whether the app took it."""
        try:
            taken = self._http.post(self._url, data=webhook.form, headers=webhook.headers).is_success
        except httpx2.TransportError:
            taken = False
        if not taken:
            with self._lock:
                self.refused += 1
        return taken

    def deliver(self, citizen: Citizen, webhook: Webhook) -> None:
        """Deliver until it is accepted. Raises TimeoutError when that does not come."""
        deadline = time.monotonic() + PATIENCE_S
        for pause in itertools.chain(PAUSES_S, itertools.repeat(PAUSES_S[-1])):
            if self.post(webhook):
                said = Said(webhook.text, time.monotonic(), POISON in webhook.text)
                citizen.accepted.append(said)
                return
            if time.monotonic() > deadline:
                raise TimeoutError("a webhook was never accepted")
            time.sleep(pause)
        raise AssertionError("unreachable")

    def write(self, citizen: Citizen, count: int, gap_s: float = 0.0, note: str = "") -> None:
        for _ in range(count):
            self.deliver(citizen, self.webhook(citizen, note))
            time.sleep(gap_s)

    def all_write(self, citizens: int, each: int, gap_s: float = 0.0) -> list[Future[None]]:
        """New citizens write `each` messages side by side; futures that are done when all are accepted."""
        return [self._pool.submit(self.write, self.citizen(), each, gap_s) for _ in range(citizens)]

    def submit(self, work: Callable[[], None]) -> Future[None]:
        return self._pool.submit(work)


# ---- the judge -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the accepted messages. All of `lost`, `duplicated`, `disordered`, `foreign` must be 0."""

    messages: int
    lost: int = 0
    duplicated: int = 0
    disordered: int = 0
    foreign: int = 0  # replies to no message: an apology where an answer was due, a text of another citizen
    slowest_s: float = 0.0  # from the 2xx to the provider

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicated or self.disordered or self.foreign)

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.messages + other.messages,
            self.lost + other.lost,
            self.duplicated + other.duplicated,
            self.disordered + other.disordered,
            self.foreign + other.foreign,
            max(self.slowest_s, other.slowest_s),
        )


def judge(accepted: Sequence[Said], received: Sequence[Created]) -> Verdict:
    """One citizen's accepted messages against what his phone shows."""
    found = [_answers(accepted, one.body) for one in received]
    count = Counter(index for index in found if index is not None)
    firsts = list(dict.fromkeys(index for index in found if index is not None))
    at: dict[int, float] = {}
    for index, one in zip(found, received, strict=True):
        if index is not None:
            at.setdefault(index, one.at)
    return Verdict(
        messages=len(accepted),
        lost=len(accepted) - len(count),
        duplicated=sum(number - 1 for number in count.values()),
        disordered=sum(1 for before, after in itertools.pairwise(firsts) if after < before),
        foreign=found.count(None),
        slowest_s=max((when - accepted[index].accepted_at for index, when in at.items()), default=0.0),
    )


def _answers(accepted: Sequence[Said], body: str) -> int | None:
    """The message that this reply answers. A poisoned one is answered by an apology."""
    for index, said in enumerate(accepted):
        if said.poison and _plain(body).startswith(_apologies()):
            return index
        if not said.poison and body.startswith(ECHO + said.text):
            return index
    return None


@cache
def _apologies() -> tuple[str, ...]:
    wording = load_wording()
    return tuple(_plain(wording.text(language, "apology")) for language in ("ar", "fr", "ary"))


def _plain(text: str) -> str:
    """Without accents: an SMS drops those that would make it dearer."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def settle(cluster: Cluster, crowd: Crowd, within_s: float, quiet_s: float = 1.0) -> Verdict:
    """Wait until every accepted message is answered and nothing is open any more, then judge.

    The wait ends early with success only; after `within_s` whatever is there is judged.
    """
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if cluster.backlog() == 0 and all(len(_received(cluster, c)) >= len(c.accepted) for c in crowd.citizens):
            break
        time.sleep(0.1)
    time.sleep(quiet_s)
    return total(judge(citizen.accepted, _received(cluster, citizen)) for citizen in crowd.citizens)


def _received(cluster: Cluster, citizen: Citizen) -> list[Created]:
    return cluster.provider.to(citizen.number)


def total(verdicts: Iterable[Verdict]) -> Verdict:
    return sum(verdicts, Verdict(0))


def done(futures: Iterable[Future[None]]) -> None:
    """Raise what any of them raised."""
    for future in futures:
        future.result()
