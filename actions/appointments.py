"""Appointments by tapping: days, times, a summary, the booking; one's own, and cancelling it.

There is no form: each choice says all that is needed (actions/payloads.py), so that a question in between, or a list of
yesterday, does no harm. Free times are asked for every time, for others book too. A turn books once, and a person has
one appointment for a procedure: where an answer was lost the book is asked before anything else is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import date

from actions.appointment_ledger import Appointment, AppointmentLedger, BookingState
from actions.contract import TurnResult
from actions.failures import failure_key, log_failure
from actions.local_time import Clock, day_of, hour_of, local
from actions.payloads import Book, fits
from actions.replies import Wording
from actions.speak import handled
from actions.turn_input import Understood
from connectors.errors import GovError, Uncertain
from connectors.gov.api import Slot
from connectors.gov.appointments import ConnectedBook
from connectors.messages import Choice
from knowledge.answer import Knowledge

logger = logging.getLogger(__name__)

PAGE = 7  # with "more" and a way out they fill a WhatsApp list


class Appointments:
    def __init__(
        self, wording: Wording, knowledge: Knowledge, book: ConnectedBook, ledger: AppointmentLedger, clock: Clock
    ) -> None:
        self._wording = wording
        self._knowledge = knowledge
        self._book = book
        self._ledger = ledger
        self._clock = clock

    def offer(self, message: Understood, procedure: str) -> list[Choice]:
        """The choice to book one for this procedure; none where the book does not serve it."""
        if procedure not in self._book.services or not fits(Book(procedure, "p", "0")):
            return []
        return [self._choice(message, "pick_book", Book(procedure, "p", "0"))]

    async def result(self, message: Understood, choice: Book) -> TurnResult:
        """What a choice does. Every failure has its own sentence and a next step."""
        if choice.procedure not in self._book.services:
            return self._say(message, "old_choice")
        try:
            return await self._done(message, choice)
        except GovError as error:
            log_failure(logger, "appointment book", message, error)
            again = self._choice(message, "pick_again", choice)
            return self._say(message, failure_key("appointment", error), [again, self._named(message, "choose_agent")])

    async def _done(self, message: Understood, choice: Book) -> TurnResult:
        own = await self._own(message, choice.procedure)
        if own is not None:
            if choice.what in ("x", "z") and choice.value == own.turn_id:
                return await self._cancel(message, own, confirmed=choice.what == "z")
            return self._standing(message, own, booked_now=own.turn_id == message.turn.turn_id)
        free = await self._free(choice.procedure)
        match choice.what:
            case "d":
                return self._times(message, choice, free)
            case "s" | "y":
                slot = next((each for each in free if each.id == choice.value), None)
                if slot is None:
                    return self._days(message, choice.procedure, free, first="appointment_taken")
                if choice.what == "y":
                    return await self._booked(message, choice.procedure, slot)
                return self._summary(message, choice.procedure, slot)
        return self._days(message, choice.procedure, free, place=int(choice.value) if choice.value.isdecimal() else 0)

    # ---- what is free ----------------------------------------------------------------------------------------------

    async def _free(self, procedure: str) -> Sequence[Slot]:
        now = self._clock()
        slots = await self._book.book.free_slots(self._book.services[procedure], now, now + self._book.ahead)
        return [slot for slot in slots if fits(Book(procedure, "s", slot.id))]

    def _days(
        self, message: Understood, procedure: str, free: Sequence[Slot], *, place: int = 0, first: str = ""
    ) -> TurnResult:
        days: dict[date, int] = {}
        for slot in free:
            day = local(slot.start, message.turn.country).date()
            days[day] = days.get(day, 0) + 1
        if not days:
            return self._say(message, "appointment_none", [self._named(message, "choose_agent")])
        listed = list(days)
        choices = [self._day(message, procedure, day) for day in listed[place : place + PAGE]]
        if place + PAGE < len(listed):
            choices.append(self._choice(message, "pick_more", Book(procedure, "p", str(place + PAGE))))
        title = self._title(message, procedure)
        lines = [self._wording.text(message.worded_in, first)] if first else []
        return handled(
            message,
            [*lines, self._wording.text(message.worded_in, "appointment_days", procedure=title)],
            choices=[*choices, self._named(message, "choose_no")],
        )

    def _day(self, message: Understood, procedure: str, day: date) -> Choice:
        title = f"{self._wording.text(message.worded_in, f'weekday_{day.weekday()}')} {day:%d/%m}"
        return Choice(title=title, short=title, payload=str(Book(procedure, "d", f"{day:%Y%m%d}.0")))

    def _times(self, message: Understood, choice: Book, free: Sequence[Slot]) -> TurnResult:
        """The times of one day; all days where none is left on it."""
        wanted, _, page = choice.value.partition(".")
        place = int(page) if page.isdecimal() else 0
        country = message.turn.country
        slots = [slot for slot in free if f"{local(slot.start, country):%Y%m%d}" == wanted]
        if not slots:
            return self._days(message, choice.procedure, free, first="appointment_taken" if free else "")
        choices = [
            Choice(title=hour, short=hour, payload=str(Book(choice.procedure, "s", slot.id)))
            for slot in slots[place : place + PAGE]
            for hour in [hour_of(slot.start, country)]
        ]
        if place + PAGE < len(slots):
            choices.append(self._choice(message, "pick_more", Book(choice.procedure, "d", f"{wanted}.{place + PAGE}")))
        choices.append(self._choice(message, "pick_other_day", Book(choice.procedure, "p", "0")))
        day = day_of(slots[0].start, country)
        return handled(message, [self._wording.text(message.worded_in, "appointment_times", day=day)], choices=choices)

    # ---- booking ---------------------------------------------------------------------------------------------------

    def _summary(self, message: Understood, procedure: str, slot: Slot) -> TurnResult:
        choices = [
            self._choice(message, "pick_book_it", Book(procedure, "y", slot.id)),
            self._choice(message, "pick_other_day", Book(procedure, "p", "0")),
            self._named(message, "choose_no"),
        ]
        sure = self._wording.text(message.worded_in, "appointment_sure")
        return handled(message, [self._described(message, procedure, slot), sure], choices=choices)

    async def _booked(self, message: Understood, procedure: str, slot: Slot) -> TurnResult:
        turn = message.turn
        begun = Appointment(turn.turn_id, procedure, slot, BookingState.BOOKING)
        await asyncio.to_thread(self._ledger.begin, turn.person_id, turn.conversation_id, begun)
        try:
            booking = await self._book.book.book(slot, turn.person_id)
        except Uncertain as error:
            log_failure(logger, "appointment book", message, error)
            await asyncio.to_thread(self._ledger.close, turn.turn_id, BookingState.UNCERTAIN)
            return self._unsure(message, procedure)
        except GovError:
            await asyncio.to_thread(self._ledger.drop, turn.turn_id)
            raise
        if booking is None:
            await asyncio.to_thread(self._ledger.drop, turn.turn_id)
            return self._days(message, procedure, await self._free(procedure), first="appointment_taken")
        close = (turn.turn_id, BookingState.BOOKED, booking.ref, booking.remind_at)
        await asyncio.to_thread(self._ledger.close, *close)
        mine = Appointment(turn.turn_id, procedure, slot, BookingState.BOOKED, booking.ref)
        return self._standing(message, mine, booked_now=True, reminded=booking.remind_at is not None)

    # ---- one's own -------------------------------------------------------------------------------------------------

    async def _own(self, message: Understood, procedure: str) -> Appointment | None:
        """This person's appointment for the procedure. Where an answer was lost, the book says whether it stands."""
        person = message.turn.person_id
        for mine in await asyncio.to_thread(self._ledger.coming, person, self._clock()):
            if mine.procedure != procedure:
                continue
            if mine.state is BookingState.BOOKED:
                return mine
            found = await self._book.book.booked(mine.slot, person)
            if found is None:
                await asyncio.to_thread(self._ledger.drop, mine.turn_id)
                continue
            close = (mine.turn_id, BookingState.BOOKED, found.ref, found.remind_at)
            await asyncio.to_thread(self._ledger.close, *close)
            return Appointment(mine.turn_id, procedure, mine.slot, BookingState.BOOKED, found.ref)
        return None

    def _standing(
        self, message: Understood, mine: Appointment, *, booked_now: bool, reminded: bool = False
    ) -> TurnResult:
        language = message.worded_in
        key = "appointment_booked" if booked_now else "appointment_yours"
        lines = [self._wording.text(language, key, ref=mine.ref), self._described(message, mine.procedure, mine.slot)]
        if reminded:
            lines.append(self._wording.text(language, "appointment_will_remind"))
        cancel = self._choice(message, "pick_cancel_appointment", Book(mine.procedure, "x", mine.turn_id))
        source = self._wording.text(language, "appointment_source", day=day_of(self._clock(), message.turn.country))
        return handled(message, ["\n".join(lines)], choices=[cancel], source=source)

    async def _cancel(self, message: Understood, mine: Appointment, *, confirmed: bool) -> TurnResult:
        if not confirmed:
            yes = self._choice(message, "pick_cancel_it", Book(mine.procedure, "z", mine.turn_id))
            asked = self._wording.text(message.worded_in, "appointment_cancel_sure")
            described = self._described(message, mine.procedure, mine.slot)
            return handled(message, [f"{asked}\n{described}"], choices=[yes, self._named(message, "choose_no")])
        try:
            await self._book.book.cancel(mine.ref)
        except Uncertain as error:
            log_failure(logger, "appointment book", message, error)
            await asyncio.to_thread(self._ledger.close, mine.turn_id, BookingState.UNCERTAIN, mine.ref)
            return self._unsure(message, mine.procedure)
        await asyncio.to_thread(self._ledger.close, mine.turn_id, BookingState.CANCELLED, mine.ref)
        again = self._choice(message, "pick_book", Book(mine.procedure, "p", "0"))
        return self._say(message, "appointment_cancelled", [again])

    def _unsure(self, message: Understood, procedure: str) -> TurnResult:
        check = self._choice(message, "pick_check", Book(procedure, "p", "0"))
        return self._say(message, "appointment_uncertain", [check, self._named(message, "choose_agent")])

    # ---- words -----------------------------------------------------------------------------------------------------

    def _described(self, message: Understood, procedure: str, slot: Slot) -> str:
        country, language = message.turn.country, message.worded_in
        weekday = self._wording.text(language, f"weekday_{local(slot.start, country).weekday()}")
        when = f"{weekday} {day_of(slot.start, country)}"
        text = self._wording.text(language, "appointment_when", day=when, hour=hour_of(slot.start, country))
        return "\n".join(line for line in (self._title(message, procedure), text, slot.place) if line)

    def _title(self, message: Understood, procedure: str) -> str:
        sheet = self._knowledge.catalogue.get(procedure)
        return sheet.title.get(message.content_in) if sheet is not None else procedure

    def _say(self, message: Understood, key: str, choices: Sequence[Choice] = ()) -> TurnResult:
        return handled(message, [self._wording.text(message.worded_in, key)], choices=choices)

    def _named(self, message: Understood, key: str) -> Choice:
        return self._wording.choice(message.worded_in, key)

    def _choice(self, message: Understood, key: str, payload: Book) -> Choice:
        title, short = (self._wording.text(message.worded_in, name) for name in (key, f"{key}_short"))
        return Choice(title=title, short=short, payload=str(payload))
