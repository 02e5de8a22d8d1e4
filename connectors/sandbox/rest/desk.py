"""The sandbox's town-planning desk: its dossiers as they move, and the tokens that it gave out. In memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from connectors.sandbox.moves import CannotMoveError, Clock, Move, Plan
from connectors.sandbox.rest.seed import DOSSIERS, MOVES, OTHER_MOVES, PLAN, WORDING, Dossier


class Desk:
    """`tokens`: valid ones with the time at which they end. `issued`: how many were given out."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.tokens: dict[str, float] = {}
        self.lifetime_s = 300.0
        self.issued = 0
        self._plan = Plan(clock or Clock(), *PLAN)
        self.reset()

    def reset(self) -> None:
        """Every dossier as it was seeded."""
        self._dossiers = {dossier.number: dossier for dossier in DOSSIERS}
        self._plan.restart()

    @property
    def dossiers(self) -> dict[str, Dossier]:
        """As they are now."""
        for step in self._plan.due():
            if step.move in moves_of(self._dossiers[step.number]):  # a hand may have been quicker
                self.move(step.number, step.move)
        return self._dossiers

    def move(self, number: str, move: Move) -> None:
        """Raises `CannotMoveError` where its state does not allow it."""
        dossier = self._dossiers[number]
        able = moves_of(dossier)
        if move not in able:
            raise CannotMoveError(f"{number} is {dossier.code}: {', '.join(able) or 'no move'} is possible")
        code = able[move]
        label, next_step, reason, result = WORDING[code]
        self._dossiers[number] = replace(
            dossier,
            code=code,
            label=label,
            closed=code not in MOVES,
            moved=datetime.now(UTC).strftime("%d/%m/%Y"),
            next_step=next_step,
            reason=reason,
            result=result,
        )


def moves_of(dossier: Dossier) -> dict[Move, str]:
    """What can be done with it, and the code that it then has."""
    return {} if dossier.closed else MOVES.get(dossier.code, OTHER_MOVES)
