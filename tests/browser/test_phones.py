"""The page of the three simulated phones in a real browser, in front of the real sandbox."""

import os
import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from bot.web.phones.words import EXAMPLES, WORDS
from connectors.sandbox.app import create_app
from tests.browser.answering import ARABIC, ARABIC_SMS, FRENCH, FRENCH_SMS, page_app
from tests.unit.sandbox.serving import Server, config

HANDSETS = ("whatsapp", "sms", "telegram")
FRENCH_QUESTION, ARABIC_QUESTION = "combien coute le passeport", "كم مدة صلاحية جواز السفر؟"


def phone(page: Page, name: str):
    return page.locator(f".handset.{name}")


def write(page: Page, name: str, text: str) -> None:
    phone(page, name).get_by_role("textbox").fill(text)
    phone(page, name).get_by_role("textbox").press("Enter")


def texts(page: Page, name: str):
    return phone(page, name).locator(".text")


@pytest.mark.parametrize("lang", ["ar", "fr", "en"])
def test_a_newcomer_is_greeted_with_examples_in_four_varieties_and_an_invented_file(opened, lang):
    page = opened(lang=lang)
    expect(page.locator(".welcome")).to_have_text(WORDS[lang].welcome)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if lang == "ar" else "ltr")
    expect(page.locator(".example > span")).to_have_text(
        [*(example.text for example in EXAMPLES), re.compile(r"PA-2026-004217")]
    )
    expect(page.locator(".hint .date")).to_have_text("12/04/1990")


def test_an_example_goes_to_all_three_phones_and_each_answers_in_its_own_form(opened, answering):
    page = opened()
    page.get_by_role("button", name=FRENCH_QUESTION).click()
    for name, answer in zip(HANDSETS, (FRENCH, FRENCH_SMS, FRENCH), strict=True):
        expect(texts(page, name)).to_have_text([FRENCH_QUESTION, answer])
    expect(phone(page, "whatsapp").locator(".choice")).to_have_text(["Pièces à fournir", "Délai", "Où aller"])
    expect(phone(page, "telegram").locator(".line")).to_have_text(["Pièces à fournir", "DélaiOù aller"])
    expect(phone(page, "sms").locator(".choice")).to_have_count(0)
    assert (answering.forged, answering.received) == (0, [FRENCH_QUESTION] * 3)


def test_sms_bubbles_carry_segments_encoding_and_characters(opened):
    page = opened()
    write(page, "sms", FRENCH_QUESTION)
    expect(texts(page, "sms")).to_have_count(2)
    write(page, "sms", ARABIC_QUESTION)
    expect(phone(page, "sms").locator(".cost")).to_have_text(
        [
            "1 SMS · GSM-7 · 26/160 caractères",
            "1 SMS · GSM-7 · 93/160 caractères",
            "1 SMS · UCS-2 · 25/70 caractères",
            "2 SMS · UCS-2 · 82/134 caractères",
        ]
    )


@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_each_message_runs_in_the_direction_of_its_own_script(opened, lang):
    page = opened(lang=lang)
    write(page, "sms", FRENCH_QUESTION)
    expect(texts(page, "sms")).to_have_count(2)
    write(page, "sms", ARABIC_QUESTION)
    expect(texts(page, "sms")).to_have_text([FRENCH_QUESTION, FRENCH_SMS, ARABIC_QUESTION, ARABIC_SMS])
    directions = texts(page, "sms").evaluate_all("all => all.map(each => getComputedStyle(each).direction)")
    assert directions == ["ltr", "ltr", "rtl", "rtl"]


def test_a_citizens_message_gets_its_ticks(opened):
    page = opened()
    write(page, "whatsapp", FRENCH_QUESTION)
    expect(phone(page, "whatsapp").locator(".message.mine")).to_have_class(re.compile(r"\bdelivered\b"))
    expect(phone(page, "whatsapp").locator(".message.mine .meta")).to_contain_text("remis")


def test_a_tapped_button_answers_on_whatsapp_with_its_title_and_on_telegram_silently(opened, answering):
    page = opened()
    for name in ("whatsapp", "telegram"):
        write(page, name, FRENCH_QUESTION)
        phone(page, name).get_by_role("button", name="Délai").click()
    expect(texts(page, "whatsapp")).to_have_text([FRENCH_QUESTION, FRENCH, "Délai", FRENCH])
    expect(texts(page, "telegram")).to_have_text([FRENCH_QUESTION, FRENCH, FRENCH])
    assert answering.received.count("a:p:processing_time") == 2


def test_the_list_opens_is_walked_by_keyboard_and_closes_with_escape(opened, answering):
    page = opened()
    write(page, "whatsapp", "la liste")
    opener = phone(page, "whatsapp").get_by_role("button", name="Voir les choix")
    opener.focus()
    opener.press("Enter")
    sheet = page.get_by_role("dialog", name="Voir les choix")
    expect(sheet.get_by_role("button", name="Pièces à fournir")).to_be_focused()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(texts(page, "whatsapp")).to_have_text(["la liste", FRENCH, "Délai", FRENCH])
    assert answering.received[-1] == "a:p:processing_time"


def test_the_whole_page_can_be_used_with_the_keyboard(opened):
    page = opened()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller aux téléphones")).to_be_focused()
    page.keyboard.press("Enter")
    reached = []
    for _ in range(17):  # five or six stops on each phone
        page.keyboard.press("Tab")
        outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
        label = page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()")
        reached.append(label)
        assert outlined, f"no visible focus on {label!r}"
    assert [label for label in reached if label.startswith("Message")] == [
        "Message (WhatsApp)",
        "Message (SMS)",
        "Message (Telegram)",
    ]


@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_the_switch_changes_who_carries_whatsapp_and_every_page_shows_and_keeps_it(opened, answering, lang):
    page, other = opened(lang=lang), opened(lang="en")
    switch = page.get_by_role("group", name=WORDS[lang].carried_by)
    expect(switch).to_have_accessible_description(WORDS[lang].carried_hint)
    expect(switch.get_by_role("radio", name="Twilio")).to_be_checked()
    switch.get_by_role("radio", name="Twilio").focus()
    page.keyboard.press("ArrowDown")  # to the next choice, whichever way the page runs
    for one in (page, other):
        expect(one.get_by_role("radio", name="Meta")).to_be_checked()
    write(page, "whatsapp", FRENCH_QUESTION)
    expect(texts(page, "whatsapp")).to_have_count(1)
    page.wait_for_function("() => document.querySelector('.whatsapp .message.mine.failed')")  # no Meta in this stand-in
    assert answering.received == []
    page.reload()
    expect(page.get_by_role("radio", name="Meta")).to_be_checked()
    phone(page, "whatsapp").get_by_role("button", name=WORDS[lang].new_citizen).click()
    expect(texts(page, "whatsapp")).to_have_count(0)
    page.get_by_role("radio", name="Twilio").check(force=True)
    expect(other.get_by_role("radio", name="Twilio")).to_be_checked()
    write(page, "whatsapp", FRENCH_QUESTION)
    expect(texts(page, "whatsapp")).to_have_text([FRENCH_QUESTION, FRENCH])


@pytest.mark.parametrize(
    ("name", "kind", "label"),
    [
        pytest.param("whatsapp", "Position", "Position : centre de Rabat", id="a place on WhatsApp"),
        pytest.param("telegram", "Photo", "Photo", id="a photo on Telegram"),
        pytest.param("telegram", "Autocollant", "Autocollant", id="a sticker on Telegram"),
    ],
)
def test_what_is_attached_is_shown(opened, name, kind, label):
    page = opened()
    phone(page, name).get_by_role("button", name="Joindre").click()
    phone(page, name).get_by_role("button", name=kind).click()
    expect(phone(page, name).locator(".mine").get_by_role("img", name=label)).to_be_visible()


def test_blocking_on_telegram_closes_the_conversation_until_it_is_unblocked(opened):
    page = opened()
    telegram = phone(page, "telegram")
    telegram.get_by_role("button", name="Joindre").click()
    telegram.get_by_role("button", name="Bloquer Dalil").click()
    expect(telegram.get_by_text(WORDS["fr"].blocked)).to_be_visible()
    expect(telegram.get_by_role("textbox")).to_be_hidden()
    telegram.get_by_role("button", name="Débloquer").click()
    expect(telegram.get_by_role("textbox")).to_be_visible()


def test_a_new_citizen_of_another_country_gets_another_number_and_an_empty_screen(opened):
    page = opened()
    write(page, "sms", FRENCH_QUESTION)
    expect(texts(page, "sms")).to_have_count(2)
    phone(page, "sms").get_by_role("combobox", name="Pays du citoyen").select_option("dz")
    expect(phone(page, "sms").locator("[data-number]")).to_have_text(re.compile(r"^\+213"))
    expect(texts(page, "sms")).to_have_count(0)
    number = phone(page, "sms").locator("[data-number]").text_content()
    phone(page, "sms").get_by_role("button", name="Nouveau citoyen").click()
    expect(phone(page, "sms").locator("[data-number]")).not_to_have_text(number)
    expect(phone(page, "sms").locator("[data-number]")).to_have_text(re.compile(r"^\+213"))


def test_a_message_is_text_and_never_markup(opened):
    page = opened()
    for name in HANDSETS:
        write(page, name, "<img src=x onerror=alert(1)> {{7*7}} <b>gras</b>")
        expect(texts(page, name).first).to_have_text("<img src=x onerror=alert(1)> {{7*7}} <b>gras</b>")


def test_the_conversation_survives_a_reload_and_a_change_of_the_pages_language(opened):
    page = opened()
    write(page, "telegram", ARABIC_QUESTION)
    expect(texts(page, "telegram")).to_have_text([ARABIC_QUESTION, ARABIC])
    page.get_by_role("link", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(texts(page, "telegram")).to_have_text([ARABIC_QUESTION, ARABIC])


def test_two_open_pages_show_the_same_phones(opened):
    first, second = opened(), opened()
    write(first, "whatsapp", FRENCH_QUESTION)
    expect(texts(second, "whatsapp")).to_have_text([FRENCH_QUESTION, FRENCH])


@pytest.mark.parametrize("width", [360, 768, 1100, 1440, 1920])
@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_the_page_never_scrolls_sideways(opened, width, lang):
    page = opened(width=width, lang=lang)
    page.get_by_role("button", name=FRENCH_QUESTION).click()
    expect(texts(page, "whatsapp")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_on_a_narrow_page_the_tabs_bring_the_phone_into_view_and_examples_go_to_it(opened, answering):
    page = opened(width=360, height=740)
    page.get_by_text("SMS", exact=True).first.click()
    expect(phone(page, "sms").get_by_role("textbox")).to_be_in_viewport()
    expect(phone(page, "whatsapp").get_by_role("textbox")).not_to_be_in_viewport()
    page.get_by_role("button", name=FRENCH_QUESTION).click()
    expect(texts(page, "sms")).to_have_text([FRENCH_QUESTION, FRENCH_SMS])
    assert answering.received == [FRENCH_QUESTION]


def test_swiping_to_a_phone_chooses_it(opened):
    page = opened(width=360, height=740)
    phone(page, "telegram").evaluate("phone => phone.scrollIntoView({inline: 'center'})")
    expect(page.get_by_role("radio", name="Telegram")).to_be_checked()


def test_whoever_wants_less_motion_gets_none(opened):
    page = opened(reduced_motion="reduce")
    write(page, "whatsapp", FRENCH_QUESTION)
    message = phone(page, "whatsapp").locator(".message").first
    expect(message).to_be_visible()
    assert message.evaluate("each => getComputedStyle(each).animationName") == "none"


def test_the_page_says_so_when_the_sandbox_is_down_and_comes_back_by_itself(browser):
    with Server(create_app(config("http://127.0.0.1:9"))) as sandbox:
        sandbox_url = sandbox.url
    with Server(page_app(sandbox_url)) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{server.url}/?lang=fr")
        expect(page.locator("#down")).to_contain_text("make run")
        answer = httpx2.post(f"{server.url}/phones/sms/messages", json={"text": "x"}, trust_env=False)
        assert (answer.status_code, answer.json()) == (502, {"detail": "the sandbox does not answer"})
        with Server(create_app(config("http://127.0.0.1:9")), port=int(sandbox_url.rpartition(":")[2])):
            expect(page.locator("#down")).to_be_hidden(timeout=10_000)
            expect(page.locator("[data-number]").last).to_have_text(re.compile(r"\d{8}"))
            page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (768, 1024), (360, 740)])
@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_text_has_enough_contrast(opened, tmp_path, lang, width, height, scheme):
    """WCAG 2.2 AA: 4.5 to 1 for every text on the page. With DALIL_SCREENSHOTS=folder the pages are kept to look at."""
    page = opened(width=width, height=height, lang=lang, scheme=scheme, reduced_motion="reduce")
    for name in HANDSETS:
        write(page, name, ARABIC_QUESTION if lang == "ar" else FRENCH_QUESTION)
        expect(texts(page, name)).to_have_count(2)
    weak = page.evaluate(Path(__file__).with_name("contrast.js").read_text(encoding="utf-8"))
    folder = Path(os.environ.get("DALIL_SCREENSHOTS", tmp_path))
    page.screenshot(path=folder / f"phones-{width}-{lang}-{scheme}.png")
    assert weak == []
