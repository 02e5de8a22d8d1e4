"""Fitting replies to media: what each medium shows, and limits that hold for every reply."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channel import Limits
from connectors.channels.console import LIMITS as CONSOLE
from connectors.channels.telegram import LIMITS as TELEGRAM
from connectors.channels.webchat import LIMITS as WEBCHAT
from connectors.messages import Address, Choice, Medium, OutgoingMessage, Reply
from connectors.render import render
from connectors.sms_text import segments
from connectors.text import utf16_units

SMS = Limits(max_chars=1600, sms=True)
WHATSAPP = Limits(max_chars=1600, max_buttons=3, max_rows=10)
WHATSAPP_TEXT = Limits(max_chars=1600)
ALL = {
    "sms": SMS,
    "whatsapp": WHATSAPP,
    "whatsapp without templates": WHATSAPP_TEXT,
    "telegram": TELEGRAM,
    "webchat": WEBCHAT,
    "console": CONSOLE,
    "menus only": Limits(max_chars=300, max_rows=4, interactive_chars=80, row_title=10, row_description=15),
    "one segment": Limits(max_chars=1600, sms=True, max_segments=1),
}

TO = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
LRM, RLM = "\u200e", "\u200f"


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
    choices_intro="تقدر تسول على:",
    choices=choices("الوثائق", "فين نمشي"),
    source="المصدر: passeport.ma، 12/11/2026",
)


def shown(reply: Reply, limits: Limits) -> list[str]:
    return [message.text for message in render(reply, TO, limits)]


def titles(message: OutgoingMessage) -> list[str]:
    rows = message.menu.rows if message.menu is not None else ()
    return [option.title for option in (*message.buttons, *rows)]


class TestSms:
    def test_french_is_compact_gsm7_with_numbered_choices(self) -> None:
        (text,) = shown(FRENCH, SMS)
        assert text == (
            "Passeport - Frais : 500 DH.\n"
            "Payés par timbre électronique.\n"
            "Délai : dix jours, peut-etre plus.\n"
            "Source : passeport.ma, vérifié le 12/11/2026\n"
            "Vous pouvez aussi demander : 1 Documents 2 Où aller"
        )
        assert (segments(text).encoding, segments(text).segments) == ("GSM-7", 2)

    def test_arabic_keeps_its_letters_and_closes_up_grouped_digits(self) -> None:
        (text,) = shown(DARIJA, SMS)
        assert text == (
            "CNIE: الثمن 1000 درهم.\n"
            "عيط على 0537717171 ولا شوف https://www.cnie.ma/a-2026-11\n"
            "المصدر: passeport.ma، 12/11/2026\n"
            "تقدر تسول على: 1 الوثائق 2 فين نمشي"
        )
        assert (segments(text).encoding, segments(text).segments) == ("UCS-2", 3)

    def test_french_that_quotes_arabic_keeps_its_accents(self) -> None:
        reply = Reply(language="fr", paragraphs=("Le centre près de la forêt (الحالة المدنية)",))
        assert shown(reply, SMS) == ["Le centre près de la forêt (الحالة المدنية)"]

    def test_short_titles_are_taken_where_full_ones_cost_a_segment(self) -> None:
        choice = Choice(title="Documents à fournir pour le dossier", short="Documents", payload="a:x:d")
        brief, long = (Reply(language="fr", paragraphs=("x" * n,), choices=(choice,)) for n in (20, 148))
        assert shown(brief, SMS) == ["x" * 20 + "\n1 Documents à fournir pour le dossier"]
        assert shown(long, SMS) == ["x" * 148 + "\n1 Documents"]

    def test_a_long_answer_is_cut_at_sentence_ends_and_loses_nothing(self) -> None:
        sentence = "هاد الوثيقة كتاخدها من الجماعة فين تزاديتي."
        reply = Reply(language="ary", paragraphs=(" ".join([sentence] * 12),), source="المصدر: service-public.ma")
        texts = shown(reply, SMS)
        assert [segments(text).segments <= 3 for text in texts] == [True] * len(texts)
        assert [text.endswith((".", "service-public.ma")) for text in texts] == [True] * len(texts)
        assert " ".join(texts).split() == " ".join([*reply.paragraphs, reply.source]).split()

    def test_invisible_characters_are_left_out(self) -> None:
        reply = Reply(language="ar", paragraphs=("\u200fالثمن\u200b \u2066500\u2069 درهم\u00a0فقط",))
        assert shown(reply, SMS) == ["الثمن 500 درهم فقط"]


class TestButtonsAndMenus:
    def test_up_to_three_choices_are_buttons_under_answer_source_and_question(self) -> None:
        (message,) = render(FRENCH, TO, WHATSAPP)
        assert message.text == (
            "Passeport – Frais : 500 DH.\nPayés par timbre électronique.\n\n"
            "Délai : dix jours, peut-être plus.\n\n"
            "Source : passeport.ma, vérifié le 12/11/2026\n\n"
            "Vous pouvez aussi demander :"
        )
        assert [(button.id, button.title) for button in message.buttons] == [
            ("a:x:0", "Documents"),
            ("a:x:1", "Où aller"),
        ]
        assert message.menu is None

    def test_more_choices_are_a_menu(self) -> None:
        reply = FRENCH.model_copy(update={"choices": choices("Un", "Deux", "Trois", "Quatre")})
        (message,) = render(reply, TO, WHATSAPP)
        assert message.buttons == ()
        assert message.menu is not None
        assert message.menu.button == "Voir les choix"
        assert [row.id for row in message.menu.rows] == ["a:x:0", "a:x:1", "a:x:2", "a:x:3"]

    def test_more_choices_than_a_menu_holds_are_numbered(self) -> None:
        reply = Reply(language="fr", paragraphs=("Laquelle ?",), choices=choices(*(f"n{n}" for n in range(12))))
        (message,) = render(reply, TO, WHATSAPP)
        assert titles(message) == []
        assert message.text.splitlines()[-1] == "12. n11"

    def test_without_templates_choices_are_numbered_in_their_order(self) -> None:
        (text,) = shown(FRENCH, WHATSAPP_TEXT)
        assert text.endswith("Vous pouvez aussi demander :\n1. Documents\n2. Où aller")

    def test_a_title_that_does_not_fit_gives_way_to_the_short_one(self) -> None:
        choice = Choice(title="Renouvellement de la carte nationale", short="Renouveler la CNIE", payload="p")
        (message,) = render(Reply(language="fr", paragraphs=("?",), choices=(choice,)), TO, WHATSAPP)
        assert titles(message) == ["Renouveler la CNIE"]

    def test_a_menu_row_tells_the_full_title_below_the_short_one(self) -> None:
        long = Choice(title="Renouvellement de la carte nationale", short="Renouveler la CNIE", payload="p")
        (message,) = render(Reply(language="fr", paragraphs=("?",), choices=(long,) * 4), TO, WHATSAPP)
        assert message.menu is not None
        assert (message.menu.rows[0].title, message.menu.rows[0].description) == (long.short, long.title)

    def test_a_long_answer_goes_ahead_and_the_buttons_follow_with_source_and_question(self) -> None:
        reply = FRENCH.model_copy(update={"paragraphs": ("Une phrase de plus. " * 60,)})
        first, last = render(reply, TO, WHATSAPP)
        assert (first.text, titles(first)) == (("Une phrase de plus. " * 60).strip(), [])
        assert last.text == "Source : passeport.ma, vérifié le 12/11/2026\n\nVous pouvez aussi demander :"
        assert titles(last) == ["Documents", "Où aller"]

    def test_choices_without_any_text_have_the_menus_label_above_them(self) -> None:
        (message,) = render(Reply(language="ar", paragraphs=(), choices=choices("نعم", "لا")), TO, WHATSAPP)
        assert (message.text, titles(message)) == ("عرض الخيارات", ["نعم", "لا"])


class TestReadingOrder:
    def test_an_arabic_line_that_starts_with_latin_letters_is_marked(self) -> None:
        (text, *_) = shown(DARIJA, TELEGRAM)
        assert text.splitlines()[0] == f"{RLM}CNIE: الثمن {LRM}1 000 درهم."

    def test_grouped_digits_are_marked_and_links_left_alone(self) -> None:
        (text, *_) = shown(DARIJA, TELEGRAM)
        assert text.splitlines()[2] == f"عيط على {LRM}0537 71 71 71 ولا شوف https://www.cnie.ma/a-2026-11"

    @pytest.mark.parametrize(
        "line",
        [
            "الثمن 500 درهم",
            "من 10 حتى 15 يوم، 12/11/2026",
            "https://www.passeport.ma/2026-11-22",
            "service-public.ma",
            "شوف www.cnie.ma/05-37-71",
        ],
    )
    def test_a_line_that_reads_well_is_left_alone(self, line: str) -> None:
        assert shown(Reply(language="ar", paragraphs=(line,)), TELEGRAM) == [line]

    def test_a_line_that_starts_with_a_phone_number_stays_right_to_left(self) -> None:
        reply = Reply(language="ar", paragraphs=("+212 537 71 71 71 هو الرقم",))
        assert shown(reply, TELEGRAM) == [f"{RLM}{LRM}+212 537 71 71 71 هو الرقم"]

    def test_french_is_never_marked(self) -> None:
        assert not {LRM, RLM} & set("".join(shown(FRENCH, TELEGRAM)))


def test_an_empty_reply_gives_no_message() -> None:
    assert [render(Reply(language="fr", paragraphs=()), TO, limits) for limits in ALL.values()] == [[]] * len(ALL)


# ---- for every reply -----------------------------------------------------------------------------------------------

LETTERS = "abcéêçœ0123 789.,;:!?+-\n«»’€سلامشنوة؟،؛\u064e\u0651\u200f\u200b\u00a0😀👨\u200d🇲🇦/"
TEXT = st.text(alphabet=LETTERS, max_size=700)
WORD = st.text(alphabet="abcéêسلامش😀 ", min_size=1, max_size=60).filter(str.strip)
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
    choices_intro=st.text(alphabet=LETTERS, max_size=80),
    choices=st.lists(CHOICE, max_size=14).map(tuple),
    source=st.text(alphabet=LETTERS, max_size=120),
)


def seen(text: str) -> str:
    """The characters that a reader sees, without white space."""
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


@pytest.mark.parametrize("limits", ALL.values(), ids=ALL.keys())
class TestEveryReply:
    @given(reply=REPLY)
    def test_every_message_is_within_the_limits(self, limits: Limits, reply: Reply) -> None:
        for message in render(reply, TO, limits):
            assert message.text.strip() == message.text != ""
            assert utf16_units(message.text) <= limits.max_chars
            assert not limits.sms or segments(message.text).segments <= limits.max_segments
            assert len(message.buttons) <= limits.max_buttons
            assert all(0 < utf16_units(button.title) <= limits.button_title for button in message.buttons)
            if message.menu is not None:
                assert len(message.menu.rows) <= limits.max_rows
                assert 0 < utf16_units(message.menu.button) <= limits.button_title
                assert all(0 < utf16_units(row.title) <= limits.row_title for row in message.menu.rows)
                assert all(utf16_units(row.description) <= limits.row_description for row in message.menu.rows)
            if titles(message):
                assert utf16_units(message.text) <= limits.interactive_chars

    @given(reply=REPLY)
    def test_choices_come_whole_in_order_and_last(self, limits: Limits, reply: Reply) -> None:
        messages = render(reply, TO, limits)
        offered = [[*m.buttons, *(m.menu.rows if m.menu is not None else ())] for m in messages]
        assert not any(offered[:-1])
        if messages and offered[-1]:
            assert [option.id for option in offered[-1]] == [choice.payload for choice in reply.choices]

    @given(reply=REPLY)
    def test_the_answer_and_its_source_are_never_dropped(self, limits: Limits, reply: Reply) -> None:
        if limits.sms and reply.language == "fr":
            return  # letters change there: test_sms_text.py covers them
        text = seen("".join(shown(reply, limits)))
        if limits.sms:  # grouped digits are closed up there
            text, wanted = (value.translate({ord("."): "", ord("-"): ""}) for value in (text, _wanted(reply)))
        else:
            wanted = _wanted(reply)
        assert wanted in text


def _wanted(reply: Reply) -> str:
    return seen("".join([*reply.paragraphs, reply.source, reply.choices_intro]))


@given(reply=REPLY)
def test_an_sms_has_no_invisible_character(reply: Reply) -> None:
    categories = {unicodedata.category(c) for text in shown(reply, SMS) for c in text if c != "\n"}
    assert not categories & {"Cf", "Cc"}
