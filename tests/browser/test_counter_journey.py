"""The whole loop of the phones page with the whole of Dalil behind it: ask, move the file, ask again; faults."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.web.phones.counter_words import COUNTER_WORDS
from tests.system import System, running

NUMBER, BORN = "PA-2026-004217", "12/04/1990"
ANSWER_MS = 20_000


@pytest.fixture(scope="module")
def dalil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("counter"), {"DALIL_REGISTRATION__TIMEOUT_S": "2"}) as system:
        yield system


@pytest.fixture
def page(browser: Browser, dalil: System) -> Iterator[Page]:
    page = browser.new_page(locale="fr-FR", viewport={"width": 1440, "height": 900})
    page.goto(f"{dalil.url}/?lang=fr")
    page.get_by_text("WhatsApp", exact=True).first.click()
    page.locator(".handset.whatsapp [data-new]").click()
    expect(page.locator(f'[data-file="{NUMBER}"]')).to_be_visible()
    yield page
    page.get_by_role("button", name=COUNTER_WORDS["fr"].reset).click()
    page.close()


def ask(page: Page) -> str:
    """Ask on the WhatsApp phone as the panel does it; what Dalil says in the end."""
    said = page.locator(".handset.whatsapp .message.other")
    before = said.count()
    file = page.locator(f'[data-file="{NUMBER}"]')
    file.get_by_role("button", name=COUNTER_WORDS["fr"].ask).click()
    expect(said).to_have_count(before + 1, timeout=ANSWER_MS)
    file.locator(f'[data-put="{BORN}"]').click()
    page.keyboard.press("Enter")
    expect(said).to_have_count(before + 2, timeout=ANSWER_MS)
    return said.last.locator(".text").inner_text()


def test_a_file_that_is_moved_behind_the_counter_is_told_differently_on_the_phone(page: Page) -> None:
    before = ask(page)
    page.locator(f'[data-file="{NUMBER}"]').get_by_role("button", name=COUNTER_WORDS["fr"].moves["next"]).click()
    expect(page.locator(f'[data-file="{NUMBER}"] .state')).to_have_text(COUNTER_WORDS["fr"].states["approved"])

    after = ask(page)

    assert "en cours" in before
    assert "acceptée" in after
    expect(page.locator(".calls tbody tr").first).to_contain_text(NUMBER)


@pytest.mark.parametrize("fault", ["hang", "error", "throttled", "maintenance", "malformed"])
def test_a_fault_has_a_sentence_and_tells_nothing_of_the_file(page: Page, fault: str) -> None:
    page.locator(f'label:has([data-fault="registration"][value={fault}])').click()
    expect(page.locator('[data-fault="registration"]:checked')).to_have_value(fault)

    said = ask(page)

    assert "administration" in said
    assert "en cours" not in said
