"""The guarded HTTP client: where it may go, and what it says when it may not."""

from __future__ import annotations

import logging

import httpx2
import pytest

from connectors.errors import Throttled, Uncertain, Unreachable
from connectors.http import HostNotAllowedError, http_client, origin, raise_for_overload, send_errors


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
