"""A stand-in for the bot in browser tests: verifies what the providers send and answers through their official clients.

It says fixed things, so that a test of the page can say exactly what the page must show.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from fastapi import BackgroundTasks, FastAPI, Request, Response
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.request import HTTPXRequest
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.web.phones.routes import create_router
from connectors.sandbox.providers.twilio_content import content_sid
from tests.unit.sandbox.serving import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    PUBLIC_URL,
    TELEGRAM_SECRET,
    TELEGRAM_TOKEN,
)

ARABIC = (
    "صلاحية جواز السفر البيومتري خمس سنوات للراشدين وللقاصرين.\n\n"
    "المصدر: passeport.ma، روجع في \u200e2026-11-20.\n\nبغيتي تعرف شي حاجة أخرى؟"
)
FRENCH = (
    "Le passeport biométrique coûte 500 DH, en timbre électronique (e-timbre).\n\n"
    "Source : https://www.passeport.ma, vérifié le 20/11/2026.\n\nVoulez-vous savoir autre chose ?"
)
ARABIC_SMS = "صلاحية جواز السفر 5 سنوات.\nالمصدر: passeport.ma 2026-11-20\n1 الوثائق 2 الثمن 3 فين"
FRENCH_SMS = "Le passeport coute 500 DH (e-timbre).\nSource: passeport.ma 20/11/2026\n1 Pieces 2 Delai 3 Lieu"
CHOICES = {
    "ar": [("الوثائق", "a:p:documents"), ("الثمن", "a:p:fees"), ("فين نمشي", "a:p:where")],
    "fr": [("Pièces à fournir", "a:p:documents"), ("Délai", "a:p:processing_time"), ("Où aller", "a:p:where")],
}
ROWS = [
    ("Pièces à fournir", "a:p:documents", "Ce qu’il faut apporter"),
    ("Étapes", "a:p:steps", "Comment faire, dans l’ordre"),
    ("Délai", "a:p:processing_time", "Quand ce sera prêt"),
    ("Où aller", "a:p:where", "Le guichet et le site"),
]


@dataclass
class Answering:
    """`forged`: how many webhooks carried no valid signature. `received`: the texts and choices that came."""

    sandbox_url: str = ""
    forged: int = 0
    received: list[str] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = page_app(self.sandbox_url)

        @app.post("/channels/twilio")
        async def twilio(request: Request, background: BackgroundTasks) -> Response:
            form = {name: str(value) for name, value in (await request.form()).items()}
            signature = request.headers.get("x-twilio-signature", "")
            if not RequestValidator(AUTH_TOKEN).validate(PUBLIC_URL + request.url.path, form, signature):
                self.forged += 1
                return Response(status_code=403)
            background.add_task(self._by_twilio, form)
            return Response(status_code=204)

        @app.post("/channels/telegram")
        async def telegram(request: Request, background: BackgroundTasks) -> Response:
            if request.headers.get("x-telegram-bot-api-secret-token") != TELEGRAM_SECRET:
                self.forged += 1
                return Response(status_code=403)
            background.add_task(self._by_telegram, Update.de_json(await request.json(), None))
            return Response(status_code=204)

        return app

    def _by_twilio(self, form: dict[str, str]) -> None:
        text = form.get("ButtonPayload") or form.get("ListId") or form["Body"]
        self.received.append(text)
        client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=TwilioHttpClient(pool_connections=False))
        client.api.base_url = self.sandbox_url
        language = language_of(text)
        content = {"body": ARABIC_SMS if language == "ar" else FRENCH_SMS}
        if form["From"].startswith("whatsapp:"):
            content = rows() if "liste" in text else quick_replies(language)
        client.messages.create(to=form["From"], from_=form["To"], **content)

    async def _by_telegram(self, update: Update) -> None:
        async with Bot(
            TELEGRAM_TOKEN,
            base_url=f"{self.sandbox_url}/bot",
            request=HTTPXRequest(httpx_kwargs={"trust_env": False}),
        ) as bot:
            if update.callback_query:
                await bot.answer_callback_query(update.callback_query.id)
            text = update.callback_query.data if update.callback_query else update.message.text or ""
            self.received.append(text)
            if update.effective_chat and not update.my_chat_member:
                await bot.send_chat_action(update.effective_chat.id, "typing")
                language = language_of(text)
                (first, second, third) = (
                    InlineKeyboardButton(title, callback_data=payload) for title, payload in CHOICES[language]
                )
                await bot.send_message(
                    update.effective_chat.id,
                    ARABIC if language == "ar" else FRENCH,
                    reply_markup=InlineKeyboardMarkup([[first], [second, third]]),
                )


def page_app(sandbox_url: str) -> FastAPI:
    """An app that has nothing but the page."""
    http = httpx2.AsyncClient(trust_env=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await http.aclose()

    app = FastAPI(lifespan=lifespan)
    app.include_router(create_router(sandbox_url, http))
    return app


def language_of(text: str) -> str:
    return "ar" if any("\u0600" <= letter <= "\u06ff" for letter in text) else "fr"


def quick_replies(language: str) -> dict[str, str]:
    pairs = [value for title, payload in CHOICES[language] for value in (title, payload)]
    return template(f"quick-reply-3-{language}", [ARABIC if language == "ar" else FRENCH, *pairs])


def rows() -> dict[str, str]:
    return template("list-picker-4-fr", [FRENCH, "Voir les choix", *(value for row in ROWS for value in row)])


def template(name: str, values: list[str]) -> dict[str, str]:
    variables = json.dumps({str(n): value for n, value in enumerate(values, 1)})
    return {"content_sid": content_sid(name), "content_variables": variables}
