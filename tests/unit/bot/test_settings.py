"""Settings: half-given credentials are refused, secrets are made once, purposes do not share one."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from pydantic import ValidationError
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import EventSettings, Settings, misspelt, misspelt_lines

WRONG = "DALIL_"  # put together here: no file may name a setting that does not exist


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    whatsapp = [f"WHATSAPP__{name}" for name in ("PHONE_NUMBER_ID", "ACCESS_TOKEN", "APP_SECRET", "VERIFY_TOKEN")]
    for name in ("TWILIO__ACCOUNT_SID", "TWILIO__AUTH_TOKEN", "TELEGRAM__TOKEN", "TELEGRAM__SECRET_TOKEN", *whatsapp):
        monkeypatch.delenv(f"DALIL_{name}", raising=False)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"TWILIO__ACCOUNT_SID": "AC1"}, "set both DALIL_TWILIO__ACCOUNT_SID and DALIL_TWILIO__AUTH_TOKEN"),
        ({"TWILIO__ACCOUNT_SID": "AC1", "TWILIO__AUTH_TOKEN": "x"}, "replies need a sender"),
        ({"TELEGRAM__TOKEN": "1:x"}, "set both DALIL_TELEGRAM__TOKEN and DALIL_TELEGRAM__SECRET_TOKEN"),
        (
            {"WHATSAPP__PHONE_NUMBER_ID": "1"},
            "set all of DALIL_WHATSAPP__PHONE_NUMBER_ID, DALIL_WHATSAPP__ACCESS_TOKEN",
        ),
        (
            {"OIDC__ISSUER": "https://id.example"},
            "set all of DALIL_OIDC__ISSUER, DALIL_OIDC__CLIENT_ID and DALIL_OIDC__KEY_FILE",
        ),
        (
            {"OIDC__ISSUER": "http://id.example", "OIDC__CLIENT_ID": "c", "OIDC__KEY_FILE": "k.pem"},
            "must be called by https",
        ),
        (
            {"OIDC__ISSUER": "https://id.example", "OIDC__CLIENT_ID": "c", "OIDC__KEY_FILE": "nowhere.pem"},
            "DALIL_OIDC__KEY_FILE: nowhere.pem cannot be read",
        ),
        ({"OIDC__SCOPES": "profile"}, "must hold openid"),
        ({"COUNTRY": "fr"}, "'ma', 'dz' or 'mr'"),
        ({"ADDRESS_KEYS": "abc"}, "key 1 is no Fernet key"),
        ({"PORT": "99999"}, "less than or equal to 65535"),
    ],
)
def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"DALIL_{name}", value)

    with pytest.raises(ValidationError, match=sentence):
        Settings(_env_file=None)


def test_scopes_and_ways_to_sign_in_are_written_as_the_standard_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALIL_OIDC__SCOPES", "openid profile")
    monkeypatch.setenv("DALIL_OIDC__ACR_VALUES", "idbb:acr:generated-code idbb:acr:biometrics")
    given = Settings(_env_file=None).oidc

    assert (("openid", "profile"), ("idbb:acr:generated-code", "idbb:acr:biometrics")) == (
        given.scopes,
        given.acr_values,
    )


def test_an_identity_provider_sends_browsers_back_to_https_only(tmp_path: Path) -> None:
    key = tmp_path / "oidc.pem"
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    oidc = {"issuer": "https://id.example", "client_id": "c", "key_file": str(key)}

    with pytest.raises(ValidationError, match="may come back to https only"):
        Settings(_env_file=None, oidc=oidc)
    assert key == Settings(_env_file=None, oidc=oidc, public_url="https://dalil.example").oidc.key_file


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first, second = (Settings(_env_file=None, var_dir=tmp_path, secret_key="") for _ in range(2))

    assert first.key() == second.key()
    assert 0o600 == (tmp_path / "secret_key").stat().st_mode & 0o777


def test_each_purpose_has_its_own_secret(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, var_dir=tmp_path)

    assert settings.derived("webchat") != settings.derived("rasa-actions")


def test_a_name_that_is_no_setting_is_told_with_the_nearest_one_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{WRONG}TWILLIO__AUTH_TOKEN=hush\nDALIL_GOV_SECRETS__KEY=x\nDALIL_COUNTRY=ma\n")
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    monkeypatch.setenv(f"{WRONG}PROT", "hush")
    monkeypatch.setenv("DALIL_ACTION_URL", "x")

    assert [
        (f"{WRONG}PROT", "DALIL_PORT"),
        (f"{WRONG}TWILLIO__AUTH_TOKEN", "DALIL_TWILIO__AUTH_TOKEN"),
    ] == misspelt()
    assert "hush" not in "".join(misspelt_lines())


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_mistake_in_a_file_that_a_setting_names_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("currency: euro\ncountries: {}\n")
    monkeypatch.setenv("DALIL_PRICES_FILE", str(file))
    done = CliRunner().invoke(app, [command])

    assert (78, 1) == (done.exit_code, len(done.stderr.splitlines()))
    assert done.stderr.startswith("DALIL_PRICES_FILE: ")
    assert isinstance(done.exception, SystemExit)


def test_a_certificate_is_named_as_openssl_prints_it_or_plain() -> None:
    printed = ":".join(["AB"] * 32)

    assert ("ab" * 32, "cd" * 32) == EventSettings(certificates=f"{printed}, {'cd' * 32}").certificates


def test_what_is_no_fingerprint_is_refused_with_what_is_expected() -> None:
    with pytest.raises(ValidationError, match="64 hex digits"):
        EventSettings(certificates="mediator.pem")
