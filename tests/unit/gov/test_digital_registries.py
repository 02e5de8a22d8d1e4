"""The Digital Registries client against answers that a registry should not give, but might."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest

from connectors.errors import GovError, SystemDown, SystemGarbled
from connectors.gov.api import Case, CaseState, Service
from connectors.gov.digital_registries import (
    MAX_PAGES,
    CaseRegistry,
    RegistriesConfig,
    RegistryCases,
    RegistryServices,
    ServiceRegistry,
)
from tests.unit.gov.prepared import Prepared, prepared

NUMBER, BORN = "PA-2026-004217", date(1990, 4, 12)
READ = "/data/cases/1.0/read"
CASES = CaseRegistry("cases", "1.0", {"open": CaseState.IN_PROGRESS}, changed="changed")


@pytest.fixture(scope="module")
def served() -> Iterator[Prepared]:
    with prepared() as system:
        yield system


@pytest.fixture
def system(served: Prepared) -> Prepared:
    served.forget()
    return served


@pytest.fixture
async def client(system: Prepared) -> AsyncIterator[RegistryCases]:
    client = RegistryCases(RegistriesConfig(system.url, "a/b/c/d", "key", timeout_s=0.5), CASES)
    yield client
    await client.close()


def record(**fields: Any) -> dict[str, Any]:
    return {"content": {"fileNumber": NUMBER, "birthDate": "1990-04-12", "status": "OPEN", **fields}}


async def test_codes_are_compared_without_case(system: Prepared, client: RegistryCases) -> None:
    system.says(READ, record(changed="2026-11-20"))

    assert await client.find(NUMBER, BORN) == Case(
        NUMBER, "", CaseState.IN_PROGRESS, "OPEN", "", None, False, changed=date(2026, 11, 20)
    )


async def test_a_registry_that_ignores_the_birth_date_gives_nothing_away(
    system: Prepared, client: RegistryCases
) -> None:
    system.says(READ, record())

    assert await client.find(NUMBER, date(1990, 4, 13)) is None


@pytest.mark.parametrize("born", [None, "", 19900412, True, ["1990-04-12"], "12/04/1990"])
async def test_a_record_without_a_readable_birth_date_is_told_to_nobody(
    system: Prepared, client: RegistryCases, born: object
) -> None:
    system.says(READ, record(birthDate=born))

    assert await client.find(NUMBER, BORN) is None


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param(record(fileNumber="PA-2026-000001"), 200, SystemGarbled, id="another record"),
        pytest.param(record(fileNumber=None), 200, SystemGarbled, id="no number"),
        pytest.param({"content": [1990]}, 200, SystemGarbled, id="a list"),
        pytest.param({}, 200, SystemGarbled, id="no content"),
        pytest.param({"detail": "Not found."}, 404, SystemGarbled, id="a 404 of the web server"),
        pytest.param("<html>", 404, SystemGarbled, id="a 404 that is a page"),
        pytest.param("", 503, SystemDown, id="503"),
    ],
)
async def test_every_failure_is_of_the_closed_set_and_names_no_content(
    system: Prepared, client: RegistryCases, body: object, status: int, error: type[GovError]
) -> None:
    system.says(READ, body, status)

    with pytest.raises(error) as caught:
        await client.find(NUMBER, BORN)

    for secret in (NUMBER, "000001", "1990"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize("field", ["file_number", "birth_date"])
def test_a_registry_without_the_two_facts_cannot_be_used(field: str) -> None:
    with pytest.raises(ValueError, match="must name fields"):
        RegistryCases(
            RegistriesConfig("http://127.0.0.1:9", "a/b/c/d", "key"), CaseRegistry("c", "1", {}, **{field: ""})
        )


async def test_the_next_page_is_counted_and_its_address_not_followed(system: Prepared) -> None:
    system.says("/data/s/1", {"count": 9, "next": "http://elsewhere.example/", "results": [{"code": 7, "title": "Un"}]})
    client = RegistryServices(RegistriesConfig(system.url, "a/b/c/d", "key"), ServiceRegistry("s", "1"))

    with pytest.raises(SystemGarbled, match=f"more than {MAX_PAGES} pages"):
        await client.services()

    assert [str(number) for number in range(1, MAX_PAGES + 1)] == [each.query_params["page"] for each in system.asked]
    await client.close()


async def test_an_empty_page_is_the_last_and_a_record_without_a_code_is_no_service(system: Prepared) -> None:
    system.says("/data/s/1", {"count": 2, "next": 1, "results": []})
    client = RegistryServices(RegistriesConfig(system.url, "a/b/c/d", "key"), ServiceRegistry("s", "1"))
    assert () == await client.services()

    system.says("/data/s/1", {"count": 2, "results": [{"title": "Sans code"}, {"code": 7, "title": "Un"}]})
    assert (Service("7", "Un"),) == await client.services()
    await client.close()
