"""What an action call must carry, and what is said when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor

from actions.turn_input import ActionCallError
from tests.unit.actions.calls import action_call, message


async def fails(executor: ActionExecutor, latest: dict[str, object]) -> str:
    with pytest.raises(ActionCallError) as caught:
        await executor.run(action_call("action_thanks", latest))
    return str(caught.value)


async def test_a_message_that_did_not_come_through_the_app_is_refused(executor: ActionExecutor) -> None:
    said = await fails(executor, message("merci") | {"metadata": {}})

    assert "the message carries no metadata: only bot/dialogue.py may talk to Rasa" == said


async def test_wrong_metadata_is_named_without_its_values(executor: ActionExecutor) -> None:
    latest = message("merci")
    latest["metadata"] |= {"country": "secret", "now": "secret"}

    said = await fails(executor, latest)

    assert "country" in said
    assert "now" in said
    assert "secret" not in said


async def test_wrong_nlu_output_is_named_with_the_turn(executor: ActionExecutor) -> None:
    said = await fails(executor, message("merci") | {"facets": [{"confidence": 1.0}]})

    assert "NLU output of turn turn-1 is wrong: facets.0.name: Field required" == said


async def test_a_status_call_without_a_finished_form_is_refused(executor: ActionExecutor) -> None:
    with pytest.raises(ActionCallError, match="only after status_form has filled both slots"):
        await executor.run(action_call("action_case_status", message("merci")))


def test_every_action_of_the_domain_is_implemented_and_no_other(executor: ActionExecutor) -> None:
    domain = yaml.safe_load(Path("domain.yml").read_text(encoding="utf-8"))

    assert sorted(domain["actions"]) == sorted(executor.actions)
