"""From the chat to the identity provider and back: the whole running system, a browser without JavaScript."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Phone
from tests.system import System, running

NADIAS, RACHIDS, NOBODYS = "SOC-2026-00012", "SOC-2026-00023", "SOC-2026-99999"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/identity/[\w-]{32}")
ARABIC = {"question": "فين وصل الملف ديالي؟", "continue": "متابعة", "person": "نادية مثال"}
FRENCH = {"question": "où en est mon dossier ?", "continue": "Continuer", "person": "Nadia Exemple"}


@pytest.fixture(scope="module")
def dalil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("dalil")) as system:
        yield system


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
def phone(dalil: System, http: httpx2.Client) -> Phone:
    return Phone(http, dalil.sandbox_url, "whatsapp")


@pytest.fixture
def opened(browser: Browser) -> Iterator:
    """A new browser of somebody's, on a telephone, without JavaScript. Complaints fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(url: str) -> Page:
        context = browser.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="fr-FR", color_scheme="light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in complaints if "status of 4" not in text and "status of 5" not in text] == []


def asked(phone: Phone, number: str, words: dict[str, str] = FRENCH) -> str:
    """Ask for a file; the link that comes."""
    phone.say(words["question"])
    reply = phone.say(number)
    found = LINK.search(reply)
    assert found, reply
    return found[0]


def kept(page: Page, name: str, tmp_path: Path) -> None:
    """With DALIL_SCREENSHOTS=folder the pages are kept to look at."""
    page.screenshot(path=Path(os.environ.get("DALIL_SCREENSHOTS", tmp_path)) / f"identity-{name}.png", full_page=True)


def code_on(page: Page, words: dict[str, str] = FRENCH) -> str:
    """Go on, sign in as Nadia, and read the code."""
    page.get_by_role("button", name=words["continue"]).click()
    page.get_by_role("button", name=words["person"]).click()
    shown = page.locator(".code")
    expect(shown).to_have_text(re.compile(r"\d{4} \d{3}"))
    return shown.inner_text()


@pytest.mark.parametrize(
    ("words", "direction", "state"),
    [(FRENCH, "ltr", "en cours de traitement"), (ARABIC, "rtl", "كيتعالج")],
    ids=["in French", "in Arabic"],
)
def test_a_citizen_proves_who_he_is_and_is_told_without_being_asked_again(
    phone: Phone, opened, tmp_path, words, direction, state
):
    page = opened(asked(phone, NADIAS, words))
    kept(page, f"question-{direction}", tmp_path)
    assert page.locator("html").get_attribute("dir") == direction
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    code = code_on(page, words)
    kept(page, f"code-{direction}", tmp_path)
    assert page.url.endswith("/identity/done")
    assert page.get_by_role("link").get_attribute("href").startswith("https://wa.me/15005550009?text=")

    assert state in phone.say(code)
    # For as long as it is believed, nothing is asked again, and another person's file is as one that is not there.
    phone.say(words["question"])
    others = phone.say(RACHIDS)
    phone.say(words["question"])
    assert phone.say(NOBODYS) == others
    phone.say(words["question"])
    assert state in phone.say(NADIAS)


def test_a_forwarded_link_opens_nothing_to_its_sender(phone: Phone, dalil: System, http: httpx2.Client, opened):
    """Its sender waits for the file of whoever signs in; who signs in writes the code into his own chat."""
    page = opened(asked(phone, NADIAS))
    code = code_on(page)
    victim = Phone(http, dalil.sandbox_url, "telegram")

    assert "autre conversation" in victim.say(f"mon code est {code}")
    assert "cours de traitement" not in phone.say(code)


def test_looking_burns_no_link_and_going_on_binds_it_to_one_browser(phone: Phone, http: httpx2.Client, opened):
    link = asked(phone, NADIAS)
    crawler = {"User-Agent": "WhatsApp/2.23.20.0"}
    assert [http.get(link, headers=crawler).status_code for _ in range(3)] == [200, 200, 200]

    page = opened(link)
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("button", name="Nadia Exemple")).to_be_visible()
    other = opened(link)
    other.get_by_role("button", name="Continuer").click()
    expect(other.get_by_role("heading")).to_have_text("Cela n'a pas marché")

    page.get_by_role("button", name="Nadia Exemple").click()
    expect(page.locator(".code")).to_be_visible()
    page.reload()
    expect(page.locator(".code")).to_be_visible()


def test_who_does_not_sign_in_is_told_so(phone: Phone, opened, tmp_path):
    page = opened(asked(phone, NADIAS))
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator("main")).to_contain_text("Vous ne vous êtes pas identifié")
    kept(page, "declined", tmp_path)


def test_a_wrong_code_is_no_code(phone: Phone, opened):
    code = code_on(opened(asked(phone, NADIAS)))
    wrong = "1234567" if not code.startswith("1234") else "7654321"

    assert "pas le bon" in phone.say(wrong)
    assert "cours de traitement" in phone.say(code)


def test_what_is_kept_of_it_is_told_and_deleted(phone: Phone, opened):
    phone.say(code_on(opened(asked(phone, NADIAS))))
    assert "empreinte qui permet de reconnaître vos dossiers" in phone.say("vie privée")

    phone.say("supprimez mes données")
    phone.say("supprimer")
    phone.say(FRENCH["question"])
    assert LINK.search(phone.say(NADIAS))
