"""Sending through the unmodified official clients to a provider on 127.0.0.1 that answers as providers do."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest

from connectors.channels.console import Console
from connectors.channels.webchat import WebChat, WebChatConfig
from connectors.errors import SendError, Unreachable
from connectors.messages import OutgoingMessage
from tests.contracts.channel_senders import BUTTONS, SENDERS, TEXT, Sender, private_in, send
from tests.contracts.channel_subjects import PUBLIC_URL
from tests.contracts.channel_troubles import TROUBLES, Trouble
from tests.contracts.provider_server import Provider, refusing_url


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_a_trouble(trouble: Trouble, provider: Provider, url: str, caplog: pytest.LogCaptureFixture) -> None:
    provider.answer = trouble.answer
    with caplog.at_level(logging.DEBUG), pytest.raises(SendError) as caught:
        await send(trouble.sender, url)
    assert type(caught.value) is trouble.error
    assert getattr(caught.value, "retry_after", None) == trouble.retry_after
    assert len(provider.asked) == 1  # the outbox retries, never the channel
    assert private_in("".join(traceback.format_exception(caught.value)) + caplog.text) == []


@pytest.mark.parametrize("sender", SENDERS, ids=str)
class TestEverySender:
    async def test_a_refused_connection_is_unreachable(self, sender: Sender) -> None:
        with pytest.raises(Unreachable) as caught:
            await send(sender, refusing_url())
        assert private_in("".join(traceback.format_exception(caught.value))) == []

    async def test_a_sent_message_leaves_nothing_private_in_the_log(
        self, sender: Sender, provider: Provider, url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        provider.answer = sender.accepted
        with caplog.at_level(logging.DEBUG):
            await send(sender, url)
        assert private_in(caplog.text) == []

    async def test_messages_share_connections(self, sender: Sender, provider: Provider, url: str) -> None:
        provider.answer = sender.accepted
        channel = sender.make(url)
        for _ in range(3):
            await channel.send(sender.message())
        await channel.close()
        assert len({asked.connection for asked in provider.asked}) == 1

    async def test_twenty_at_once_all_arrive(self, sender: Sender, provider: Provider, url: str) -> None:
        provider.answer = sender.accepted
        channel = sender.make(url)
        await asyncio.gather(*(channel.send(sender.message()) for _ in range(20)))
        await channel.close()
        assert len(provider.asked) == 20

    async def test_plain_http_beyond_this_machine_is_refused_at_once(self, sender: Sender) -> None:
        with pytest.raises(ValueError, match="plain http is for loopback only"):
            sender.make("http://api.example")

    async def test_closing_twice_is_harmless(self, sender: Sender, url: str) -> None:
        channel = sender.make(url)
        await channel.close()
        await channel.close()


# ---- channels without a provider -----------------------------------------------------------------------------------


async def test_the_web_chat_hands_a_message_to_its_session() -> None:
    delivered: list[tuple[str, OutgoingMessage]] = []

    async def deliver(session: str, message: OutgoingMessage) -> None:
        delivered.append((session, message))

    channel = WebChat(WebChatConfig(secrets=("s",), origins=(PUBLIC_URL,)), deliver)
    message = OutgoingMessage(to=channel.address("abc"), text=TEXT, language="fr", buttons=BUTTONS)
    first, second = await channel.send(message), await channel.send(message)
    assert delivered == [("abc", message), ("abc", message)]
    assert first.provider_message_id != second.provider_message_id


async def test_a_web_session_survives_a_change_of_secret() -> None:
    async def deliver(session: str, message: OutgoingMessage) -> None:
        raise AssertionError(session)

    old = WebChat(WebChatConfig(secrets=("old",), origins=()), deliver)
    new = WebChat(WebChatConfig(secrets=("new", "old"), origins=()), deliver)
    token = old.issue_session()
    assert new.session_id(token) == old.session_id(token) == token.partition(".")[0]
    assert old.issue_session() != token


async def test_the_console_shows_a_message() -> None:
    shown: list[str] = []
    channel = Console(shown.append)
    await channel.send(OutgoingMessage(to=channel.incoming("oui").sender, text=TEXT, language="fr"))
    assert shown == [TEXT]
