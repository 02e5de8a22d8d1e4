"""The composition root: the one place that reads settings and decides which store, channel or system is used."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
from rasa_sdk import Action

from actions.follow_ups import FollowUps
from actions.phrases import load_follow_up_words
from actions.registry import build_actions
from actions.replies import Wording, load_wording
from bot.budget import Budget
from bot.content_watch import ContentWatch
from bot.dialogue import RasaDialogue
from bot.guard import Guard, load_guard_rules
from bot.notice import Notices
from bot.outbox import Sender
from bot.prices import PriceTable, load_prices
from bot.readiness import Readiness
from bot.settings import PROJECT, Settings
from bot.store.attempts import SqlAttempts
from bot.store.costs import SqlCosts
from bot.store.database import Database
from bot.store.dead_letters import SqlDeadLetters
from bot.store.erasure import SqlErasure
from bot.store.housekeeping import Housekeeping
from bot.store.inbox import SqlInbox
from bot.store.migrate import migrate
from bot.store.outbox import SqlOutbox
from bot.store.people import SqlPeople
from bot.store.requests import SqlMonitor, SqlRequests
from bot.store.rotation import SqlRotation
from bot.store.wakeup import INBOX, OUTBOX, listen
from bot.timings import TimedDialogue, TimedKnowledge
from bot.turn import Turns
from bot.worker import Worker
from connectors.channel import Channel
from connectors.channels.telegram import TelegramConfig
from connectors.channels.twilio import TwilioConfig
from connectors.channels.webchat import WebChatConfig
from connectors.channels.whatsapp import WhatsAppConfig
from connectors.gov.api import CaseTracker
from connectors.gov.declared_systems import SANDBOX, open_systems
from connectors.gov.registration import RegistrationClient, RegistrationConfig
from connectors.gov.several import one_of
from connectors.messages import OutgoingMessage
from connectors.registry import build_channels
from connectors.sandbox.config import GRAPH_VERSION, SandboxConfig
from connectors.sandbox.rest.seed import API_KEY
from connectors.templates import load_templates
from knowledge.answer import Knowledge
from knowledge.countries import load_countries
from knowledge.embedding import load_embedder
from knowledge.loader import Remembered, load_content
from knowledge.settings import load_settings, load_words

# Telephone numbers that no subscriber has: Twilio's own test senders.
SANDBOX_SMS_FROM = "+15005550006"
SANDBOX_WHATSAPP_FROM = "+15005550009"
SANDBOX_PHONE_NUMBER_ID = "100000000000001"  # Meta's are as long


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port that the database implements."""

    database: Database
    inbox: SqlInbox
    outbox: SqlOutbox
    requests: SqlRequests
    monitor: SqlMonitor
    attempts: SqlAttempts
    people: SqlPeople
    costs: SqlCosts
    dead_letters: SqlDeadLetters
    rotation: SqlRotation
    erasure: SqlErasure

    def close(self) -> None:
        self.database.close()


def open_stores(settings: Settings, *, upgrade: bool = True) -> Stores:
    """Connect, and bring the schema up to date."""
    database, vault = Database(settings.effective_database_url), settings.vault()
    if upgrade:
        migrate(database, vault)
    return Stores(
        database=database,
        inbox=SqlInbox(database, vault),
        outbox=SqlOutbox(database, vault),
        requests=SqlRequests(database, vault),
        monitor=SqlMonitor(database),
        attempts=SqlAttempts(database, settings.key()),
        people=SqlPeople(database),
        costs=SqlCosts(database),
        dead_letters=SqlDeadLetters(database, vault),
        rotation=SqlRotation(database, vault),
        erasure=SqlErasure(database, vault),
    )


def open_knowledge(settings: Settings, remembered: Remembered | None = None) -> Knowledge:
    """The catalogue with its index. Raises `ContentError` or `EmbedderError` with what to mend.

    `remembered` is filled with the sheets by file.
    """
    return TimedKnowledge(
        load_content(settings.content_dir, remembered),
        load_embedder(settings.embedding_source),
        load_settings(PROJECT / "knowledge" / "settings.yaml"),
        load_words(PROJECT / "knowledge" / "words.yaml"),
    )


def budget(settings: Settings) -> Budget:
    """What the SMS of a day may cost."""
    cost = settings.sms_daily_budget
    return Budget(settings.sms_daily_segments, None if cost is None else round(cost * 1_000_000))


def follow_ups(knowledge: Knowledge) -> FollowUps:
    """Reads what a message does with the turns before it."""
    vocabulary = load_words(PROJECT / "knowledge" / "words.yaml")
    return FollowUps(load_follow_up_words(), vocabulary, knowledge, load_countries())


def twilio_config(settings: Settings) -> TwilioConfig | None:
    """The real account where one is set, the sandbox's where that is on, else none."""
    given = settings.twilio
    if given.account_sid and given.auth_token:
        return TwilioConfig(
            account_sid=given.account_sid,
            auth_tokens=tuple(token for token in (given.auth_token, given.previous_auth_token) if token),
            sms_from=given.sms_from or "",
            whatsapp_from=given.whatsapp_from or "",
            public_url=settings.effective_public_url,
            api_url=given.api_url,
            content_sids=given.content_sids,
        )
    return _sandbox_twilio(settings) if settings.sandbox else None


def telegram_config(settings: Settings) -> TelegramConfig | None:
    """The real bot where one is set, the sandbox's where that is on, else none."""
    given = settings.telegram
    if given.token and given.secret_token:
        return TelegramConfig(token=given.token, secret_token=given.secret_token, api_url=given.api_url)
    return _sandbox_telegram(settings) if settings.sandbox else None


def whatsapp_config(settings: Settings) -> WhatsAppConfig | None:
    """The real number at Meta where one is set, the sandbox's where that is on, else none."""
    given = settings.whatsapp
    if given.phone_number_id and given.access_token and given.app_secret and given.verify_token:
        return WhatsAppConfig(
            phone_number_id=given.phone_number_id,
            access_token=given.access_token,
            app_secrets=tuple(secret for secret in (given.app_secret, given.previous_app_secret) if secret),
            verify_token=given.verify_token,
            api_url=given.api_url,
            templates=given.templates,
        )
    return _sandbox_whatsapp(settings) if settings.sandbox else None


def _sandbox_twilio(settings: Settings) -> TwilioConfig:
    return TwilioConfig(
        account_sid="AC" + settings.derived("sandbox-twilio-sid")[:32],
        auth_tokens=(settings.derived("sandbox-twilio-token")[:32],),
        sms_from=SANDBOX_SMS_FROM,
        whatsapp_from=SANDBOX_WHATSAPP_FROM,
        public_url=settings.effective_public_url,
        api_url=settings.sandbox_url,
        content_sids=_sandbox_templates(),
    )


def _sandbox_telegram(settings: Settings) -> TelegramConfig:
    return TelegramConfig(
        token="7000000001:" + settings.derived("sandbox-telegram-token")[:35],
        secret_token=settings.derived("sandbox-telegram-secret")[:48],
        api_url=settings.sandbox_url,
    )


def _sandbox_whatsapp(settings: Settings) -> WhatsAppConfig:
    return WhatsAppConfig(
        phone_number_id=SANDBOX_PHONE_NUMBER_ID,
        access_token=settings.derived("sandbox-whatsapp-token"),
        app_secrets=(settings.derived("sandbox-whatsapp-secret")[:32],),
        verify_token=settings.derived("sandbox-whatsapp-verify")[:32],
        api_url=f"{settings.sandbox_url}/{GRAPH_VERSION}",
    )


def webchat_config(settings: Settings) -> WebChatConfig:
    """Our own pages may post, and those of DALIL_TRUSTED_ORIGINS."""
    local = (f"http://127.0.0.1:{settings.port}", f"http://localhost:{settings.port}")
    return WebChatConfig(
        secrets=(settings.derived("webchat"),),
        origins=(settings.effective_public_url, *local, *settings.trusted_origins),
    )


async def _read_from_outbox(_session: str, _message: OutgoingMessage) -> None:
    """A web chat's reply is delivered by being in the outbox: the event stream reads it there (bot/web/webchat.py)."""


def sandbox_config(settings: Settings) -> SandboxConfig:
    """What the sandbox must know to speak as the providers of this installation.

    Always its own invented accounts: a simulated phone must never make a real account write to a real number.
    """
    twilio, telegram, whatsapp = _sandbox_twilio(settings), _sandbox_telegram(settings), _sandbox_whatsapp(settings)
    return SandboxConfig(
        app_url=f"http://127.0.0.1:{settings.port}",
        public_url=settings.effective_public_url,
        twilio_account_sid=twilio.account_sid,
        twilio_auth_token=twilio.auth_tokens[0],
        twilio_sms_from=SANDBOX_SMS_FROM,
        twilio_whatsapp_from=SANDBOX_WHATSAPP_FROM,
        telegram_token=telegram.token,
        telegram_secret=telegram.secret_token,
        whatsapp_phone_number_id=whatsapp.phone_number_id,
        whatsapp_access_token=whatsapp.access_token,
        whatsapp_app_secret=whatsapp.app_secrets[0],
    )


def _sandbox_templates() -> dict[str, str]:
    """The sandbox's content templates: the id of each is derived from its name (see its Twilio provider)."""
    names = [f"quick-reply-{size}-{language}" for size in range(1, 4) for language in ("ar", "fr", "ary")]
    names += [f"list-picker-{size}-{language}" for size in range(1, 11) for language in ("ar", "fr", "ary")]
    names += [f"template-{name}-{language}" for name in load_templates() for language in ("ar", "fr")]
    return {name: "HX" + hashlib.md5(f"dalil:{name}".encode(), usedforsecurity=False).hexdigest() for name in names}


def gov_values(settings: Settings) -> dict[str, str]:
    """What the files of DALIL_GOV_SYSTEMS_DIR may name: the secrets of the settings, the sandbox's where that is on."""
    sandbox = {SANDBOX: settings.sandbox_url, "sandbox_permits_key": API_KEY} if settings.sandbox else {}
    return {**sandbox, **settings.gov_secrets}


def case_tracker(settings: Settings) -> CaseTracker | None:
    """The government systems that know the state of applications, as one; None where none is connected.

    Raises `DeclaredError` with file and line where a file of DALIL_GOV_SYSTEMS_DIR is wrong.
    """
    declared = open_systems(settings.gov_systems_dir, gov_values(settings))
    base_url = settings.registration.base_url or (f"{settings.sandbox_url}/registration" if settings.sandbox else None)
    if base_url is None:
        return one_of(declared)
    registration = RegistrationClient(
        RegistrationConfig(
            base_url=base_url,
            client_header=settings.registration.client,
            timeout_s=settings.registration.timeout_s,
            file_number_pattern=settings.registration.file_number_pattern,
        )
    )
    return one_of((registration, *declared))


@dataclass(frozen=True, slots=True)
class App:
    """The parts of one running app. `close` releases what they hold."""

    settings: Settings
    stores: Stores
    knowledge: Knowledge
    content_watch: ContentWatch
    wording: Wording
    channels: Mapping[str, Channel]
    cases: CaseTracker | None
    http: httpx2.AsyncClient
    dialogue: RasaDialogue
    actions: Sequence[Action]
    turns: Turns
    sender: Sender
    prices: PriceTable

    def worker(self) -> Worker:
        """A worker over these parts."""
        settings, stores = self.settings, self.stores

        async def heard(inbox: Callable[[], None], outbox: Callable[[], None]) -> None:
            await listen(settings.effective_database_url, {INBOX: inbox, OUTBOX: outbox})

        return Worker(
            stores.inbox,
            self.sender,
            self.turns,
            lease_s=settings.lease_s,
            forget=Housekeeping(stores.database, stores.outbox, settings.retention_days, settings.rasa_tracker),
            listen=heard,
        )

    def readiness(self) -> Readiness:
        """What operators are told about these parts."""
        settings, stores = self.settings, self.stores
        return Readiness(
            stores.monitor,
            stores.outbox.spent,
            self.dialogue.ready,
            lambda: self.content_watch.mistakes,
            budget(settings),
            settings.var_dir,
            settings.disk_min_mb,
            settings.backlog_max_s,
        )

    async def close(self) -> None:
        for channel in self.channels.values():
            await channel.close()
        if self.cases is not None:
            await self.cases.close()
        await self.dialogue.close()
        await self.http.aclose()
        self.stores.close()


def build_app(settings: Settings) -> App:
    """Everything but the loops. Call inside a running event loop: clients belong to it."""
    prices = load_prices(settings.prices_file)
    stores = open_stores(settings)
    remembered: Remembered = {}
    knowledge = open_knowledge(settings, remembered)
    wording = load_wording()
    channels = build_channels(
        twilio=twilio_config(settings),
        telegram=telegram_config(settings),
        whatsapp=whatsapp_config(settings),
        webchat=(webchat_config(settings), _read_from_outbox),
    )
    cases = case_tracker(settings)
    http = httpx2.AsyncClient(trust_env=False, timeout=5.0)
    dialogue = RasaDialogue(http, settings.rasa_url, settings.rasa_timeout_s)
    limits = {name: channel.limits for name, channel in channels.items()}
    return App(
        settings=settings,
        stores=stores,
        knowledge=knowledge,
        content_watch=ContentWatch(settings.content_dir, knowledge, remembered),
        wording=wording,
        channels=channels,
        cases=cases,
        http=http,
        dialogue=dialogue,
        actions=build_actions(
            knowledge=knowledge, cases=cases, attempts=stores.attempts, clock=lambda: datetime.now(UTC)
        ),
        turns=Turns(
            TimedDialogue(dialogue),
            wording,
            limits,
            settings.country,
            follow_ups(knowledge),
            notices=Notices(wording, settings.operator_names, settings.retention_days),
            people=stores.people,
            guard=Guard(load_guard_rules()),
        ),
        sender=Sender(
            stores.outbox,
            channels,
            time.time,
            settings.lease_s,
            prices.price_of,
            prices.currency,
            budget(settings),
        ),
        prices=prices,
    )
