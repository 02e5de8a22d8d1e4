"""The WhatsApp adapter against the sandbox's local Meta, both ways over real HTTP, as a citizen would see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.channel import WebhookRequest
from connectors.channels.whatsapp import WhatsApp, WhatsAppConfig
from connectors.errors import Misconfigured, SendError, Throttled, Uncertain, WindowClosed
from connectors.messages import (
    Address,
    Button,
    DeliveryReport,
    DeliveryStatus,
    InboundEvent,
    IncomingMessage,
    Menu,
    MenuRow,
    MessageKind,
    OutgoingMessage,
    Template,
)
from connectors.sandbox.app import create_app
from connectors.sandbox.config import GRAPH_VERSION
from connectors.templates import load_templates
from connectors.tls import usual_tls
from tests.unit.sandbox.serving import (
    ACCESS_TOKEN,
    APP_SECRET,
    PHONE_NUMBER_ID,
    PUBLIC_URL,
    Phone,
    Server,
    config,
    until,
)

BUTTONS = (Button(id="a:x:documents", title="الوراق"), Button(id="a:x:fees", title="Frais"))
MENU = Menu(button="Choix", rows=tuple(MenuRow(id=f"a:x:{n}", title=f"Choix {n}") for n in range(10)))


@dataclass
class Desk:
    """Our end: reads what was posted to it as bot/web/gateway.py does, and writes."""

    channel: WhatsApp
    sandbox_url: str
    posted: list[WebhookRequest]

    def events(self) -> list[InboundEvent]:
        for request in self.posted:
            self.channel.verify(request)
        return [event for request in list(self.posted) for event in self.channel.parse(request).events]

    def messages(self) -> list[IncomingMessage]:
        return [event for event in self.events() if isinstance(event, IncomingMessage)]

    def reports(self) -> list[DeliveryReport]:
        return [event for event in self.events() if isinstance(event, DeliveryReport)]

    def heard(self, count: int = 1) -> IncomingMessage:
        """The citizen's `count`-th message, once it is there."""
        until(lambda: len(self.messages()) >= count)
        return self.messages()[count - 1]

    async def say(self, to: Address, text: str = "Bonjour.", reference: str = "", **more: object) -> str:
        message = OutgoingMessage.model_validate({"to": to, "text": text, "language": "fr", **more})
        return (await self.channel.send(message, reference)).provider_message_id

    def post(self, path: str, body: object = None) -> None:
        httpx2.post(self.sandbox_url + path, json=body, trust_env=False, verify=usual_tls()).raise_for_status()

    def fault(self, kind: str) -> None:
        self.post("/sandbox/faults", {"provider": "whatsapp", "kind": kind})


def receiving(take: Callable[[WebhookRequest], None]) -> Starlette:
    async def webhook(request: Request) -> Response:
        url = PUBLIC_URL + request.url.path
        take(WebhookRequest("POST", url, dict(request.headers), await request.body()))
        return Response(status_code=200)

    return Starlette(routes=[Route("/channels/whatsapp", webhook, methods=["POST"])])


@pytest.fixture
def addresses() -> Iterator[tuple[str, list[WebhookRequest]]]:
    """The sandbox, and what it posted to us."""
    posted: list[WebhookRequest] = []
    with Server(receiving(posted.append)) as us, Server(create_app(config(us.url))) as sandbox:
        yield sandbox.url, posted
        us.stop()


@pytest.fixture
async def desk(addresses: tuple[str, list[WebhookRequest]]) -> AsyncIterator[Desk]:
    sandbox_url, posted = addresses
    channel = WhatsApp(
        WhatsAppConfig(
            phone_number_id=PHONE_NUMBER_ID,
            access_token=ACCESS_TOKEN,
            app_secrets=(APP_SECRET,),
            verify_token="v",
            api_url=f"{sandbox_url}/{GRAPH_VERSION}",
            read_seconds=0.5,
        )
    )
    yield Desk(channel, sandbox_url, posted)
    await channel.close()


@pytest.fixture
def citizen(desk: Desk) -> Phone:
    """A phone that Meta carries."""
    phone = Phone(desk.sandbox_url, "whatsapp")
    assert phone.post("/carrier", {"provider": "whatsapp"}).status_code == 204
    return phone


async def test_a_question_is_answered_and_each_state_names_our_reference(desk: Desk, citizen: Phone) -> None:
    citizen.do(text="شنو خاصني باش نجدد لاكارط؟")
    question = desk.heard()
    assert (question.text, question.sender.namespace) == ("شنو خاصني باش نجدد لاكارط؟", PHONE_NUMBER_ID)
    assert [known.external_id for known in question.also] == [citizen.address]

    wamid = await desk.say(question.sender, "جوج تصاور.", "outbox-17")

    assert citizen.last()["text"] == "جوج تصاور."
    until(lambda: len(desk.reports()) == 3)
    assert [report.status for report in desk.reports()] == [
        DeliveryStatus.SENT,
        DeliveryStatus.DELIVERED,
        DeliveryStatus.READ,
    ]
    assert {(report.provider_message_id, report.reference) for report in desk.reports()} == {(wamid, "outbox-17")}


@pytest.mark.parametrize(
    ("offer", "choice", "title"),
    [
        pytest.param({"buttons": BUTTONS}, "a:x:fees", "Frais", id="a button"),
        pytest.param({"menu": MENU}, "a:x:9", "Choix 9", id="a row of a list"),
    ],
)
async def test_what_is_offered_comes_back_when_it_is_tapped(
    desk: Desk, citizen: Phone, offer: dict[str, object], choice: str, title: str
) -> None:
    citizen.do(text="salam")
    await desk.say(desk.heard().sender, **offer)
    citizen.do(choice=choice)
    tapped = desk.heard(2)
    assert (tapped.kind, tapped.choice, tapped.text) == (MessageKind.CHOICE, choice, title)


async def test_who_hides_his_number_stays_the_same_and_can_be_written_to(desk: Desk, citizen: Phone) -> None:
    citizen.do(text="salam")
    before = desk.heard().sender
    desk.post("/sandbox/whatsapp/username", {"hidden": True})
    citizen.do(text="labas?")
    after = desk.heard(2)
    assert (after.sender, after.also) == (before, ())
    await desk.say(after.sender, "Labas.")
    assert citizen.last()["text"] == "Labas."


async def test_who_was_known_by_his_number_can_be_written_to_by_it(desk: Desk, citizen: Phone) -> None:
    citizen.do(text="salam")
    (phone,) = desk.heard().also
    await desk.say(phone, "Bonjour.")
    assert citizen.last()["text"] == "Bonjour."


async def test_a_day_later_only_a_template_goes_through(desk: Desk, citizen: Phone) -> None:
    citizen.do(text="salam")
    sender = desk.heard().sender
    desk.post("/sandbox/whatsapp/day")
    with pytest.raises(WindowClosed):
        await desk.say(sender)
    stored = load_templates()["status_changed"]
    template = Template(name="status_changed", variables=("PA-***217", "Votre dossier est en cours de traitement."))
    await desk.say(sender, template=template, language="ary")
    assert citizen.last()["text"] == stored.fill("ar", template.variables)
    citizen.do(text="salam")
    desk.heard(2)
    await desk.say(sender, "Vous pouvez de nouveau lire.")
    assert citizen.last()["text"] == "Vous pouvez de nouveau lire."


@pytest.mark.parametrize(
    ("kind", "error", "shown"),
    [
        pytest.param("429", Throttled, 0, id="throttled"),
        pytest.param("500", Uncertain, 0, id="an error"),
        pytest.param("timeout", Uncertain, 0, id="no answer"),
        pytest.param("drop", Uncertain, 0, id="a connection cut before"),
        pytest.param("drop_after", Uncertain, 1, id="a connection cut after"),
    ],
)
async def test_a_fault_is_a_member_of_the_closed_set(
    desk: Desk, citizen: Phone, kind: str, error: type[SendError], shown: int
) -> None:
    citizen.do(text="salam")
    sender = desk.heard().sender
    desk.fault(kind)
    with pytest.raises(error):
        await desk.say(sender, reference="outbox-17")
    assert len(citizen.bubbles()) == 1 + shown
    until(lambda: len(desk.reports()) == 3 * shown)  # a lost answer is found again by its reports
    assert {report.reference for report in desk.reports()} == ({"outbox-17"} if shown else set())


@pytest.mark.parametrize(("kind", "failure"), [("window", "window_closed"), ("unreachable", "rejected")])
async def test_a_message_that_fails_after_it_was_accepted_says_why(
    desk: Desk, citizen: Phone, kind: str, failure: str
) -> None:
    citizen.do(text="salam")
    desk.fault(kind)
    await desk.say(desk.heard().sender, reference="outbox-17")
    until(lambda: len(desk.reports()) == 1)
    (report,) = desk.reports()
    assert (report.status, report.failure, report.reference) == (DeliveryStatus.FAILED, failure, "outbox-17")


async def test_a_wrong_token_is_a_misconfiguration(desk: Desk, citizen: Phone) -> None:
    citizen.do(text="salam")
    sender = desk.heard().sender
    other = WhatsApp(
        WhatsAppConfig(
            phone_number_id=PHONE_NUMBER_ID,
            access_token="wrong",
            app_secrets=("s",),
            verify_token="v",
            api_url=f"{desk.sandbox_url}/{GRAPH_VERSION}",
        )
    )
    with pytest.raises(Misconfigured):
        await other.send(OutgoingMessage(to=sender, text="Bonjour.", language="fr"))
    await other.close()
