"""WhatsApp at Meta: what is rendered within the channel's limits is taken by Meta's; errors and logs tell nobody."""

from __future__ import annotations

import json
import logging

import pytest

from connectors.channels.whatsapp import LIMITS, PACE, WhatsApp, WhatsAppConfig
from connectors.channels.whatsapp_api import ERRORS, content, failure, meaning
from connectors.errors import Misconfigured, Rejected
from connectors.messages import Address, Choice, Medium, Reply
from connectors.render import render
from connectors.sandbox.providers.whatsapp_messages import read_order
from tests.contracts.channel_subjects import whatsapp, whatsapp_request, whatsapp_webhook

CITIZEN = Address(channel="whatsapp", medium=Medium.WHATSAPP, namespace="1", external_id="MA.13491208655302741918")


@pytest.mark.parametrize("language", ["ar", "fr", "ary"])
@pytest.mark.parametrize("length", [1, 1023, 1025, 5000, 20_000])
@pytest.mark.parametrize("count", range(13))
def test_what_is_rendered_is_within_metas_limits(language: str, length: int, count: int) -> None:
    choices = tuple(
        Choice(
            title=f"{number} شنو الوراق؟ " + "ط" * 90, short=f"{number} الوراق", payload=f"a:{'x' * 60}{number}"[:64]
        )
        for number in range(count)
    )
    reply = Reply(
        language=language, paragraphs=("كلمة " * (length // 5) + "خ",), choices=choices, source="المصدر: x.ma"
    )

    orders = [read_order(json.dumps(content(message, {})).encode()) for message in render(reply, CITIZEN, LIMITS)]

    last = orders[-1]
    assert len(last.buttons) == (count if count <= 3 else 0)
    assert (len(last.menu.rows) if last.menu else 0) == (count if 3 < count <= 10 else 0)
    assert {order.to for order in orders} == {CITIZEN.external_id}


def test_a_person_gets_one_message_in_six_seconds_after_a_burst() -> None:
    assert (PACE.recipient_s, PACE.per_second) == (6.0, 80)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_code_is_told_with_its_reason(code: int) -> None:
    error = failure(400, code)

    assert type(error) is ERRORS[code][0]
    assert error.detail == f"meta {code}: {ERRORS[code][1]}"


@pytest.mark.parametrize(("code", "known"), [(199, False), (200, True), (299, True), (300, False), (None, False)])
def test_permissions_are_a_hundred_codes(code: int | None, known: bool) -> None:
    assert (meaning(code) is not None) is known


@pytest.mark.parametrize(("status", "error"), [(403, Misconfigured), (400, Rejected)])
def test_an_unknown_code_is_named_and_logged(
    status: int, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert type(failure(status, 139999)) is error

    assert [(record.status, record.code) for record in caplog.records] == [(status, 139999)]  # type: ignore[attr-defined]


def test_what_is_not_understood_is_logged_without_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    body = whatsapp_webhook("text.json").replace(b'"text":{"body"', b'"text":{"corps"')
    with caplog.at_level(logging.DEBUG):
        whatsapp().parse(whatsapp_request(body))

    told = caplog.text + str([record.__dict__ for record in caplog.records])
    assert "not understood" in told
    assert [secret for secret in ("212600000002", "MA.1349", "wamid", "لاكارط", "\\u0634") if secret in told] == []


@pytest.mark.parametrize("missing", [{"app_secrets": ()}, {"app_secrets": ("",)}, {"verify_token": ""}])
def test_without_a_secret_it_does_not_start(missing: dict[str, object]) -> None:
    given = {"phone_number_id": "1", "access_token": "a", "app_secrets": ("s",), "verify_token": "v"}
    with pytest.raises(ValueError, match="is empty"):
        WhatsApp(WhatsAppConfig(**{**given, **missing}))
