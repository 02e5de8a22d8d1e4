"""What is told of a followed file: no more than a status answer tells, and its number only in part.

Free text within WhatsApp's 24 hours, an approved template after them (connectors/templates.yaml).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum

from actions.contract import CountryCode
from actions.following import masked
from actions.replies import Variety, Wording, variety
from actions.reply_language import DEFAULT_LANGUAGE
from bot.conversation import Conversation
from bot.follow_ports import FollowClaim
from bot.notice import days_in
from connectors.channel import Limits
from connectors.gov.api import Case, CaseState
from connectors.messages import Address, Medium, OutgoingMessage, Reply, ReplyLanguage, Template
from connectors.render import render

WINDOW_S = 23 * 3600.0  # an hour less than WhatsApp's: it waits in the outbox, too
SEGMENTS = 6  # of an SMS: it goes out as one page, for nobody has asked and nothing waits for "0"


class News(Enum):
    CHANGED = "changed"
    ENDED = "ended"
    EXPIRED = "expired"  # followed for as long as was agreed
    GONE = "gone"  # the system does not know it any more


class FollowNews:
    """Writes notifications. `days`: how long a file is followed at most. `country`: of whom no address tells one."""

    def __init__(
        self, wording: Wording, limits: Mapping[str, Mapping[Medium, Limits]], days: int, country: CountryCode
    ) -> None:
        self._wording = wording
        self._country = country
        self._limits = limits
        self._days = days

    def messages(self, claim: FollowClaim, news: News, case: Case | None, now: float) -> Sequence[OutgoingMessage]:
        """What leaves, in order; nothing where he can be reached nowhere. `case`: what the system says, if it did."""
        conversation = claim.conversation
        if conversation is None:
            return ()
        language = conversation.chosen_language or conversation.language or DEFAULT_LANGUAGE
        words = variety(language, conversation.country or self._country)
        reply = self._reply(language, words, claim.number, news, case, now)
        rendered = self._rendered(reply, conversation.address)
        if not _outside_window(conversation, claim.heard_at, now):
            return rendered
        template = self._template(language, claim.number, news, case)
        text = "\n\n".join(message.text for message in rendered)
        return (OutgoingMessage(to=conversation.address, text=text, language=language, template=template),)

    def as_sms(self, message: OutgoingMessage, address: Address) -> OutgoingMessage:
        """A notification that could not be delivered, for the same person's SMS."""
        reply = Reply(language=message.language, paragraphs=tuple(message.text.split("\n\n")))
        return self._rendered(reply, address)[0]

    def _reply(
        self, language: ReplyLanguage, words: Variety, number: str, news: News, case: Case | None, now: float
    ) -> Reply:
        file = masked(number)
        service = case.service if case is not None else ""
        if case is None:
            heading = self._wording.text(words, "follow_end", file=file)
        elif service:
            heading = self._wording.text(words, "follow_news_service", service=service, file=file)
        else:
            heading = self._wording.text(words, "follow_news", file=file)
        lines = [heading, self._sentence(words, news, case)]
        if news is News.ENDED:
            lines.append(self._wording.text(words, "follow_over"))
        day = f"{datetime.fromtimestamp(now, UTC):%d/%m/%Y}"
        source = self._wording.text(words, "case_source", day=day) if case is not None else ""
        return Reply(language=language, paragraphs=("\n".join(lines),), source=source)

    def _sentence(self, words: Variety, news: News, case: Case | None) -> str:
        """The state in the citizen's words, as a status answer has it; or why the file is followed no longer."""
        if news is News.EXPIRED:
            return self._wording.text(words, "follow_expired", days=days_in(self._wording, words, self._days))
        if news is News.GONE or case is None:
            return self._wording.text(words, "follow_gone")
        if case.state is not CaseState.UNKNOWN:
            return self._wording.text(words, f"state_{case.state}")
        if case.raw_title:
            return self._wording.text(words, "state_unknown", title=case.raw_title)
        return self._wording.text(words, "state_unknown_untitled")

    def _template(self, language: ReplyLanguage, number: str, news: News, case: Case | None) -> Template:
        """On WhatsApp Darija goes out as Arabic, and so does what fills the template."""
        written: ReplyLanguage = "ar" if language == "ary" else language
        sentence = " ".join(self._sentence(written, news, case).split())  # Meta takes no line break in a variable
        name = "status_changed" if news in (News.CHANGED, News.ENDED) else "follow_ended"
        return Template(name=name, variables=(masked(number), sentence))

    def _rendered(self, reply: Reply, address: Address) -> Sequence[OutgoingMessage]:
        limits = self._limits[address.channel][address.medium]
        return render(reply, address, replace(limits, max_segments=SEGMENTS) if limits.sms else limits)


def _outside_window(conversation: Conversation, heard_at: float | None, now: float) -> bool:
    return conversation.address.medium is Medium.WHATSAPP and (heard_at is None or now - heard_at > WINDOW_S)
