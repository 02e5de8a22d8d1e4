"""Stop, start, the notice and "delete my data" through the whole running system."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx2
import pytest
from twilio.request_validator import RequestValidator

from bot.accounts import SANDBOX_WHATSAPP_FROM, sandbox_config
from bot.settings import Settings
from connectors.sms_text import segments
from tests.journeys.conftest import Phone
from tests.system import System

WAIT_S = 20.0


# Rows that lead to a person (:person) or to one of his conversations (:mine, a JSON list).
ROWS = {
    "people": "select count(*) from people where id = :person",
    "identities": "select count(*) from identities where person_id = :person",
    "attempts": "select count(*) from attempts where person_id = :person",
    "conversations": "select count(*) from conversations where id in (select value from json_each(:mine))",
    "inbox": "select count(*) from inbox where conversation_id in (select value from json_each(:mine))",
    "outbox": "select count(*) from outbox where conversation_id in (select value from json_each(:mine))",
    "requests": "select count(*) from requests where conversation_id in (select value from json_each(:mine))",
}
WRITER = """select person_id from identities where id = (select identity_id from conversations where id =
    (select conversation_id from inbox order by id desc limit 1))"""
CONVERSATIONS = "select id from conversations where identity_id in (select id from identities where person_id = ?)"
EVENTS = "select count(*) from events where sender_id in (select value from json_each(:mine))"


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    conversations: tuple[str, ...]


class Stored:
    """What the system's own database and Rasa's hold."""

    def __init__(self, dalil: System) -> None:
        self._path, self._rasa = dalil.var_dir / "dalil.db", dalil.var_dir / "rasa.db"

    def all(self, query: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> Any:
        rows = self.all(query, *values)
        return rows[0][0] if rows else None

    def writer(self) -> Person:
        """Who wrote the newest message, with all his conversations."""
        person = self.one(WRITER)
        return Person(person, tuple(row[0] for row in self.all(CONVERSATIONS, person)))

    def rows_of(self, person: Person) -> dict[str, int]:
        """How many rows lead to him, by table; tables without any left out."""
        values = {"person": person.id, "mine": json.dumps(person.conversations)}
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            counts = {name: connection.execute(query, values).fetchone()[0] for name, query in ROWS.items()}
        with closing(sqlite3.connect(self._rasa, timeout=10)) as connection:
            counts["rasa"] = connection.execute(EVENTS, values).fetchone()[0]
        return {name: count for name, count in counts.items() if count}

    def until(self, query: str, expected: object, *values: object) -> None:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            if (found := self.one(query, *values)) == expected:
                return
            time.sleep(0.05)
        raise AssertionError(f"{query}: {found}, not {expected}")


@pytest.fixture
def stored(dalil: System) -> Stored:
    return Stored(dalil)


def number_of(phone: Phone) -> str:
    address: str = phone._http.get(f"{phone._url}/transcript").json()["address"]
    return address


def write_on_whatsapp(dalil: System, number: str, text: str) -> None:
    """A WhatsApp message from any number, as Twilio would bring it."""
    config = sandbox_config(Settings(_env_file=None, var_dir=dalil.var_dir, port=dalil.port))
    url = f"{dalil.url}/channels/twilio"
    form = {
        "MessageSid": f"SM{token_hex(16)}",
        "AccountSid": config.twilio_account_sid,
        "From": f"whatsapp:{number}",
        "To": f"whatsapp:{SANDBOX_WHATSAPP_FROM}",
        "Body": text,
        "NumMedia": "0",
    }
    signature = RequestValidator(config.twilio_auth_token).compute_signature(url, form)
    httpx2.post(url, data=form, headers={"X-Twilio-Signature": signature}, trust_env=False).raise_for_status()


def test_the_notice_comes_once_with_the_first_answer_and_fits(sms: Phone, telegram: Phone) -> None:
    first, second = sms.say("ch7al casier judiciaire"), sms.say("w fin?")
    assert "09.08" in first.splitlines()[-1]
    assert "09.08" not in second
    assert segments(first).segments <= 4
    assert segments(second).segments <= 3

    assert "(loi 09-08)" in telegram.say("combien coute le passeport")
    assert "09-08" not in telegram.say("et les documents ?")
    assert [1, 1] == [len(phone.received()) - 1 for phone in (sms, telegram)]


def test_the_law_is_that_of_the_number(dalil: System, http: httpx2.Client) -> None:
    for country, law in (("dz", "18-07"), ("mr", "2017-020")):
        phone = Phone(http, dalil.sandbox_url, "whatsapp", country, dalil.database)
        assert f"(loi {law})" in phone.say("combien coûte le passeport")


def test_dalil_chat_has_no_notice(dalil: System) -> None:
    done = dalil.dalil("chat", text="combien coute le passeport\n")

    assert "500 DH" in done.stdout
    assert "09-08" not in done.stdout


def test_stop_by_sms_silences_whatsapp_of_the_same_number_and_start_there_brings_both_back(
    dalil: System, sms: Phone, stored: Stored
) -> None:
    number = number_of(sms)
    sms.say("combien coute le passeport")
    assert "START" in sms.say("حبسو الرسائل عافاكم")
    before = len(sms.received())

    write_on_whatsapp(dalil, number, "combien coute le passeport")
    stored.until("select outcome from inbox order by id desc limit 1", "opted_out")
    sms.act(text="allo ?")
    stored.until("select count(*) from inbox where outcome = 'opted_out' and state = 'done'", 2)
    assert before == len(sms.received())

    write_on_whatsapp(dalil, number, "ابدأ")
    stored.until("select outcome from inbox order by id desc limit 1", "handled")
    assert "500 DH" in sms.say("combien coute le passeport")


def test_what_is_kept_is_told_in_the_chat(whatsapp: Phone, telegram: Phone) -> None:
    whatsapp.say("combien coute le passeport")

    said = whatsapp.say("vie privée")
    assert "2 (vos messages), 1 (mes réponses)" in said
    assert "CNDP" in said
    assert "شنو كتخبيو" not in telegram.say("chno katkhebbiw 3liya")
    assert "اللجنة الوطنية" in telegram.received()[-1]["text"]


def test_his_data_are_given_in_the_chat_and_by_the_operator(dalil: System, whatsapp: Phone, sms: Phone) -> None:
    whatsapp.say("combien coute le passeport")
    sms.say("combien coute la carte nationale")

    said = whatsapp.say("donne-moi mes données")
    assert "2 (vos messages), 1 (mes réponses)" in said
    assert "vous : combien coute le passeport" in said
    assert "carte nationale" not in said
    done = dalil.dalil("export-person", "whatsapp", number_of(whatsapp))
    [person] = json.loads(done.stdout)["persons"]
    texts = [row["body"]["text"] for row in person["inbox"]]
    assert ["combien coute le passeport", "donne-moi mes données"] == texts
    assert {number_of(whatsapp)} == {row["external_id"] for row in person["identities"]}
    assert number_of(sms) not in done.stdout
    assert person["rasa_events"]
    nobody = dalil.dalil("export-person", "telegram", number_of(whatsapp))
    assert (1, "", "Nobody is known") == (nobody.returncode, nobody.stdout, nobody.stderr[:15])


def test_delete_my_data_leaves_no_row_of_this_person(
    dalil: System, sms: Phone, telegram: Phone, stored: Stored
) -> None:
    telegram.say("combien coute le passeport")
    other = stored.writer()
    kept = stored.rows_of(other)
    messages = stored.one("select count(*) from inbox")
    write_on_whatsapp(dalil, number_of(sms), "je veux parler à une personne")
    stored.until("select count(*) from inbox where state = 'done'", messages + 1)
    for text in ("où en est mon dossier ?", "PA-2026-004217", "01/01/1991", "supprimez mes données"):
        said = sms.say(text)
    person = stored.writer()
    assert (2, {*ROWS, "rasa"}) == (len(person.conversations), set(stored.rows_of(person)))
    assert "SUPPRIMER" in said

    assert "effacé" in sms.say("SUPPRIMER")
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and stored.rows_of(person):
        time.sleep(0.2)
    assert {} == stored.rows_of(person)
    assert kept == stored.rows_of(other)

    assert "09-08" in sms.say("combien coute le passeport")  # a stranger again


def test_a_flood_gets_one_friendly_sentence_and_nothing_is_lost(telegram: Phone, stored: Stored) -> None:
    before = stored.one("select count(*) from inbox")
    for number in range(45):
        telegram.act(text=f"et le prix numéro {number} ?")

    stored.until("select count(*) from inbox where state = 'done'", before + 45)
    refused = stored.one("select count(*) from inbox where outcome = 'flood'")
    said = stored.all("select body from outbox where inbox_id in (select id from inbox where outcome = 'flood')")
    assert 5 < refused < 20
    assert [True] == ["plus vite" in body for (body,) in said]
