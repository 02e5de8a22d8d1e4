"""Make a draft acceptable to the loader: a fact that it refuses is left out and kept as a note for the editor.

One bad line of a file should not cost all the others. What a sheet cannot be without is not left out: the import stops.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from knowledge.content_yaml import Document, Mistake, Place
from knowledge.standards.draft import Draft, ImportProblem, shortened

FACTS = ("authority", "eligibility", "documents", "steps", "fees", "processing_time", "validity", "where")
MORE = ("legal_basis", "tracking", "cautions", "related")

_OPTIONAL = frozenset({"aliases", *FACTS, *MORE})
_INSTEAD = {"title": "--title", "short_title": "--title", "official_link": "--link", "sources": "--publisher"}


def leave_out(draft: Draft, written: Document, mistakes: Sequence[Mistake]) -> None:
    """Move every fact with a mistake into the notes. `written` is the draft as the loader read it.

    Raises:
        ImportProblem: a mistake is in a part that a sheet cannot be without.
    """
    units: dict[Place, Mistake] = {}
    for mistake in mistakes:
        units.setdefault(_unit(_place(written, mistake)), mistake)
    head = {unit: mistake for unit, mistake in units.items() if not unit or unit[0] not in _OPTIONAL}
    facts = sorted(units.keys() - head.keys(), key=lambda unit: -units[unit].line)  # from the end: numbers stay right
    for unit in (*head, *facts):
        _leave_out(draft, unit, units[unit])


def give_way(draft: Draft, mistakes: Sequence[Mistake]) -> None:
    """The loader blames other sheets for names that the draft has, too: the draft is the one to change.

    Raises:
        ImportProblem: a mistake in another sheet cannot be undone in the draft.
    """
    removed: dict[str, list[str]] = {}
    short, renamed = _short_titles(draft), False
    for mistake in mistakes:
        shared = re.match(r"'(.*)' is also ", mistake.message)
        words = " ".join(shared[1].casefold().split()) if shared else ""
        removed.setdefault(mistake.path, []).extend(_without_alias(draft, words))
        if words in short:
            renamed = renamed or _rename(draft, mistake)
        given_up = {text.casefold() for texts in removed.values() for text in texts}
        if words not in given_up and not (words in short and renamed):
            raise ImportProblem(mistake.path, f"the loader would refuse this sheet beside the draft: {mistake.message}")
    for path, texts in removed.items():
        if texts:
            draft.note(f"Left out, aliases of another sheet ({path}): {', '.join(texts)}")


def _leave_out(draft: Draft, unit: Place, mistake: Mistake) -> None:
    top = unit[0] if unit else ""
    if top == "summary" and draft.sheet["summary"] != draft.sheet["title"]:
        draft.note(f"Left out, the title stands for it ({mistake.message}): {_texts(draft.sheet[top])}")
        draft.sheet["summary"] = draft.sheet["title"]
        return
    if top == "short_title" and _rename(draft, mistake):
        return
    if top not in _OPTIONAL:
        instead = _INSTEAD.get(str(top))
        hint = f"; give another with {instead}" if instead else ""
        raise ImportProblem(".".join(map(str, unit)), f"the loader refuses this: {mistake.message}{hint}")
    holder: Any = draft.sheet
    for part in unit[:-1]:
        holder = holder[part]
    draft.note(f"Left out ({mistake.message}): {_texts(holder.pop(unit[-1]))}")


def _without_alias(draft: Draft, words: str) -> list[str]:
    """Take an alias out of every variety; what was taken out."""
    aliases: Any = draft.sheet["aliases"]
    found = [(texts, text) for texts in aliases.values() for text in texts if text.casefold() == words]
    for texts, text in found:
        texts.remove(text)
    return [text for _, text in found]


def _short_titles(draft: Draft) -> set[str]:
    titles: Any = draft.sheet["short_title"]
    return {text.casefold() for text in titles.values()}


def _rename(draft: Draft, mistake: Mistake) -> bool:
    """Make the short title of the id, which no other sheet has; False where that was done already."""
    words = shortened(draft.id.partition(".")[2].replace("_", " "))
    own = draft.sheet["short_title"]
    if own == {"ar": words, "fr": words}:
        return False
    draft.note(f"Choose a short title; the file's does not do ({mistake.message}): {_texts(own)}")
    draft.sheet["short_title"] = {"ar": words, "fr": words}
    return True


def _place(written: Document, mistake: Mistake) -> Place:
    """The innermost place on the line of a mistake."""
    on_line = (place for place, line in written.lines.items() if line == mistake.line)
    return max(on_line, key=len, default=())


def _unit(place: Place) -> Place:
    """The whole fact that a place is in: an item of a list, or the part of `fees` or `where`."""
    numbers = [index for index, part in enumerate(place) if isinstance(part, int)]
    if numbers:
        return place[: numbers[0] + 1]
    return place[: 2 if place and place[0] in {"fees", "where", "aliases"} else 1]


def _texts(value: object) -> str:
    if not isinstance(value, dict):
        return str(value)
    shown = value.get("text", value)
    return " / ".join(dict.fromkeys(str(text) for text in shown.values())) if isinstance(shown, dict) else str(shown)
