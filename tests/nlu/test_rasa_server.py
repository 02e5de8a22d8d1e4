"""bot/nlu/rasa_server.py: the repairs change how long Rasa takes, not what it accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from jsonschema import ValidationError, validate
from rasa.core.actions.action import RemoteAction
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.utils.endpoints import EndpointConfig

from bot.nlu import rasa_server


@pytest.fixture
def repaired() -> Iterator[RemoteAction]:
    """An action after the repairs, which are undone again."""
    check, session = RemoteAction._validate_action_result, EndpointConfig.session
    rasa_server.check_schema_once()
    rasa_server.keep_connections()
    yield RemoteAction("action_answer", None)
    RemoteAction._validate_action_result, EndpointConfig.session = check, session


def test_a_right_answer_is_accepted(repaired: RemoteAction) -> None:
    slot = {"event": "slot", "name": "file_number", "value": None, "timestamp": None}

    assert repaired._validate_action_result({"events": [slot], "responses": [{"custom": {"dalil": 1}}]})


@pytest.mark.parametrize("events", [None, [], "none", [1]])
@pytest.mark.parametrize("responses", [None, [], [{}], [{"custom": {}}, {}], ["text"], {}, ""])
def test_an_answer_that_is_waved_through_is_one_that_the_schema_accepts(events: object, responses: object) -> None:
    schema = RemoteAction.action_response_format_spec()
    answer = {"events": events, "responses": responses}
    for given in (answer, {"events": events}, {"responses": responses}, [answer], None):
        if rasa_server._is_plain(given):
            validate(given, schema)
    assert rasa_server._is_plain({"events": [], "responses": [{"custom": {}}]})


@pytest.mark.parametrize(
    "answer", [{"events": "none"}, {"events": [{"event": "no such event"}]}, {"responses": ["text"]}]
)
def test_a_wrong_answer_is_refused_in_rasas_own_words(repaired: RemoteAction, answer: object) -> None:
    with pytest.raises(ValidationError, match="Failed to validate Action server response"):
        repaired._validate_action_result(answer)


def test_calls_share_one_session_and_an_endpoint_with_a_password_gets_its_own(repaired: RemoteAction) -> None:
    first, second = EndpointConfig("http://127.0.0.1:1/a"), EndpointConfig("http://127.0.0.1:1/b")
    guarded = EndpointConfig("http://127.0.0.1:1/a", headers={"Authorization": "invented"})

    async def sessions() -> tuple[bool, bool]:
        async with first.session() as one, second.session() as other, guarded.session() as own:
            found = one is other, one is own
            assert not one.closed
        assert own.closed
        assert not one.closed
        await one.close()
        return found

    assert (True, False) == asyncio.run(sessions())


# ---- the graph without dask ------------------------------------------------------------------------------------------

# A message is read twice over, and both readings end in one; "unused" leads to no target.
NEEDS = {
    "last": {"left": "left", "right": "right"},
    "left": {"message": "__message__"},
    "right": {"message": "left", "tracker": "__tracker__"},
    "unused": {"message": "left"},
}


class Graph(DaskGraphRunner):
    """A graph whose nodes say what they were given."""

    def __init__(self) -> None:
        self._execution_context = None
        self.ran: list[str] = []
        self._graph_schema = GraphSchema(
            {
                name: SchemaNode(needs=needs, uses=object, constructor_name="", fn="", config={}, is_target=False)
                for name, needs in NEEDS.items()
            }
        )
        self._instantiated_nodes = {name: self._node(name) for name in NEEDS}

    def _node(self, name: str):
        def run(*given: object) -> tuple[str, object]:
            self.ran.append(name)
            if any(isinstance(one, tuple) and one[1] == ["broken"] for one in given):
                raise RuntimeError("broken")
            return name, sorted(map(str, given))

        return run


@pytest.fixture
def _planned_once() -> Iterator[None]:
    by_rasa = DaskGraphRunner.run
    rasa_server.plan_once()
    yield
    DaskGraphRunner.run = by_rasa


@pytest.mark.parametrize("inputs", [{"__message__": ["salam"], "__tracker__": [1]}, {"__message__": ["salam"]}])
@pytest.mark.parametrize("targets", [["last"], ["left", "last"], ["left"]], ids=" ".join)
def test_a_graph_gives_what_dask_gives_and_runs_each_node_once(
    inputs: dict[str, object], targets: list[str], request: pytest.FixtureRequest
) -> None:
    by_dask = Graph().run(inputs, targets)
    request.getfixturevalue("_planned_once")
    graph = Graph()

    assert by_dask == graph.run(inputs, targets)
    assert by_dask == graph.run(inputs, targets)
    assert all(2 == graph.ran.count(name) for name in set(graph.ran))
    assert "unused" not in graph.ran


@pytest.mark.usefixtures("_planned_once")
def test_a_node_that_breaks_is_told_in_rasas_own_words() -> None:
    with pytest.raises(GraphRunError, match="Error running runner"):
        Graph().run({"__message__": ["broken"]}, ["left"])


@pytest.mark.usefixtures("_planned_once")
def test_an_input_named_like_a_node_is_refused_as_before() -> None:
    with pytest.raises(GraphRunError, match="clashes"):
        Graph().run({"__message__": "left"}, ["left"])
