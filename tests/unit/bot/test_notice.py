"""The notice of a first contact fits one SMS in every language, country and length; the long one says the rest."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from actions.contract import CountryCode
from actions.replies import LANGUAGES, load_wording
from bot.conversation import Conversation
from bot.keywords import Keyword, keyword_in
from bot.notice import VERSION, Notices
from bot.ports import Kept, Said
from bot.settings import OPERATOR_AR, OPERATOR_FR, Settings
from connectors.channels.webchat import NAMESPACE, TERMINAL, WebChat, WebChatConfig
from connectors.messages import Address, Medium, Reply, ReplyLanguage
from connectors.sms_pages import pages
from connectors.sms_text import segments, to_gsm7_french
from tests.contracts.channel_subjects import nowhere

COUNTRIES: tuple[CountryCode, ...] = get_args(CountryCode)
LONGEST = {"fr": "W" * OPERATOR_FR, "ar": "ش" * OPERATOR_AR, "ary": "ش" * OPERATOR_AR}
ROOM = {"fr": ("GSM-7", 153), "ar": ("UCS-2", 67), "ary": ("UCS-2", 67)}  # of one segment among several
LAWS = {"ma": ("09", "08"), "dz": ("18", "07"), "mr": ("2017", "020")}


def notices(days: int = 90, operator: dict[ReplyLanguage, str] | None = None) -> Notices:
    return Notices(load_wording(), operator or Settings(_env_file=None).operator_names, days)


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_notice_is_one_segment_whoever_runs_it_and_however_long_it_is_kept(
    language: ReplyLanguage, country: CountryCode
) -> None:
    encoding, room = ROOM[language]
    for days in (1, 2, 3, 10, 11, 90, 100, 365, 999):
        text = "\n" + notices(days, LONGEST).first(language, country, sms=True)
        text = to_gsm7_french(text) if language == "fr" else text

        assert (encoding, True) == (segments(text).encoding, segments(text).units <= room), text


@pytest.mark.parametrize("sms", [True, False])
@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_how_long_by_what_law_and_words_that_work(
    language: ReplyLanguage, country: CountryCode, sms: bool
) -> None:
    text = notices().first(language, country, sms=sms)

    assert Settings(_env_file=None).operator_names[language] in text
    assert "90" in text
    assert ("-" if language == "fr" else ".").join(LAWS[country]) in text
    words = {keyword_in(word.strip(".,")) for word in text.replace("/", " ").replace("و", " و").split()}
    words |= {keyword_in(word.strip(".,،")) for word in text.replace("/", " ").replace(" و", " ").split()}
    assert {Keyword.STOP, Keyword.FORGET} <= words
    if not sms or language == "fr":
        assert "VIE PRIVEE" in text or "الخصوصية" in text


@pytest.mark.parametrize(
    ("days", "said"),
    [(1, "يوما واحدا"), (2, "يومين"), (7, "7 أيام"), (90, "90 يوما"), (100, "100 يوم"), (105, "105 أيام")],
)
def test_arabic_counts_its_days_rightly(days: int, said: str) -> None:
    assert said in notices(days).first("ar", "ma", sms=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_an_sms_it_closes_the_first_page_with_one_segment_more(language: ReplyLanguage) -> None:
    letter, sizes = ("x", range(1, 460)) if language == "fr" else ("ش", range(1, 201))
    text = notices(999, LONGEST).first(language, "mr", sms=True)
    for size in sizes:
        reply = Reply(language=language, paragraphs=(letter * size,))
        without, page = pages(reply, 3)[0], pages(reply.model_copy(update={"notice": text}), 3)[0]

        assert page.startswith(without + "\n")
        assert segments(page).segments <= 4
        assert segments(page).segments <= segments(without).segments + 1 or segments(without).segments == 1


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_answer_says_how_much_since_when_by_what_law_and_how_to_delete(
    language: ReplyLanguage, country: CountryCode
) -> None:
    said = "\n".join(notices().kept(language, country, Kept(messages=12, replies=11, since=1_790_000_000.0)))

    for part in ("12", "11", "21/09/2026", "90", Settings(_env_file=None).operator_names[language], LAWS[country][0]):
        assert part in said
    assert load_wording().text(language, f"authority_{country}") in said


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_export_by_sms_is_three_segments_whoever_runs_it_and_however_much_is_kept(
    language: ReplyLanguage, country: CountryCode
) -> None:
    kept = Kept(messages=10_000, replies=10_000, since=1_790_000_000.0, requests=100)
    told = notices(999, LONGEST).export(language, country, kept, [Said(1.0, True, "x" * 999)], 0)

    assert 1 == len(pages(Reply(language=language, paragraphs=told), 3))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_export_elsewhere_is_one_message_of_the_last_that_was_said(language: ReplyLanguage) -> None:
    said = [Said(1_790_000_000.0 + n, n % 2 == 1, f"{n}: " + "كلمة " * 99) for n in range(40)]
    told = "\n\n".join(notices().export(language, "ma", Kept(40, 40, 1_790_000_000.0), said, 1_600))

    assert len(told) <= 1_600
    assert "39: " in told
    assert " 1: " not in told


@pytest.mark.parametrize(
    ("address", "version", "due"),
    [
        (("telegram", Medium.TELEGRAM, "bot"), 0, True),
        (("webchat", Medium.WEBCHAT, "web"), 0, True),
        (("telegram", Medium.TELEGRAM, "bot"), VERSION, False),
        (("webchat", Medium.WEBCHAT, "terminal"), 0, False),
        (("console", Medium.CONSOLE, "local"), 0, False),
    ],
)
def test_who_is_told(address: tuple[str, Medium, str], version: int, due: bool) -> None:
    channel, medium, namespace = address
    to = Address(channel=channel, medium=medium, namespace=namespace, external_id="x")

    assert due is notices().due(Conversation(id="c", person_id="p", address=to, notice=version))


def test_dalil_chat_is_known_by_its_session_and_a_page_of_a_site_is_not() -> None:
    chat = WebChat(WebChatConfig(secrets=("s",), origins=()), nowhere)

    def opened(*, terminal: bool) -> str:
        return chat.address(chat.session_id(chat.issue_session(terminal=terminal))).namespace

    assert (TERMINAL, NAMESPACE) == (opened(terminal=True), opened(terminal=False))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"operator": "W" * (OPERATOR_FR + 1)}, f"1 to {OPERATOR_FR} Latin letters"),
        ({"operator": "دليل"}, "the Arabic name is DALIL_OPERATOR_AR"),
        ({"operator": "  "}, "name who runs this"),
        ({"operator_ar": "وزارة الانتقال الرقمي"}, f"1 to {OPERATOR_AR} characters"),
        ({"retention_days": 1_000}, "999"),
    ],
)
def test_a_name_that_does_not_fit_is_refused_in_one_clear_line(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Settings(_env_file=None, **given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_follows_files_is_told_what_is_kept_for_it(language: ReplyLanguage) -> None:
    kept = Kept(messages=1, replies=1, since=1_790_000_000.0, follows=2)
    told = load_wording().text(language, "kept_follows", count="2")

    assert told in notices().kept(language, "ma", kept)
    assert told not in notices().kept(language, "ma", Kept(messages=1, replies=1, since=1_790_000_000.0))
