"""`dalil doctor`: one line for each thing that can be wrong, with what to do."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bot.accounts import oidc_config, telegram_config, twilio_config, whatsapp_config
from bot.bootstrap import open_knowledge, open_stores
from bot.dialogue import RasaDialogue
from bot.government import government_systems
from bot.ports import StoreUnavailable
from bot.prices import PricesError, load_prices
from bot.processes import newest_model
from bot.settings import SECRET_MIN, Settings, misspelt_lines
from connectors.errors import GovError
from connectors.gov.govstack import Probe
from connectors.identity.api import IdentityError
from connectors.identity.oidc import OidcProvider
from knowledge.embedding import EmbedderError
from knowledge.loader import ContentError

MIN_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    detail: str


async def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which a message would meet them."""
    if settings.sandbox is None:  # beside a `dalil run` that brought it
        settings = settings.model_copy(update={"sandbox": await _sandbox_runs(settings)})
    findings = [
        _settings(settings),
        *(Finding("settings", False, line) for line in misspelt_lines()),
        _disk(settings),
        await asyncio.to_thread(_database, settings),
        await asyncio.to_thread(_content, settings),
        _model(settings),
        _prices(settings),
    ]
    async with httpx2.AsyncClient(trust_env=False, timeout=2.0) as http:
        findings.append(await _answers(http, "app", f"http://127.0.0.1:{settings.port}/health/live", "`dalil run`"))
        ready = await RasaDialogue(http, settings.rasa_urls, 2.0).ready()
        findings.append(
            Finding("rasa", ready, f"answers at {settings.rasa_url}" if ready else "no answer; `dalil run` starts it")
        )
        findings += _channels(settings)
    return [*findings, *await _systems(settings), await _identity(settings)]


async def _sandbox_runs(settings: Settings) -> bool:
    async with httpx2.AsyncClient(trust_env=False, timeout=2.0) as http:
        return (await _answers(http, "sandbox", f"{settings.sandbox_url}/sandbox/health", "")).ok


def _settings(settings: Settings) -> Finding:
    public = settings.effective_public_url
    real = bool(settings.twilio.account_sid or settings.telegram.token)
    if real and not public.startswith("https://") and not (settings.twilio.api_url or settings.telegram.api_url):
        return Finding("settings", False, f"DALIL_PUBLIC_URL is {public}; real providers need a public https address")
    if settings.secret_key and len(settings.secret_key) < SECRET_MIN:
        make = 'python3 -c "import secrets; print(secrets.token_hex(32))"'
        short = f"DALIL_SECRET_KEY has fewer than {SECRET_MIN} characters, it can be guessed. Make one: {make}"
        return Finding("settings", False, short)
    return Finding("settings", True, f"public address {public}, country {settings.country}")


def _disk(settings: Settings) -> Finding:
    place = settings.var_dir if settings.var_dir.exists() else settings.var_dir.parent
    free = shutil.disk_usage(place).free // 2**20
    return Finding(
        "disk", free >= MIN_FREE_MB, f"{free} MB free" + ("" if free >= MIN_FREE_MB else "; free some space")
    )


def _database(settings: Settings) -> Finding:
    def check() -> str:
        stores = open_stores(settings, upgrade=False)
        try:
            stores.monitor.check()
        finally:
            stores.close()
        return "reachable, schema present"

    return _tried("database", check, "check DALIL_DATABASE_URL, then `dalil migrate`")


def _content(settings: Settings) -> Finding:
    return _tried("content", lambda: f"{len(open_knowledge(settings).catalogue)} sheets", "mend the sheets")


def _model(settings: Settings) -> Finding:
    def check() -> str:
        model: Path = newest_model(settings)
        return model.name

    return _tried("model", check, "`make train`")


def _prices(settings: Settings) -> Finding:
    try:
        missing = load_prices(settings.prices_file).unpriced
    except PricesError as error:
        return Finding("prices", False, f"{error}; check DALIL_PRICES_FILE")
    if missing and settings.sms_daily_budget is not None:
        return Finding("prices", False, f"DALIL_SMS_DAILY_BUDGET needs a price for {', '.join(missing)}")
    return Finding("prices", True, f"of SMS: not known for {', '.join(missing)}" if missing else "of SMS: known")


def _tried(what: str, check: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(what, True, check())
    except (StoreUnavailable, ContentError, EmbedderError, FileNotFoundError, ValueError) as error:
        return Finding(what, False, f"{error}; {remedy}")


async def _systems(settings: Settings) -> list[Finding]:
    """One line for each government system: whether it answers a question about nobody's file."""
    try:
        systems = government_systems(settings)
    except ValueError as error:
        return [Finding("systems", False, f"{error}; `dalil gov check FILE` checks a system's file")]
    if not systems.probes:
        return [Finding("systems", True, "no government system is connected; citizens get links to the official sites")]
    try:
        return [await _system(name, probe) for name, probe in systems.probes.items()]
    finally:
        await systems.close()


async def _system(name: str, probe: Probe) -> Finding:
    started = time.monotonic()
    try:
        await probe()
    except GovError as error:
        remedy = "check key, client identifier and rights" if error.alert else "check its address and the network"
        return Finding(f"system {name}", False, f"{error}; {remedy}")
    return Finding(f"system {name}", True, f"answers in {(time.monotonic() - started) * 1000:.0f} ms")


async def _identity(settings: Settings) -> Finding:
    """Whether the identity provider answers, offers what is needed, and takes a proof of our key's kind."""
    try:
        config = oidc_config(settings)
    except ValueError as error:
        return Finding("identity", False, f"{error}; check DALIL_OIDC__KEY_FILE and DALIL_PUBLIC_URL")
    if config is None:
        return Finding("identity", True, "no identity provider is set; files are told by number and birth date")
    provider = OidcProvider(config)
    try:
        return Finding("identity", True, await provider.check())
    except IdentityError as error:
        return Finding("identity", False, f"{error} at {config.issuer}; docs/howto/connect-an-identity-provider.md")
    finally:
        await provider.close()


def _channels(settings: Settings) -> list[Finding]:
    findings = []
    for name, config, given in (
        ("twilio", twilio_config(settings), settings.twilio.account_sid),
        ("telegram", telegram_config(settings), settings.telegram.token),
        ("whatsapp", whatsapp_config(settings), settings.whatsapp.phone_number_id),
    ):
        where = "own account" if given else "the sandbox's local provider"
        findings.append(Finding(name, True, "not set" if config is None else where))
    return findings


async def _answers(http: httpx2.AsyncClient, what: str, url: str, remedy: str) -> Finding:
    try:
        response = await http.get(url)
    except httpx2.TransportError as error:
        return Finding(what, False, f"no answer at {url} ({type(error).__name__}); check {remedy}")
    return Finding(what, response.status_code == 200, f"HTTP {response.status_code} at {url}")
