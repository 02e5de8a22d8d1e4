"""A few invented sheets: enough to be found, confused with each other, and missing a fact."""

from __future__ import annotations

from datetime import date
from functools import cache

from actions.follow_ups import FollowUps
from actions.phrases import load_follow_up_words
from knowledge.answer import Knowledge
from knowledge.countries import load_countries
from knowledge.loader import Catalogue
from knowledge.procedures import Procedure
from knowledge.settings import load_settings, load_words
from tests.fakes import TrigramEmbedder


def fact(ar: str, fr: str, ary: str) -> dict[str, object]:
    return {"text": {"ar": ar, "fr": fr, "ary": ary}, "sources": ["site"]}


def sheet(name: str, title: tuple[str, str, str], aliases: dict[str, list[str]], **fields: object) -> Procedure:
    ar, fr, ary = title
    return Procedure.model_validate(
        {
            "id": f"ma.{name}",
            "country": "ma",
            "state": "published",
            "confidence": "high",
            "checked_on": date(2026, 11, 20),
            "title": {"ar": ar, "fr": fr, "ary": ary},
            "short_title": {"ar": ar[:20], "fr": fr[:20], "ary": ary[:20]},
            "aliases": aliases,
            "questions": {},
            "summary": {"ar": f"{ar} وثيقة.", "fr": f"{fr} : un document.", "ary": f"{ary} وثيقة."},
            "official_link": "https://service.example/",
            "sources": [{"ref": "site", "publisher": "Service", "kind": "official", "url": "https://service.example/"}],
            **fields,
        }
    )


def dirhams(amount: int) -> dict[str, object]:
    return {"items": [{"amount": amount, "currency": "MAD", "sources": ["site"]}]}


CASIER = sheet(
    "casier_judiciaire",
    ("السجل العدلي", "Casier judiciaire", "السجل العدلي"),
    {"fr": ["casier judiciaire"], "ary-Latn": ["casier judiciaire", "sijil l3adli"], "ary": ["كازيي جوديسيير"]},
    documents=[fact("بطاقة التعريف", "Carte d'identité", "لاكارط")],
    fees=dirhams(10),
    where={"office": fact("المحكمة", "Au tribunal", "المحكمة")},
)
PASSPORT = sheet(
    "passeport_majeur",
    ("جواز السفر للراشد", "Passeport adulte", "الباسبور ديال الكبار"),
    {"fr": ["passeport"], "ary": ["الباسبور"], "ar": ["جواز السفر"], "ary-Latn": ["lpassport", "passport"]},
    documents=[fact("صورتان", "Deux photos", "جوج تصاور"), fact("تمبر", "Un timbre", "تنبر")],
    fees=dirhams(500),
    validity=fact("خمس سنوات", "Cinq ans", "خمس سنين"),
    minor_variant="ma.passeport_mineur",
    related=["ma.passeport_mineur"],
)
CHILD_PASSPORT = sheet(
    "passeport_mineur",
    ("جواز السفر للقاصر", "Passeport mineur", "الباسبور ديال الصغار"),
    {"fr": ["passeport enfant", "passeport mineur"], "ary": ["الباسبور ديال ولدي"]},
    documents=[fact("عقد الازدياد", "Acte de naissance", "عقد الازدياد")],
    fees=dirhams(150),
    related=["ma.passeport_majeur"],
)
COMPLAINTS = sheet(
    "reclamation_chikaya",
    ("الشكاية", "Réclamation", "الشكاية"),
    {"fr": ["réclamation"], "ary": ["شكاية"]},
    where={"online": "https://chikaya.example/", "sources": ["site"]},
)
DRAFT = sheet("vignette", ("الفينييت", "Vignette auto", "لافينييت"), {"fr": ["vignette"]}, state="draft")

SHEETS = (CASIER, PASSPORT, CHILD_PASSPORT, COMPLAINTS, DRAFT)


_words = cache(load_words)


def knowledge(*sheets: Procedure) -> Knowledge:
    """Knowledge of these sheets, with the shipped thresholds and no model to load."""
    return Knowledge(Catalogue.of(sheets or SHEETS), TrigramEmbedder(), load_settings(), _words())


@cache
def follow_ups() -> FollowUps:
    """The shipped words over these sheets."""
    return FollowUps(load_follow_up_words(), _words(), knowledge(), load_countries())
