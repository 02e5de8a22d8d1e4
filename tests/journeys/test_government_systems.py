"""Citizens and the systems that a file describes, along the whole path."""

from __future__ import annotations

from tests.journeys.conftest import Phone


def test_the_form_of_the_number_leads_to_the_system_that_has_the_file(whatsapp: Phone) -> None:
    whatsapp.say("où en est mon dossier ?")
    whatsapp.say("urb 2026 00008")
    answer = whatsapp.say("29/02/1992")

    assert "Permis d'habiter" in answer
    assert "acceptée" in answer


def test_a_wrong_birth_date_is_told_nothing_there_either(sms: Phone) -> None:
    sms.say("où en est mon dossier ?")
    sms.say("URB-2026-00008")
    answer = sms.say("28/02/1992")

    assert "habiter" not in answer.lower()
    assert "acceptée" not in answer


def test_the_date_of_the_receipt_gives_the_time_to_answer(telegram: Phone) -> None:
    answer = telegram.say("Bonjour, mon récépissé date du 12/09/2026, jusqu'à quand doivent-ils répondre ?")

    assert "11/11/2026" in answer
    assert "pas un avis juridique" in answer


def test_who_waits_and_names_his_receipt_is_told_it_before_he_is_asked_for_his_number(telegram: Phone) -> None:
    answer = telegram.say("عندي الوصل ديال 12/09/2026 وباقي ما جاوبوني")

    assert "11/11/2026" in answer
    assert "55-19" in answer


def test_who_asks_for_what_no_system_knows_gets_the_official_page_and_may_still_give_a_number(telegram: Phone) -> None:
    page = telegram.say("où en est mon dossier au tribunal ?")
    telegram.tap("Où en est mon dossier")
    telegram.say("URB-2026-00008")
    answer = telegram.say("29/02/1992")

    assert "mahakim.ma" in page
    assert "Permis d'habiter" in answer
