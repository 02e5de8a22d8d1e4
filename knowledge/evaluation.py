"""How well search finds the right sheet: `python -m knowledge.evaluation search tests/evaluation/part1.jsonl`.

Each line of the file: {"id", "text", "variety", "country", "intent", "facet", "procedures": [acceptable ids]}. A line
of `procedure` with no acceptable id, or of `out_of_scope` with `near_miss`, asks for what is not in the catalogue and
should not be answered; nor should other lines of `out_of_scope`. Lines of other intents are left out.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.answer import Answer, Knowledge, Outcome, Question
from knowledge.embedding import load_embedder
from knowledge.faq import FaqEntry
from knowledge.loader import load_content
from knowledge.procedures import Country, Facet
from knowledge.settings import load_settings, load_words

_HERE = Path(__file__).parent
_USAGE = """usage: python -m knowledge.evaluation search FILE... [--model NAME]
       python -m knowledge.evaluation ablation FILE...
       python -m knowledge.evaluation arbanking77 TRAIN.csv TEST.csv ...
"""


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    text: str
    variety: str
    country: Country
    facets: tuple[Facet, ...]
    procedures: tuple[str, ...]
    outside: bool  # nothing that any office does


@dataclass(slots=True)
class Figures:
    """Counts of one variety.

    `absent`: questions about a service without a sheet. `outside`: about nothing that any office does; answered counts
    only where a procedure is given, for "are you a robot?" has an answer that is none.
    """

    cases: int = 0
    first: int = 0
    third: int = 0
    answered: int = 0
    wrongly: int = 0
    asked: int = 0
    absent: int = 0
    absent_answered: int = 0
    outside: int = 0
    outside_answered: int = 0
    milliseconds: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)


def read_cases(file: Path) -> list[Case]:
    """
    Raises:
        ValueError: a line is not a case; it is named by its number.
    """
    cases = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        try:
            if (row := json.loads(line))["intent"] in ("procedure", "out_of_scope"):
                facets = (Facet(row["facet"]),) if row.get("facet") else ()
                ids = tuple(row["procedures"])
                country = Country(row.get("country", "ma"))
                outside = row["intent"] == "out_of_scope" and not row.get("near_miss", False)
                cases.append(Case(row["id"], row["text"], row["variety"], country, facets, ids, outside))
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"{file.name}:{number}: not a case ({error!r})") from error
    return cases


def evaluate(knowledge: Knowledge, cases: Iterable[Case]) -> dict[str, Figures]:
    """Figures per variety, and of all under "all". A question that names no procedure counts where it lists some."""
    table: dict[str, Figures] = {}
    for case in cases:
        started = time.perf_counter()
        answer = knowledge.answer(Question(case.text, case.country, case.variety, case.facets))
        spent = (time.perf_counter() - started) * 1000
        for variety in (case.variety, "all"):
            figures = table.setdefault(variety, Figures())
            figures.milliseconds.append(spent)
            _count(figures, answer, case)
    return table


def _count(figures: Figures, answer: Answer, case: Case) -> None:
    answered = answer.procedure.id if answer.procedure else None
    if case.outside:
        figures.outside += 1
        if answer.procedure is not None and not isinstance(answer.procedure, FaqEntry):
            figures.outside_answered += 1
            figures.misses.append(f"{case.id}: {case.text!r} is nobody's service, answered {answered}")
        return
    if not case.procedures:
        figures.absent += 1
        if answered:
            figures.absent_answered += 1
            figures.misses.append(f"{case.id}: {case.text!r} is not in the catalogue, answered {answered}")
        return
    found = [hit.procedure.id for hit in answer.considered]
    figures.cases += 1
    figures.first += bool(found and found[0] in case.procedures)
    figures.third += any(one in case.procedures for one in found[:3])
    figures.answered += answered is not None
    figures.asked += answer.outcome is Outcome.CLARIFY
    figures.wrongly += answered is not None and answered not in case.procedures
    if not found or found[0] not in case.procedures:
        scores = ", ".join(f"{hit.procedure.id} {hit.score:.2f}" for hit in answer.considered[:3])
        figures.misses.append(f"{case.id}: {case.text!r} {answer.reason}; wanted {case.procedures}; {scores}")


def report(table: dict[str, Figures]) -> str:
    """The table as Markdown."""
    heads = ["variety", "questions", "first", "in 3", "answered", "asked back", "wrongly answered"]
    heads += ["absent but answered", "outside but answered"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for variety, f in sorted(table.items(), key=lambda item: (item[0] == "all", item[0])):
        n = max(f.cases, 1)
        shares = [f.first / n, f.third / n, f.answered / n, f.asked / n, f.wrongly / n]
        absent = f"{f.absent_answered} of {f.absent} | {f.outside_answered} of {f.outside}"
        lines.append(f"| {variety} | {f.cases} | " + " | ".join(f"{s:.3f}" for s in shares) + f" | {absent} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run one sub-command; each explains itself when its arguments are wrong."""
    match arguments:
        case ["search", _, *_]:
            return _search(arguments[1:])
        case ["ablation", _, *_]:
            from knowledge import ablation  # needs the training libraries

            return ablation.main(arguments[1:])
        case ["arbanking77", *rest]:
            from knowledge.classifier import benchmark  # needs scikit-learn

            return benchmark.main(rest)
    sys.stderr.write(_USAGE)
    return 2


def _search(arguments: list[str]) -> int:
    """Print the misses, the table and the speed."""
    model = str(_HERE / "model")
    if "--model" in arguments:
        at = arguments.index("--model")
        model = arguments[at + 1]
        arguments = arguments[:at] + arguments[at + 2 :]
    started = time.perf_counter()
    knowledge = Knowledge(load_content(_HERE / "content"), load_embedder(model), load_settings(), load_words())
    loaded = time.perf_counter()
    cases = [case for file in arguments for case in read_cases(Path(file))]
    table = evaluate(knowledge, cases)
    sys.stdout.write("\n".join([*table["all"].misses, "", report(table)]) + "\n")
    half = statistics.median(table["all"].milliseconds)
    sys.stdout.write(f"\nindex built in {loaded - started:.2f} s, {half:.2f} ms a question (p50)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
