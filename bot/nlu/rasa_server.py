"""`rasa` as `dalil run` starts it, with its repairs: `python -m bot.nlu.rasa_server run …`, in Rasa's environment.

Rasa 3.6.21 proves its own schema of an action's answer right again with every answer (`jsonschema.validate`): half of
the processor time of a turn. The schema never changes, so it is compiled once here. An answer is checked as strictly as
before; one that fails goes to Rasa's own check, which raises. And Rasa opens a connection for every call of an action;
here connections are kept. And it lets dask plan the same few steps of its graph anew with every run, three times a
turn: a sixth of what was left; here each plan is made once. The model's objects are no garbage and are not searched for
it (`gc.freeze`); what turns make is, after 20,000 new objects instead of 700. What Rasa's own steps work out anew is
in bot/nlu/repairs.py.
"""

from __future__ import annotations

import gc
from typing import Any, Dict, List, Optional, Tuple

import aiohttp
import ujson
from jsonschema.validators import validator_for
from rasa import __main__ as rasa_command
from rasa.core.actions.action import RemoteAction
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import DEFAULT_REQUEST_TIMEOUT, EndpointConfig

from bot.nlu import repairs

KEEP_S = 3.0  # an idle connection is closed before the app closes it (uvicorn: 5 seconds)


def check_schema_once() -> None:
    """Replace the check that compiles the schema each time."""
    schema = RemoteAction.action_response_format_spec()
    validator = validator_for(schema)(schema)
    by_rasa = RemoteAction._validate_action_result  # noqa: SLF001 - Rasa offers no other way

    def validate(self: RemoteAction, result: Dict[str, Any]) -> bool:
        return _is_plain(result) or validator.is_valid(result) or by_rasa(self, result)

    RemoteAction._validate_action_result = validate  # noqa: SLF001 - the same: the method is private


def _is_plain(result: Any) -> bool:
    """What most answers are: no events, and responses each of which is an object. The schema accepts it."""
    if not isinstance(result, dict) or result.get("events") != []:
        return False
    responses = result.get("responses", [])
    return isinstance(responses, list) and all(isinstance(one, dict) for one in responses)


def keep_connections() -> None:
    """Replace the session that lives for one call. Endpoints with a password keep Rasa's own way."""
    by_rasa = EndpointConfig.session
    kept = _Kept()
    EndpointConfig.session = lambda self: by_rasa(self) if self.basic_auth or self.headers else kept


def tell_when_actions_are_down() -> None:
    """Say so in the answer. Rasa answers 200 and nothing, as it does when an action fails by the message's fault."""
    by_rasa = RemoteAction.run

    async def run(self: RemoteAction, output_channel: Any, nlg: Any, tracker: Any, domain: Any) -> Any:
        try:
            return await by_rasa(self, output_channel, nlg, tracker, domain)
        except RasaException as error:
            why = error.__cause__ or error.__context__
            if isinstance(why, aiohttp.ClientConnectionError) or getattr(why, "status", 0) in (502, 503, 504):
                await output_channel.send_custom_json(tracker.sender_id, {"dalil": "actions_down"})
            raise

    RemoteAction.run = run


class _Kept:
    """Rasa opens and closes it with every call; it only hands out one session, made at the first call."""

    def __init__(self) -> None:
        self._session: Optional[aiohttp.ClientSession] = None

    async def __aenter__(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_S),
                timeout=aiohttp.ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT),
                cookie_jar=aiohttp.DummyCookieJar(),
                json_serialize=ujson.dumps,  # Sanic's, which reads and writes all else; a third of the time
            )
        return self._session

    async def __aexit__(self, *_: object) -> None:
        """It stays open until the process ends."""


def plan_once() -> None:
    """Replace dask: a node after those that it needs, in an order found at the first run towards the same targets."""
    by_rasa = DaskGraphRunner.run

    def run(
        self: DaskGraphRunner, inputs: Optional[Dict[str, Any]] = None, targets: Optional[List[str]] = None
    ) -> Dict[str, Any]:
        if any(isinstance(value, str) for value in (inputs or {}).values()):
            return by_rasa(self, inputs, targets)  # which makes sure that no node has this name
        wanted = tuple(targets or self._graph_schema.target_names)
        plans = vars(self).get("dalil_plans")
        if plans is None:
            plans = self.dalil_plans = {}
            gc.freeze()  # this runner's model is loaded by now
        plan = plans.get(wanted) or plans.setdefault(wanted, _planned(self._graph_schema, wanted))
        nodes = self._instantiated_nodes
        found = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            for name, needs in plan:
                found[name] = nodes[name](*(found.get(one, one) for one in needs))
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(found[name] for name in wanted)

    DaskGraphRunner.run = run


def _planned(schema: GraphSchema, targets: Tuple[str, ...]) -> List[Tuple[str, Tuple[str, ...]]]:
    """Every node that the targets need, after the ones that it needs itself; with their names."""
    order: Dict[str, Tuple[str, ...]] = {}

    def add(name: str) -> None:
        if name in order or name not in schema.nodes:  # the second: one of the inputs
            return
        needs = tuple(schema.nodes[name].needs.values())
        for one in needs:
            add(one)
        order[name] = needs

    for target in targets:
        add(target)
    return list(order.items())


def main() -> None:
    gc.set_threshold(20_000, 20, 50)
    check_schema_once()
    keep_connections()
    plan_once()
    tell_when_actions_are_down()
    repairs.repair()
    rasa_command.main()


if __name__ == "__main__":
    main()
