"""Settings: half-given credentials are refused, secrets are made once, purposes do not share one."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from pydantic import ValidationError

from bot.settings import Settings


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
