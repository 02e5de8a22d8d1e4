"""Birth dates as people of the three countries type them, read or refused with the reason."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
import yaml

from actions.birth_date import _FILE, DateMistake, Reading, read_birth_date
from knowledge.language.normalise import normalise

TODAY = date(2026, 11, 22)
APRIL = date(1990, 4, 12)

READ = {
    APRIL: """
        12/4/1990 | ١٢/٤/١٩٩٠ | 12-04-1990 | 12041990 | 1990-04-12 | 12.4.90 | 12 avril 1990 | 12 AVRIL 1990
        12avril1990
        12-avr-90 | le 12 avr. 1990 | 1990 avril 12 | april 12 1990 | 12 April 90 | 12 de avril 1990
        né le 12 avril 1990 à Fès
        12 أبريل 1990 | 12 ابريل 1990م | ١٢ إبريل ١٩٩٠ | 12 أفريل 1990 | 12 نيسان 1990 | 12 أَبْرِيل 1990
        ازديت نهار 12 أبريل عام 1990
        12 شهر 4 1990 | 12 ibril 1990 | tzadit f 12 abril 1990 | 12 chhar 4 1990 | m3a l3achiya 12 4 1990
    """,
    date(1985, 5, 3): "le 3 mai 85 | 3 ماي 1985 | 03 مايو 1985 | 3 may 85 | ٣ ماي ٨٥",
    date(1971, 1, 1): "1er janvier 1971 | 1 جانفي 1971 | 1 يناير 71 | 1 yanayer 1971 | 1 كانون الثاني 1971",
    date(1971, 2, 1): "1 فيفري 1971 | 1 فبراير 1971 | 1 fbrayer 71 | 1er févr. 1971",
    date(1988, 6, 5): "5 جوان 1988 | 5 يونيو 1988 | 5 jwan 88 | 5 juin 88",
    date(1988, 7, 5): "5 جويلية 1988 | 5 يوليوز 1988 | 5 يوليو 1988 | 5 juil 88 | 5 youlyouz 1988",
    date(1988, 8, 5): "5 أوت 1988 | 5 غشت 1988 | 5 أغسطس 1988 | 5 ghocht 1988 | 5 4ocht 1988 | 5 aout 88 | 5 août 1988",
    date(1988, 9, 5): "5 سبتمبر 1988 | 5 شتنبر 1988 | 5 chtanbir 88",
    date(1988, 10, 5): "5 أكتوبر 1988 | 5 اكتوبر 88 | 5 oktobr 1988 | 5 تشرين الأول 1988",
    date(1988, 11, 5): "5 نوفمبر 1988 | 5 نونبر 1988 | 5 nounbir 1988",
    date(1988, 12, 5): "5 ديسمبر 1988 | 5 دجنبر 1988 | 5 دجمبر 1988 | 5 doujanbir 88 | 5 déc 1988",
    date(2003, 3, 2): "2 mars 2003 | 2 مارس 2003 | 2 mares 2003",
}
REFUSED = {
    DateMistake.NOT_A_DATE: """
        demain | مارس 1990 | avril | 12 4 | 12 personnes 1990 | 12 رمضان 1410 | 06 11 44 55 66 | 1990
        3 photos et 2 copies
    """,
    DateMistake.SHORT_YEAR: "12 نيسان | 12 avril | avril 12 | 12/04/10 | 12 avril 26 | 5 غشت",
    DateMistake.NO_SUCH_DAY: "31 avril 1990 | 30 فبراير 1990 | 04/25/1990 | 0 mai 1990",
    DateMistake.FUTURE: "23 novembre 2026 | 1 يناير 2030",
    DateMistake.TOO_OLD: "12 avril 1890",
}


def _each(lines: str) -> list[str]:
    return [text for line in lines.splitlines() for text in map(str.strip, line.split("|")) if text]


@pytest.mark.parametrize(("text", "born"), [(text, born) for born, lines in READ.items() for text in _each(lines)])
def test_a_date_is_read_in_every_script_and_with_every_calendars_months(text: str, born: date) -> None:
    assert Reading(born) == read_birth_date(text, TODAY)


@pytest.mark.parametrize(("text", "why"), [(text, why) for why, lines in REFUSED.items() for text in _each(lines)])
def test_what_is_no_birth_date_has_its_reason(text: str, why: DateMistake) -> None:
    assert Reading(None, why) == read_birth_date(text, TODAY)


def test_no_name_stands_for_two_months() -> None:
    months = yaml.safe_load(_FILE.read_text("utf-8"))["months"]
    often = Counter(name for names in months for name in {normalise(name) for name in names})

    assert [] == [name for name, count in often.items() if count > 1]
