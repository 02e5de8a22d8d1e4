"""The composition root: the one place that reads settings and decides which store, channel or system is used."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
from rasa_sdk import Action

from actions.follow_ups import FollowUps
from actions.phrases import load_follow_up_words
from actions.registry import build_actions
from actions.replies import Wording, load_wording
from bot.accounts import oidc_config, telegram_config, twilio_config, webchat_config, whatsapp_config
from bot.budget import Budget
from bot.content_watch import ContentWatch
from bot.dialogue import RasaDialogue
from bot.follow_news import FollowNews
from bot.follower import Follower, Rhythm
from bot.following import Following
from bot.government import GovernmentSystems, government_systems
from bot.guard import Guard, load_guard_rules
from bot.identification import Identification
from bot.notice import Notices
from bot.outbox import Sender
from bot.prices import PriceTable, load_prices
from bot.quiet import QuietHours
from bot.readiness import Readiness
from bot.reminders import Reminders
from bot.settings import PROJECT, Settings
from bot.store.appointments import SqlAppointments
from bot.store.attempts import SqlAttempts
from bot.store.complaints import SqlComplaints
from bot.store.costs import SqlCosts
from bot.store.database import Database
from bot.store.dead_letters import SqlDeadLetters
from bot.store.erasure import SqlErasure
from bot.store.export import SqlExport
from bot.store.follows import SqlFollows
from bot.store.housekeeping import Housekeeping
from bot.store.identity import SqlIdentity
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
from connectors.gov.api import CaseTracker
from connectors.identity.oidc import OidcProvider
from connectors.messages import OutgoingMessage
from connectors.registry import build_channels
from connectors.templates import load_templates
from connectors.tls import usual_tls
from knowledge.answer import Knowledge
from knowledge.countries import load_countries
from knowledge.embedding import load_embedder
from knowledge.loader import Remembered, load_content
from knowledge.settings import load_settings, load_words


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port that the database implements."""

    database: Database
    inbox: SqlInbox
    outbox: SqlOutbox
    requests: SqlRequests
    monitor: SqlMonitor
    attempts: SqlAttempts
    complaints: SqlComplaints
    appointments: SqlAppointments
    people: SqlPeople
    costs: SqlCosts
    dead_letters: SqlDeadLetters
    rotation: SqlRotation
    erasure: SqlErasure
    export: SqlExport
    follows: SqlFollows
    identity: SqlIdentity

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
        complaints=SqlComplaints(database),
        appointments=SqlAppointments(database, vault),
        people=SqlPeople(database),
        costs=SqlCosts(database),
        dead_letters=SqlDeadLetters(database, vault),
        rotation=SqlRotation(database, vault),
        erasure=SqlErasure(database, vault),
        export=SqlExport(database, vault),
        follows=SqlFollows(database, vault),
        identity=SqlIdentity(database, vault),
    )


def open_knowledge(settings: Settings, remembered: Remembered | None = None) -> Knowledge:
    """The catalogue with its index. Raises `ContentError` or `EmbedderError` with what to mend.

    `remembered` is filled with the sheets by file.
    """
    return TimedKnowledge(
        load_content(settings.content_dir, remembered),
        load_embedder(settings.embedding_source),
        load_settings(PROJECT / "knowledge" / "settings.yaml"),
        load_words(),
    )


def budget(settings: Settings) -> Budget:
    """What the SMS of a day may cost."""
    cost = settings.sms_daily_budget
    return Budget(settings.sms_daily_segments, None if cost is None else round(cost * 1_000_000))


def quiet_hours(settings: Settings) -> QuietHours:
    """When notifications wait for the morning. In a sandbox never, unless it was set: its phones wake nobody."""
    if settings.sandbox and "quiet" not in settings.model_fields_set:
        return QuietHours(0, 0, settings.country)
    return QuietHours(settings.quiet.since, settings.quiet.until, settings.country)


def follow_ups(knowledge: Knowledge) -> FollowUps:
    """Reads what a message does with the turns before it."""
    vocabulary = load_words()
    return FollowUps(load_follow_up_words(), vocabulary, knowledge, load_countries())


def open_identification(settings: Settings, stores: Stores) -> Identification | None:
    """The way to the identity provider; None where none is set. Raises ValueError with what to mend."""
    config = oidc_config(settings)
    if config is None:
        return None
    return Identification(
        OidcProvider(config),
        stores.identity,
        settings.vault(),
        public_url=settings.effective_public_url,
        kept_s=settings.oidc.kept_minutes * 60.0,
        clock=time.time,
    )


async def _read_from_outbox(_session: str, _message: OutgoingMessage) -> None:
    """A web chat's reply is delivered by being in the outbox: the event stream reads it there (bot/web/webchat.py)."""


@dataclass(frozen=True, slots=True)
class App:
    """The parts of one running app. `close` releases what they hold."""

    settings: Settings
    stores: Stores
    knowledge: Knowledge
    content_watch: ContentWatch
    wording: Wording
    channels: Mapping[str, Channel]
    government: GovernmentSystems
    http: httpx2.AsyncClient
    dialogue: RasaDialogue
    actions: Sequence[Action]
    turns: Turns
    sender: Sender
    prices: PriceTable
    identification: Identification | None

    def worker(self) -> Worker:
        """A worker over these parts."""
        settings, stores = self.settings, self.stores

        async def heard(inbox: Callable[[], None], outbox: Callable[[], None]) -> None:
            await listen(settings.effective_database_url, {INBOX: inbox, OUTBOX: outbox})

        tidy = Housekeeping(stores.database, stores.outbox, settings.retention_days, settings.rasa_tracker)
        remind = Reminders(stores.appointments, load_templates(), quiet_hours(settings))

        def every_few_minutes(now: float) -> None:
            remind(now)
            tidy(now)

        return Worker(
            stores.inbox,
            self.sender,
            self.turns,
            lease_s=settings.lease_s,
            forget=every_few_minutes,
            listen=heard,
            beside=[self._follower(cases)] if (cases := self.government.cases) is not None else [],
            in_thread=stores.database.in_thread,
        )

    def _follower(self, cases: CaseTracker) -> Follower:
        settings, follow = self.settings, self.settings.follow
        limits = {name: channel.limits for name, channel in self.channels.items()}
        return Follower(
            self.stores.follows,
            cases,
            FollowNews(self.wording, limits, follow.days, settings.country),
            quiet_hours(settings),
            Rhythm(follow.first_s, follow.longest_s, 60 / follow.per_minute),
        )

    def readiness(self, worker_lives: Callable[[], Awaitable[bool]] | None = None) -> Readiness:
        """What operators are told about these parts, and about the worker beside them."""
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
            worker_lives,
        )

    async def close(self) -> None:
        for channel in self.channels.values():
            await channel.close()
        await self.government.close()
        if self.identification is not None:
            await self.identification.close()
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
    government = government_systems(settings)
    http = httpx2.AsyncClient(trust_env=False, timeout=5.0, verify=usual_tls())
    follow = settings.follow
    identification = open_identification(settings, stores)
    dialogue = RasaDialogue(http, settings.rasa_urls, settings.rasa_timeout_s)
    limits = {name: channel.limits for name, channel in channels.items()}
    return App(
        settings=settings,
        stores=stores,
        knowledge=knowledge,
        content_watch=ContentWatch(settings.content_dir, knowledge, remembered),
        wording=wording,
        channels=channels,
        government=government,
        http=http,
        dialogue=dialogue,
        actions=build_actions(
            knowledge=knowledge,
            cases=government.cases,
            attempts=stores.attempts,
            clock=lambda: datetime.now(UTC),
            served=government.served,
            desk=government.desk,
            complaints=stores.complaints,
            book=government.book,
            booked=stores.appointments,
            follows=stores.follows if follow.per_person else None,
            identities=identification,
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
            following=Following(wording, stores.follows, follow.days, follow.per_person, follow.first_s),
            identification=identification,
        ),
        sender=Sender(
            stores.outbox,
            channels,
            time.time,
            settings.lease_s,
            prices.price_of,
            prices.currency,
            budget(settings),
            quiet_hours(settings),
            stores.database.in_thread,
        ),
        prices=prices,
        identification=identification,
    )
