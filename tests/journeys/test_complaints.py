"""A citizen complains, on a WhatsApp phone and by SMS, along the whole path to the sandbox's desk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import httpx2

from tests.journeys.conftest import Phone
from tests.system import System

TEXT = "Un grand trou devant l'école, une moto est tombée hier"


def filed(dalil: System, http: httpx2.Client, text: str) -> list[dict[str, Any]]:
    every = http.get(f"{dalil.sandbox_url}/sandbox/open311/requests").json()["requests"]
    return [each for each in every if each["description"] == text]


def test_a_complaint_on_whatsapp_is_filed_once_and_followed(
    dalil: System, http: httpx2.Client, whatsapp: Phone
) -> None:
    assert "problème" in whatsapp.say("je veux faire une réclamation")
    assert "Décrivez" in whatsapp.tap("Nid-de-poule")
    assert "Où est-ce" in whatsapp.say(TEXT)

    price = whatsapp.say("combien coute le passeport ?")
    assert "500 DH" in price
    assert "Où est-ce" in price

    summary = whatsapp.say("Rue inventée 3, Ville Exemple")
    assert TEXT in summary
    assert [] == filed(dalil, http, TEXT)
    done = whatsapp.tap("Envoyer")

    [complaint] = filed(dalil, http, TEXT)
    number = complaint["service_request_id"]
    assert number in done
    http.post(f"{dalil.sandbox_url}/sandbox/open311/requests/{number}/close", json={"notes": "Réparé."})
    assert "« Réparé. »" in whatsapp.tap("Suivre")
    with closing(sqlite3.connect(dalil.var_dir / "rasa.db")) as events:
        kept = [data for (data,) in events.execute("SELECT data FROM events") if "moto est tomb" in data]
    assert [] == kept


def test_by_sms_in_darija_with_numbers_and_a_lost_answer(dalil: System, http: httpx2.Client, sms: Phone) -> None:
    sms.say("بغيت ندير شكاية")
    assert "بلا سمية" in sms.say("3")
    text = "حفرة كبيرة حدا المدرسة وطاح فيها شي واحد"
    assert "فين كاين" in sms.say(text)
    summary = sms.say("زنقة المثال 3، مدينة المثال")
    while "0" in summary.splitlines()[-1] and "1" not in summary.splitlines()[-2]:
        summary = sms.say("0")
    http.post(f"{dalil.sandbox_url}/sandbox/open311/faults", json={"kind": "down"}).raise_for_status()
    try:
        said = sms.say("1")
    finally:
        http.post(f"{dalil.sandbox_url}/sandbox/open311/faults", json={"kind": "none"}).raise_for_status()

    assert "جوج مرات" in said
    assert [] == filed(dalil, http, text)


def test_who_asks_where_something_stands_may_mean_the_complaint_that_he_filed(telegram: Phone) -> None:
    telegram.say("je signale un nid-de-poule")
    telegram.say("trou profond devant la gare")
    telegram.say("Rue inventée 8, Ville Exemple")
    assert "enregistré" in telegram.say("oui")
    assert "numéro de votre dossier" in telegram.say("où en est ma demande ?")

    told = telegram.tap("Suivre ma réclamation")

    assert "ouverte" in told
    assert "500 DH" in telegram.say("combien coute le passeport")


def test_a_complaint_is_left_at_any_time(dalil: System, http: httpx2.Client, telegram: Phone) -> None:
    telegram.say("je veux faire une réclamation")
    telegram.tap("Nid-de-poule")

    assert "j'oublie ce texte" in telegram.say("annuler")
    assert "500 DH" in telegram.say("combien coute le passeport")


def test_anybody_follows_a_complaint_by_its_number(telegram: Phone) -> None:
    telegram.say("où en est mon dossier ?")

    told = telegram.say("638344")

    assert "Nid-de-poule, réclamation 638344" in told
    assert "ouverte" in told
