"""The citizen's side of following a file: his yes, his list, his end. What each changes is an effect of the turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from actions.contract import Effect, FollowFile, UnfollowFile
from actions.following import masked
from actions.payloads import Follow, Unfollow
from actions.replies import Variety, Wording
from bot.conversation import Conversation
from bot.follow_ports import Followed, Follows
from bot.metrics import METRICS
from bot.notice import days_in
from connectors.messages import Choice, Reply, ReplyLanguage

VERSION = 1  # of `follow_kept`: raise it when that text says something new about what is kept
_SHORT = 20  # characters of a button


@dataclass(frozen=True, slots=True)
class Voice:
    """The language of a reply, and in which wording Dalil's own sentences are said."""

    language: ReplyLanguage
    words: Variety


class Following:
    """Answers what is asked about following. `days`, `per_person`: at most. `first_s`: till the first look."""

    def __init__(self, wording: Wording, follows: Follows, days: int, per_person: int, first_s: float) -> None:
        self._wording = wording
        self._follows = follows
        self._days = days
        self._per_person = per_person
        self._first_s = first_s

    async def answer(
        self, conversation: Conversation, voice: Voice, asked: Follow | Unfollow | None, now: float
    ) -> tuple[Reply, tuple[Effect, ...]]:
        """The reply, and what it changes. `asked` None: which files are followed? Raises `StoreUnavailable`."""
        followed = await asyncio.to_thread(self._follows.followed, conversation.person_id)
        if isinstance(asked, Follow):
            return await self._start(conversation, voice, len(followed), now)
        if not followed:
            return self._say(voice, "follow_none"), ()
        if asked is None:
            return self._list(voice, followed), ()
        return self._stop(voice, asked, followed)

    async def _start(
        self, conversation: Conversation, voice: Voice, count: int, now: float
    ) -> tuple[Reply, tuple[Effect, ...]]:
        if count >= self._per_person:
            return self._say(voice, "follow_full", count=str(count)), ()
        if not await asyncio.to_thread(self._follows.is_offered, conversation.id, now):
            ask_again = (self._wording.choice(voice.words, "choose_status"),)
            return self._say(voice, "follow_old").model_copy(update={"choices": ask_again}), ()
        METRICS.follows.labels("started").inc()
        effect = FollowFile(wording=VERSION, days=self._days, look_after_s=self._first_s)
        kept = self._wording.text(voice.words, "follow_kept", days=days_in(self._wording, voice.words, self._days))
        reply = self._say(voice, "follow_started")
        return reply.model_copy(update={"paragraphs": (*reply.paragraphs, kept)}), (effect,)

    def _list(self, voice: Voice, followed: Sequence[Followed]) -> Reply:
        lines = [
            self._wording.text(voice.words, "follow_line", file=_name(one), day=_day(one.expires_at))
            for one in followed
        ]
        text = "\n".join([self._wording.text(voice.words, "follow_list"), *lines])
        return Reply(
            language=voice.language, paragraphs=(text,), choices=tuple(self._stopping(voice, one) for one in followed)
        )

    def _stopping(self, voice: Voice, one: Followed) -> Choice:
        title = self._wording.text(voice.words, "follow_stop", file=_name(one))
        return Choice(title=title, short=title[:_SHORT], payload=str(Unfollow(one.follow_id)))

    def _stop(self, voice: Voice, asked: Unfollow, followed: Sequence[Followed]) -> tuple[Reply, tuple[Effect, ...]]:
        """One, where it is his; or all."""
        ids = {one.follow_id for one in followed}
        if asked.follow_id is not None and asked.follow_id not in ids:
            return self._say(voice, "follow_stopped"), ()  # an old button: it has ended
        METRICS.follows.labels("stopped").inc(1 if asked.follow_id is not None else len(ids))
        key = "follow_stopped" if asked.follow_id is not None else "follow_stopped_all"
        return self._say(voice, key), (UnfollowFile(follow_id=asked.follow_id),)

    def _say(self, voice: Voice, key: str, **values: str) -> Reply:
        return Reply(language=voice.language, paragraphs=(self._wording.text(voice.words, key, **values),))


def _name(one: Followed) -> str:
    return masked(one.number) if one.number is not None else "***"


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d/%m/%Y}"
