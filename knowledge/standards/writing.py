"""Write a draft as `<folder>/<country>/<id>.yaml`, once the loader takes it. An existing file is never touched.

The loader's own checks decide. A fact that it refuses (an English word, figures that differ between languages) is left
out and kept as a note for the editor, so that one bad line of a file does not cost all the others.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import yaml

from knowledge.content_yaml import read_yaml
from knowledge.loader import check_content
from knowledge.standards.draft import Draft, ImportProblem
from knowledge.standards.repair import FACTS, MORE, give_way, leave_out

_HEAD = ("id", "country", "state", "confidence", "checked_on", "title", "short_title", "summary")
_SAID = ("aliases", "questions")
_ORDER = (*_HEAD, *_SAID, *FACTS, *MORE, "official_link", "sources", "editor_notes")  # as in the sheets people write
_EXISTS = "this sheet exists, and an import never overwrites; choose another --id"


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
            own = read_yaml(file, f"content/{name.as_posix()}")
            leave_out(draft, own, [mistake for mistake in mistakes if mistake.path == own.path])
            give_way(draft, [mistake for mistake in mistakes if mistake.path != own.path])


def _yaml(draft: Draft) -> str:
    head = "# A draft, imported. Compare every fact with its source, translate, then set state: published.\n"
    ordered = {name: draft.sheet[name] for name in _ORDER if name in draft.sheet}
    body = yaml.dump(ordered, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    return head + body
