"""The panel behind the counter on the phones page, in a real browser in front of the real sandbox."""

import os
import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from bot.web.phones.counter_words import COUNTER_WORDS
from connectors.sandbox.registration.seed import CLIENT_HEADER_EXAMPLE
from tests.browser.answering import Answering

NUMBER = "PA-2026-004217"
WORDS = COUNTER_WORDS["fr"]


def card(page: Page, number: str = NUMBER) -> Locator:
    return page.locator(f'[data-file="{number}"]')


def ask_register(answering: Answering, number: str = NUMBER) -> httpx2.Response:
    headers = {"Information-Mediator-Client": CLIENT_HEADER_EXAMPLE}
    return httpx2.get(f"{answering.sandbox_url}/registration/applications/{number}", headers=headers, trust_env=False)


@pytest.mark.parametrize("lang", ["ar", "fr", "en"])
def test_a_newcomer_finds_the_files_and_is_led_there(opened, lang):
    page = opened(lang=lang)
    page.get_by_role("link", name=COUNTER_WORDS[lang].link).click()
    expect(page.get_by_role("heading", name=COUNTER_WORDS[lang].title)).to_be_in_viewport()
    expect(page.locator(".file")).to_have_count(19)
    expect(card(page).locator(".state")).to_have_text(COUNTER_WORDS[lang].states["open"])


def test_a_file_is_moved_sent_back_and_refused(opened, answering):
    page = opened()
    for move, state, code in (("send_back", "returned", "SENDBACK"), ("next", "open", "PENDING")):
        card(page).get_by_role("button", name=WORDS.moves[move]).click()
        expect(card(page).locator(".state")).to_have_text(WORDS.states[state])
        assert code == ask_register(answering).json()["status"]["code"]
    card(page).get_by_role("button", name=WORDS.moves["refuse"]).click()
    expect(card(page).locator(".state")).to_have_text(WORDS.states["refused"])
    expect(card(page).locator("[data-post]")).to_have_count(0)
    page.get_by_role("button", name=WORDS.reset).click()
    expect(card(page).locator(".state")).to_have_text(WORDS.states["open"])


def test_time_that_passes_moves_files_by_itself(opened):
    page = opened()
    page.get_by_role("button", name=WORDS.later).click()
    expect(card(page, "PC-2026-000358").locator(".state")).to_have_text(WORDS.states["returned"])


def test_number_and_birth_date_are_copied_into_the_chosen_phone_and_the_question_is_asked_there(opened, answering):
    page = opened()
    page.get_by_text("SMS", exact=True).first.click()
    box = page.get_by_role("textbox", name="Message (SMS)")
    card(page).get_by_role("button", name=f"Copier {NUMBER} dans le téléphone").click()
    expect(box).to_have_value(NUMBER)
    expect(box).to_be_focused()
    card(page).get_by_role("button", name="Copier 12/04/1990 dans le téléphone").click()
    expect(box).to_have_value("12/04/1990")
    card(page).get_by_role("button", name=WORDS.ask).click()
    expect(page.locator(".handset.sms .mine .text")).to_have_text(f"Où en est mon dossier {NUMBER} ?")
    assert answering.received == [f"Où en est mon dossier {NUMBER} ?"]


def test_calls_appear_as_they_come_newest_first_and_a_fault_shows(opened, answering):
    page = opened()
    page.locator("#counter").scroll_into_view_if_needed()
    rows = page.locator(".calls tbody tr")
    ask_register(answering)
    expect(rows.first).to_contain_text(f"GET /registration/applications/{NUMBER}")
    expect(rows.first).to_contain_text(re.compile(r"200 · \d+ ms"))
    page.get_by_role("group", name="Titres et état civil").get_by_text(WORDS.faults["error"]).click()
    expect(page.locator('[data-fault="registration"]:checked')).to_have_value("error")
    assert 500 == ask_register(answering).status_code
    expect(rows.first).to_contain_text("500 · ")
    expect(rows).to_have_count(2)


def test_the_keyboard_reaches_everything_and_the_focus_stays(opened):
    page = opened()
    move = card(page).get_by_role("button", name=WORDS.moves["send_back"])
    move.focus()
    page.keyboard.press("Enter")
    expect(card(page).locator(".state")).to_have_text(WORDS.states["returned"])
    assert page.evaluate("document.activeElement.closest('[data-file]').dataset.file") == NUMBER
    page.locator('[data-fault="registration"][value=none]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-fault="registration"][value=error]')).to_be_checked()
    expect(page.locator('[data-fault="registration"][value=error]')).to_be_focused()


def test_an_order_that_comes_too_late_is_said(browser, site, answering):
    page = browser.new_page(locale="fr-FR")  # not `opened`: the browser itself complains about a 409
    page.goto(f"{site}/?lang=fr")
    expect(card(page)).to_be_visible()
    url = f"{answering.sandbox_url}/sandbox/counter/files/registration/{NUMBER}/moves"
    page.route("**/phones/counter?*", lambda route: route.fulfill(status=204))  # the page has not seen it yet
    page.wait_for_timeout(200)
    httpx2.post(url, json={"move": "refuse"}, trust_env=False).raise_for_status()
    with page.expect_response("**/moves") as answer:
        card(page).get_by_role("button", name=WORDS.moves["next"]).click()
    assert 409 == answer.value.status
    expect(page.locator("[data-failed]")).to_have_text(WORDS.failed)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100, 1440])
@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_the_panel_fits_the_page_and_can_be_read(opened, answering, tmp_path, lang, width, scheme):
    page = opened(width=width, lang=lang, scheme=scheme, reduced_motion="reduce")
    httpx2.post(f"{answering.sandbox_url}/sandbox/counter/systems/registration/fault", json={"fault": "error"})
    ask_register(answering)
    page.locator("#counter").scroll_into_view_if_needed()
    expect(page.locator(".calls tbody tr.bad")).to_have_count(1)
    expect(page.locator("#counter")).to_have_css("direction", "rtl" if lang == "ar" else "ltr")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")) == []
    folder = Path(os.environ.get("DALIL_SCREENSHOTS", tmp_path))
    page.locator("#counter").screenshot(path=folder / f"counter-{width}-{lang}-{scheme}.png")
