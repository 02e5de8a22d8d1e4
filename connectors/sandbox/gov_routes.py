"""Endpoints of a local government system that know nothing of its faults, and refuse a call by raising `Refusal`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from connectors.sandbox.gov_faults import GovFaults, wait

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Refusal(Exception):
    """The call is answered with an error of the system's own."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


def faulty_routes(faults: GovFaults, refuse: Callable[[Request, Refusal], Response]) -> type[APIRoute]:
    """The route class of a system that suffers `faults` and words its refusals by `refuse`.

    A slow system carries the call out and then says nothing for a while, so that a lost answer is a real one.
    """

    class FaultyRoute(APIRoute):
        def get_route_handler(self) -> _Handler:
            answer = super().get_route_handler()

            async def handler(request: Request) -> Response:
                if faults.now.kind != "slow" and (instead := await faults.answer(request)):
                    return instead
                try:
                    response = await answer(request)
                except Refusal as refusal:
                    response = refuse(request, refusal)
                except RequestValidationError:
                    response = refuse(request, Refusal(400, "The request is invalid"))
                if faults.now.kind == "slow":
                    await wait(request, faults.now.seconds)
                return response

            return handler

    return FaultyRoute
