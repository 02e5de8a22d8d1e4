"""What was measured at which commit (results/quality.jsonl), and whether a figure fell since."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.evaluation.score import FIGURES
from bot.settings import PROJECT

TOLERATED = 0.02  # share; a figure may be worse by this much before a run fails
DIRTY = "-dirty"

Figures = Mapping[str, Mapping[str, float]]  # by variety, then by figure


@dataclass(frozen=True, slots=True)
class Line:
    """One set measured once. `digest`: of the set, `date`: UTC day, `ms`: of the NLU alone, by p50 and p95."""

    commit: str
    date: str
    set: str
    digest: str
    messages: int
    figures: Figures
    ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one variety, then and now."""

    variety: str
    figure: str
    before: float
    now: float
    better: int

    @property
    def worse_by(self) -> float:
        """Share; negative when it became better, 0 for a figure that is neither good nor bad."""
        return round((self.before - self.now) * self.better, 6)

    @property
    def fell(self) -> bool:
        return self.worse_by > TOLERATED


def read_record(file: Path) -> list[Line]:
    """Oldest first; empty when nothing was recorded. Raises ValueError naming the line that cannot be read."""
    if not file.exists():
        return []
    lines = []
    for number, raw in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            lines.append(Line(**json.loads(raw)))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{file.name}:{number}: not a recorded run ({error})") from None
    return lines


def write_record(new: Sequence[Line], file: Path) -> None:
    """Append; a commit measured again replaces what was recorded of it."""
    again = {(line.commit, line.set) for line in new}
    lines = [line for line in read_record(file) if (line.commit, line.set) not in again]
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in [*lines, *new])
    file.write_text(text, "utf-8")


def baseline(recorded: Sequence[Line], line: Line) -> Line | None:
    """The last run of the same set at another state of the code: measuring a commit twice does not hide its drop."""
    others = [one for one in recorded if one.set == line.set and one.commit != line.commit]
    return others[-1] if others else None


def changes(before: Line, now: Line) -> Iterator[Change]:
    """Every figure that is in both runs and differs. Raises ValueError when the set itself changed in between."""
    if before.digest != now.digest:
        raise ValueError(f"{now.set} has changed since {before.commit}: its figures do not compare")
    for variety, figures in now.figures.items():
        for figure in FIGURES:
            old, new = before.figures.get(variety, {}).get(figure.name), figures.get(figure.name)
            if old is not None and new is not None and old != new:
                yield Change(variety, figure.name, old, new, figure.better)


def state(root: Path = PROJECT) -> str:
    """The commit, with `-dirty` when files differ from it; the record itself does not count."""
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    if commit is None:
        return "unknown" + DIRTY
    return commit + (DIRTY if _git(root, "status", "--porcelain", "--", ".", ":(exclude)results") else "")


def _git(root: Path, *arguments: str) -> str | None:
    """None where there is no git, or no repository: an unpacked archive."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607  git from the PATH, as everywhere in make
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
