"""`dalil gov check` and `dalil gov try`, as whoever connects a system runs them, and what the app makes of files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.government import case_tracker
from bot.settings import Settings
from connectors.gov.api import CaseState
from connectors.gov.declared_yaml import DeclaredError
from connectors.sandbox.registration.api import create_router as create_registration_router
from connectors.sandbox.rest.api import create_router
from tests.unit.gov.declared_files import EXAMPLE, OAUTH, written
from tests.unit.sandbox.serving import Server


@pytest.fixture(scope="module")
def sandbox_port() -> Iterator[int]:
    api = FastAPI()
    api.include_router(create_router())
    api.include_router(create_registration_router())
    with Server(api) as server:
        yield int(server.url.rpartition(":")[2])


def dalil(port: int, *words: str, **env: str) -> Result:
    return CliRunner().invoke(app, ["gov", *words], env={"DALIL_SANDBOX_PORT": str(port), **env})


def test_a_right_file_is_said_to_be_right_with_what_it_needs(sandbox_port: int) -> None:
    done = dalil(sandbox_port, "check", str(EXAMPLE))

    assert 0 == done.exit_code
    assert "right. 5 codes, file numbers like URB-2026-00017." in done.stdout
    assert "sandbox_permits_key, sandbox_url" in done.stdout


def test_a_wrong_file_is_named_by_line_and_the_command_fails(sandbox_port: int, tmp_path: Path) -> None:
    done = dalil(sandbox_port, "check", str(written(tmp_path, base_url=None)))

    assert 1 == done.exit_code
    assert "desk.yaml:1: base_url is missing" in done.output


def test_trying_shows_what_a_citizen_would_be_told(sandbox_port: int) -> None:
    done = dalil(sandbox_port, "try", str(EXAMPLE), "urb ٢٠٢٦ 00017", "14/03/1987")

    assert 0 == done.exit_code, done.output
    for word in ("in_progress", "En instruction", "2026-10-05", "Passage en commission", "answered in"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("number", "born", "said"),
    [
        pytest.param("URB-2026-00017", "1987-03-15", "no such file, or the birth date is another one", id="date"),
        pytest.param("URB-2026-99999", "1987-03-14", "no such file, or the birth date is another one", id="number"),
        pytest.param("PA-2026-004217", "1987-03-14", "They look like URB-2026-00017", id="another form"),
    ],
)
def test_what_is_not_found_is_said(sandbox_port: int, number: str, born: str, said: str) -> None:
    done = dalil(sandbox_port, "try", str(EXAMPLE), number, born)

    assert 1 == done.exit_code
    assert said in done.output


def test_secrets_come_from_the_settings_and_a_refusal_names_none(sandbox_port: int, tmp_path: Path) -> None:
    file = str(written(tmp_path, **OAUTH))
    asked = ("try", file, "URB-2026-00017", "14/03/1987")
    wrong = '{"desk_id": "sandbox-dalil", "desk_secret": "not-this"}'
    right = '{"desk_id": "sandbox-dalil", "desk_secret": "sandbox-client-secret"}'

    missing = dalil(sandbox_port, *asked)
    refused = dalil(sandbox_port, *asked, DALIL_GOV_SECRETS=wrong)
    answered = dalil(sandbox_port, *asked, DALIL_GOV_SECRETS=right)

    assert "no value named 'desk_id'" in missing.output
    assert "gov_refused: token: HTTP 401" in refused.output
    assert "not-this" not in refused.output
    assert 0 == answered.exit_code, answered.output


async def test_the_form_of_a_number_decides_which_system_is_asked(sandbox_port: int) -> None:
    tracker = case_tracker(Settings(_env_file=None, sandbox=True, sandbox_port=sandbox_port))
    assert tracker is not None

    permit = await tracker.find("URB-2026-00008", date(1992, 2, 29))
    passport = await tracker.find("PA-2026-004217", date(1990, 4, 12))
    nothing = await tracker.find("XX", date(1990, 4, 12))
    await tracker.close()

    assert permit is not None
    assert CaseState.APPROVED is permit.state
    assert passport is not None
    assert "Passeport biométrique" == passport.service
    assert nothing is None
    rules = tracker.file_numbers
    assert "PA-2026-004217" == rules.example
    assert "URB-2026-00008" == rules.find("mon dossier urb 2026 00008 svp")
    assert "MON DOSSIER SVP" == rules.without("mon dossier urb 2026 00008 svp")
    assert "RIEN" == rules.without("rien")


def test_without_a_sandbox_nothing_is_connected_by_the_shipped_files() -> None:
    assert case_tracker(Settings(_env_file=None, sandbox=False)) is None


def test_a_wrong_file_stops_the_start(tmp_path: Path) -> None:
    written(tmp_path, states={})

    with pytest.raises(DeclaredError, match=r"desk\.yaml:\d+: states"):
        case_tracker(Settings(_env_file=None, sandbox=True, gov_systems_dir=tmp_path))
