"""Every way in which a government system can fail has its own sentence, whatever it was asked for."""

from __future__ import annotations

import pytest

from actions.failures import failure_key
from actions.replies import LANGUAGES, load_wording
from connectors.errors import GovError, SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow
from connectors.messages import ReplyLanguage

FAILURES = (SystemBusy, SystemDown, SystemGarbled, SystemPaused, SystemRefused, SystemSlow)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("subject", "after"),
    [("case", ""), ("appointment", ""), ("complaint", ""), ("complaint", "_open"), ("complaint", "_track")],
)
def test_each_failure_has_its_own_sentence(subject: str, after: str, language: ReplyLanguage) -> None:
    said = {load_wording().text(language, f"{failure_key(subject, failure())}{after}") for failure in FAILURES}

    assert len(FAILURES) == len(said)


def test_no_failure_is_left_out() -> None:
    def below(kind: type[GovError]) -> set[type[GovError]]:
        return {kind, *(one for child in kind.__subclasses__() for one in below(child))}

    assert {kind for kind in below(GovError) if kind.__module__ == "connectors.errors"} - {GovError} == set(FAILURES)
