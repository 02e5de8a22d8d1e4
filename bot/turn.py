"""③ One citizen message becomes one plan: who answers, what is said, what is remembered.

`handle_turn` reads like the rules it follows. It stores nothing and sends nothing: the worker applies the plan.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from actions import payloads
from actions.contract import ChooseLanguage, Context, CountryCode, Effect, OptOut, TurnInput, TurnResult
from actions.follow_ups import FollowUp, FollowUps, Kind
from actions.replies import Wording, payloads_of, variety
from actions.reply_language import DEFAULT_LANGUAGE, reply_language
from bot import notice
from bot.conversation import Conversation, Owner
from bot.following import Following, Voice
from bot.guard import Guard, Refusal, answered_with, heard_again
from bot.identification import Identification, Written, code_in
from bot.identity_links import Confirmed
from bot.keywords import Keyword, keyword_in
from bot.notice import EXPORTED, Notices
from bot.ports import Claim, People, TurnPlan
from bot.said import MAX_TEXT, as_said, can_be_read, choice_of, for_rasa, text_for_rasa
from connectors.channel import Limits
from connectors.messages import IncomingMessage, Medium, OutgoingMessage, Reply, ReplyLanguage
from connectors.render import render
from connectors.sms_pages import MORE
from knowledge.language.identify import identify
from knowledge.language.normalise import ascii_digits, clean

_NO = "i:deny"  # the payload of an offered "no, thank you"
_FOLLOW = str(payloads.Follow())


class Dialogue(Protocol):
    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]: ...


class Turns:
    """Handles turns; holds what every turn needs."""

    def __init__(
        self,
        dialogue: Dialogue,
        wording: Wording,
        limits: Mapping[str, Mapping[Medium, Limits]],
        country: CountryCode,
        follow_ups: FollowUps,
        *,
        notices: Notices,
        people: People,
        guard: Guard,
        following: Following,
        identification: Identification | None = None,
    ) -> None:
        self._identification = identification
        self._dialogue = dialogue
        self._follow_ups = follow_ups
        self._wording = wording
        self._limits = limits
        self._country: CountryCode = country
        self._notices = notices
        self._people = people
        self._guard = guard
        self._following = following

    async def handle_turn(self, claim: Claim, now: float) -> TurnPlan:
        """The plan for one claimed message. Raises `DialogueDown`, `DialogueFailed` or `StoreUnavailable`."""
        plan = await self._planned(claim, now)
        if not plan.messages:
            return plan
        return replace(plan, conversation=answered_with(plan.conversation, plan.messages[-1].text[:MAX_TEXT]))

    async def _planned(self, claim: Claim, now: float) -> TurnPlan:
        message, conversation = claim.message, claim.conversation
        text = clean(message.text)[:MAX_TEXT].strip()
        context = conversation.context.fresh(_utc(now), self._follow_ups.lifetime)
        keyword = keyword_in(text)
        if keyword is Keyword.NO_MORE and _NO in context.choices:
            keyword = None

        if conversation.opted_out:
            return await self._while_opted_out(claim, text, keyword, now)
        if keyword is Keyword.STOP:
            return await self._stop(claim, self._heard(claim, conversation, text, now), now)
        if conversation.owner is Owner.AGENT:
            return TurnPlan(conversation, outcome="agent")  # a person has this conversation: the bot is silent

        # A question whether to delete everything is answered by the very next message, or not at all.
        conversation = conversation.model_copy(update={"context": context.model_copy(update={"forgetting": False})})
        next_page = bool(context.rest) and (keyword is Keyword.MORE or ascii_digits(text) == MORE)
        choice = choice_of(message, text, context)
        if choice is None and not context.verbatim:
            choice = self._picked_in_words(message, text, context)
        picked = next_page or choice is not None
        conversation, refusal = self._admitted(claim, conversation, text, keyword, now, picked=picked)
        if refusal is not None:
            return self._refused(conversation, refusal, now)
        if next_page:
            return self._next_page(conversation, conversation.context)
        if choice is not None:
            match payloads.parse(choice):
                case (payloads.Follow() | payloads.Unfollow()) as asked:
                    return await self._follow(conversation, asked, now)
            return await self._through_dialogue(claim, conversation, for_rasa(text, choice), choice, now)
        return await self._written(claim, conversation, text, keyword, now, asked_to_confirm=context.forgetting)

    def _admitted(
        self, claim: Claim, conversation: Conversation, text: str, keyword: Keyword | None, now: float, *, picked: bool
    ) -> tuple[Conversation, Refusal | None]:
        """The conversation with this message counted, and why it is left unanswered, if it is."""
        if picked:  # never a repetition: "1" means something else under every list
            return self._guard.picked(conversation, claim.received_at)
        if keyword is Keyword.START:
            conversation = heard_again(conversation, claim.received_at)
        return self._guard.wrote(conversation, as_said(claim.message, text), claim.received_at, now)

    async def _while_opted_out(self, claim: Claim, text: str, keyword: Keyword | None, now: float) -> TurnPlan:
        """Silence, until he starts again. To be forgotten he need not start: it is done without another word."""
        conversation = claim.conversation
        if keyword is Keyword.FORGET:
            return TurnPlan(conversation, outcome="forgotten", forget=True)
        if keyword is not Keyword.START:
            return TurnPlan(conversation, outcome="opted_out")
        conversation = heard_again(conversation.model_copy(update={"opted_out": False}), claim.received_at)
        conversation, refusal = self._guard.picked(conversation, claim.received_at)
        if refusal is not None:
            return self._refused(conversation, refusal, now)
        return await self._through_dialogue(claim, self._heard(claim, conversation, text, now), "/greet", None, now)

    def _refused(self, conversation: Conversation, refusal: Refusal, now: float) -> TurnPlan:
        if not refusal.tell:
            return TurnPlan(conversation, outcome=refusal.why)
        return self._plan(conversation, (self._fixed(conversation, refusal.why),), outcome=refusal.why, now=now)

    def _forget(self, conversation: Conversation, now: float, *, confirmed: bool) -> TurnPlan:
        """Ask once, for nothing brings it back; then delete all of this person."""
        if confirmed:
            conversation = conversation.model_copy(update={"notice": notice.VERSION})  # no greeting at the door
            plan = self._plan(conversation, (self._fixed(conversation, "forgotten"),), outcome="forgotten", now=now)
            return replace(plan, forget=True)
        plan = self._plan(conversation, (self._fixed(conversation, "forget_ask"),), outcome="forget_asked", now=now)
        asked = plan.conversation.context.model_copy(update={"forgetting": True, "at": _utc(now)})
        return replace(plan, conversation=plan.conversation.model_copy(update={"context": asked}))

    async def _kept(self, conversation: Conversation, now: float) -> TurnPlan:
        """What is kept of him; the notice is part of it."""
        kept = await asyncio.to_thread(self._people.kept_of, conversation.person_id)
        language, country = self._language_of(conversation), conversation.country or self._country
        reply = Reply(language=language, paragraphs=self._notices.kept(language, country, kept))
        conversation = conversation.model_copy(update={"notice": notice.VERSION})
        return self._plan(conversation, (reply,), outcome="kept", now=now)

    async def _export(self, claim: Claim, conversation: Conversation, now: float) -> TurnPlan:
        """What is kept of him, to read: of other channels only the numbers, for who writes here may be another."""
        kept = await asyncio.to_thread(self._people.kept_of, conversation.person_id)
        said = await asyncio.to_thread(self._people.said_in, conversation.id, claim.inbox_id, EXPORTED)
        limits = self._limits[conversation.address.channel][conversation.address.medium]
        language, country = self._language_of(conversation), conversation.country or self._country
        room = 0 if limits.sms else limits.max_chars
        reply = Reply(language=language, paragraphs=self._notices.export(language, country, kept, said, room))
        return self._plan(conversation, (reply,), outcome="exported", now=now)

    async def _follow(
        self, conversation: Conversation, asked: payloads.Follow | payloads.Unfollow | None, now: float
    ) -> TurnPlan:
        """His yes to being told of changes, his end of it, or the list of what is followed."""
        language = self._language_of(conversation)
        reply, effects = await self._following.answer(conversation, self._voice(conversation), asked, now)
        offered = {"choices": payloads_of(reply.choices), "at": _utc(now)}
        context = conversation.context.model_copy(update=offered)
        conversation = conversation.model_copy(update={"context": context, "language": language})
        return self._plan(conversation, (reply,), effects, outcome="followed", now=now)

    async def _written(
        self,
        claim: Claim,
        conversation: Conversation,
        text: str,
        keyword: Keyword | None,
        now: float,
        *,
        asked_to_confirm: bool,
    ) -> TurnPlan:
        """A message in the citizen's own words."""
        if keyword is Keyword.FORGET or (keyword is Keyword.CONFIRM and asked_to_confirm):
            return self._forget(self._heard(claim, conversation, text, now), now, confirmed=asked_to_confirm)
        if keyword is not None and (own := await self._own(claim, conversation, text, keyword, now)) is not None:
            return own
        if keyword is Keyword.NO_MORE:  # once: the first stop ends the form that he may be in, and only that
            conversation = self._heard(claim, conversation, text, now)
            return await self._through_dialogue(claim, conversation, "/stop", None, now)
        if (written := await self._code(claim, conversation, text, now)) is not None:
            return await self._proven(claim, self._heard(claim, conversation, text, now), written, now)
        if not can_be_read(claim.message, text):
            return self._plan(conversation, (self._fixed(conversation, "text_only"),), outcome="unreadable", now=now)
        context, country = conversation.context, conversation.country or self._country
        follow_up = None if context.verbatim else self._follow_ups.read(text, context, country)
        if follow_up is not None:
            return await self._follow_up(claim, self._heard(claim, conversation, text, now), follow_up, now)
        if keyword is Keyword.MORE or ascii_digits(text) == MORE:  # there is no next page, and nothing to explain
            return self._plan(conversation, (self._fixed(conversation, "no_more"),), outcome="page", now=now)
        to_rasa = "/greet" if keyword is Keyword.START else text_for_rasa(text)
        return await self._through_dialogue(claim, conversation, to_rasa, None, now)

    async def _own(
        self, claim: Claim, conversation: Conversation, text: str, keyword: Keyword, now: float
    ) -> TurnPlan | None:
        """What a keyword asks of the app itself: what is kept of him, what is followed; None for anything else."""
        conversation = self._heard(claim, conversation, text, now)
        if keyword is Keyword.CONFIRM and conversation.context.choices[:1] == (_FOLLOW,):
            return await self._follow(conversation, payloads.Follow(), now)
        match keyword:
            case Keyword.UNFOLLOW:
                return await self._follow(conversation, payloads.Unfollow(), now)
            case Keyword.FOLLOWED:
                return await self._follow(conversation, None, now)
            case Keyword.KEPT:
                return await self._kept(conversation, now)
            case Keyword.EXPORT:
                return await self._export(claim, conversation, now)
        return None

    async def _code(self, claim: Claim, conversation: Conversation, text: str, now: float) -> Written | None:
        """What the code of a sign-in in this message came to; None where it holds none."""
        if self._identification is None or code_in(text) is None:
            return None
        turn = str(claim.inbox_id)
        return await asyncio.to_thread(self._identification.written, text, conversation.person_id, turn, now)

    async def _proven(self, claim: Claim, conversation: Conversation, written: Written, now: float) -> TurnPlan:
        """He has proven who he is, and what he asked before is answered; or the code was no good."""
        if written.confirmed is Confirmed.BOUND:
            return await self._through_dialogue(claim, conversation, "/status", None, now, resume=written.waiting)
        reply = self._fixed(conversation, f"identity_{written.confirmed}")
        return self._plan(conversation, (reply,), outcome="identity", now=now)

    def _picked_in_words(self, message: IncomingMessage, text: str, context: Context) -> str | None:
        return self._follow_ups.picked(text, context) if message.choice is None else None

    async def _follow_up(self, claim: Claim, conversation: Conversation, follow_up: FollowUp, now: float) -> TurnPlan:
        """What goes on from the turns before: Rasa gets what is asked, without the words that only say how."""
        if follow_up.kind == "explain" and follow_up.context.rest:  # the SMS before was cut: this is its next page
            return self._next_page(conversation, follow_up.context)
        conversation = conversation.model_copy(update={"context": follow_up.context})
        if follow_up.choice is not None:
            text = for_rasa(follow_up.text, follow_up.choice)
        else:
            text = text_for_rasa(follow_up.text) if follow_up.text else "/ask_overview"
        return await self._through_dialogue(claim, conversation, text, follow_up.choice, now, follow_up.kind)

    async def _stop(self, claim: Claim, conversation: Conversation, now: float) -> TurnPlan:
        """Stop means stop, also in the middle of a form, where the first "stop" only ends the form."""
        plan = await self._through_dialogue(claim, conversation, "/stop", None, now)
        if plan.conversation.opted_out:
            return plan
        return await self._through_dialogue(claim, conversation, "/stop", None, now)

    def apology(self, claim: Claim, reason: str, now: float) -> TurnPlan:
        """What a citizen is told when his message could not be answered, however often it was tried."""
        plan = self._plan(claim.conversation, (self._fixed(claim.conversation, "apology"),), outcome="failed", now=now)
        return TurnPlan(plan.conversation, plan.messages, outcome="failed", failed=reason)

    async def _through_dialogue(
        self,
        claim: Claim,
        conversation: Conversation,
        text: str,
        choice: str | None,
        now: float,
        follow_up: Kind | None = None,
        resume: str | None = None,
    ) -> TurnPlan:
        turn = self._turn_input(claim, conversation, choice, follow_up, now).model_copy(update={"resume": resume})
        results = await self._dialogue.ask(turn, text)
        effects = tuple(effect for result in results for effect in result.effects)
        after = _after(conversation, results, effects, now)
        return self._plan(after, tuple(r.reply for r in results), effects, outcome=str(results[0].outcome), now=now)

    def _turn_input(
        self, claim: Claim, conversation: Conversation, choice: str | None, follow_up: Kind | None, now: float
    ) -> TurnInput:
        return TurnInput(
            turn_id=str(claim.inbox_id),
            trace=claim.trace,
            person_id=conversation.person_id,
            conversation_id=conversation.id,
            medium=conversation.address.medium,
            country=conversation.country or self._country,
            now=_utc(now),
            language=conversation.language,
            chosen_language=conversation.chosen_language,
            context=conversation.context.fresh(_utc(now), self._follow_ups.lifetime),
            choice=choice,
            follow_up=follow_up,
        )

    def _heard(self, claim: Claim, conversation: Conversation, text: str, now: float) -> Conversation:
        """`conversation` in the language of `text`, of which Rasa gets only a part to see."""
        found = identify(text)
        turn = self._turn_input(claim, conversation, None, None, now)
        language = reply_language(turn, text, found.language if found.shares else None)
        return conversation.model_copy(update={"language": language})

    def _plan(
        self,
        conversation: Conversation,
        replies: tuple[Reply, ...],
        effects: tuple[Effect, ...] = (),
        *,
        now: float,
        outcome: str,
    ) -> TurnPlan:
        address = conversation.address
        limits = self._limits[address.channel][address.medium]
        if replies and not conversation.opted_out and self._notices.due(conversation):
            told = self._notices.first(replies[-1].language, conversation.country or self._country, sms=limits.sms)
            replies = (*replies[:-1], replies[-1].model_copy(update={"notice": told}))
            conversation = conversation.model_copy(update={"notice": notice.VERSION})
        rendered = [render(reply, address, limits) for reply in replies]
        if not limits.sms:
            return TurnPlan(conversation, tuple(itertools.chain(*rendered)), effects, outcome)
        # An SMS costs money: of each reply one page is sent, and the rest of the first one waits for "0".
        rest = tuple(message.text for message in rendered[0][1:]) if rendered else ()
        context = conversation.context.fresh(_utc(now), self._follow_ups.lifetime)
        context = context.model_copy(update={"rest": rest, "at": _utc(now)})
        first = tuple(pages[0] for pages in rendered if pages)
        return TurnPlan(conversation.model_copy(update={"context": context}), first, effects, outcome)

    @staticmethod
    def _next_page(conversation: Conversation, context: Context) -> TurnPlan:
        """The next page of the last SMS reply, as it was laid out then."""
        page = OutgoingMessage(to=conversation.address, text=context.rest[0], language=conversation.language or "ary")
        after = context.model_copy(update={"rest": context.rest[1:]})
        return TurnPlan(conversation.model_copy(update={"context": after}), (page,), outcome="page")

    def _fixed(self, conversation: Conversation, key: str) -> Reply:
        voice = self._voice(conversation)
        return Reply(language=voice.language, paragraphs=(self._wording.text(voice.words, key),))

    def _voice(self, conversation: Conversation) -> Voice:
        language = self._language_of(conversation)
        return Voice(language, variety(language, conversation.country or self._country))

    @staticmethod
    def _language_of(conversation: Conversation) -> ReplyLanguage:
        return conversation.chosen_language or conversation.language or DEFAULT_LANGUAGE


def _utc(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


def _after(
    conversation: Conversation, results: list[TurnResult], effects: tuple[Effect, ...], now: float
) -> Conversation:
    """The conversation once the results are applied: the last context and language win."""
    update: dict[str, object] = {"language": results[-1].reply.language}
    for result in results:
        if result.context is not None:
            update["context"] = result.context.model_copy(update={"at": _utc(now)})
    for effect in effects:
        if isinstance(effect, OptOut):
            update["opted_out"] = True
        elif isinstance(effect, ChooseLanguage):
            update["chosen_language"] = effect.language
    return conversation.model_copy(update=update)
