"""Which country a message is about: only what is sure."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from knowledge.countries import CountryWords, Named, load_countries
from knowledge.procedures import Country

NAMES = load_countries()


@pytest.mark.parametrize(
    ("text", "country", "rest"),
    [
        ("casier judiciaire f dzayer", Country.DZ, "casier judiciaire"),
        ("ch7al lpasport fdzayer", Country.DZ, "ch7al lpasport"),
        ("combien coûte le passeport en Algérie ?", Country.DZ, "combien coute le passeport"),
        ("prix passeport algerie", Country.DZ, "prix passeport"),
        ("و فالجزائر؟", Country.DZ, ""),
        ("جواز السفر في الجزائر", Country.DZ, "جواز السفر"),
        ("شحال الباسبور ف الدزاير", Country.DZ, "شحال الباسبور"),
        ("extrait de naissance à Oran", Country.DZ, "extrait de naissance"),
        ("لاكارط فوهران", Country.DZ, "لاكارط"),
        ("combien coûte le passeport algérien", Country.DZ, "combien coute le passeport algerien"),
        ("جواز السفر الجزائري", Country.DZ, "جواز السفر الجزايري"),
        ("le casier en Mauritanie", Country.MR, "le casier"),
        ("casier f mouritanya", Country.MR, "casier"),
        ("كم رسوم جواز السفر بموريتانيا", Country.MR, "كم رسوم جواز السفر"),
        ("البطاقة في نواكشوط", Country.MR, "البطاقه"),
        ("et pour la Mauritanie ?", Country.MR, "et"),
        ("وبالنسبة لموريتانيا", None, ""),
        ("le passeport au Maroc", Country.MA, "le passeport"),
        ("lpasport fl maghrib", Country.MA, "lpasport"),
        ("شنو خاصني للباسبور فالمغرب", Country.MA, "شنو خاصني للباسبور"),
        ("échanger mon permis algérien au Maroc", Country.MA, "echanger mon permis algerien"),
    ],
)
def test_a_country_is_read_from_its_name_its_cities_and_its_papers(
    text: str, country: Country | None, rest: str
) -> None:
    assert (Named(country, rest) if country else None) == NAMES.named(text)


@pytest.mark.parametrize(
    "text",
    [
        "certificat de nationalité marocaine",
        "شهادة الجنسية المغربية",
        "passeport à l'ambassade d'Algérie",
        "renouveler mon passeport au consulat du Maroc à Alger",
        "جواز السفر فالقنصلية ديال المغرب",
        "je suis né en Algérie, combien coûte le passeport",
        "passeport pour voyager en Algérie",
        "visa algérie",
        "échanger mon permis algérien",
        "mariage avec un Algérien",
        "je suis algérien, quels papiers ?",
        "انا من الجزائر وبغيت الباسبور",
        "différence entre le Maroc et l'Algérie",
        "bank al maghrib",
        "combien coûte le passeport",
        "",
    ],
)
def test_what_names_a_country_only_in_passing_names_none(text: str) -> None:
    assert None is NAMES.named(text)


@pytest.mark.parametrize(("language", "label"), [("fr", "Algérie"), ("ar", "الجزائر"), ("ary", "الجزائر")])
def test_a_country_has_a_label_in_every_language(language: str, label: str) -> None:
    assert label == NAMES.label(Country.DZ, language)


def test_a_missing_country_is_named() -> None:
    lists = {field: [] for field in CountryWords.model_fields}

    with pytest.raises(ValidationError, match="countries lacks dz, ma, mr"):
        CountryWords.model_validate({**lists, "countries": {}})
