"""A citizen books an appointment on WhatsApp and by SMS, and cancels it, along the whole path."""

from __future__ import annotations

from tests.journeys.conftest import Phone


def test_on_whatsapp_from_the_answer_to_the_number_and_back(whatsapp: Phone) -> None:
    whatsapp.say("combien coûte le renouvellement de la carte nationale ?")
    whatsapp.tap("Prendre rendez-vous")
    day = next(row for row in whatsapp.received()[-1]["menu"]["rows"] if ":d:" in row["id"])
    assert "heure" in whatsapp.tap(day["title"])
    assert "heure locale" in whatsapp.tap("11:00")
    assert "C'est réservé" in whatsapp.tap("Réserver")

    whatsapp.tap("Annuler")
    assert "annulé" in whatsapp.tap("Oui, annuler")


def test_by_sms_with_numbers_in_darija(sms: Phone) -> None:
    offered = sms.say("شحال الثمن ديال تجديد لاكارط ناسيونال")
    while "نحجز" not in offered:
        offered = sms.say("0")
    number = offered.split("نحجز")[0].split()[-1]
    assert "نهار" in sms.say(number)
    assert "شحال" in sms.say("1")
    assert "واش نحجز" in sms.say("1")
    assert "تحجز" in sms.say("1")
