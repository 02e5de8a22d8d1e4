"""What a turn needs, around a dialogue of the test's own."""

from __future__ import annotations

from collections.abc import Mapping

from actions.replies import load_wording
from bot.follow_ports import Follows
from bot.following import Following
from bot.guard import Guard, load_guard_rules
from bot.notice import Notices
from bot.ports import Kept, Said
from bot.settings import Settings
from bot.turn import Dialogue, Turns
from connectors.channel import Limits
from connectors.messages import Medium
from tests.fakes import InMemoryPeople, NoFollows
from tests.unit.actions import sheets

PERSON = "p1"
KEPT = Kept(messages=12, replies=11, since=1_790_000_000.0)  # 2026-09-21
SAID = [
    (0, Said(1_790_000_000.0, False, "combien coute le passeport")),
    (0, Said(1_790_000_001.0, True, "Passeport · Prix\n500 DH")),
    (0, Said(1_790_000_002.0, False, "")),
]
OPERATOR = Settings(_env_file=None).operator_names


def turns(dialogue: Dialogue, limits: Mapping[str, Mapping[Medium, Limits]], follows: Follows | None = None) -> Turns:
    """The shipped wording, rules and keywords, in Morocco, with messages kept for 90 days."""
    return Turns(
        dialogue,
        load_wording(),
        limits,
        "ma",
        sheets.follow_ups(),
        notices=Notices(load_wording(), OPERATOR, 90),
        people=InMemoryPeople({PERSON: KEPT}, {"c1": SAID}),
        guard=Guard(load_guard_rules()),
        following=Following(load_wording(), follows or NoFollows(), 90, 2, 3600.0),
    )
