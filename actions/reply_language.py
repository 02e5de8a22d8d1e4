"""In which language to answer, and which language a citizen asks for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from actions.contract import TurnInput
from connectors.messages import ReplyLanguage
from knowledge.language.normalise import tokens

DEFAULT_LANGUAGE: ReplyLanguage = "ary"  # for a first message that says nothing about the language

_REPLY_IN: Mapping[str, ReplyLanguage] = MappingProxyType({"ar": "ar", "fr": "fr", "ary": "ary", "ary-Latn": "ary"})

# Words that people use whatever they speak: one of them alone changes nothing about the conversation's language.
_SHARED = frozenset(
    {"ok", "okay", "oui", "non", "merci", "bonjour", "bonsoir", "salut", "salam", "slm", "stop", "start", "svp"}
    | {"cnie", "cin", "carte", "passeport", "passport", "visa", "permis", "vignette", "casier", "cnss", "amo", "rsu"}
    | {"extrait", "sms", "whatsapp", "telegram", "internet", "email", "mail"}
)
_ARABIC = re.compile(r"[ء-ۿ]")
_LETTER = re.compile(r"[^\W\d_]")

# What a language's name contains, after normalisation (accents and ة gone), in any script and with any clitic:
# "français", "blfransawiya", "بالفرنسية", "l3arbiya", "الدارجة".
_NAMED: Mapping[ReplyLanguage, tuple[str, ...]] = MappingProxyType(
    {
        "fr": ("franc", "frans", "french", "فرنس", "فرانس"),
        "ary": ("darij", "darj", "maghrib", "maghreb", "marocain", "dialect", "دارج", "داريج", "مغرب", "عامي", "لهج"),
        "ar": ("arab", "3arb", "3rb", "fos7", "fusha", "عرب", "فصح"),
    }
)


def reply_language(turn: TurnInput, text: str, identified: str | None) -> ReplyLanguage:
    """The citizen's own language. One that he asked for wins; a message that says too little changes nothing.

    `identified`: the NLU's name for the message's language (ar, fr, ary, ary-Latn), None for a tapped button.
    """
    if turn.chosen_language is not None:
        return turn.chosen_language
    known = turn.language
    if identified is None or turn.choice is not None or identified not in _REPLY_IN:
        return known or DEFAULT_LANGUAGE
    if known is not None and (turn.context.verbatim or _says_little(text, known)):
        return known  # the name of a street says nothing about who lives there
    if known is None and len(_LETTER.findall(text)) < 2:
        return DEFAULT_LANGUAGE
    return _REPLY_IN[identified]


def named_language(text: str) -> ReplyLanguage | None:
    """The language that `text` asks for ("jawbni b français"), None when it names none.

    The first one named counts, but "العربية المغربية" and "arabe dialectal" are one name and mean Darija.
    """
    named = [_language_of(word) for word in tokens(text)]
    for position, language in enumerate(named):
        if language == "ar" and named[position + 1 : position + 2] == ["ary"]:
            return "ary"
        if language is not None:
            return language
    return None


def _language_of(word: str) -> ReplyLanguage | None:
    return next((language for language, parts in _NAMED.items() if any(part in word for part in parts)), None)


def _says_little(text: str, known: ReplyLanguage) -> bool:
    """Whether `text` is digits, a file number, a shared word, or one word that fits the conversation's language."""
    telling = [word for word in tokens(text) if len(_LETTER.findall(word)) > 1 and word not in _SHARED]
    if not telling:
        return True
    if len(telling) > 1:
        return False
    in_arabic = bool(_ARABIC.search(telling[0]))
    # One Latin word may be French or Darija; one Arabic word may be either of the two, but is not French.
    return not in_arabic or known != "fr"
