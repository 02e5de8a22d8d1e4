"""After a status answer: who is offered to be told of changes, and what is kept for it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.following import FollowOffer, FollowOffers, has_ended, told_of
from actions.registry import build_actions
from connectors.gov.api import Case, CaseState
from connectors.gov.file_number import FileNumberRule
from connectors.gov.registration import RegistrationClient
from connectors.gov.several import FileNumberRules, form_key
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAttempts
from tests.unit.actions.conftest import Clock
from tests.unit.actions.test_case_status import ask


class Offers(FollowOffers):
    def __init__(self) -> None:
        self.made: list[FollowOffer] = []

    def offer(self, person_id: str, conversation_id: str, offer: FollowOffer, now: datetime) -> bool:
        self.made.append(offer)
        return not offer.final


@pytest.fixture
def offers() -> Offers:
    return Offers()


@pytest.fixture
def following(
    knowledge: Knowledge, cases: RegistrationClient, attempts: InMemoryAttempts, clock: Clock, offers: Offers
) -> ActionExecutor:
    executor = ActionExecutor()
    for action in build_actions(knowledge=knowledge, cases=cases, attempts=attempts, clock=clock, follows=offers):
        executor.register_action(action)
    return executor


async def payloads(executor: ActionExecutor, number: str, born: str) -> list[str]:
    return [choice.payload for choice in (await ask(executor, number, born)).result.reply.choices]


async def test_a_file_under_way_can_be_followed(following: ActionExecutor, offers: Offers) -> None:
    assert ["f:on"] == await payloads(following, "PA-2026-004217", "1990-04-12")
    assert [("PA-2026-004217", date(1990, 4, 12), "in_progress", False)] == [
        (one.number, one.born, one.told, one.final) for one in offers.made
    ]


async def test_beside_the_offer_of_a_person_it_stands_second(following: ActionExecutor) -> None:
    assert ["i:agent", "f:on", "i:deny"] == await payloads(following, "CN-2026-002894", "1972-01-01")


async def test_a_file_that_has_ended_cannot(following: ActionExecutor) -> None:
    assert [] == await payloads(following, "CN-2026-001503", "1985-11-30")


async def test_nothing_is_kept_of_a_file_that_was_not_told(following: ActionExecutor, offers: Offers) -> None:
    await ask(following, "PA-2026-004217", "1990-04-13")

    assert [] == offers.made


def case(state: CaseState, *, ended: bool = False, title: str = "T") -> Case:
    return Case("N", "", state, "C", title, None, ended)


@pytest.mark.parametrize("state", CaseState)
def test_what_was_told_fits_its_column_and_tells_states_apart(state: CaseState) -> None:
    told = [told_of(case(one)) for one in CaseState]

    assert len(told_of(case(state))) <= 32
    assert len(set(told)) == len(told)


def test_an_unknown_state_is_known_again_by_its_title_alone() -> None:
    assert told_of(case(CaseState.UNKNOWN, title="A")) != told_of(case(CaseState.UNKNOWN, title="B"))
    assert told_of(case(CaseState.IN_PROGRESS, title="A")) == told_of(case(CaseState.IN_PROGRESS, title="B"))
    assert "Visite" not in told_of(case(CaseState.UNKNOWN, title="Visite"))


def test_what_has_ended_has_ended() -> None:
    assert has_ended(case(CaseState.UNKNOWN, ended=True))
    assert {CaseState.APPROVED, CaseState.REJECTED, CaseState.CLOSED} == {
        state for state in CaseState if has_ended(case(state))
    }


def test_the_form_of_a_number_names_its_system() -> None:
    first, second = FileNumberRule(), FileNumberRule(r"[A-Z]{3}-\d{4}-\d{5}", "URB-2026-00008")
    both = FileNumberRules(first.pattern, first.example, (first, second))

    assert form_key(first, "PA-2026-004217") == form_key(both, "PA-2026-004217") != form_key(both, "URB-2026-00008")
