"""The page between chat and provider, over the real store and the sandbox's provider: who may do what, once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from bot.identification import Identification, way_back
from bot.identity_links import LINKS_AN_HOUR, Confirmed
from bot.settings import Settings
from bot.store.database import Database
from bot.store.identity import SqlIdentity
from bot.store.migrate import migrate
from bot.vault import Vault
from bot.web.identity.routes import create_router
from connectors.identity.oidc import OidcProvider
from connectors.messages import Address, Medium
from connectors.sandbox.oidc.people import pairwise
from tests.contracts.store_cases import SMS, TELEGRAM, Store
from tests.unit.actions.calls import turn
from tests.unit.identity.signing_in import BACK, NADIA, SignIn, signing_in

NAMES = Settings(_env_file=None).operator_names
PUBLIC = BACK.removesuffix("/identity/callback")
FILE = "SOC-2026-00012"


@dataclass
class Site:
    """`http`: a browser in front of our page. `sign_in`: the provider, and the same browser in front of it."""

    http: httpx2.AsyncClient
    sign_in: SignIn
    identification: Identification
    store: Store

    def link(self, address: Address = SMS, turn_id: str = "turn-1") -> str:
        """The path of a fresh link of this chat."""
        conversation = self.store.exchange(address, "ok").conversation
        given = turn(turn_id=turn_id, person_id=conversation.person_id, conversation_id=conversation.id)
        url = self.identification.link(given, FILE, "fr", datetime.now(UTC))
        assert url is not None
        return urlsplit(url).path

    async def provider_page(self, path: str, **more: object) -> dict[str, str]:
        """Go on, sign in as Nadia: the query with which the browser is sent back."""
        moved = await self.http.post(path, **more)
        assert moved.status_code == 303, moved.text
        page = await self.sign_in.browser.get(moved.headers["location"])
        asked = unescape(page.text.partition('name="asked" value="')[2].partition('"')[0])
        form = {"asked": asked, "who": NADIA}
        back = await self.sign_in.browser.post(f"{self.sign_in.url}/oidc/authorize", data=form)
        return dict(parse_qsl(urlsplit(back.headers["location"]).query))

    async def code(self, path: str) -> str:
        await self.http.get("/identity/callback", params=await self.provider_page(path))
        shown = await self.http.get("/identity/done")
        return shown.text.partition('<bdi dir="ltr">')[2].partition("<")[0]

    def written(self, text: str, address: Address = SMS, turn_id: str = "typed") -> Confirmed | None:
        person = self.store.exchange(address, "ok").conversation.person_id
        written = self.identification.written(text, person, turn_id, time.time())
        return written and written.confirmed


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    vault = Vault(["c" * 43 + "="], b"a key of the tests")
    database = Database(f"sqlite:///{tmp_path / 'dalil.db'}")
    migrate(database, vault)
    async with signing_in() as sign_in:
        identification = Identification(
            OidcProvider(sign_in.config),
            SqlIdentity(database, vault),
            vault,
            public_url=PUBLIC,
            kept_s=3600.0,
            clock=time.time,
        )
        web = FastAPI()
        web.include_router(create_router(identification, PUBLIC, NAMES))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(web), base_url=PUBLIC) as http:
            yield Site(http, sign_in, identification, Store(database, vault))
        await identification.close()
    database.close()


async def test_the_way_there_and_back(site: Site) -> None:
    code = await site.code(site.link())
    assert Confirmed.BOUND is site.written(code)
    person = site.store.exchange(SMS, "ok").conversation.person_id
    verified = site.identification.verified(person, datetime.now(UTC))
    assert verified is not None
    assert verified.is_subject(pairwise(NADIA))
    assert not verified.is_subject("somebody")


async def test_every_page_is_kept_nowhere_and_framed_by_nobody(site: Site) -> None:
    path = site.link()
    for answer in (await site.http.get(path), await site.http.get("/identity/" + "x" * 32), await site.http.post(path)):
        assert "no-store" == answer.headers["cache-control"]
        assert "same-origin" == answer.headers["referrer-policy"]
        assert "DENY" == answer.headers["x-frame-options"]
        assert "noindex, nofollow" == answer.headers["x-robots-tag"]
    policy = (await site.http.get(path)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"form-action 'self' {site.sign_in.url}" in policy
    assert "script" not in policy


async def test_the_cookie_is_for_this_page_alone(site: Site) -> None:
    cookie = (await site.http.post(site.link())).headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "Path=/identity", "SameSite=lax", "Max-Age=1200"))


async def test_heads_and_looks_start_nothing(site: Site) -> None:
    path = site.link()
    for _ in range(3):
        assert "set-cookie" not in (await site.http.get(path)).headers
    assert 303 == (await site.http.post(path)).status_code


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://attacker.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["another origin", "no origin", "another site"],
)
async def test_another_site_cannot_go_on_for_him(site: Site, headers: dict[str, str]) -> None:
    assert 403 == (await site.http.post(site.link(), headers=headers)).status_code


async def test_only_the_browser_that_went_may_come_back_and_once(site: Site) -> None:
    returned = await site.provider_page(site.link())
    mine = dict(site.http.cookies)
    site.http.cookies.clear()
    assert 410 == (await site.http.get("/identity/callback", params=returned)).status_code, "without the cookie"
    site.http.cookies.set("dalil-identity", "x" * 32)
    assert 410 == (await site.http.get("/identity/callback", params=returned)).status_code, "with another one"
    site.http.cookies.clear()
    site.http.cookies.update(mine)
    forged = returned | {"state": "another"}
    assert 410 == (await site.http.get("/identity/callback", params=forged)).status_code
    assert 303 == (await site.http.get("/identity/callback", params=returned)).status_code
    assert 410 == (await site.http.get("/identity/callback", params=returned)).status_code, "a replay"


async def test_a_link_that_was_used_opens_no_second_sign_in(site: Site) -> None:
    path = site.link()
    await site.code(path)
    assert 410 == (await site.http.get(path)).status_code
    assert 410 == (await site.http.post(path)).status_code


async def test_a_failed_sign_in_ends_the_link_and_says_why(site: Site) -> None:
    path = site.link()
    returned = await site.provider_page(path)
    await site.sign_in.fault("wrong_nonce")
    answer = await site.http.get("/identity/callback", params=returned)
    assert 502 == answer.status_code
    assert "pas sûre" in answer.text
    assert returned["code"] not in answer.text
    assert 410 == (await site.http.get(path)).status_code


async def test_a_provider_that_is_down_costs_no_link(site: Site) -> None:
    path = site.link()
    await site.sign_in.fault("down")
    assert 200 == (await site.http.get(path)).status_code
    assert 502 == (await site.http.post(path)).status_code
    await site.sign_in.fault("none")
    assert Confirmed.BOUND is site.written(await site.code(path))


async def test_a_code_is_worth_nothing_in_another_chat_and_then_nowhere(site: Site) -> None:
    code = await site.code(site.link(SMS))
    assert Confirmed.ELSEWHERE is site.written(code, TELEGRAM, "his")
    assert site.written(code, SMS, "mine") is None


@pytest.mark.parametrize(
    ("form", "counts"),
    [("{}", True), (" {} .", True), ("mon code est {}", True), ("code: {} merci", True), ("{} {}", False)],
)
async def test_a_code_is_read_as_people_write_it(site: Site, form: str, counts: bool) -> None:
    code = await site.code(site.link())
    arabic = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert (Confirmed.BOUND if counts else None) is site.written(form.format(arabic, "12"))


@pytest.mark.parametrize("text", ["12041990", "+212600000001", "123456", "SOC-2026-00012", "1234567", "bonjour"])
async def test_other_numbers_are_no_codes(site: Site, text: str) -> None:
    assert site.written(text) is None


async def test_too_many_links_are_refused(site: Site) -> None:
    for number in range(LINKS_AN_HOUR):
        site.link(turn_id=f"turn {number}")
    with pytest.raises(AssertionError):
        site.link(turn_id="one more")


@pytest.mark.parametrize(
    ("medium", "ours", "url"),
    [
        (Medium.WHATSAPP, "+15005550009", "https://wa.me/15005550009?text=4839215"),
        (Medium.WHATSAPP, "100000000000001", None),  # Meta's id of our number says nothing of the number
        (Medium.SMS, "+15005550006", "sms:+15005550006?body=4839215"),
        (Medium.TELEGRAM, "7000000001", None),
    ],
)
def test_the_way_back_to_the_chat(medium: Medium, ours: str, url: str | None) -> None:
    address = Address(channel="x", medium=medium, namespace=ours, external_id="+212600000001")
    assert url == way_back(address, "4839215")
