"""The judge of the fault tests can condemn."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.replies import load_wording
from tests.faults.citizens import Said, Verdict, judge
from tests.faults.provider import Created

ONE, TWO = Said("demande 1 fin", 10.0), Said("demande 2 fin", 11.0)
BAD = Said("demande empoisonne fin", 12.0, poison=True)


def shown(*bodies: str) -> list[Created]:
    date = datetime(2026, 11, 28, tzinfo=UTC)
    return [Created(f"SM{n}", "+212600000001", "+1", body, 12.0 + n, date) for n, body in enumerate(bodies)]


@pytest.mark.parametrize(
    ("bodies", "verdict"),
    [
        (("re: demande 1 fin", "re: demande 2 fin"), Verdict(2, slowest_s=2.0)),
        (("re: demande 1 fin\n\nvos droits", "re: demande 2 fin"), Verdict(2, slowest_s=2.0)),
        (("re: demande 1 fin",), Verdict(2, lost=1, slowest_s=2.0)),
        ((), Verdict(2, lost=2)),
        (("re: demande 1 fin", "re: demande 1 fin", "re: demande 2 fin"), Verdict(2, duplicated=1, slowest_s=3.0)),
        (("re: demande 2 fin", "re: demande 1 fin"), Verdict(2, disordered=1, slowest_s=3.0)),
        (("re: demande 1 fin", "re: demande 3 fin", "re: demande 2 fin"), Verdict(2, foreign=1, slowest_s=3.0)),
    ],
    ids=["all is well", "with a notice", "one lost", "both lost", "one twice", "turned round", "a stranger's"],
)
def test_of_two_accepted_messages(bodies: tuple[str, ...], verdict: Verdict) -> None:
    assert judge([ONE, TWO], shown(*bodies)) == verdict
    assert verdict.clean is (verdict == Verdict(2, slowest_s=2.0))


def test_a_poisoned_message_is_answered_by_an_apology_and_by_nothing_else() -> None:
    apology = load_wording().text("fr", "apology")

    assert judge([BAD, TWO], shown(apology, "re: demande 2 fin")).clean
    assert judge([BAD], shown("re: demande empoisonne fin")).lost == 1
    assert judge([ONE], shown(apology)) == Verdict(1, lost=1, foreign=1)
