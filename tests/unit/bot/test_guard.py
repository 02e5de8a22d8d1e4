"""Who gets no answer for a while, and who always does."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Conversation
from bot.guard import Guard, Refusal, answered_with, heard_again, load_guard_rules
from connectors.messages import Address, Medium

NOW = 1_800_000_000.0
RULES = load_guard_rules()
GUARD = Guard(RULES)
ADDRESS = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="bot", external_id="1001")
NEW = Conversation(id="c1", person_id="p1", address=ADDRESS)

TOLD_FLOOD, FLOOD = Refusal("flood", tell=True), Refusal("flood", tell=False)
TOLD_LOOP, LOOP = Refusal("loop", tell=True), Refusal("loop", tell=False)


def wrote(
    messages: Iterable[tuple[str, float]], before: Conversation = NEW, reply: str = ""
) -> tuple[Conversation, list[Refusal | None]]:
    """What became of these messages (text, seconds after NOW), each answered with `reply` unless refused."""
    refusals = []
    for text, after in messages:
        before, refusal = GUARD.wrote(before, text, NOW + after, NOW + after)
        refusals.append(refusal)
        if reply and (refusal is None or refusal.tell):
            before = answered_with(before, reply)
    return before, refusals


def soal(count: int, every: float) -> list[tuple[str, float]]:
    """Different questions, `every` seconds on average: a person's, so never evenly spaced."""
    chance = random.Random(3)
    times = itertools.accumulate(every * chance.uniform(0.5, 1.5) for _ in range(count))
    return [(f"soal raqm {n}", at) for n, at in enumerate(times)]


# ---- flood ---------------------------------------------------------------------------------------------------------


def test_a_burst_is_answered_then_one_sentence_then_silence() -> None:
    burst = RULES.flood.burst
    _, refusals = wrote((f"soal {n}", n * 0.01 * (n % 3)) for n in range(burst + 5))

    assert [None] * burst + [TOLD_FLOOD] + [FLOOD] * 4 == refusals


def test_who_goes_on_as_fast_stays_unanswered_and_who_waits_is_answered_again() -> None:
    flooded, refusals = wrote(soal(400, 0.5))
    assert {FLOOD} == set(refusals[-100:])

    wait = RULES.flood.every_s * (RULES.flood.beyond + 2)
    _, [answered] = wrote([("smeh lia, bch7al lpasport", soal(400, 0.5)[-1][1] + wait)], flooded)
    assert answered is None


def test_he_is_told_once_in_a_window_only() -> None:
    _, refusals = wrote(soal(3_000, 0.2))  # ten minutes

    assert 2 == refusals.count(TOLD_FLOOD)


@given(st.integers(0, 1_000))
def test_a_question_every_few_seconds_is_always_answered(seed: int) -> None:
    chance, at, messages = random.Random(seed), 0.0, []
    for n in range(100):
        at += RULES.flood.every_s * chance.uniform(1.0, 3.0)
        messages.append((f"soal {n}", at))

    assert {None} == set(wrote(messages)[1])


def test_all_addresses_of_a_person_share_one_rate() -> None:
    sms, _ = wrote(soal(RULES.flood.burst, 0.01))
    whatsapp = NEW.model_copy(update={"id": "c2", "flood": sms.flood})

    assert [TOLD_FLOOD] == wrote([("salam", 1.0)], whatsapp)[1]


def test_choices_count_for_the_rate_and_are_never_a_repetition() -> None:
    before, refusals = NEW, []
    for _ in range(RULES.flood.burst + 2):
        before, refusal = GUARD.picked(before, NOW)
        refusals.append(refusal)

    assert [None] * RULES.flood.burst + [TOLD_FLOOD, FLOOD] == refusals


# ---- repetitions ---------------------------------------------------------------------------------------------------


def test_a_stuck_phone_is_answered_twice_told_once_and_is_no_loop() -> None:
    _, refusals = wrote([("salam", n * 0.1) for n in range(20)])

    assert [None, None, Refusal("repeated", tell=True)] + [Refusal("repeated", tell=False)] * 17 == refusals


# ---- loops ---------------------------------------------------------------------------------------------------------


def test_our_own_text_that_comes_back_again_and_again_is_a_machine() -> None:
    before, refusals = NEW, []
    said = "salam"
    for n in range(8):
        before, refusal = GUARD.wrote(before, said, NOW + 20 * n, NOW + 20 * n)
        refusals.append(refusal)
        if refusal is None or refusal.tell:
            said = f"Réponse n° {n}."
            before = answered_with(before, said)

    assert [None, None, TOLD_LOOP] + [LOOP] * 5 == refusals


def test_one_answer_sent_back_is_no_machine() -> None:
    _, refusals = wrote([("salam", 0), ("Réponse.", 30), ("et le prix ?", 60)], reply="Réponse.")

    assert [None] * 3 == refusals


@pytest.mark.parametrize("texts", [["je suis absent"], ["je suis absent", "merci de votre message"]])
def test_the_same_one_or_two_texts_round_and_round_are_a_machine(texts: list[str]) -> None:
    _, refusals = wrote([(texts[n % len(texts)], n * 70.0 + n % 3) for n in range(9)])

    rounds = 2 * RULES.loop.rounds
    assert [None] * (rounds - 1) + [TOLD_LOOP] + [LOOP] * (9 - rounds) == refusals


def test_yes_and_no_in_an_order_of_their_own_are_a_conversation() -> None:
    _, refusals = wrote([(text, n * 15.0 + n % 4) for n, text in enumerate(["oui", "non", "oui", "oui", "non", "oui"])])

    assert [None] * 6 == refusals


def test_messages_like_clockwork_are_a_machine_and_a_fast_writer_is_none() -> None:
    beats = RULES.loop.beats
    _, clock = wrote([(f"soal {n}", n * 4.0) for n in range(beats)])
    _, person = wrote(soal(beats, 4.0))

    assert [None] * (beats - 1) + [TOLD_LOOP] == clock
    assert [None] * beats == person


def test_messages_stored_at_one_instant_are_no_clockwork() -> None:
    assert {None} == set(wrote([(f"soal {n}", 0.0) for n in range(RULES.loop.beats)])[1])


def test_after_a_while_and_after_start_a_machine_may_be_a_person() -> None:
    quiet, _ = wrote([("absent", n * 70.0) for n in range(6)])
    silence = RULES.loop.silence_s

    assert [LOOP, None] == wrote([("salam", 360), ("salam 2", 351 + silence)], quiet)[1]
    assert [None] == wrote([("salam", 360)], heard_again(quiet, NOW + 355))[1]


# ---- the data ------------------------------------------------------------------------------------------------------


def test_the_limits_leave_room_for_a_person_in_a_hurry() -> None:
    assert RULES.flood.burst >= 20
    assert 60 / RULES.flood.every_s >= 10  # messages a minute
    assert RULES.loop.silence_s <= 1_800
    assert RULES.loop.beats > RULES.repeats.answered


def test_no_text_is_remembered_only_hashes() -> None:
    after, _ = wrote([("numero dyali PA-2026-004217", 0)], reply="votre dossier")

    assert "004217" not in after.repeats.model_dump_json()
    assert "dossier" not in after.repeats.model_dump_json()
