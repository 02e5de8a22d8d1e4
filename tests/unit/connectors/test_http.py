"""The guarded HTTP client: where it may go, and what it says when it may not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from connectors.errors import Throttled, Uncertain, Unreachable
from connectors.http import (
    Answer,
    CheapClient,
    HostNotAllowedError,
    http_client,
    origin,
    raise_for_overload,
    send_errors,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.twilio.com/2010-04-01?x=1", "https://api.twilio.com:443"),
        ("https://API.example:8443", "https://api.example:8443"),
        ("http://127.0.0.1:8010/bot", "http://127.0.0.1:8010"),
        ("http://localhost/", "http://localhost:80"),
        ("http://[::1]:9/", "http://[::1]:9"),
    ],
)
def test_the_origin_of_a_url(url: str, expected: str) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param("http://api.example", "plain http is for loopback only", id="plain http to the world"),
        pytest.param("http://10.0.0.1", "plain http is for loopback only", id="plain http to a private network"),
        pytest.param("http://127.0.0.1.evil.example", "plain http is for loopback only", id="a name that looks local"),
        pytest.param("ftp://api.example", "must start with https://", id="another scheme"),
        pytest.param("api.example", "must start with https://", id="no scheme"),
        pytest.param("", "must start with https://", id="nothing"),
        pytest.param("https://api.example:port", "not a valid URL", id="no URL at all"),
    ],
)
def test_a_base_url_that_is_refused(url: str, why: str) -> None:
    with pytest.raises(HostNotAllowedError, match=why):
        http_client(url)


def test_a_client_for_nowhere_is_refused() -> None:
    with pytest.raises(HostNotAllowedError, match="no base URL"):
        http_client()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://evil.example/secret-path?token=1", id="another host"),
        pytest.param("https://api.example:8443/secret-path", id="another port"),
        pytest.param("http://127.0.0.1:8010/secret-path", id="loopback that is not configured"),
    ],
)
async def test_a_call_elsewhere_is_refused_without_telling_the_path(url: str) -> None:
    async with http_client("https://api.example") as client:
        with pytest.raises(
            HostNotAllowedError, match=r"is not configured; allowed: https://api\.example:443"
        ) as caught:
            await client.get(url)
    assert "secret-path" not in str(caught.value)


async def test_a_client_has_limits_and_follows_nothing() -> None:
    async with http_client("https://api.example", connect=1.0, read=2.0) as client:
        assert client.timeout == httpx2.Timeout(connect=1.0, read=2.0, write=2.0, pool=5.0)
        assert not client.follow_redirects
        assert not client.trust_env


async def test_urls_do_not_reach_the_log_because_one_holds_a_token() -> None:
    async with http_client("https://api.example"):
        assert not logging.getLogger("httpx2").isEnabledFor(logging.INFO)
        assert not logging.getLogger("httpcore2").isEnabledFor(logging.DEBUG)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx2.ConnectError("https://api.example/bot123:secret"), Unreachable),
        (httpx2.ConnectTimeout(""), Unreachable),
        (httpx2.PoolTimeout(""), Unreachable),
        (httpx2.ReadTimeout(""), Uncertain),
        (httpx2.WriteTimeout(""), Uncertain),
        (httpx2.ReadError(""), Uncertain),
        (httpx2.RemoteProtocolError(""), Uncertain),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "is " + value.__name__,
)
def test_what_a_transport_failure_means(raised: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, send_errors():
        raise raised
    assert str(caught.value) == f"{caught.value.code}: {type(raised).__name__}"


@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [({"retry-after": "30"}, 30.0), ({}, None), ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None)],
    ids=["seconds", "no header", "a date"],
)
def test_an_overloaded_provider_says_when_to_come_back(headers: dict[str, str], retry_after: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        raise_for_overload(httpx2.Response(429, headers=headers))
    assert caught.value.retry_after == retry_after


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_uncertain(status: int) -> None:
    with pytest.raises(Uncertain, match=f"http {status}"):
        raise_for_overload(httpx2.Response(status))


@pytest.mark.parametrize("status", [200, 201, 302, 400, 401, 404])
def test_other_answers_pass(status: int) -> None:
    raise_for_overload(httpx2.Response(status))


# ---- the same over aiohttp -------------------------------------------------------------------------------------------


class Server:
    """Answers one request with `answer`, or never where that is None. `got`: what came."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self.got = b""
        self.connections = 0
        self._open: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await asyncio.sleep(0)  # the transports close at the loop's next round

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.append(writer)
        self.got += await reader.read(4096)
        if self._answer is not None:
            writer.write(self._answer)
            writer.close()


@pytest.fixture
async def cheap() -> AsyncIterator[Callable[..., CheapClient]]:
    made: list[CheapClient] = []

    def make(*urls: str, **limits: float) -> CheapClient:
        made.append(CheapClient(*urls, **limits))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def test_the_cheap_client_posts_a_form_and_gives_the_whole_answer(cheap: Callable[..., CheapClient]) -> None:
    server = Server(b"HTTP/1.1 201 Created\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}")
    async with server as url:
        answer = await cheap(url).request(
            "POST", f"{url}/M.json", data={"To": "+212 é", "a": ["1", "2"]}, auth=("a", "b")
        )

    assert (201, "{}", "7") == (answer.status_code, answer.text, answer.headers["retry-after"])
    assert b"POST /M.json HTTP/1.1" in server.got
    assert b"Authorization: Basic YTpi" in server.got
    assert server.got.endswith(b"\r\n\r\nTo=%2B212+%C3%A9&a=1&a=2")


async def test_a_query_is_sent_as_it_was_given(cheap: Callable[..., CheapClient]) -> None:
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    async with server as url:
        await cheap(url).request("GET", f"{url}/M.json", params={"To": "+2126", "DateSent>": "2026-11-28"})

    assert b"GET /M.json?To=%2B2126&DateSent%3E=2026-11-28 HTTP/1.1" in server.got


async def test_a_redirect_is_an_answer_and_is_not_followed(cheap: Callable[..., CheapClient]) -> None:
    server = Server(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
    async with server as url:
        assert 302 == (await cheap(url).request("POST", url, data={})).status_code
    assert 1 == server.connections


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(None, "SocketTimeoutError", id="no answer in time"),
        pytest.param(b"", "ServerDisconnectedError", id="hung up"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "ClientPayloadError", id="half an answer"),
        pytest.param(b"no HTTP\r\n\r\n", "ClientResponseError", id="no HTTP"),
    ],
)
async def test_what_may_have_left_is_uncertain_and_is_not_sent_again(
    cheap: Callable[..., CheapClient], answer: bytes | None, why: str
) -> None:
    server = Server(answer)
    async with server as url:
        with pytest.raises(Uncertain, match=why):
            await cheap(url, read=0.2).request("POST", f"{url}/secret-path", data={"a": "1"})
    assert 1 == server.connections


async def test_where_nothing_listens_nothing_left(cheap: Callable[..., CheapClient]) -> None:
    async with Server(b"") as url:
        pass
    with pytest.raises(Unreachable) as caught:
        await cheap(url).request("POST", f"{url}/secret-path", data={})
    assert "secret-path" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://evil.example/secret-path?token=1", "http://127.0.0.1:8010/secret-path"])
async def test_the_cheap_client_calls_nothing_else(cheap: Callable[..., CheapClient], url: str) -> None:
    with pytest.raises(HostNotAllowedError, match="is not configured") as caught:
        await cheap("https://api.example").request("GET", url)
    assert "secret-path" not in str(caught.value)


@pytest.mark.parametrize("urls", [(), ("http://api.example",)], ids=["nowhere", "plain http to the world"])
def test_a_cheap_client_that_is_refused(urls: tuple[str, ...]) -> None:
    with pytest.raises(HostNotAllowedError):
        CheapClient(*urls)


def test_an_overload_is_read_from_either_librarys_answer() -> None:
    with pytest.raises(Throttled) as caught:
        raise_for_overload(Answer(429, "", {"retry-after": "30"}))
    assert 30.0 == caught.value.retry_after
