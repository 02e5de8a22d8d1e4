"""Words that must work whatever the NLU thinks: a whole message that says stop, or start again.

The same words as carriers and Twilio use in English, plus what people write here. Compared after normalisation.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

from knowledge.language.normalise import normalise


class Keyword(Enum):
    STOP = auto()
    START = auto()
    MORE = auto()  # the next page of an SMS reply


_WORDS = {
    Keyword.STOP: (
        "stop stopall unsubscribe arret arreter arretez desabonner désabonner "
        "توقف قف أوقف حبس حبسو وقف 7bess 7bes hbess wa9ef"
    ),
    Keyword.START: "start /start unstop reprendre demarrer ابدأ ابدا استئناف رجع بدا bda rje3",
    Keyword.MORE: "suite plus encore more التتمة للتتمة المزيد الباقي للباقي زيد كمل zid kemel kmel lba9i",
}


@cache
def _by_word() -> dict[str, Keyword]:
    return {normalise(word): keyword for keyword, words in _WORDS.items() for word in words.split()}


def keyword_in(text: str) -> Keyword | None:
    """The keyword that the whole of `text` is, punctuation aside."""
    return _by_word().get(normalise(text))
