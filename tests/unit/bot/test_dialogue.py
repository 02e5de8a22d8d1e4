"""Which of several Rasas has a conversation, and the processes that `dalil run` starts for them."""

from __future__ import annotations

from collections import Counter

import httpx2
import pytest

from bot.dialogue import RasaDialogue
from bot.processes import children
from bot.settings import Settings

URLS = ("http://rasa-1:5005", "http://rasa-2:5005", "http://rasa-3:5005")
CONVERSATIONS = [f"c{number}" for number in range(3000)]


def over(*urls: str) -> RasaDialogue:
    return RasaDialogue(httpx2.AsyncClient(), urls, 1.0)


def test_each_has_its_share_of_the_conversations() -> None:
    shares = Counter(map(over(*URLS).url_of, CONVERSATIONS))

    assert set(URLS) == set(shares)
    assert all(900 < share < 1100 for share in shares.values())


def test_a_conversation_stays_in_whatever_order_they_are_named() -> None:
    there, back = over(*URLS), over(*reversed(URLS))

    assert [there.url_of(one) for one in CONVERSATIONS] == [back.url_of(one) for one in CONVERSATIONS]


def test_one_more_takes_over_its_share_and_moves_nothing_else() -> None:
    before, after = over(*URLS[:2]), over(*URLS)

    moved = {after.url_of(one) for one in CONVERSATIONS if before.url_of(one) != after.url_of(one)}

    assert {URLS[2]} == moved


def test_each_url_of_the_setting_is_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALIL_RASA_URL", "http://127.0.0.1:5005, http://127.0.0.1:5006/")

    started = {child.name: child.port for child in children(Settings())}

    assert {"rasa": 5005, "rasa-2": 5006}.items() <= started.items()


def test_only_who_acknowledges_webhooks_does_not_stand_back() -> None:
    assert {"sandbox", "app"} == {child.name for child in children(Settings(sandbox=True)) if child.nice == 0}
