from collections.abc import Iterator
from functools import partial

import httpx2
import pytest

from connectors.sandbox.app import create_app
from connectors.tls import usual_tls
from tests.unit.sandbox.serving import Customer, Phone, Server, config


@pytest.fixture
def customer() -> Customer:
    return Customer()


@pytest.fixture
def sandbox_url(customer: Customer) -> Iterator[str]:
    with Server(customer.app()) as app, Server(create_app(config(app.url))) as sandbox:
        yield sandbox.url
        app.stop()


@pytest.fixture
def fault(sandbox_url: str):
    """Order a fault: `fault("twilio", "429", 2)`."""

    def order(provider: str, kind: str, count: int = 1) -> None:
        body = {"provider": provider, "kind": kind, "count": count}
        httpx2.post(f"{sandbox_url}/sandbox/faults", json=body, trust_env=False, verify=usual_tls()).raise_for_status()

    return order


@pytest.fixture
def phone(sandbox_url: str):
    return partial(Phone, sandbox_url)
