"""What a message does with the turns before it: corrections, going back, "explain more", ordinals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from actions.contract import Context, Topic
from actions.follow_ups import FollowUp
from actions.phrases import FollowUpWords, PhraseList, load_follow_up_words
from tests.unit.actions import sheets
from tests.unit.actions.calls import NOW

CASIER = Topic(procedure="ma.casier_judiciaire", facets=("where", "fees"))
CHILD = Topic(procedure="ma.passeport_mineur", facets=("documents",))
SPOKEN_OF = Context(
    procedure="ma.passeport_majeur",
    facets=("fees",),
    told=("fees",),
    choices=("a:ma.passeport_majeur:documents", "a:ma.passeport_majeur:where"),
    earlier=(CHILD, CASIER),
    at=NOW,
)


def read(text: str, context: Context = SPOKEN_OF) -> FollowUp | None:
    return sheets.follow_ups().read(text, context, "ma")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("la, casier machi lpassport", "casier"),
        ("la machi lpassport, casier judiciaire", "casier judiciaire"),
        ("non, le casier pas le passeport", "le casier"),
        ("pas le passeport, le casier judiciaire", "le casier judiciaire"),
        ("machi lpassport casier", "casier"),
        ("non je voulais dire le casier judiciaire", "le casier judiciaire"),
        ("pardon, le casier judiciaire", "le casier judiciaire"),
        ("لا قصدت السجل العدلي", "السجل العدلي"),
        ("لا الجواز بل السجل العدلي", "السجل العدلي"),
        ("ماشي الباسبور بغيت السجل العدلي", "السجل العدلي"),
        ("non, le prix pas les documents", "le prix"),
    ],
)
def test_a_correction_leaves_what_is_meant(text: str, meant: str) -> None:
    assert FollowUp(meant, SPOKEN_OF, "correction") == read(text)


@pytest.mark.parametrize(
    "text", ["et pour mon fils ?", "w l weldi?", "و لولدي؟", "non, pour mon fils", "non pas pour moi, pour mon fils"]
)
def test_the_child_s_sheet_is_asked_the_same_whatever_the_nlu_thinks(text: str) -> None:
    moved = read(text)

    assert moved is not None
    assert ("a:ma.passeport_mineur:fees", ("fees",)) == (moved.choice, moved.context.pending_facets)


@pytest.mark.parametrize("text", ["et en Algérie ?", "w f dzayer?", "و فالجزائر؟", "non en Algérie"])
def test_another_country_is_asked_the_same_whatever_the_nlu_thinks(text: str) -> None:
    moved = read(text)

    assert moved is not None
    assert ("elsewhere", "dz", ("fees",)) == (moved.kind, moved.context.pending_country, moved.context.pending_facets)


@pytest.mark.parametrize(
    "text",
    [
        "et combien pour mon fils ?",
        "et le casier judiciaire en Algérie ?",
        "non",
        "non merci",
        "لا شكرا",
        "la, chokran",
        "non je ne veux pas",
        "non pas ça",
        "pas le passeport",
        "je n'ai pas le passeport",
        "j'ai pas le passeport",
        "la réclamation",
        "شنو خاصني الا ماشي مغربي",
        "combien coûte le casier judiciaire",
        "",
        "?!",
    ],
)
def test_what_only_sounds_like_a_correction_is_left_as_it_is(text: str) -> None:
    assert None is read(text)


def test_where_nothing_was_said_before_nothing_is_corrected() -> None:
    assert None is read("non, le casier pas le passeport", Context())


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("rje3", CHILD, id="back alone is to the one before"),
        pytest.param("revenir à la précédente", CHILD, id="the previous one"),
        pytest.param("lli 9bel", None, id="the one before, without going"),
        pytest.param("رجع للاولى", CASIER, id="the first one"),
        pytest.param("ok on revient au casier judiciaire", CASIER, id="by name, French"),
        pytest.param("bghit nrj3o l casier judiciaire", CASIER, id="by name, Arabizi"),
        pytest.param("لنعد إلى السجل العدلي", CASIER, id="by name, Arabic"),
        pytest.param("revenir à la vignette", None, id="what was not spoken of"),
        pytest.param("je veux retirer mon casier", None, id="no going back"),
    ],
)
def test_one_can_go_back_to_what_was_spoken_of(text: str, topic: Topic | None) -> None:
    gone = read(text)

    if topic is None:
        assert None is gone
        return
    assert gone is not None
    assert f"a:{topic.procedure}:{topic.facets[0]}" == gone.choice
    assert (topic.procedure, topic.facets) == (gone.context.procedure, gone.context.facets)
    assert Topic(procedure="ma.passeport_majeur", facets=("fees",)) == gone.context.earlier[0]
    assert topic not in gone.context.earlier


def test_going_back_with_another_question_leaves_the_question() -> None:
    gone = read("rje3 l casier judiciaire w fin n9dmo")

    assert gone is not None
    assert (None, "ma.casier_judiciaire") == (gone.choice, gone.context.procedure)
    assert gone.text.endswith("fin n9dmo")


def test_where_nothing_was_before_one_cannot_go_back() -> None:
    assert None is read("rje3", Context(procedure="ma.casier_judiciaire", at=NOW))


@pytest.mark.parametrize(
    "text",
    [
        "plus de détails",
        "explique encore",
        "شرح ليا كثر",
        "chre7 lia ktar",
        "المزيد من التفاصيل",
        "ما فهمتش",
        "المزيد",
        "je n'ai pas compris",
    ],
)
def test_explain_more_is_heard_with_and_without_a_procedure_before(text: str) -> None:
    assert FollowUp("", SPOKEN_OF, "explain") == read(text)
    assert FollowUp("", Context(), "explain") == read(text, Context())


def test_more_about_one_facet_leaves_the_facet() -> None:
    assert FollowUp("sur les documents", SPOKEN_OF, "explain") == read("plus de détails sur les documents")


@pytest.mark.parametrize(
    "text", ["explique moi comment faire le casier judiciaire", "encore une question", "détails du casier"]
)
def test_a_question_of_its_own_is_no_explain_more(text: str) -> None:
    assert None is read(text)


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("la première", "a:ma.passeport_majeur:documents"),
        ("lwla", "a:ma.passeport_majeur:documents"),
        ("الثانية", "a:ma.passeport_majeur:where"),
        ("رقم ٢", "a:ma.passeport_majeur:where"),
        ("choix n° 2", "a:ma.passeport_majeur:where"),
        ("la troisième", None),
        ("première demande de carte", None),
        ("le passeport", None),
    ],
)
def test_an_ordinal_picks_from_the_choices_offered_last(text: str, picked: str | None) -> None:
    assert picked == sheets.follow_ups().picked(text, SPOKEN_OF)


def test_an_ordinal_picks_nothing_where_nothing_was_offered() -> None:
    assert None is sheets.follow_ups().picked("la première", Context())


def test_how_long_the_context_lives_is_data() -> None:
    lifetime = load_follow_up_words().context_lifetime

    assert timedelta(hours=12) == lifetime
    assert SPOKEN_OF == SPOKEN_OF.fresh(NOW + timedelta(minutes=30), lifetime)
    assert Context() == SPOKEN_OF.fresh(NOW + timedelta(days=1), lifetime)
    assert Context() == SPOKEN_OF.fresh(NOW + timedelta(hours=2), timedelta(hours=1))


def test_a_list_that_yaml_reads_as_yes_or_no_is_refused() -> None:
    words = load_follow_up_words().model_dump(by_alias=True)

    with pytest.raises(ValidationError, match="around_ordinals"):
        FollowUpWords.model_validate({**words, "around_ordinals": [False]})


def test_the_longest_phrase_is_taken_first() -> None:
    phrases = PhraseList.of(["revenir", "revenir à"])

    assert ["la", "carte"] == phrases.without(["revenir", "a", "la", "carte"])
