"""SMS replies page by page: what is on the first page, what waits, and limits that hold for every reply."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.messages import Choice, Reply
from connectors.sms_pages import REST, SEND, pages
from connectors.sms_text import segments


def choices(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(title=title, short=title[:20], payload=f"a:x:{n}") for n, title in enumerate(titles))


FRENCH = Reply(
    language="fr",
    paragraphs=("Passeport – Frais : 500 DH.\nPayés par timbre électronique.", "Délai : dix jours, peut-être plus."),
    choices_intro="Vous pouvez aussi demander :",
    choices=choices("Documents", "Où aller"),
    source="Source : passeport.ma,\nvérifié le 12/11/2026",
)
DARIJA = Reply(
    language="ary",
    paragraphs=("CNIE: الثمن 1 000 درهم.", "عيط على 0537 71 71 71 ولا شوف https://www.cnie.ma/a-2026-11"),
    choices=choices("الوثائق", "فين نمشي"),
    source="المصدر: passeport.ma، 12/11/2026",
)
LIST = Reply(
    language="ary",
    paragraphs=("تجديد لاكارط\n" + "\n".join(f"{n}. وثيقة من الجماعة فين تزاديتي قل من 3 شهور" for n in range(1, 9)),),
    choices=choices("بشحال", "فين كتدار", "كيفاش كتدار"),
    source="المصدر: cnie.ma، 22/11/2026",
)

LONG_FRENCH = FRENCH.model_copy(
    update={"paragraphs": ("\n".join(f"{n}. Un document de la commune" for n in range(20)),)}
)


def test_french_is_compact_gsm7_with_numbered_choices() -> None:
    (text,) = pages(FRENCH, 3)
    assert text == (
        "Passeport - Frais : 500 DH.\n"
        "Payés par timbre électronique.\n"
        "Délai : dix jours, peut-etre plus.\n"
        "Source : passeport.ma, vérifié le 12/11/2026\n"
        "Envoyez 1 Documents 2 Où aller"
    )
    assert (segments(text).encoding, segments(text).segments) == ("GSM-7", 2)


def test_arabic_keeps_its_letters_and_closes_up_grouped_digits() -> None:
    (text,) = pages(DARIJA, 3)
    assert text == (
        "CNIE: الثمن 1000 درهم.\n"
        "عيط على 0537717171 ولا شوف https://www.cnie.ma/a-2026-11\n"
        "المصدر: passeport.ma، 12/11/2026\n"
        "اكتب 1 الوثائق 2 فين نمشي"
    )
    assert segments(text).encoding == "UCS-2"


def test_french_that_quotes_arabic_keeps_its_accents() -> None:
    reply = Reply(language="fr", paragraphs=("Le centre près de la forêt (الحالة المدنية)",))
    assert pages(reply, 3) == ["Le centre près de la forêt (الحالة المدنية)"]


def test_the_short_source_is_taken_where_there_is_one() -> None:
    reply = FRENCH.model_copy(update={"source_short": "Source : passeport.ma 12/11/2026"})
    assert "Source : passeport.ma 12/11/2026" in pages(reply, 3)[0].splitlines()


def test_short_titles_are_taken_where_full_ones_cost_a_segment() -> None:
    choice = Choice(title="Documents à fournir pour le dossier", short="Documents", payload="a:x:d")
    brief, long = (Reply(language="fr", paragraphs=("x" * n,), choices=(choice,)) for n in (20, 138))
    assert pages(brief, 3) == ["x" * 20 + "\nEnvoyez 1 Documents à fournir pour le dossier"]
    assert pages(long, 3) == ["x" * 138 + "\nEnvoyez 1 Documents"]


def test_details_wait_for_the_next_page_and_the_first_page_says_so() -> None:
    reply = DARIJA.model_copy(update={"details": ("رد البال: تأكد من الثمن.",)})
    first, second = pages(reply, 3)
    assert first.endswith("اكتب 1 الوثائق 2 فين نمشي 0 للباقي")
    assert second == "رد البال: تأكد من الثمن.\nاكتب 1 الوثائق 2 فين نمشي"


def test_a_long_list_is_cut_between_its_lines_with_the_source_on_its_first_page_and_the_choices_on_its_last() -> None:
    texts = pages(LIST, 3)
    assert all(text.splitlines()[-1] == "اكتب 0 للباقي" for text in texts[:-1])
    said = [line for text in texts for line in text.splitlines() if not line.startswith("اكتب")]
    first = len(texts[0].splitlines()) - 2
    assert said == [*LIST.paragraphs[0].splitlines()[:first], LIST.source, *LIST.paragraphs[0].splitlines()[first:]]
    assert texts[-1].splitlines()[-1] == "اكتب 1 بشحال 2 فين كتدار 3 كيفاش كتدار"


def test_choices_that_do_not_fit_all_are_whole_on_the_next_page() -> None:
    reply = LIST.model_copy(
        update={"paragraphs": ("ا" * 120,), "choices": choices(*(f"اختيار طويل {n}" for n in range(5)))}
    )
    first, second = pages(reply, 3)
    assert first.splitlines()[-1].startswith("اكتب 1 اختيار طويل 0 2 اختيار طويل 1")
    assert first.endswith("0 للباقي")
    assert [f"{n + 1} اختيار طويل {n}" in second for n in range(5)] == [True] * 5


def test_a_long_sentence_is_cut_at_a_word() -> None:
    sentence = "هاد الوثيقة كتاخدها من الجماعة فين تزاديتي " * 12
    texts = pages(Reply(language="ary", paragraphs=(sentence,)), 3)
    said = " ".join(line for text in texts for line in text.splitlines() if not line.startswith("اكتب"))
    assert said.split() == sentence.split()


def test_invisible_characters_are_left_out() -> None:
    reply = Reply(language="ar", paragraphs=("\u200fالثمن\u200b \u2066500\u2069 درهم\u00a0فقط",))
    assert pages(reply, 3) == ["الثمن 500 درهم فقط"]


def test_an_empty_reply_has_no_page() -> None:
    assert pages(Reply(language="fr", paragraphs=()), 3) == []


# ---- for every reply -----------------------------------------------------------------------------------------------

LETTERS = "abcéêçœ0123 789.,;:!?+-\n«»’€سلامشنوة؟،؛\u064e\u0651\u200f\u200b\u00a0😀👨\u200d🇲🇦/"
TEXT = st.text(alphabet=LETTERS, max_size=500)
WORD = st.text(alphabet="abcéêسلامش😀 ", min_size=1, max_size=40).filter(str.strip)
CHOICE = st.builds(
    lambda title, short, n: Choice(title=title, short=short[:20].strip() or "x", payload=f"a:x:{n}"),
    WORD,
    WORD,
    st.integers(0, 999),
)
REPLY = st.builds(
    Reply,
    language=st.sampled_from(["ar", "fr", "ary"]),
    paragraphs=st.lists(TEXT, max_size=4).map(tuple),
    details=st.lists(TEXT, max_size=2).map(tuple),
    choices=st.lists(CHOICE, max_size=6).map(tuple),
    source=st.text(alphabet=LETTERS, max_size=80),
)


@pytest.mark.parametrize("most", [2, 3, 4])
class TestEveryReply:
    @given(reply=REPLY)
    def test_every_page_is_within_its_segments_and_says_something(self, most: int, reply: Reply) -> None:
        for page in pages(reply, most):
            assert page.strip()
            assert segments(page).segments <= most

    @given(reply=REPLY)
    def test_no_visible_letter_is_lost_and_the_order_is_kept(self, most: int, reply: Reply) -> None:
        if reply.language == "fr":
            return  # letters change there: test_sms_text.py covers them
        said = _letters("".join(pages(reply, most)))
        for part in ("".join((*reply.paragraphs, *reply.details)), reply.source):
            position = 0
            for letter in _letters(part):
                position = said.find(letter, position) + 1
                assert position > 0

    @given(reply=REPLY)
    def test_a_page_before_the_last_offers_the_rest(self, most: int, reply: Reply) -> None:
        # Without choices: a line of choices that fills several pages by itself is cut without the offer.
        texts = pages(reply.model_copy(update={"choices": ()}), most)
        for page in texts[:-1]:
            assert page.splitlines()[-1] == f"{SEND[reply.language]} {REST[reply.language]}"

    @given(reply=REPLY)
    def test_no_character_costs_without_being_seen(self, most: int, reply: Reply) -> None:
        categories = {unicodedata.category(c) for text in pages(reply, most) for c in text if c != "\n"}
        assert not categories & {"Cf", "Cc"}


def _letters(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] == "L")


def test_a_notice_closes_the_first_page_in_the_cheap_alphabet_and_may_take_a_segment_more() -> None:
    notice = "Gardé 90 jours. Arrêt : STOP" + "." * 110
    first, *others = pages(LONG_FRENCH.model_copy(update={"notice": notice}), 3)

    assert first.splitlines()[-1].startswith("Gardé 90 jours. Arret : STOP")
    assert first.splitlines()[-2] == pages(LONG_FRENCH, 3)[0].splitlines()[-1]
    assert (segments(first).encoding, segments(first).segments) == ("GSM-7", 4)
    assert others == pages(LONG_FRENCH, 3)[1:]


def test_an_empty_reply_has_no_page_for_a_notice() -> None:
    assert pages(Reply(language="fr", paragraphs=(), notice="Gardé 90 jours."), 3) == []
