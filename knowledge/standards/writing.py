"""Write a draft as `<folder>/<country>/<id>.yaml`, once the loader takes it. An existing file is never touched.

The loader's own checks decide. A fact that it refuses (an English word, figures that differ between languages) is left
out and kept as a note for the editor, so that one bad line of a file does not cost all the others.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from knowledge.content_yaml import Mistake, Place, read_yaml
from knowledge.loader import check_content
from knowledge.standards.draft import Draft, ImportProblem, shortened

_HEAD = ("id", "country", "state", "confidence", "checked_on", "title", "short_title", "summary")
_SAID = ("aliases", "questions")
_FACTS = ("authority", "eligibility", "documents", "steps", "fees", "processing_time", "validity", "where")
_MORE = ("legal_basis", "tracking", "cautions", "related")
_ORDER = (*_HEAD, *_SAID, *_FACTS, *_MORE, "official_link", "sources", "editor_notes")  # as in the sheets people write
_OPTIONAL = frozenset({"aliases", *_FACTS, *_MORE})
_EXISTS = "this sheet exists, and an import never overwrites; choose another --id"
_INSTEAD = {"title": "--title", "short_title": "--title", "official_link": "--link", "sources": "--publisher"}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 content files have no anchors
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 as people write it
        super().increase_indent(flow, False)


def write_draft(draft: Draft, folder: Path) -> Path:
    """The new file.

    Raises:
        ImportProblem: there is such a file already, or the loader refuses a part that a sheet cannot be without.
    """
    country, _, name = draft.id.partition(".")
    file = folder / country / f"{name}.yaml"
    if file.exists():
        raise ImportProblem(str(file), _EXISTS)
    text = _accepted(draft, folder, Path(country) / f"{name}.yaml")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, suffix=".part", delete=False) as part:
        part.write(text)
    try:
        os.link(part.name, file)  # unlike a rename, this fails where another process was quicker
    except FileExistsError:
        raise ImportProblem(str(file), _EXISTS) from None
    finally:
        Path(part.name).unlink()
    file.chmod(0o644)
    return file


def _accepted(draft: Draft, folder: Path, name: Path) -> str:
    """The sheet as YAML that the loader takes beside the sheets of `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        content = Path(scratch) / "content"
        for neighbour in folder.glob("*/*.yaml"):
            copy = content / neighbour.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(neighbour, copy)
        file = content / name
        file.parent.mkdir(parents=True, exist_ok=True)
        before = {str(mistake) for mistake in check_content(content)[1]}
        while True:
            text = _yaml(draft)
            file.write_text(text, "utf-8")
            mistakes = [mistake for mistake in check_content(content)[1] if str(mistake) not in before]
            if not mistakes:
                return text
            if mistakes[0].path == f"content/{name.as_posix()}":
                _leave_out(draft, mistakes[0], _place(file, mistakes[0]))
            else:
                _give_way(draft, mistakes[0])


def _leave_out(draft: Draft, mistake: Mistake, place: Place) -> None:
    """Move the fact with a mistake into the notes, or say that the sheet cannot be without it."""
    top = place[0] if place else ""
    if top == "summary" and draft.sheet["summary"] != draft.sheet["title"]:
        draft.note(f"Left out, the title stands for it ({mistake.message}): {_texts(draft.sheet[top])}")
        draft.sheet["summary"] = draft.sheet["title"]
        return
    if top == "short_title" and _renamed(draft, mistake):
        return
    if top not in _OPTIONAL:
        instead = _INSTEAD.get(str(top))
        hint = f"; give another with {instead}" if instead else ""
        raise ImportProblem(".".join(map(str, place)), f"the loader refuses this: {mistake.message}{hint}")
    holder: Any = draft.sheet
    depth = _depth(place)
    for part in place[: depth - 1]:
        holder = holder[part]
    said = holder.pop(place[depth - 1])
    draft.note(f"Left out ({mistake.message}): {_texts(said)}")


def _renamed(draft: Draft, mistake: Mistake) -> bool:
    """Make the short title of the id, which no other sheet has; False where that was done already."""
    words = shortened(draft.id.partition(".")[2].replace("_", " "))
    if draft.sheet["short_title"] == {"ar": words, "fr": words}:
        return False
    draft.note(
        f"Choose a short title; the file's does not do ({mistake.message}): {_texts(draft.sheet['short_title'])}"
    )
    draft.sheet["short_title"] = {"ar": words, "fr": words}
    return True


def _give_way(draft: Draft, mistake: Mistake) -> None:
    """The loader blames another sheet for words that this draft has, too: the draft is the one to change."""
    shared = re.match(r"'(.*)' is also ", mistake.message)
    words = " ".join(shared[1].casefold().split()) if shared else None
    aliases: Any = draft.sheet["aliases"]
    found = [(texts, text) for texts in aliases.values() for text in texts if text.casefold() == words]
    for texts, text in found:
        texts.remove(text)
        draft.note(f"Left out, an alias of another sheet ({mistake.path}): {text}")
    short: Any = draft.sheet["short_title"]
    if not found and not (words in {text.casefold() for text in short.values()} and _renamed(draft, mistake)):
        raise ImportProblem(mistake.path, f"the loader would refuse this sheet beside the draft: {mistake.message}")


def _depth(place: Place) -> int:
    """How many parts of a place name one whole fact: an item of a list, or the part of `fees` or `where` it is in."""
    numbers = [index for index, part in enumerate(place) if isinstance(part, int)]
    if numbers:
        return numbers[0] + 1
    return min(len(place), 2 if place[0] in {"fees", "where", "aliases"} else 1)


def _texts(value: object) -> str:
    if isinstance(value, dict):
        shown = value.get("text", value)
        return (
            " / ".join(dict.fromkeys(str(text) for text in shown.values())) if isinstance(shown, dict) else str(shown)
        )
    return str(value)


def _place(file: Path, mistake: Mistake) -> Place:
    """The innermost place on the line of a mistake."""
    lines = read_yaml(file, mistake.path).lines
    return max((place for place, line in lines.items() if line == mistake.line), key=len, default=())


def _yaml(draft: Draft) -> str:
    head = "# A draft, imported. Compare every fact with its source, translate, then set state: published.\n"
    ordered = {name: draft.sheet[name] for name in _ORDER if name in draft.sheet}
    body = yaml.dump(ordered, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    return head + body
