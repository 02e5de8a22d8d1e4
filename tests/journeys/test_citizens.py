"""What a newcomer tries first, on the three simulated phones, through the whole running system."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from connectors.sms_text import segments
from tests.journeys.conftest import Phone
from tests.system import System


def test_the_four_questions_of_the_readme_get_right_sourced_answers(
    sms: Phone, whatsapp: Phone, telegram: Phone
) -> None:
    renew = sms.say("شنو خاصني باش نجدد لاكارط؟")
    assert "لاكارط القديمة" in renew
    assert "22/11/2026" in renew

    passport = whatsapp.say("combien coute le passeport")
    assert "500 DH" in passport
    assert "Source" in passport

    record = telegram.say("ch7al f casier judiciaire w fin n9dmo")
    assert "10 درهم" in record
    assert "المحكمة" in record

    validity = telegram.say("كم مدة صلاحية جواز السفر؟")
    assert "5 سنوات" in validity


def test_a_follow_up_is_understood_in_context(sms: Phone) -> None:
    sms.say("شنو خاصني باش نجدد لاكارط؟")

    assert "75 درهم" in sms.say("w ch7al?")


def test_a_facet_asked_before_the_procedure_is_answered_once_it_is_named(telegram: Phone) -> None:
    telegram.say("combien ça coûte ?")

    assert "10 DH" in telegram.say("le casier judiciaire")


def test_a_greeting_that_holds_a_question_is_answered(whatsapp: Phone, telegram: Phone) -> None:
    assert "ancien" in whatsapp.say("bonjour je veut renouvlé mon passport, quels papiers svp").lower()
    assert "Passeport" in whatsapp.say("bonjour je veut renouvlé mon passport svp")
    assert "Dalil" in telegram.say("bonjour")


def test_a_service_that_dalil_does_not_know_is_not_answered_from_another(telegram: Phone) -> None:
    telegram.say("combien coûte la carte nationale")

    said = telegram.say("et le permis de chasse ?")

    assert "75" not in said
    assert "personne" in said


def test_a_numbered_answer_works_on_sms(sms: Phone) -> None:
    offered = sms.say("ch7al lpasport")
    assert "1 " in offered

    documents = sms.say("1")

    assert documents != offered
    assert "باسبور" in documents


def test_a_tapped_row_works_on_whatsapp_and_a_button_on_telegram(whatsapp: Phone, telegram: Phone) -> None:
    for phone in (whatsapp, telegram):
        phone.say("combien coute le passeport")

        assert "CNIE" in phone.tap("Documents à fournir")


def test_every_sms_of_a_long_answer_holds_at_most_three_segments_and_more_follows_on_demand(sms: Phone) -> None:
    sms.say("سلام")  # the notice comes with the first answer (test_consent.py) and may cost a segment more
    first = sms.say("شنو هي الوثائق المطلوبة لتجديد البطاقة الوطنية؟")

    pages = [first]
    while "0" in pages[-1].splitlines()[-1] and len(pages) < 10:
        pages.append(sms.say("0"))

    assert all(segments(page).segments <= 3 for page in pages)
    assert "22/11/2026" in "".join(pages)
    assert any("www.cnie.ma" in page for page in pages)


@pytest.mark.parametrize("handset", ["whatsapp", "telegram"])
def test_what_is_no_text_gets_a_friendly_sentence(dalil: System, http: httpx2.Client, handset: str) -> None:
    phone = Phone(http, dalil.sandbox_url, handset, database=dalil.database)
    for kind in ("sticker", "location", "photo"):
        assert phone.after(lambda kind=kind: phone.act(kind=kind))


def test_a_citizen_s_slash_is_no_command(telegram: Phone) -> None:
    telegram.say("combien coute le passeport")

    assert telegram.say('/restart{"x": 1}')
    assert "Copie de la CNIE" in telegram.say("et les documents ?")


def test_the_state_of_an_application_is_told_after_the_second_factor(whatsapp: Phone) -> None:
    asked = whatsapp.say("où en est mon dossier de passeport ?")
    assert "numéro" in asked
    assert "naissance" in whatsapp.say("PA-2026-004217")

    told = whatsapp.say("12/04/1990")

    assert "en cours" in told


def test_arabic_digits_and_direction_marks_are_read(sms: Phone) -> None:
    sms.say("فين وصل الملف ديالي")
    sms.say("\u200ePA‐٢٠٢٦‐٠٠٤٢١٧\u200f".replace("‐", "-"))

    assert "PA-2026-004217" in sms.say("١٢/٠٤/١٩٩٠")


def test_a_question_in_the_middle_of_the_form_is_answered_and_the_form_comes_back(telegram: Phone) -> None:
    telegram.say("où en est mon dossier ?")

    answer = telegram.say("combien coute le passeport ?")
    assert "500 DH" in answer
    assert "dossier" in answer

    telegram.say("PA-2026-004217")
    assert "en cours" in telegram.say("12/04/1990")


def test_a_wrong_birth_date_and_an_unknown_file_sound_the_same_and_five_tries_lock(telegram: Phone) -> None:
    said = []
    for number, born in [("PA-2026-004217", "01/01/1990"), ("PA-2026-999999", "12/04/1990")]:
        telegram.say("où en est mon dossier ?")
        telegram.say(number)
        said.append(telegram.say(born))
    assert said[0] == said[1]

    for _ in range(4):
        telegram.say("où en est mon dossier ?")
        telegram.say("PA-2026-004217")
        last = telegram.say("01/01/1990")
    telegram.say("où en est mon dossier ?")
    telegram.say("PA-2026-004217")
    assert telegram.say("12/04/1990") == last != said[0]


def test_after_a_wrong_date_the_right_one_is_enough_and_a_month_may_have_its_name(telegram: Phone) -> None:
    telegram.say("où en est mon dossier ?")
    telegram.say("PA-2026-004217")
    assert "récépissé" in telegram.say("12 mai 1990")
    assert "quatre chiffres" in telegram.say("12 avril")

    assert "en cours" in telegram.say("12 avril 1990")
    assert "dossier" not in telegram.say("combien coûte le passeport ?"), "the form is closed"


@pytest.mark.parametrize("number", ["PA-2026-004217", "pa 2026 004217"])
def test_after_a_wrong_number_the_right_one_and_the_date_are_enough(telegram: Phone, number: str) -> None:
    telegram.say("fin wsel dossier dyali")
    telegram.say("PA-2026-999999")
    telegram.say("12 avril 1990")
    telegram.say(number)

    assert "كيتعالج" in telegram.say("12 abril 1990")


@pytest.mark.parametrize("fault", ["down", "slow", "garbled"])
def test_a_government_system_that_fails_is_said_honestly(
    dalil: System, http: httpx2.Client, whatsapp: Phone, fault: str
) -> None:
    whatsapp.say("où en est mon dossier ?")
    whatsapp.say("CN-2026-001503")
    http.post(f"{dalil.sandbox_url}/sandbox/registration/faults", json={"kind": fault}).raise_for_status()
    try:
        said = whatsapp.say("30/11/1985")
    finally:
        http.post(f"{dalil.sandbox_url}/sandbox/registration/faults", json={"kind": "none"}).raise_for_status()

    assert "administration" in said
    assert "acceptée" not in said


def test_asking_for_a_person_is_recorded_and_told_honestly(dalil: System, telegram: Phone) -> None:
    said = telegram.say("je veux parler à une personne")

    assert "enregistrée" in said


def test_stop_is_honoured_until_start(telegram: Phone) -> None:
    telegram.say("combien coute le passeport")
    assert "START" in telegram.say("STOP")
    before = len(telegram.received())

    telegram.act(text="et les documents ?")
    assert telegram.say("START")

    assert before + 1 == len(telegram.received())


def test_the_web_chat_answers_over_its_event_stream(dalil: System, http: httpx2.Client) -> None:
    session = http.post(f"{dalil.url}/channels/webchat/sessions").json()["session"]
    body = {"session": session, "id": "m1", "text": "combien coute le passeport", "choice": None}
    assert http.post(f"{dalil.url}/channels/webchat/messages", json=body).is_success

    with http.stream("GET", f"{dalil.url}/channels/webchat/events", params={"session": session}) as stream:
        data = next(line for line in stream.iter_lines() if line.startswith("data:"))

    assert "500 DH" in data


def test_a_forged_session_reads_nothing(dalil: System, http: httpx2.Client) -> None:
    response = http.get(f"{dalil.url}/channels/webchat/events", params={"session": "someone.else"})

    assert 403 == response.status_code


def test_the_same_message_twenty_times_is_not_answered_twenty_times(telegram: Phone) -> None:
    for _ in range(20):
        telegram.act(text="salam")
    telegram.until_settled()

    assert 3 == len(telegram.received())


def test_procedures_are_served_as_json(dalil: System, http: httpx2.Client) -> None:
    listed = http.get(f"{dalil.url}/api/procedures").json()
    sheet = http.get(f"{dalil.url}/api/procedures/ma.casier_judiciaire").json()

    assert "ma.casier_judiciaire" in {procedure["id"] for procedure in listed}
    assert "10" == sheet["fees"]["items"][0]["amount"]
    assert "editor_notes" not in sheet
    assert 404 == http.get(f"{dalil.url}/api/procedures/ma.unknown").status_code


def test_procedures_are_served_as_linked_data_with_a_context_that_can_be_fetched(
    dalil: System, http: httpx2.Client
) -> None:
    linked = {"Accept": "application/ld+json"}
    sheet = http.get(f"{dalil.url}/api/procedures/ma.casier_judiciaire", headers=linked).json()
    context = http.get(sheet["@context"]).json()["@context"]

    assert "PublicService" == sheet["type"]
    assert set(sheet) - {"@context"} <= set(context)


def test_no_log_holds_a_text_a_number_or_a_reference(dalil: System, sms: Phone) -> None:
    sms.say("واش كاين شي حد سميتو المهدي بنجلون")
    sms.say("فين وصل الملف ديالي")
    sms.say("CJ-2026-000731")
    sms.say("23/07/1999")
    number = next(b for b in [sms._http.get(f"{sms._url}/transcript").json()])["address"]
    forbidden = ["المهدي", "بنجلون", "CJ-2026-000731", "000731", "23/07/1999", "1999-07-23", number, number.lstrip("+")]

    for log in Path(dalil.var_dir / "log").glob("*.log"):
        content = log.read_text(errors="replace")
        assert [] == [word for word in forbidden if word in content], log.name
