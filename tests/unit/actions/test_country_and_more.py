"""Which country's sheet answers, what "explain more" tells, and what an offered list is answered with in words."""

from __future__ import annotations

import pytest

from actions.answer import AnswerQuestion
from actions.contract import Context, Outcome, Topic, TurnResult
from actions.explain import fuller
from actions.replies import load_wording
from actions.turn_input import from_parse
from connectors.messages import ReplyLanguage
from knowledge.answer import Knowledge
from knowledge.procedures import Country, Facet, Procedure
from tests.unit.actions import sheets
from tests.unit.actions.calls import NOW, message, turn

WORDING = load_wording()


def abroad(procedure: Procedure, **fields: object) -> Procedure:
    """The same sheet, invented for Algeria."""
    name = procedure.id.replace("ma.", "dz.")
    return procedure.model_copy(update={"id": name, "country": Country.DZ, "related": (), **fields})


ALGERIAN = (abroad(sheets.CASIER), abroad(sheets.PASSPORT, minor_variant=None))
KNOWLEDGE: Knowledge = sheets.knowledge(*sheets.SHEETS, *ALGERIAN)
ANSWERS = AnswerQuestion(WORDING, KNOWLEDGE)


def ask(
    text: str, intent: str = "ask_fees", facets: tuple[str, ...] = ("fees",), confidence: float = 0.9, **fields: object
) -> TurnResult:
    given = turn(**fields)
    return ANSWERS.result(
        from_parse(message(text, intent, confidence, facets, "fr", given), given, forced=text[:1] == "/")
    )


def procedure(result: TurnResult) -> str | None:
    return result.context.procedure if result.context else None


def heading(result: TurnResult) -> str:
    return result.reply.paragraphs[0].split("\n")[0]


def test_the_same_words_are_answered_for_each_one_s_country() -> None:
    moroccan = ask("combien coûte le passeport")
    algerian = ask("combien coûte le passeport", country="dz")

    assert ("ma.passeport_majeur", "dz.passeport_majeur") == (procedure(moroccan), procedure(algerian))
    assert ")" not in heading(moroccan) + heading(algerian)


def test_another_country_s_sheet_says_so_in_its_first_line() -> None:
    result = ask("combien coûte le passeport en Algérie")

    assert "dz.passeport_majeur" == procedure(result)
    assert heading(result).endswith("(Algérie)")


def test_a_follow_up_stays_in_the_country_of_its_procedure() -> None:
    before = ask("combien coûte le passeport en Algérie").context
    assert before is not None

    by_context = ask("et les documents ?", "ask_documents", ("documents",), context=before)
    by_name = ask("documents du passeport", "ask_documents", ("documents",), context=before)
    another = ask("combien coûte le casier judiciaire", context=before)

    assert ["dz.passeport_majeur"] * 2 == [procedure(by_context), procedure(by_name)]
    assert "ma.casier_judiciaire" == procedure(another)


def test_and_in_algeria_asks_the_same_of_the_algerian_sheet() -> None:
    before = Context(procedure="ma.casier_judiciaire", facets=("where",), at=NOW)

    result = ask("et en Algérie ?", "nlu_fallback", (), context=before)

    assert ("dz.casier_judiciaire", ("where",)) == (procedure(result), result.context and result.context.facets)


def test_elsewhere_asks_the_same_of_the_other_country_s_sheet() -> None:
    before = Context(procedure="ma.casier_judiciaire", facets=("where", "fees"), pending_country="dz", at=NOW)

    result = ask("/ask_overview", "ask_overview", (), context=before, follow_up="elsewhere")

    assert result.context is not None
    assert ("dz.casier_judiciaire", ("where", "fees")) == (result.context.procedure, result.context.facets)


def test_a_country_without_the_sheet_is_said_to_have_none() -> None:
    result = ask("combien coûte la réclamation en Mauritanie")

    assert Outcome.NO_ANSWER is result.outcome
    assert WORDING.text("fr", "no_answer_country", country="Mauritanie") == result.reply.paragraphs[0]


def test_a_country_named_before_the_procedure_is_kept_for_it() -> None:
    open_question = ask("c'est combien en Algérie ?").context
    assert open_question is not None

    result = ask("le casier judiciaire", "ask_overview", ("overview",), context=open_question)

    assert ("dz.casier_judiciaire", ("fees",)) == (procedure(result), result.context and result.context.facets)
    assert result.context is not None
    assert None is result.context.pending_country


def test_an_unsure_facet_does_not_win_over_the_one_of_before() -> None:
    before = Context(procedure="ma.passeport_majeur", facets=("documents",), at=NOW)

    unsure = ask("w l weldi?", "ask_fees", ("fees",), 0.4, context=before)
    sure = ask("et combien pour mon fils ?", "ask_fees", ("fees",), 0.9, context=before)

    assert [("documents",), ("fees",)] == [result.context and result.context.facets for result in (unsure, sure)]
    assert ["ma.passeport_mineur"] * 2 == [procedure(unsure), procedure(sure)]


def test_an_offered_list_is_answered_in_words() -> None:
    offered = Context(
        choices=("a:ma.passeport_majeur:fees", "a:ma.passeport_mineur:fees"), pending_facets=("fees",), at=NOW
    )

    for words, expected in (("pour adulte", "ma.passeport_majeur"), ("mineur", "ma.passeport_mineur")):
        assert expected == procedure(ask(words, "ask_overview", ("overview",), context=offered))


def test_a_new_procedure_replaces_the_old_which_can_be_gone_back_to() -> None:
    before = Context(procedure="ma.passeport_majeur", facets=("fees",), told=("fees",), at=NOW)

    context = ask("combien coûte le casier judiciaire", context=before).context

    assert context is not None
    assert (("fees",), (Topic(procedure="ma.passeport_majeur", facets=("fees",)),)) == (context.told, context.earlier)


def test_explain_more_tells_what_was_not_told_until_nothing_is_left() -> None:
    context = ask("casier judiciaire", "ask_overview", ("overview",)).context
    told: list[tuple[str, ...]] = []
    while True:
        result = ask("/ask_overview", "ask_overview", (), context=context, language="fr", follow_up="explain")
        context = result.context
        assert context is not None
        if result.outcome is Outcome.HANDLED:
            break
        told.append(context.facets)

    assert [("documents", "fees"), ("where",)] == told
    assert WORDING.text("fr", "told_all") == result.reply.paragraphs[0]
    assert ("i:agent",) == context.choices


def test_explain_more_of_nothing_asks_which_procedure() -> None:
    result = ask("/ask_overview", "ask_overview", (), language="fr", follow_up="explain")

    assert (Outcome.CLARIFY, WORDING.text("fr", "which_procedure")) == (result.outcome, result.reply.paragraphs[0])


def test_what_makes_an_answer_fuller_stands_near_it() -> None:
    assert (Facet.DOCUMENTS, Facet.WHERE) == fuller(sheets.CASIER, [Facet.STEPS], [Facet.STEPS])
    assert () == fuller(sheets.CASIER, [Facet.FEES], list(Facet))


def test_a_correction_keeps_the_facet_asked() -> None:
    before = Context(procedure="ma.passeport_majeur", facets=("fees",), at=NOW)

    result = ask("le casier judiciaire", "ask_overview", ("overview",), context=before, follow_up="correction")

    assert ("ma.casier_judiciaire", ("fees",)) == (procedure(result), result.context and result.context.facets)


@pytest.mark.parametrize(
    ("words", "language", "reply_in", "country", "says"),
    [
        ("combien coûte le passeport", "fr", "fr", "mr", "votre pays (Mauritanie)"),
        ("كم رسوم جواز السفر", "ar", "ar", "mr", "في بلدك (موريتانيا)"),
        ("شحال الباسبور", "ary", "ary", "mr", "في بلدك (موريتانيا)"),
        ("ch7al lpassport", "ary-Latn", "ary", "mr", "في بلدك (موريتانيا)"),
    ],
)
def test_what_only_another_country_has_is_no_answer_but_offered(
    words: str, language: str, reply_in: ReplyLanguage, country: str, says: str
) -> None:
    given = turn(country=country)

    result = ANSWERS.result(from_parse(message(words, "ask_fees", 0.9, ("fees",), language, given), given))

    assert (Outcome.NO_ANSWER, reply_in) == (result.outcome, result.reply.language)
    assert says in result.reply.paragraphs[0]
    assert "500" not in "".join(result.reply.paragraphs)
    offered = [choice.payload for choice in result.reply.choices]
    assert "i:agent" == offered[-1]
    assert {"a:ma.passeport_majeur:fees", "a:dz.passeport_majeur:fees"} & set(offered)
    for choice in result.reply.choices[:-1]:
        assert choice.title.endswith(")")
        assert choice.short.endswith(")")
        assert len(choice.short) <= 20


def test_the_sheet_that_was_offered_is_answered_where_its_country_is_said() -> None:
    offered = ask("combien coûte le casier judiciaire", country="mr").context
    assert offered is not None

    result = ask("celui du Maroc", "ask_overview", ("overview",), context=offered, country="mr")

    assert ("ma.casier_judiciaire", Outcome.ANSWERED) == (procedure(result), result.outcome)
    assert heading(result).endswith("(Maroc)")


def test_an_algerian_s_buttons_are_algerian_a_mauritanian_s_plain_arabic() -> None:
    titles = {}
    for country in ("ma", "dz", "mr"):
        given = turn(country=country, choice="a:ma.casier_judiciaire:fees")
        result = ANSWERS.result(from_parse(message("/x", "ask_fees", 1.0, (), "ary", given), given, forced=True))
        titles[country] = [choice.title for choice in result.reply.choices]

    assert {"ma": "فين كتدار", "dz": "وين تروح", "mr": "أين يقدم الطلب"} == {c: t[1] for c, t in titles.items()}
