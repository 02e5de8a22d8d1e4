"""Looking at followed files and telling of them, over a database and a system that answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from actions.contract import FollowFile
from actions.following import FollowOffer, masked
from actions.replies import load_wording
from bot.follow_news import FollowNews
from bot.follower import Follower, Rhythm
from bot.ports import TurnPlan
from bot.quiet import QuietHours
from bot.store.database import Database
from bot.store.follows import SqlFollows
from bot.store.migrate import migrate
from bot.vault import Vault
from connectors.channel import Limits
from connectors.errors import GovError, SystemDown, SystemGarbled, SystemSlow
from connectors.gov.api import Case, CaseState
from connectors.gov.file_number import FileNumberRule
from connectors.messages import Address, Medium, OutgoingMessage
from tests.contracts.store_cases import META_WHATSAPP, SMS, Store

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86_400.0
LIMITS = {
    "twilio": {Medium.SMS: Limits(max_chars=1600, sms=True)},
    "whatsapp": {Medium.WHATSAPP: Limits(max_chars=4096, max_buttons=3)},
}
NUMBER, BORN = "PA-2026-004217", date(1990, 4, 12)


class Register:
    """A system with one file. `answer`: what it says now."""

    file_numbers = FileNumberRule()

    def __init__(self) -> None:
        self.answer: CaseState | GovError | None = CaseState.IN_PROGRESS
        self.asked: list[tuple[str, date]] = []

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        self.asked.append((file_id, birth_date))
        if isinstance(self.answer, GovError):
            raise self.answer
        if self.answer is None:
            return None
        return Case(file_id, "Passeport biométrique", self.answer, "CODE", "Titre", None, ended=False)

    async def close(self) -> None:
        """Nothing is open."""


class Bench:
    """A citizen who follows his file since noon, and everything around him."""

    def __init__(self, database: Database, sender: Address) -> None:
        vault = Vault(["c" * 43 + "="], b"a key of the tests")
        self.now = NOON
        self.register = Register()
        self.store = Store(database, vault)
        self.follows = SqlFollows(database, vault)
        news = FollowNews(load_wording(), LIMITS, 90, "ma")
        quiet = QuietHours(21, 8, "ma")
        self.follower = Follower(self.follows, self.register, news, quiet, Rhythm(HOUR, DAY, 2.0), lambda: self.now)
        self.store.receive(sender, NOON)
        claim = self.store.claim(NOON)
        self.conversation = claim.conversation
        offer = FollowOffer(NUMBER, BORN, "a", "in_progress", final=False)
        self.follows.offer(self.conversation.person_id, self.conversation.id, offer, datetime.fromtimestamp(NOON, UTC))
        plan = TurnPlan(
            claim.conversation.model_copy(update={"language": "fr"}),
            effects=(FollowFile(wording=1, days=90, look_after_s=HOUR),),
        )
        self.store.inbox.finish(claim, plan, NOON)

    async def at(self, now: float) -> list[OutgoingMessage]:
        """What leaves after a look at this time."""
        self.now = now
        await self.follower.look()
        claims = self.store.leaving(now)
        for claim in claims:
            self.store.send(claim, f"OUT{claim.outbox_id}", now)
        return [claim.message for claim in claims]

    @property
    def is_followed(self) -> bool:
        return bool(self.follows.followed(self.conversation.person_id))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'dalil.db'}")
    migrate(database, Vault(["c" * 43 + "="], b"a key of the tests"))
    yield database
    database.close()


@pytest.fixture
def sms(database: Database) -> Bench:
    return Bench(database, SMS)


@pytest.fixture
def whatsapp(database: Database) -> Bench:
    return Bench(database, META_WHATSAPP)


async def test_nothing_is_told_while_nothing_changes_and_looks_become_rare(sms: Bench) -> None:
    asked = []
    for quarter in range(4 * 48):
        before = len(sms.register.asked)
        assert [] == await sms.at(NOON + quarter * HOUR / 4)
        if len(sms.register.asked) > before:
            asked.append(quarter / 4)

    assert {(NUMBER, BORN)} == set(sms.register.asked)
    assert 4 <= len(asked) <= 9
    assert asked[1] - asked[0] < asked[-1] - asked[-2]


async def test_a_change_is_told_once_in_the_words_of_a_status_answer_and_with_a_masked_number(sms: Bench) -> None:
    sms.register.answer = CaseState.ACTION_NEEDED
    [message] = await sms.at(NOON + HOUR)

    assert "Passeport biometrique" in message.text or "Passeport biométrique" in message.text
    assert "PA-***217" in message.text
    assert NUMBER not in message.text
    assert "compléter ou le corriger" in message.text
    assert [] == await sms.at(NOON + 3 * HOUR)
    assert sms.is_followed


async def test_a_file_that_comes_back_to_a_state_is_told_again(sms: Bench) -> None:
    sms.register.answer = CaseState.ACTION_NEEDED
    assert 1 == len(await sms.at(NOON + HOUR))
    sms.register.answer = CaseState.IN_PROGRESS
    assert 1 == len(await sms.at(NOON + 3 * HOUR))


async def test_a_final_state_is_the_last_that_is_told(sms: Bench) -> None:
    sms.register.answer = CaseState.APPROVED
    [message] = await sms.at(NOON + HOUR)

    assert "acceptée" in message.text
    assert "n'est plus suivi" in message.text
    assert not sms.is_followed


async def test_a_final_state_that_he_read_himself_ends_it_without_a_word(sms: Bench) -> None:
    offer = FollowOffer(NUMBER, BORN, "a", "approved", final=True)
    conversation = sms.conversation
    sms.follows.offer(conversation.person_id, conversation.id, offer, datetime.fromtimestamp(NOON, UTC))
    sms.register.answer = CaseState.APPROVED

    assert [] == await sms.at(NOON + HOUR)
    assert not sms.is_followed


async def test_a_file_that_vanishes_twice_is_told_so_and_followed_no_longer(sms: Bench) -> None:
    sms.register.answer = None
    assert [] == await sms.at(NOON + HOUR)
    [message] = await sms.at(NOON + 3 * HOUR)

    assert "ne trouve plus" in message.text
    assert not sms.is_followed


async def test_a_file_that_is_there_again_counts_from_the_start(sms: Bench) -> None:
    sms.register.answer = None
    await sms.at(NOON + HOUR)
    sms.register.answer = CaseState.IN_PROGRESS
    await sms.at(NOON + 3 * HOUR)
    sms.register.answer = None

    assert [] == await sms.at(NOON + 6 * HOUR)
    assert sms.is_followed


async def test_after_the_agreed_days_he_is_told_that_it_is_over(sms: Bench) -> None:
    [message] = await sms.at(NOON + 90 * DAY)

    assert "90 jours" in message.text
    assert [] == sms.register.asked
    assert not sms.is_followed


async def test_at_night_nobody_is_told_and_nothing_is_asked(sms: Bench) -> None:
    sms.register.answer = CaseState.APPROVED
    assert [] == await sms.at(NOON + 9 * HOUR)  # 21:00 UTC is 22:00 in Morocco
    assert [] == sms.register.asked
    assert [] == await sms.at(NOON + 18 * HOUR)
    assert 1 == len(await sms.at(NOON + 20 * HOUR))  # within twenty minutes after 8:00 there


@pytest.mark.parametrize(
    "failure", [SystemDown("x"), SystemSlow("x"), SystemGarbled("x")], ids=["down", "slow", "garbled"]
)
async def test_a_system_that_fails_rests_and_the_file_stays_followed(sms: Bench, failure: GovError) -> None:
    sms.register.answer = failure
    assert [] == await sms.at(NOON + HOUR)
    assert [] == await sms.at(NOON + HOUR + 59)
    assert 1 == len(sms.register.asked)

    sms.register.answer = CaseState.APPROVED
    assert 1 == len(await sms.at(NOON + HOUR + 61))


async def test_within_a_day_whatsapp_gets_free_text(whatsapp: Bench) -> None:
    whatsapp.register.answer = CaseState.APPROVED
    [message] = await whatsapp.at(NOON + HOUR)

    assert message.template is None
    assert "acceptée" in message.text


async def test_after_a_day_whatsapp_gets_the_approved_text_with_the_state_in_words(whatsapp: Bench) -> None:
    whatsapp.register.answer = CaseState.ACTION_NEEDED
    [message] = await whatsapp.at(NOON + DAY)

    assert message.template is not None
    assert "status_changed" == message.template.name
    assert ("PA-***217", load_wording().text("fr", "state_action_needed")) == message.template.variables


async def test_what_is_told_is_not_told_again_by_a_worker_that_was_slow(sms: Bench) -> None:
    sms.register.answer = CaseState.APPROVED
    [claim] = sms.follows.claim(1, 60.0, NOON + HOUR, 2.0)  # it dies in the middle
    assert [] == await sms.at(NOON + HOUR + 30)
    assert 1 == len(await sms.at(NOON + HOUR + 61))

    assert not sms.follows.tell(claim, "approved", (), None, NOON + HOUR + 62)
    assert [] == await sms.at(NOON + HOUR + 70)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("PA-2026-004217", "PA-***217"), ("URB-2026-00008", "URB-***008"), ("123456789", "***789"), ("AB", "***")],
)
def test_a_number_is_shown_so_that_only_its_owner_knows_it(number: str, shown: str) -> None:
    assert shown == masked(number)
