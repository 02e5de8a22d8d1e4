"""The simulated government: every system, one clock for all, and the counter that they stand behind."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI

from connectors.sandbox import benefits, govstack
from connectors.sandbox.counter.api import Counter
from connectors.sandbox.counter.api import create_router as create_counter_router
from connectors.sandbox.counter.calls import CallLog, Calls
from connectors.sandbox.counter.offices import (
    AppointmentOffice,
    BenefitsOffice,
    ComplaintOffice,
    PermitsOffice,
    RegistrationOffice,
)
from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.moves import Clock
from connectors.sandbox.open311.api import create_router as create_open311_router
from connectors.sandbox.open311.desk import Desk as Complaints
from connectors.sandbox.registration.book import Moved, Register, nobody
from connectors.sandbox.rest import api as rest
from connectors.sandbox.rest.desk import Desk as Permits
from connectors.sandbox.scheduler.api import create_router as create_scheduler_router
from connectors.sandbox.scheduler.book import Book

LOOK_S = 1.0  # how soon it happens that a file moves by itself, whether anybody asks for it or not


def mount(app: FastAPI, moved: Moved = nobody) -> Counter:
    """Put every government system into `app`, and write down the calls that they get.

    `moved` hears of every file of the register that moves, in the event loop.
    """
    clock, calls = Clock(), Calls()
    blocks = govstack.Blocks(Register(clock, moved))
    permits, complaints, book, claims = Permits(clock), Complaints(clock), Book(), benefits.Desk()
    faults = {
        "registration": blocks.registration,
        "workflow": blocks.workflow,
        "registries": blocks.registries,
        "permits": rest.create_faults(),
        "benefits": GovFaults(),
        "open311": GovFaults(),
        "scheduler": GovFaults(),
    }
    offices = (
        RegistrationOffice(blocks.register),
        PermitsOffice(permits),
        BenefitsOffice(claims),
        ComplaintOffice(complaints),
        AppointmentOffice(book),
    )
    counter = Counter(offices, faults, calls, clock)
    app.include_router(govstack.create_router(blocks))
    app.include_router(rest.create_router(permits, faults["permits"]))
    app.include_router(benefits.create_router(claims, faults["benefits"]))
    app.include_router(create_open311_router(complaints, faults["open311"]))
    app.include_router(create_scheduler_router(book, faults["scheduler"]))
    app.include_router(create_counter_router(counter))
    app.add_middleware(CallLog, calls=calls)
    return counter


async def let_happen(counter: Counter) -> None:
    """Let files move by themselves as time passes, until cancelled: systems that publish events do so unasked."""
    while True:
        await asyncio.sleep(LOOK_S)
        for office in counter.offices:
            office.files()
