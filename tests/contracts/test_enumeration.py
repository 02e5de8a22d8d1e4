"""Guessing at other people's files tells nothing, not even by the wording (all 10,000: tests/bench/enumeration.py)."""

from __future__ import annotations

import random
from pathlib import Path

from actions.attempts import FILE_LIMIT
from actions.replies import load_wording
from connectors.sandbox.registration.seed import APPLICATIONS
from tests.bench.enumeration import Guess, attack, guesses

COUNT = 800


async def test_no_guess_is_told_also_not_a_right_one_after_the_lock(tmp_path: Path) -> None:
    outcome = await attack(guesses(COUNT, random.Random(7)), COUNT, tmp_path)

    say = load_wording().text
    assert 0 == outcome.told
    assert outcome.right >= len(APPLICATIONS)
    assert outcome.reached <= FILE_LIMIT * len(APPLICATIONS) + COUNT // 4  # numbers of nobody are asked for once each
    assert {say("fr", "case_not_found"), say("fr", "case_locked")} == set(outcome.answers)


async def test_the_count_sees_a_case_that_is_told(tmp_path: Path) -> None:
    mine = Guess("amina", APPLICATIONS[0].file_id, APPLICATIONS[0].birth_date)

    assert 1 == (await attack(iter([mine]), 1, tmp_path)).told
