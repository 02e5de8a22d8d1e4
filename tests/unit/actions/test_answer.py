"""Questions about procedures: which facet of which sheet, what is offered next, and what is remembered."""

from __future__ import annotations

from rasa_sdk.executor import ActionExecutor

from actions.answer import _sources
from actions.contract import Context, Outcome
from actions.replies import load_wording
from knowledge.present import present
from knowledge.procedures import Facet, Procedure
from tests.unit.actions import sheets
from tests.unit.actions.calls import NOW, Answered, action_call, message, run, turn

WORDING = load_wording()


async def ask(
    executor: ActionExecutor,
    text: str,
    intent: str = "nlu_fallback",
    facets: tuple[str, ...] = (),
    language: str = "fr",
    **fields: object,
) -> Answered:
    given = turn(**fields)
    return await run(executor, action_call("action_answer", message(text, intent, 0.9, facets, language, given)))


def shown(procedure: Procedure, facet: Facet, language: str = "fr") -> str:
    part = present(procedure, facet, language)
    return "\n".join((part.heading, *part.lines))


async def test_the_asked_facet_is_answered_with_its_source_and_what_else_can_be_asked(executor: ActionExecutor) -> None:
    answered = await ask(executor, "combien coûte le casier judiciaire ?", "ask_fees", ("fees",))

    assert shown(sheets.CASIER, Facet.FEES) == answered.text
    assert present(sheets.CASIER, Facet.FEES, "fr").source == answered.result.reply.source
    assert ("a:ma.casier_judiciaire:documents", "a:ma.casier_judiciaire:where") == answered.payloads
    assert (
        Context(
            procedure="ma.casier_judiciaire",
            facets=("fees",),
            choices=("a:ma.casier_judiciaire:documents", "a:ma.casier_judiciaire:where"),
            told=("fees",),
            at=NOW,
        )
        == answered.context
    )
    assert Outcome.ANSWERED is answered.result.outcome
    assert "ma.casier_judiciaire" == answered.result.procedures[0]


async def test_two_facets_in_one_message_are_both_answered_in_the_order_asked(executor: ActionExecutor) -> None:
    answered = await ask(executor, "ch7al f casier judiciaire w fin n9dmo", "ask_fees", ("fees", "where"), "ary-Latn")

    assert [
        shown(sheets.CASIER, Facet.FEES, "ary"),
        shown(sheets.CASIER, Facet.WHERE, "ary"),
    ] == list(answered.result.reply.paragraphs)
    assert ("fees", "where") == answered.context.facets
    assert ("a:ma.casier_judiciaire:documents",) == answered.payloads
    assert "ary" == answered.result.reply.language


async def test_and_how_much_is_about_the_procedure_of_before(executor: ActionExecutor) -> None:
    before = Context(procedure="ma.casier_judiciaire", facets=("documents",), at=NOW)

    answered = await ask(executor, "w ch7al?", "ask_fees", ("fees",), "ary-Latn", context=before)

    assert shown(sheets.CASIER, Facet.FEES, "ary") == answered.text


async def test_a_price_without_a_procedure_is_asked_about_and_then_answered(executor: ActionExecutor) -> None:
    asked_back = await ask(executor, "c'est combien ?", "ask_fees", ("fees",))
    answered = await ask(executor, "le casier judiciaire", "ask_overview", ("overview",), context=asked_back.context)

    assert WORDING.text("fr", "which_procedure") == asked_back.text
    assert ("fees",) == asked_back.context.pending_facets
    assert shown(sheets.CASIER, Facet.FEES) == answered.text
    assert () == answered.context.pending_facets


async def test_a_new_question_wins_over_what_was_still_open(executor: ActionExecutor) -> None:
    before = Context(pending_facets=("fees",), at=NOW)

    answered = await ask(executor, "documents casier judiciaire", "ask_documents", ("documents",), context=before)

    assert shown(sheets.CASIER, Facet.DOCUMENTS) == answered.text


async def test_a_name_alone_gets_an_overview(executor: ActionExecutor) -> None:
    answered = await ask(executor, "casier judiciaire", "ask_overview", ("overview",))

    assert shown(sheets.CASIER, Facet.OVERVIEW) == answered.text


async def test_and_the_other_one_asks_the_same_facet_of_it(executor: ActionExecutor) -> None:
    before = Context(procedure="ma.passeport_majeur", facets=("fees",), at=NOW)

    answered = await ask(executor, "et le casier judiciaire ?", "ask_overview", ("overview",), context=before)

    assert shown(sheets.CASIER, Facet.FEES) == answered.text


async def test_and_for_my_son_asks_the_same_facet_of_the_childs_sheet(executor: ActionExecutor) -> None:
    before = Context(procedure="ma.passeport_majeur", facets=("fees",), at=NOW)

    answered = await ask(executor, "et pour mon fils ?", "ask_overview", ("overview",), context=before)

    assert shown(sheets.CHILD_PASSPORT, Facet.FEES) == answered.text
    assert "ma.passeport_mineur" == answered.context.procedure


async def test_a_tapped_question_moves_the_context_to_its_procedure(executor: ActionExecutor) -> None:
    before = Context(procedure="ma.passeport_majeur", facets=("fees",), at=NOW)

    answered = await ask(
        executor,
        "/ask_where",
        "ask_where",
        context=before,
        language="fr",
        choice="a:ma.casier_judiciaire:where",
        chosen_language="fr",
    )

    assert shown(sheets.CASIER, Facet.WHERE) == answered.text
    assert "ma.casier_judiciaire" == answered.context.procedure


async def test_a_button_of_a_sheet_that_is_gone_says_so(executor: ActionExecutor) -> None:
    answered = await ask(executor, "/ask_fees", "ask_fees", choice="a:ma.gone:fees", chosen_language="fr")

    assert WORDING.text("fr", "old_choice") == answered.text
    assert Outcome.NO_ANSWER is answered.result.outcome


async def test_close_procedures_are_offered_with_the_asked_facet_and_all_open_ones_are_answered(
    executor: ActionExecutor,
) -> None:
    asked_back = await ask(executor, "prix et documents passeport enfant ou adulte", "ask_fees", ("fees", "documents"))
    tapped = await ask(
        executor,
        "/ask_fees",
        "ask_fees",
        context=asked_back.context,
        choice="a:ma.passeport_mineur:fees",
        chosen_language="fr",
    )

    assert WORDING.text("fr", "which_one") == asked_back.text
    assert Outcome.CLARIFY is asked_back.result.outcome
    assert {"a:ma.passeport_majeur:fees", "a:ma.passeport_mineur:fees"} == set(asked_back.payloads[:2])
    assert all(len(choice.short) <= 20 for choice in asked_back.result.reply.choices)
    assert [
        shown(sheets.CHILD_PASSPORT, Facet.FEES),
        shown(sheets.CHILD_PASSPORT, Facet.DOCUMENTS),
    ] == list(tapped.result.reply.paragraphs)


async def test_an_unknown_matter_is_admitted_and_a_person_offered(executor: ActionExecutor) -> None:
    answered = await ask(executor, "xylophone zanzibar quartz", "out_of_scope")

    assert WORDING.text("fr", "no_answer") == answered.text
    assert ("i:agent", "i:deny") == answered.payloads == answered.context.choices
    assert Outcome.NO_ANSWER is answered.result.outcome


async def test_noise_is_no_question_about_the_procedure_of_before(executor: ActionExecutor) -> None:
    before = Context(procedure="ma.casier_judiciaire", facets=("fees",), at=NOW)

    answered = await ask(executor, "???", "nlu_fallback", context=before)

    assert Outcome.NO_ANSWER is answered.result.outcome
    assert "ma.casier_judiciaire" == answered.context.procedure


async def test_a_draft_is_answered_with_its_official_page_and_a_person(executor: ActionExecutor) -> None:
    answered = await ask(executor, "prix et documents de la vignette", "ask_fees", ("fees", "documents"))

    assert shown(sheets.DRAFT, Facet.FEES) == answered.text
    assert "https://service.example/" in answered.text
    assert ("i:agent",) == answered.payloads
    assert WORDING.text("fr", "person_offer") == answered.result.reply.choices_intro


async def test_a_fact_that_no_source_gives_is_called_missing_and_a_person_is_offered(executor: ActionExecutor) -> None:
    answered = await ask(executor, "délai du casier judiciaire", "ask_processing_time", ("processing_time",))

    assert present(sheets.CASIER, Facet.PROCESSING_TIME, "fr").missing
    assert shown(sheets.CASIER, Facet.PROCESSING_TIME) == answered.text
    assert "i:agent" == answered.payloads[-1]


async def test_two_facets_with_one_source_name_it_once(executor: ActionExecutor) -> None:
    answered = await ask(executor, "prix et documents casier judiciaire", "ask_fees", ("fees", "documents"))

    assert 1 == answered.result.reply.source.count("Service")


async def test_a_source_that_another_line_repeats_with_its_address_is_left_out() -> None:
    one = present(sheets.CASIER, Facet.FEES, "fr")
    shorter = one.source.rsplit(" · ", 1)[0]

    assert one.source == _sources([shorter, one.source]) == _sources([one.source, shorter])


async def test_a_date_alone_is_left_out_beside_a_source_with_the_same_date() -> None:
    dated = "المصدر: avocatcasa.com · تراجعات نهار 22/11/2026"

    assert dated == _sources(["تراجعات نهار 22/11/2026", dated])
