"""⑧ An SMS reply as pages of at most three segments, of which one is sent; the citizen sends 0 for the next.

A segment costs money and an Arabic one holds 70 characters. The first page has the answer, its source in short and
what can be asked next, as far as they fit; what is good to know besides comes on demand. A page that is not the last
one always says so: half a list of documents must never look like a whole one. A notice closes the first page and may
take a segment more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from operator import itemgetter

from connectors.messages import Choice, Reply, ReplyLanguage
from connectors.sms_text import is_gsm7, segments, to_gsm7_french
from connectors.sms_text import split as split_sms
from connectors.text import CharacterTable

MORE = "0"  # what the citizen sends for the next page
SEND: dict[ReplyLanguage, str] = {"fr": "Envoyez", "ar": "أرسل", "ary": "اكتب"}  # said in every Darija
REST: dict[ReplyLanguage, str] = {"fr": f"{MORE} Suite", "ar": f"{MORE} للتتمة", "ary": f"{MORE} للباقي"}
FEWEST_CHOICES = 2  # with fewer on the first page, all of them wait for the next
FEWEST_LINES = 3  # a heading, the answer, and a line that may wait

_THOUSANDS = re.compile(r"(?<![\d+])(?<!\d )\d{1,3}(?: \d{3})+(?! ?\d)")
_PHONE = re.compile(r"(?<![\d+])(?:\+\d[\d .-]{7,}\d|\d{2,4}(?:[ .-]\d{2,3}){3,})(?!\d)")


def pages(reply: Reply, max_segments: int) -> list[str]:
    """The pages of `reply`, each of at most `max_segments` (the first one more with a notice); none for no text."""
    texts = [page for page in _Pages(reply, max_segments).pages() if page.strip()]
    if not texts or not reply.notice:
        return texts
    return [_with_notice(texts[0], reply), *texts[1:]]


def _with_notice(page: str, reply: Reply) -> str:
    notice = _one_line(_visible(reply.notice))
    # A notice of one segment takes one more, but for a French page that quotes Arabic: it is UCS-2 as a whole.
    return "\n".join([page, to_gsm7_french(notice) if reply.language == "fr" else notice])


class _Pages:
    """One reply being laid out."""

    def __init__(self, reply: Reply, max_segments: int) -> None:
        self._language = reply.language
        self._max = max_segments
        self._in_gsm7 = cache(to_gsm7_french)  # a line is laid out several times
        self._main = self._lines(reply.paragraphs)
        self._source = self._lines([_one_line(reply.source_short or reply.source)])
        self._details = self._lines(reply.details)
        self._choices = reply.choices

    def pages(self) -> list[str]:
        """The first page has the answer, or its beginning, and always the source; then the rest, the choices last."""
        for count in range(len(self._main), 0, -1):
            shown = [*self._main[:count], *self._source]
            if self._fits(shown, (), more=True):
                break
        else:  # not even one line beside the source
            return self._packed([*self._main, *self._source, *self._details], self._choices)
        left = [*self._main[count:], *self._details]
        offered = self._offered(shown, waiting=bool(left))
        if not offered and self._choices and count == len(self._main) >= FEWEST_LINES:
            # What can be asked next is worth the last line of the answer, but not more of it.
            fewer = [*self._main[: count - 1], *self._source]
            if with_one_line_less := self._offered(fewer, waiting=True):
                shown, left, offered = fewer, [*self._main[count - 1 :], *self._details], with_one_line_less
        if not left and len(offered) == len(self._choices):
            return [self._page(shown, offered, more=False)]
        # The list on the last page is whole again, so that the numbers stay the same.
        return [self._page(shown, offered, more=True), *self._packed(left, self._choices)]

    def _offered(self, shown: Sequence[str], *, waiting: bool) -> tuple[Choice, ...]:
        """As many choices as fit on the first page; none rather than fewer than `FEWEST_CHOICES`."""
        for count in range(len(self._choices), min(FEWEST_CHOICES, len(self._choices)) - 1, -1):
            more = waiting or count < len(self._choices)
            if self._fits(shown, self._choices[:count], more=more):
                return self._choices[:count]
        return ()

    def _packed(self, lines: Sequence[str], choices: tuple[Choice, ...]) -> list[str]:
        """Lines in order on as many pages as they need, the choices at the end of the last."""
        finished: list[str] = []
        current: list[str] = []
        for line in self._short_enough(lines):
            if current and not self._fits([*current, line], (), more=True):
                finished.append(self._page(current, (), more=True))
                current = []
            current.append(line)
        if not self._fits(current, choices, more=False):
            if current:
                finished.append(self._page(current, (), more=bool(choices)))
            return [*finished, *split_sms(self._page([], choices, more=False), self._max)]
        last = self._page(current, choices, more=False)
        return [*finished, last] if last else finished

    def _short_enough(self, lines: Iterable[str]) -> Iterable[str]:
        """Lines, those that no page could hold cut at the end of a sentence or a word."""
        for line in lines:
            if self._fits([line], (), more=True):
                yield line
            else:
                yield from split_sms(line, self._max - 1)

    def _fits(self, lines: Sequence[str], choices: tuple[Choice, ...], *, more: bool) -> bool:
        return self._laid_out(lines, choices, more=more)[1] <= self._max

    def _page(self, lines: Sequence[str], choices: tuple[Choice, ...], *, more: bool) -> str:
        return self._laid_out(lines, choices, more=more)[0]

    def _laid_out(self, lines: Sequence[str], choices: tuple[Choice, ...], *, more: bool) -> tuple[str, int]:
        """The text of one page, and its segments. Full titles read better; they are taken where they cost none more."""
        full = self._encoded([*lines, *self._last_line(choices, more=more, short=False)])
        if not choices:
            return full
        return min(full, self._encoded([*lines, *self._last_line(choices, more=more, short=True)]), key=itemgetter(1))

    def _last_line(self, choices: tuple[Choice, ...], *, more: bool, short: bool) -> list[str]:
        numbered = [f"{n} {_one_line((c.short if short else '') or c.title)}" for n, c in enumerate(choices, start=1)]
        offered = [*numbered, *([REST[self._language]] if more else [])]
        return [" ".join([SEND[self._language], *offered])] if offered else []

    def _lines(self, blocks: Iterable[str]) -> list[str]:
        """Without blank lines, doubled spaces and characters that cost without being seen."""
        lines = (_one_line(line) for block in blocks for line in _visible(block).splitlines())
        return [self._closed_up(line) for line in lines if line]

    def _closed_up(self, line: str) -> str:
        if self._language == "fr":
            return line
        # Groups of digits would change places in a right-to-left line: 1 000 would read 000 1.
        line = _THOUSANDS.sub(lambda match: match[0].replace(" ", ""), line)
        return _PHONE.sub(lambda match: re.sub(r"[ .-]", "", match[0]), line)

    def _encoded(self, lines: Sequence[str]) -> tuple[str, int]:
        """Lines as one text, French in the cheap alphabet where all of it can be written so; and its segments."""
        text = "\n".join(lines)
        if self._language == "fr":
            plain = "\n".join(map(self._in_gsm7, lines))
            text = plain if is_gsm7(plain) else text
        return text, segments(text).segments


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _visible(text: str) -> str:
    return text.translate(_VISIBLE)


_VISIBLE = CharacterTable(lambda c: "" if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs") else c)
