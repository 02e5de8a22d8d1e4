"""The small page between the chat and the identity provider. No JavaScript; Arabic or French, as the chat.

GET  /identity/{token}     who asks and why. Looking changes nothing: messengers look at every link that they carry
POST /identity/{token}     "continue": this browser goes to the provider, and only this one may come back
GET  /identity/callback    the provider sends the browser here
GET  /identity/done        the code to write into the chat
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Cookie, Header, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.identification import CALLBACK, Failed, Identification, LinkUsedUp, chat_ending, way_back
from bot.identity_links import LINK_S, Link
from bot.web.identity.words import WORDS, Words
from connectors.http import origin
from connectors.identity.api import IdentityError
from connectors.messages import ReplyLanguage

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action {to}; base-uri 'none'; frame-ancestors 'none'"
)
# `same-origin`, not `no-referrer`: the provider learns no address of ours, and our own form still names its origin.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_COOKIE = "dalil-identity"
_LONGEST = 4096  # of anything that comes back in the address

Language = Literal["ar", "fr"]


def create_router(identification: Identification, public_url: str, operator: Mapping[ReplyLanguage, str]) -> APIRouter:
    """`operator`: who asks, as citizens know him."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages(operator)

    @router.get(CALLBACK)
    async def callback(request: Request, browser: Annotated[str, Cookie(alias=_COOKIE)] = "") -> Response:
        returned = {name: value[:_LONGEST] for name, value in request.query_params.items()}
        try:
            await identification.come_back(returned, browser)
        except LinkUsedUp:
            return pages.problem("used_up", _accepted(request), 410)
        except Failed as failed:
            return pages.problem(failed.code, _of(failed.link), 403 if failed.code == "declined" else 502)
        return RedirectResponse("/identity/done", 303, headers=_HEADERS)

    @router.get("/identity/done")
    async def done(request: Request, browser: Annotated[str, Cookie(alias=_COOKIE)] = "") -> Response:
        try:
            link, code = await identification.code_for(browser)
        except LinkUsedUp:
            return pages.problem("used_up", _accepted(request), 410)
        return pages.code(link, code)

    _to_the_provider(router, identification, pages, public_url)
    return router


def _to_the_provider(router: APIRouter, identification: Identification, pages: _Pages, public_url: str) -> None:
    secure = public_url.startswith("https://")

    @router.get("/identity/{token}")
    async def show(request: Request, token: str) -> Response:
        try:
            return pages.question(await identification.shown(token), await _leads_to(identification))
        except LinkUsedUp:
            return pages.problem("used_up", _accepted(request), 410)

    @router.post("/identity/{token}")
    async def go_on(
        request: Request,
        token: str,
        browser: Annotated[str, Cookie(alias=_COOKIE)] = "",
        came_from: Annotated[str | None, Header(alias="Origin")] = None,
        site: Annotated[str | None, Header(alias="Sec-Fetch-Site")] = None,
    ) -> Response:
        if site not in (None, "same-origin") or (came_from is not None and not _is_ours(came_from, public_url)):
            return pages.problem("used_up", _accepted(request), 403)  # another site's form
        known = browser if len(browser) == _KEY_CHARS else secrets.token_urlsafe(_KEY_BYTES)
        try:
            link = await identification.shown(token)
            url = await identification.begin(token, known)
        except LinkUsedUp:
            return pages.problem("used_up", _accepted(request), 410)
        except IdentityError as error:
            return pages.problem(error.code, _of(link), 502)
        response = RedirectResponse(url, 303, headers=_HEADERS)
        response.set_cookie(
            _COOKIE, known, max_age=int(2 * LINK_S), path="/identity", secure=secure, httponly=True, samesite="lax"
        )
        return response


def static_files() -> StaticFiles:
    """The style sheet, for `/identity-static`."""
    return StaticFiles(directory=_HERE / "static")


_KEY_BYTES, _KEY_CHARS = 24, 32


class _Pages:
    def __init__(self, operator: Mapping[ReplyLanguage, str]) -> None:
        self._operator = operator
        self._template = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
        ).get_template("page.html")

    def question(self, link: Link, leads_to: str) -> Response:
        language = _of(link)
        words = WORDS[language]
        lines = [words.why.format(operator=self._operator[language]), words.kept]
        return self._page(language, words.title, lines, chat=_chat(words, link), button=words.go_on, leads_to=leads_to)

    def code(self, link: Link, code: str) -> Response:
        language = _of(link)
        words = WORDS[language]
        return self._page(
            language,
            words.done_title,
            [words.write_code],
            chat=_chat(words, link),
            code=f"{code[:4]} {code[4:]}",
            warning=words.never_give,
            back=way_back(link.address, code),
        )

    def problem(self, key: str, language: Language, status: int) -> Response:
        words = WORDS[language]
        return self._page(language, words.problem_title, [words.problems[key], words.again], status=status)

    def _page(
        self,
        language: Language,
        title: str,
        lines: list[str],
        *,
        chat: str = "",
        button: str = "",
        leads_to: str = "",
        code: str = "",
        warning: str = "",
        back: str | None = None,
        status: int = 200,
    ) -> Response:
        html = self._template.render(
            language=language,
            direction="rtl" if language == "ar" else "ltr",
            operator=self._operator[language],
            title=title,
            lines=lines,
            chat=chat,
            button=button,
            code=code,
            warning=warning,
            back=back,
            back_label=WORDS[language].back,
        )
        # A browser holds a form to this policy in its redirects, too.
        policy = _POLICY.format(to=f"'self' {leads_to}".strip() if button else "'none'")
        return HTMLResponse(html, status, headers=_HEADERS | {"Content-Security-Policy": policy})


async def _leads_to(identification: Identification) -> str:
    """Where the provider's own page is; "" while it does not answer (then "continue" says so)."""
    try:
        return await identification.leads_to()
    except IdentityError:
        return ""


def _chat(words: Words, link: Link) -> str:
    """Which chat asks: who was sent somebody else's link sees here that it is not his."""
    medium, ending = words.media[link.address.medium], chat_ending(link.address)
    return (words.chat_number if ending else words.chat).format(medium=medium, ending=ending)


def _of(link: Link) -> Language:
    return "fr" if link.language == "fr" else "ar"


def _accepted(request: Request) -> Language:
    """Where no link says it: the browser's own language."""
    return "fr" if request.headers.get("accept-language", "ar").lower().startswith("fr") else "ar"


def _is_ours(came_from: str, public_url: str) -> bool:
    try:
        return origin(came_from) == origin(public_url)
    except ValueError:
        return False
