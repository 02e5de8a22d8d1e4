"""Client certificates of a declared system, against a TLS server that checks them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.errors import SystemDown
from connectors.gov.api import CaseState
from connectors.gov.declared import DeclaredClient
from connectors.gov.declared_schema import read_system
from tests.unit.gov.declared_files import BORN, NUMBER, VALUES, asking, dossier, written
from tests.unit.gov.own_certificates import Certificates, certificates, tls_server


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


async def test_a_client_certificate_opens_the_door_and_nothing_else_does(tmp_path: Path, own: Certificates) -> None:
    paths = {"our_certificate": str(own.client), "our_key": str(own.client_key), "their_ca": str(own.authority)}
    tls = {"certificate": "our_certificate", "key": "our_key", "authority": "their_ca"}
    strangers = {**paths, "our_certificate": str(own.stranger), "our_key": str(own.stranger_key)}

    async with tls_server(own, json.dumps(dossier(etat={"code": "ACC"}))) as url:
        async with asking(tmp_path, url, values=paths, tls=tls, auth={"kind": "none"}) as client:
            found = await client.find(NUMBER, BORN)
        async with asking(tmp_path, url, values=strangers, tls=tls, auth={"kind": "none"}) as client:
            with pytest.raises(SystemDown):
                await client.find(NUMBER, BORN)

    assert found is not None
    assert CaseState.APPROVED is found.state


def test_a_certificate_that_is_not_there_is_named_at_once(tmp_path: Path, own: Certificates) -> None:
    values = {
        **VALUES,
        "sandbox_url": "https://desk.example",
        "cert": str(tmp_path / "gone.pem"),
        "key": str(own.client),
    }
    system = read_system(written(tmp_path, tls={"certificate": "cert", "key": "key"}), values)

    with pytest.raises(ValueError, match="client certificate cert or its key key: No such file"):
        DeclaredClient(system, values)


async def test_a_server_whose_certificate_nobody_signed_is_not_believed(tmp_path: Path, own: Certificates) -> None:
    values = {"our_certificate": str(own.client), "our_key": str(own.client_key)}
    tls = {"certificate": "our_certificate", "key": "our_key"}

    async with tls_server(own, "{}") as url, asking(tmp_path, url, values=values, tls=tls) as client:
        with pytest.raises(SystemDown, match="ConnectError"):
            await client.find(NUMBER, BORN)
