"""The `dalil` commands beside a running system."""

from __future__ import annotations

import json
import re

import httpx2

from tests.journeys.conftest import Phone
from tests.system import System

KEYS = {"id", "language", "intent", "facet", "procedures", "outcome"}


def test_doctor_finds_nothing_wrong(dalil: System) -> None:
    done = dalil.dalil("doctor")

    assert 0 == done.returncode, done.stdout
    assert "✗" not in done.stdout
    for what in (
        "settings",
        "disk",
        "database",
        "content",
        "model",
        "app",
        "rasa",
        "twilio",
        "telegram",
        "system registration",
        "system complaints",
        "system appointments",
        "identity",
    ):
        assert f"✓ {what}:" in done.stdout


def test_doctor_says_in_one_line_what_is_wrong(dalil: System) -> None:
    broken = {**dalil.env, "DALIL_RASA_URL": "http://127.0.0.1:9", "DALIL_PUBLIC_URL": "http://example.org"}
    broken |= {"DALIL_TELEGRAM__TOKEN": "1:x", "DALIL_TELEGRAM__SECRET_TOKEN": "x"}
    system = System(dalil.process, dalil.port, dalil.sandbox_port, dalil.rasa_port, dalil.var_dir, broken)

    done = system.dalil("doctor")

    assert 1 == done.returncode
    assert re.search(r"^✗ rasa: .*`dalil run`", done.stdout, re.MULTILINE)
    assert re.search(r"^✗ settings: .*https", done.stdout, re.MULTILINE)


def test_requests_lists_who_asked_for_a_person_and_closes_a_request(dalil: System, telegram: Phone) -> None:
    telegram.say("je veux parler à une personne")

    listed = dalil.dalil("requests")
    numbers = re.findall(r"^│\s*(\d+)\s*│", listed.stdout, re.MULTILINE)
    assert numbers, listed.stdout
    assert "telegram" in listed.stdout

    closed = dalil.dalil("requests", "--done", numbers[-1])
    assert f"Request {numbers[-1]} is closed." in closed.stdout
    assert 1 == dalil.dalil("requests", "--done", numbers[-1]).returncode


def test_understand_answers_each_line_in_order_in_the_agreed_form(dalil: System) -> None:
    lines = [
        {"id": "a", "text": "شنو خاصني باش نجدد لاكارط؟", "country": "ma"},
        {"id": "b", "text": "combien coute le passeport", "country": "ma"},
        {"id": "c", "text": "salam", "country": "ma"},
        {"id": "d", "text": "/restart", "country": "ma"},
        {"id": "e", "text": "👍", "country": "dz"},
    ]

    done = dalil.dalil("understand", text="\n".join(json.dumps(line) for line in lines))

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["a", "b", "c", "d", "e"] == [answer["id"] for answer in answers]
    assert all(set(answer) >= KEYS for answer in answers)
    renew, fee = answers[:2]
    assert ("ary", "procedure", "documents", "answered") == tuple(
        renew[key] for key in ("language", "intent", "facet", "outcome")
    )
    assert ("fr", "fees", "ma.passeport_biometrique_majeur") == (
        fee["language"],
        fee["facet"],
        fee["procedures"][0]["id"],
    )
    assert ("greet", "handled") == (answers[2]["intent"], answers[2]["outcome"])


def test_understand_names_the_line_that_it_cannot_read(dalil: System) -> None:
    done = dalil.dalil("understand", text='{"id": "a", "text": "salam"}\nnot json\n')

    assert 1 == done.returncode
    assert "line 2: not JSON" in done.stderr


def test_understand_starts_a_rasa_of_its_own_where_none_runs_and_ends_it(dalil: System) -> None:
    alone = {**dalil.env, "DALIL_RASA_URL": "http://127.0.0.1:9"}
    system = System(dalil.process, dalil.port, dalil.sandbox_port, dalil.rasa_port, dalil.var_dir, alone)

    done = system.dalil("understand", text='{"id": "a", "text": "combien coute le passeport"}')

    assert "fees" == json.loads(done.stdout)["facet"], done.stderr
    assert not list(dalil.var_dir.glob("rasa-*.db"))


def test_chat_talks_in_the_terminal(dalil: System) -> None:
    done = dalil.dalil("chat", text="combien coute le passeport\n")

    assert "500 DH" in done.stdout


def test_chat_without_a_running_dalil_says_how_to_start_one(dalil: System) -> None:
    done = dalil.dalil("chat", "--url", "http://127.0.0.1:9")

    assert 1 == done.returncode
    assert "make run" in done.stdout


def test_a_second_run_names_the_taken_port(dalil: System) -> None:
    done = dalil.dalil("run")

    assert 1 == done.returncode
    assert re.search(r"Port \d+ is taken, and \w+ needs it", done.stderr)


def test_a_wrong_setting_is_named(dalil: System) -> None:
    wrong = {**dalil.env, "DALIL_PORT": "eight", "DALIL_COUNTRY": "fr"}
    system = System(dalil.process, dalil.port, dalil.sandbox_port, dalil.rasa_port, dalil.var_dir, wrong)

    done = system.dalil("doctor")

    assert 2 == done.returncode
    assert "DALIL_PORT:" in done.stderr
    assert "DALIL_COUNTRY:" in done.stderr


def test_migrate_is_safe_beside_a_running_system(dalil: System) -> None:
    assert "up to date" in dalil.dalil("migrate").stdout


def test_files_of_citizens_are_for_their_owner_only(dalil: System, http: httpx2.Client) -> None:
    for name in ("dalil.db", "rasa.db", "secret_key"):
        assert 0 == (dalil.var_dir / name).stat().st_mode & 0o077, name
