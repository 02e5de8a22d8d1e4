"""What the system writes down: one id from the webhook to the delivery, and nothing of what anybody said or is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil
import pytest

from bot.accounts import sandbox_config
from bot.settings import PROJECT, Settings
from tests.journeys.conftest import Phone
from tests.ports import free_port
from tests.system import System

# Invented, and in nobody else's messages: whatever of it is found was written down by Dalil.
NAME = "Zoulaykha Benqarnoun"
QUESTION = f"combien coute le passeport de {NAME}"
NUMBER_IN_TEXT = "mon numero est +212 661-98-76-54 ou 06 61 98 76 54, combien coute le passeport"
FILE_NUMBER, BORN = "PA-2026-004217", "12/04/1990"
NEVER = (
    NAME, "Zoulaykha", "Benqarnoun", "combien coute", "mon numero est",
    "661-98-76-54", "661987654", "212661987654", "06 61 98 76 54", "0661987654", "61 98 76 54",
    FILE_NUMBER, "2026-004217", "004217", BORN, "1990-04-12", "12-04-1990", "19900412", "Amina Exemple",
    "unreadable-zq", "forged-zq",
)  # fmt: skip
SOON_S = 30.0

T = TypeVar("T")


class Log:
    """What web and worker log from here on."""

    def __init__(self, dalil: System) -> None:
        files = [dalil.var_dir / "log" / f"{name}.log" for name in ("app", "worker")]
        self._files = {file: file.stat().st_size for file in files}

    def lines(self) -> list[dict[str, Any]]:
        """Whole lines only, in the order of their times: the last one of a file may just be being written."""
        texts = [file.read_bytes()[since:].decode() for file, since in self._files.items()]
        lines = [json.loads(line) for text in texts for line in text.split("\n")[:-1]]
        return sorted(lines, key=lambda line: str(line["at"]))

    def steps(self) -> dict[str, list[dict[str, Any]]]:
        """The lines of each trace."""
        traces: dict[str, list[dict[str, Any]]] = {}
        for line in self.lines():
            if line.get("trace"):
                traces.setdefault(line["trace"], []).append(line)
        return traces

    def path_of(self, channel: str, *steps: str) -> list[dict[str, Any]]:
        """The lines of a message that came in by this channel and has all these steps, in this order."""

        def found() -> list[dict[str, Any]] | None:
            for lines in self.steps().values():
                names = [line["message"] for line in lines]
                if lines[0].get("channel") == channel and _in_order(steps, names):
                    return lines
            return None

        return until(found, f"no message of {channel} went through {steps}")


def _in_order(steps: tuple[str, ...], names: list[str]) -> bool:
    rest = iter(names)
    return all(step in rest for step in steps)


def until(look: Callable[[], T | None], complaint: str) -> T:
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(complaint)


def secrets(dalil: System) -> list[str]:
    """Every secret of this installation that a log could quote."""
    settings = Settings(var_dir=dalil.var_dir, sandbox=True, _env_file=None)
    config = sandbox_config(settings)
    return [
        settings.key().decode(),
        settings.derived("rasa-actions"),
        settings.derived("webchat"),
        config.twilio_auth_token,
        config.telegram_token,
        config.telegram_token.split(":")[1],
        config.telegram_secret,
        config.whatsapp_access_token,
        config.whatsapp_app_secret,
    ]


def address(http: httpx2.Client, dalil: System, handset: str) -> list[str]:
    """A phone's number in the notations in which it could be quoted."""
    number: str = http.get(f"{dalil.sandbox_url}/phones/{handset}/transcript").json()["address"]
    plain = number.lstrip("+")
    return [plain, f"00{plain}", f"0{plain[3:]}"] if number.startswith("+") else []


def fail_next(http: httpx2.Client, dalil: System, provider: str, kind: str) -> None:
    order = {"provider": provider, "kind": kind, "count": 1}
    http.post(f"{dalil.sandbox_url}/sandbox/faults", json=order).raise_for_status()


def talk(phone: Phone) -> None:
    """A conversation with everything that must not be written down."""
    phone.say(QUESTION)
    phone.say(NUMBER_IN_TEXT)
    phone.say("où en est mon dossier ?")
    phone.say(FILE_NUMBER)
    phone.say(BORN)


def written(dalil: System, http: httpx2.Client) -> dict[str, str]:
    """Everything that the system writes where operators read it."""
    files: list[Path] = [dalil.output, *(dalil.var_dir / "log").iterdir()]
    texts = {file.name: file.read_text(errors="replace") for file in files}
    texts["/metrics"] = http.get(f"{dalil.url}/metrics").text
    texts["/health/ready"] = http.get(f"{dalil.url}/health/ready").text
    return texts


def leaks(texts: dict[str, str], never: list[str]) -> list[str]:
    """Where something stands that must not, with the line; what was found is not repeated."""
    found = []
    for name, text in texts.items():
        lowered = text.lower()
        for number, one in enumerate(never):
            place = lowered.find(one.lower())
            if place >= 0:
                line = text[text.rfind("\n", 0, place) + 1 : text.find("\n", place)]
                found.append(f"{name}: no. {number} in {line[:300]}")
    return found


@pytest.fixture
def meta(dalil: System, http: httpx2.Client) -> Phone:
    """The WhatsApp phone, carried by Meta; Twilio carries it again afterwards."""
    phone = Phone(http, dalil.sandbox_url, "whatsapp", database=dalil.database)
    carrier = f"{dalil.sandbox_url}/phones/whatsapp/carrier"
    http.post(carrier, json={"provider": "whatsapp"}).raise_for_status()
    yield phone
    http.post(carrier, json={"provider": "twilio"}).raise_for_status()


def spoil(dalil: System, http: httpx2.Client) -> None:
    """Webhooks that are forged, too large or not of their provider's form, all of them about somebody."""
    channels = f"{dalil.url}/channels"
    body = {"From": "+212661987654", "Body": f"forged-zq {NAME}"}
    assert 403 == http.post(f"{channels}/twilio", data=body).status_code
    assert 403 == http.post(f"{channels}/whatsapp", json=body).status_code
    secret = sandbox_config(Settings(var_dir=dalil.var_dir, sandbox=True, _env_file=None)).telegram_secret
    signed = {"X-Telegram-Bot-Api-Secret-Token": secret}
    garbled = [
        f"unreadable-zq {NAME} +212661987654",
        json.dumps({"update_id": "unreadable-zq", "message": {"text": NAME, "chat": {"id": "212661987654"}}}),
        json.dumps({"update_id": 1, "message": {"message_id": 1, "date": NAME, "chat": {"id": 1, "type": NAME}}}),
    ]
    for text in garbled:
        assert http.post(f"{channels}/telegram", content=text, headers=signed).status_code in (200, 204, 400)
    session = http.post(f"{channels}/webchat/sessions").json()["session"]
    for wrong in ({"session": session, "text": {"unreadable-zq": NAME}}, {"session": f"forged-zq{NAME}", "text": NAME}):
        assert http.post(f"{channels}/webchat/messages", json=wrong).status_code in (400, 403)


def test_one_id_leads_from_the_webhook_to_the_delivery_and_nothing_else_is_written_down(
    dalil: System, http: httpx2.Client, sms: Phone, telegram: Phone, meta: Phone
) -> None:
    log = Log(dalil)
    session = http.post(f"{dalil.url}/channels/webchat/sessions").json()["session"]
    never = [*NEVER, *secrets(dalil), session]
    for handset in ("sms", "whatsapp", "telegram"):
        never += address(http, dalil, handset)

    for phone in (sms, meta, telegram):
        talk(phone)
    for number, text in enumerate((QUESTION, NUMBER_IN_TEXT)):
        body = {"session": session, "id": f"m{number}", "text": text, "choice": None}
        assert http.post(f"{dalil.url}/channels/webchat/messages", json=body).is_success
    spoil(dalil, http)

    for channel in ("twilio", "whatsapp"):
        path = log.path_of(channel, "accepted", "answered", "sent", "delivery report")
        assert "delivered" in [line.get("state") for line in path]
    for channel in ("telegram", "webchat"):
        log.path_of(channel, "accepted", "answered", "sent")
    assert [] == leaks(written(dalil, http), never)


def test_a_send_that_fails_is_followed_by_the_same_id(
    dalil: System, http: httpx2.Client, sms: Phone, telegram: Phone
) -> None:
    log = Log(dalil)
    fail_next(http, dalil, "telegram", "500")
    telegram.say(QUESTION)
    fail_next(http, dalil, "twilio", "drop_after")
    sms.say(QUESTION)
    fail_next(http, dalil, "twilio", "unreachable")
    sms.act(text=NUMBER_IN_TEXT)

    [failed] = [one for one in log.path_of("telegram", "accepted", "answered", "send failed", "sent") if "code" in one]
    assert failed["code"] in {"uncertain", "unreachable", "throttled"}
    log.path_of("twilio", "accepted", "answered", "send failed", "sent", "delivery report")
    until(
        lambda: next((line for line in log.lines() if line.get("state") == "failed" and line["trace"]), None),
        "no line tells that a message was not delivered",
    )
    never = [*NEVER, *secrets(dalil), *address(http, dalil, "sms")]
    assert [] == leaks(written(dalil, http), never)
    assert 'dalil_sent_total{channel="twilio",result="found"}' in written(dalil, http)["/metrics"]


def test_a_worker_that_dies_under_rasa_leaves_no_token_in_its_log(dalil: System, http: httpx2.Client) -> None:
    """Rasa logs the address of an action server that does not answer."""
    worker = dalil.child("worker")
    dalil.process.send_signal(signal.SIGSTOP)  # else the worker may be back before Rasa calls it
    try:
        worker.kill()
        until(lambda: worker.status() == psutil.STATUS_ZOMBIE or None, "the worker lives on")
        said = {"sender": "nobody", "message": "/greet", "metadata": {}}
        rasa = f"http://127.0.0.1:{dalil.rasa_port}/webhooks/rest/webhook"
        assert [{"dalil": "actions_down"}] == [said["custom"] for said in http.post(rasa, json=said).json()]
    finally:
        dalil.process.send_signal(signal.SIGCONT)
    dalil.wait_until_ready()

    texts = written(dalil, http)
    assert "/internal/rasa/actions" in texts["rasa.log"]
    assert [] == leaks(texts, [*NEVER, *secrets(dalil)])


def test_what_was_sent_is_counted_and_its_unknown_cost_is_not_invented(dalil: System, sms: Phone) -> None:
    sms.say("combien coute le passeport")

    done = dalil.dalil("costs", "--days", "2")

    assert 0 == done.returncode, done.stderr
    assert "ma" in done.stdout
    assert "unknown" in done.stdout
    assert "No SMS" not in done.stdout


def test_a_worker_of_its_own_shows_its_metrics_where_it_is_told(dalil: System, http: httpx2.Client) -> None:
    port = free_port()
    argv = [sys.executable, "-m", "bot.cli", "worker", "--metrics-port", str(port)]
    worker = subprocess.Popen(argv, cwd=PROJECT, env=dalil.env, stderr=subprocess.DEVNULL)
    try:

        def figures() -> str | None:
            try:
                return http.get(f"http://127.0.0.1:{port}/metrics").text
            except httpx2.TransportError:
                return None

        shown = until(figures, "the worker shows no metrics")
    finally:
        worker.terminate()
        assert 0 == worker.wait(30)

    assert "dalil_step_seconds" in shown
    assert "dalil_backlog" not in shown
