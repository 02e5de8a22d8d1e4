"""The price table is data: what it must hold, and what an SMS costs by it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.ports import Price
from bot.prices import PricesError, PriceTable, load_prices
from bot.settings import Settings
from connectors.messages import Address, Medium, OutgoingMessage

TABLE = """
currency: EUR
countries:
  ma: {micros: 90000, source: our contract, date: 2026-11-01}
  dz: {micros: null, source: our contract, date: null}
  mr: {micros: 0, source: our contract, date: 2026-11-01}
  other: {micros: 250000, source: our contract, date: 2026-11-01}
"""


def sms(number: str, text: str) -> OutgoingMessage:
    to = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id=number)
    return OutgoingMessage(to=to, text=text, language="fr")


@pytest.fixture
def table(tmp_path: Path) -> PriceTable:
    file = tmp_path / "prices.yaml"
    file.write_text(TABLE)
    return load_prices(file)


def test_our_own_table_is_whole_and_every_price_has_a_public_source_and_a_date() -> None:
    table = load_prices(Settings().prices_file)

    assert {"ma", "dz", "mr", "other"} == set(table.countries)
    for price in table.countries.values():
        assert price.source.startswith("https://")
        assert price.date is None or price.date <= date.today()  # noqa: DTZ011 - a day in a file has no zone


def test_each_segment_costs_what_the_recipients_country_costs(table: PriceTable) -> None:
    assert Price("ma", 1, 90_000) == table.price_of(sms("+212600000001", "bonjour"))
    assert Price("ma", 2, 180_000) == table.price_of(sms("+212600000001", "x" * 161))
    assert Price("ma", 2, 180_000) == table.price_of(sms("+212600000001", "سلام" * 18))
    assert Price("", 1, 250_000) == table.price_of(sms("+33600000001", "bonjour"))


def test_a_price_that_is_not_known_is_not_invented_and_one_of_nothing_is_a_price(table: PriceTable) -> None:
    assert Price("dz", 1, None) == table.price_of(sms("+213600000001", "bonjour"))
    assert Price("mr", 1, 0) == table.price_of(sms("+222600000001", "bonjour"))
    assert ("dz",) == table.unpriced


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        ("mr: {micros: 0, source: our contract, date: 2026-11-01}", "no entry for mr"),
        ("date: 2026-11-01}\n  dz", "give micros and date"),
        ("currency: EUR", "currency"),
        ("micros: 90000", "countries.ma.micros"),
    ],
)
def test_a_mistake_in_the_table_is_named(tmp_path: Path, mistake: str, named: str) -> None:
    wrong = {
        "mr: {micros: 0, source: our contract, date: 2026-11-01}": "",
        "date: 2026-11-01}\n  dz": "date: null}\n  dz",
        "currency: EUR": "currency: euro",
        "micros: 90000": "micros: -1",
    }[mistake]
    file = tmp_path / "prices.yaml"
    file.write_text(TABLE.replace(mistake, wrong))

    with pytest.raises(PricesError, match=named):
        load_prices(file)


def test_a_table_that_is_missing_or_no_yaml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    with pytest.raises(PricesError, match=r"prices\.yaml: FileNotFoundError"):
        load_prices(file)
    file.write_text("a: [")
    with pytest.raises(PricesError, match=r"prices\.yaml"):
        load_prices(file)
