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
from connectors.text import utf16_units

WHATSAPP = Limits(max_chars=1600, max_buttons=3, max_rows=10)
WHATSAPP_TEXT = Limits(max_chars=1600)
ALL = {
    "whatsapp": WHATSAPP,
    "whatsapp without templates": WHATSAPP_TEXT,
    "telegram": TELEGRAM,
    "webchat": WEBCHAT,
    "console": CONSOLE,
    "menus only": Limits(max_chars=300, max_rows=4, interactive_chars=80, row_title=10, row_description=15),
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
    details=st.lists(TEXT, max_size=2).map(tuple),
    choices_intro=st.text(alphabet=LETTERS, max_size=80),
    choices=st.lists(CHOICE, max_size=14).map(tuple),
    source=st.text(alphabet=LETTERS, max_size=120),
    notice=st.text(alphabet=LETTERS, max_size=160),
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
    def test_the_answer_its_source_and_a_notice_are_never_dropped(self, limits: Limits, reply: Reply) -> None:
        assert _wanted(reply) in seen("".join(shown(reply, limits)))


def _wanted(reply: Reply) -> str:
    return seen("".join([*reply.paragraphs, *reply.details, reply.source, reply.notice, reply.choices_intro]))
