"""What may stand in a system's file: every mistake is named with its line, before anything is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.gov.api import CaseState
from connectors.gov.declared_schema import read_system
from connectors.gov.declared_systems import open_systems
from connectors.gov.declared_yaml import DeclaredError
from tests.unit.gov.declared_files import EXAMPLE, OAUTH, VALUES, written

SANDBOX = {**VALUES, "sandbox_url": "http://127.0.0.1:8010", "sandbox_benefits_key": "k"}


def mistakes(file: Path, values: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(DeclaredError) as caught:
        read_system(file, values)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_the_example_is_right_and_says_what_it_says() -> None:
    system = read_system(EXAMPLE, SANDBOX)

    assert "sandbox_permits" == system.id
    assert CaseState.ACTION_NEEDED is system.states["CMP"]
    assert (404,) == system.answer.not_found_status
    assert 3.0 == system.limits.timeout_s
    assert "URB-2026-00017" == system.file_number.rule.find("urb ٢٠٢٦ 00017")


def test_the_shipped_folder_opens_where_the_sandbox_runs_and_is_empty_elsewhere() -> None:
    assert ["sandbox_permits"] == [client.id for client in open_systems(EXAMPLE.parent, SANDBOX)]
    assert ["sandbox_benefits"] == [client.id for client in open_systems(EXAMPLE.parent, SANDBOX, "required")]
    assert () == open_systems(EXAMPLE.parent, {})
    assert () == open_systems(EXAMPLE.parent / "nowhere", {})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"base_url": None}, "1: base_url is missing", id="a key is missing"),
        pytest.param({"limits.timeout": 3}, "limits.timeout is not known", id="a key is misspelt"),
        pytest.param({"limits.timeout_s": 60}, "less than or equal to 10", id="a citizen would wait for a minute"),
        pytest.param({"base_url": "ftp://desk.example"}, "begins with https://", id="an address of another kind"),
        pytest.param({"request.path": "/v1/{number}"}, "{number} means nothing here", id="an unknown placeholder"),
        pytest.param({"request.path": "/v1/all"}, "nowhere holds {file}", id="the file number is not sent"),
        pytest.param({"request.body": {"a": "{file}"}}, "a GET has no body", id="a GET with a body"),
        pytest.param({"request.headers": {"Authorization": "Bearer x"}}, "carries a secret", id="a secret in a header"),
        pytest.param({"request.headers": {"A b": "x"}}, "no name of a header", id="a header with a space"),
        pytest.param({"request.headers": {"A": "x\r\ny"}}, "control characters", id="a header in two lines"),
        pytest.param({"auth.secret": "s3cret/KEY=="}, "auth.api_key.secret", id="a secret instead of its name"),
        pytest.param({"auth.kind": "password"}, "auth", id="an unknown kind of credentials"),
        pytest.param({"answer.code": "etat.[code"}, "not a JMESPath expression", id="a path that is no JMESPath"),
        pytest.param({"answer.code": None}, "answer.code is missing", id="no code"),
        pytest.param({"answer.date_format": "%d/%m"}, "order of day, month and year", id="a date without its year"),
        pytest.param({"answer.birth_date": None}, "birth_date_checked_by: system", id="no second factor"),
        pytest.param({"birth_date_checked_by": "system"}, "only if the request holds", id="a second factor not sent"),
        pytest.param({"states": {}}, "at least 1", id="no codes"),
        pytest.param({"states.INS": "waiting"}, "states.INS", id="a state that does not exist"),
        pytest.param({"states.ins": "approved"}, "'ins' stands twice", id="a code in two sizes"),
        pytest.param({"states.ODD": "unknown"}, "leave out the codes", id="a code that means unknown"),
        pytest.param({"file_number.example": "12"}, "does not fit the pattern", id="an example that does not fit"),
        pytest.param(
            {"file_number.pattern": r"URB/\d+", "file_number.example": "URB/17"},
            "file_number.separator: '/'",
            id="a number with a sign of the system's own",
        ),
        pytest.param({"file_number.pattern": "URB-["}, "unterminated character set", id="a pattern that is none"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    found = mistakes(written(tmp_path, **changes))

    assert [one for one in found if one.startswith("desk.yaml:") and said in one], found


def test_a_mistake_is_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    text = EXAMPLE.read_text("utf-8").replace("code: etat.code", "code: etat.[")
    file.write_text(text, "utf-8")
    line = 1 + [one.strip() for one in text.splitlines()].index("code: etat.[")

    assert [f"desk.yaml:{line}"] == [one.rpartition(": answer.code")[0] for one in mistakes(file)]


def test_all_mistakes_come_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    found = mistakes(written(tmp_path, **{"limits.timeout_s": 0, "request.path": "no slash", "answer.code": "["}))

    assert 3 == len(found)
    lines = [int(one.split(":")[1]) for one in found]
    assert sorted(lines) == lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("id: [", "not valid YAML", id="an open bracket"),
        pytest.param("- a\n- b\n", "write `key: value` lines", id="a list"),
        pytest.param("", "write `key: value` lines", id="nothing"),
        pytest.param("id: a\nid: b\n", "stands twice", id="a key twice"),
        pytest.param("a: &x {b: c}\nd: *x\n", "anchors and aliases", id="an alias"),
        pytest.param("? [a]\n: b\n", "a key must be a single word", id="a list as a key"),
        pytest.param("request: {body: {day: 2026-01-02}}", "put quotes around a date", id="a bare date in a body"),
        pytest.param("a: " + "x" * 70_000, "at most 64 KiB", id="far too long"),
    ],
)
def test_a_file_that_is_no_yaml_of_ours_is_said_to_be_none(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(text, "utf-8")

    assert said in mistakes(file)[0]


def test_other_encodings_and_missing_files_are_named(tmp_path: Path) -> None:
    latin = tmp_path / "desk.yaml"
    latin.write_bytes("id: a\nname: Pièce".encode("latin-1"))

    assert ["desk.yaml:2: not UTF-8; save the file as UTF-8"] == mistakes(latin)
    assert "cannot be read" in mistakes(tmp_path / "gone.yaml")[0]


def test_codes_and_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    body = "  method: POST\n  body: {n: '{file}', exact: true, most: 1, who: null}\n"
    text = EXAMPLE.read_text("utf-8").replace("  method: GET\n", body)
    file.write_text(text.replace("  DEP: received\n", "  007: received\n  on: approved\n"), "utf-8")

    system = read_system(file)

    assert (CaseState.RECEIVED, CaseState.APPROVED) == (system.states["007"], system.states["on"])
    assert {"n": "{file}", "exact": True, "most": 1, "who": None} == system.request.body


def test_a_value_that_the_settings_lack_is_named_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, **OAUTH)

    found = mistakes(file, {"sandbox_url": "http://127.0.0.1:8010"})

    assert ["desk_id", "desk_secret"] == [line.split("'")[1] for line in found]
    assert all(line.startswith("desk.yaml:") and "no value named" in line for line in found)


def test_two_systems_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "a.yaml")
    written(tmp_path, "b.yaml")
    written(tmp_path, "c.yaml", id="other")

    with pytest.raises(DeclaredError) as caught:
        open_systems(tmp_path, SANDBOX)

    assert [
        "b.yaml:1: the id 'sandbox_permits' is used in a.yaml, too",
        "c.yaml:1: its file numbers look like those of a.yaml",
        "c.yaml:1: its file numbers look like those of b.yaml",
    ] == [str(mistake) for mistake in caught.value.mistakes]


def test_a_file_may_say_what_it_serves_and_its_own_limits(tmp_path: Path) -> None:
    file = written(tmp_path, procedures=["ma.permis_construire"], **{"limits.at_once": "3", "limits.rests_s": "60"})

    system = read_system(file, SANDBOX)

    assert system.served.any_of({"ma.permis_construire"})
    assert not system.served.any_of({"ma.cnie_renouvellement"})
    assert {"at_once": 3, "rests_s": 60.0} == system.limits.of_guard


def test_what_is_no_procedure_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DeclaredError, match=r"desk\.yaml:\d+: procedures: 'permis' is no procedure"):
        read_system(written(tmp_path, procedures=["permis"]))
