"""Who gives the date of his receipt is told until when the administration has to answer, and no more than is known."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.contract import Context, Outcome
from actions.replies import LANGUAGES, load_wording
from connectors.messages import ReplyLanguage
from tests.unit.actions.calls import NOW, Answered, action_call, message, run, turn, validate_form

WORDING = load_wording()
LAW = Context(procedure="ma.silence_administration_loi_55_19", facets=("overview",), at=NOW)
OVER = "Les 60 jours sont passés : le 30/09/2026 en jours de calendrier, vers le 23/10/2026 en jours ouvrables."


async def ask(executor: ActionExecutor, text: str, intent: str = "ask_processing_time", **fields: Any) -> Answered:
    given = turn(**{"chosen_language": "fr", **fields})
    return await run(executor, action_call("action_answer", message(text, intent, given=given)))


def is_calculated(answered: Answered) -> bool:
    return answered.text.startswith("Récépissé du ")


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        pytest.param("01/11/2026", "jusqu'au 31/12/2026 en jours de calendrier, vers le 22/01/2027", id="running"),
        pytest.param("12/09/2026", "passés le 11/11/2026 en jours de calendrier. En jours ouvrables", id="unsure"),
        pytest.param("01/08/2026", OVER, id="passed"),
    ],
)
async def test_the_receipt_s_date_gives_the_last_day(executor: ActionExecutor, day: str, sentence: str) -> None:
    answered = await ask(executor, f"mon récépissé est du {day}, ils ont combien de temps ?")

    assert sentence in answered.text
    assert Outcome.HANDLED is answered.result.outcome
    assert answered.result.reply.source.startswith("Source : loi 55-19")


async def test_investment_silence_refusal_and_the_limits_of_it_are_always_said(executor: ActionExecutor) -> None:
    answered = await ask(executor, "mon récépissé est du 01/11/2026")

    assert "Dossier d'investissement : 30 jours, donc le 01/12/2026" in answered.text
    assert "seulement pour les actes d'une liste" in answered.text
    for key in ("deadline_refusal", "deadline_note"):
        assert WORDING.text("fr", key) in answered.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_told_in_every_language(executor: ActionExecutor, language: ReplyLanguage) -> None:
    answered = await ask(executor, "عندي الوصل ديال ٠١/١١/٢٠٢٦", chosen_language=language)

    assert WORDING.text(language, "deadline_heading", day="01/11/2026") in answered.text
    assert "31/12/2026" in answered.text


async def test_a_date_alone_is_enough_when_the_law_was_spoken_of(executor: ActionExecutor) -> None:
    assert is_calculated(await ask(executor, "01/08/2026", intent="nlu_fallback", context=LAW))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param("01/08/2026", {}, id="a date of nothing"),
        pytest.param("mon récépissé", {}, id="no date"),
        pytest.param("mon récépissé du 01/08/2027", {}, id="a day to come"),
        pytest.param("mon récépissé du 01/08/2019", {}, id="before the law"),
        pytest.param("mon récépissé du 31/02/2026", {}, id="no such day"),
        pytest.param("mon récépissé du 01/08/2026", {"country": "dz"}, id="another country's law"),
    ],
)
async def test_nothing_is_calculated_from(executor: ActionExecutor, text: str, fields: dict[str, Any]) -> None:
    assert not is_calculated(await ask(executor, text, **fields))


async def test_nobody_is_told_that_his_request_is_accepted_or_what_to_do(executor: ActionExecutor) -> None:
    text = (await ask(executor, "mon récépissé est du 01/08/2026, c'est accepté ?")).text.lower()

    for word in ("votre demande est acceptée", "vous devez", "vous avez gagné", "nous vous conseillons", "article"):
        assert word not in text


async def test_the_form_says_it_before_it_asks_for_the_number(executor: ActionExecutor) -> None:
    latest = message("récépissé du 01/08/2026, où en est mon dossier ?", "status", given=turn(chosen_language="fr"))

    answered = await run(executor, action_call("action_ask_file_number", latest))

    assert OVER in answered.result.reply.paragraphs[0]
    assert answered.result.reply.paragraphs[-1].startswith("Quel est le numéro de votre dossier ?")


async def test_the_day_of_the_receipt_is_not_taken_for_a_birth_date(executor: ActionExecutor) -> None:
    asked = message("récépissé du 01/08/2026, où en est mon dossier ?", "status")
    born = message("né le 12/04/1990, où en est mon dossier ?", "status")

    assert "birth_date" not in await validate_form(executor, asked, requested_slot=None)
    assert "1990-04-12" == (await validate_form(executor, born, requested_slot=None))["birth_date"]
