import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from connectors.sandbox.app import create_app
from tests.browser.answering import Answering
from tests.unit.sandbox.serving import Server, config

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")  # not the session: while it lives, this thread can run no asynchronous test
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def answering() -> Answering:
    return Answering()


@pytest.fixture
def site(answering: Answering) -> Iterator[str]:
    """The address of the page: the real page, the real sandbox, and the stand-in for the bot behind them."""
    settings = config("http://127.0.0.1:1")
    with Server(create_app(settings)) as sandbox:
        answering.sandbox_url = sandbox.url
        with Server(answering.app()) as app:
            object.__setattr__(settings, "app_url", app.url)
            yield app.url
            sandbox.stop()


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator:
    """Open the page: `opened(width=360, lang="ar")`. Anything the browser complains about fails the test."""
    contexts, complaints = [], []

    def open_page(*, width: int = 1440, height: int = 900, lang: str = "fr", scheme: str = "light", **more) -> Page:
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="fr-FR", **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(f"{site}/?lang={lang}")
        expect(page.locator("[data-number]").last).to_have_text(re.compile(r"\d{8}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
