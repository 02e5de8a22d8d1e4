"""What each part of the search adds: `python -m knowledge.evaluation ablation FILE...` prints one table, as Markdown.

One row leaves one part out. Where the part changes what the embedding sees, a model is trained without it, which takes
minutes: the shipped one learnt with it and would make the part look better than it is.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge import forms
from knowledge.answer import Knowledge
from knowledge.embedding import load_embedder
from knowledge.evaluation import Figures, evaluate, read_cases
from knowledge.language import arabizi, darija, normalise
from knowledge.loader import Catalogue, load_content
from knowledge.settings import Settings, load_settings, load_words
from knowledge.train_embedding import Parameters, fillers_of, sheets_of, train

_HERE = Path(__file__).parent


def _same(word: str) -> str:
    return word


@dataclass(frozen=True)
class Part:
    """One row. `settings`: values by section and name. `readings`: what stands in for functions that forms.py calls."""

    name: str
    settings: tuple[tuple[str, str, float], ...] = ()
    readings: tuple[tuple[Any, str, Callable[[str], str]], ...] = ()
    no_variants: bool = False


_ARABIZI = (arabizi, "to_arabic", normalise.normalise)
_DIALECT = (darija, "standard", _same)
PARTS = (
    Part("all parts"),
    Part("BM25 alone", (("fusion", "lexical", 1.0), ("fusion", "dense", 0.0))),
    Part("embedding alone", (("fusion", "lexical", 0.0), ("fusion", "dense", 1.0))),
    Part("without Arabizi in Arabic script", readings=(_ARABIZI,)),
    Part("without the dialect lexicon", readings=(_DIALECT,)),
    Part("without both", readings=(_ARABIZI, _DIALECT)),
    Part("without variants (renewal, child, loss)", no_variants=True),
    Part("without everyday sheets first", (("fusion", "special", 1.0),)),
    Part("chance words at full weight", (("lexical", "by_chance", 0.0),)),
    Part("without whole names", (("lexical", "whole_name", 0.0),)),
)


def main(files: list[str]) -> int:
    """Print the table for the questions of `files`."""
    cases = [case for file in files for case in read_cases(Path(file))]
    catalogue = load_content(_HERE / "content")
    varieties = ("fr", "ar", "ary", "ary-Latn")
    sys.stdout.write(f"| | {' | '.join(varieties)} | all | in 3 | answered | wrongly | absent but answered |\n")
    sys.stdout.write("|---" * 10 + "|\n")
    for part in PARTS:
        with without(part), tempfile.TemporaryDirectory() as scratch:
            table = evaluate(_knowledge(part, catalogue, Path(scratch)), cases)
        by_variety = [table.get(name, Figures()) for name in varieties]
        first = " | ".join(_share(one.first, one) for one in by_variety)
        figures = table["all"]
        rest = (figures.first, figures.third, figures.answered, figures.wrongly)
        shares = " | ".join(_share(count, figures) for count in rest)
        sys.stdout.write(f"| {part.name} | {first} | {shares} | {figures.absent_answered} of {figures.absent} |\n")
        sys.stdout.flush()
    return 0


def _share(count: int, figures: Figures) -> str:
    return f"{count / figures.cases:.3f}" if figures.cases else "–"


def _knowledge(part: Part, catalogue: Catalogue, scratch: Path) -> Knowledge:
    words, model = load_words(), _HERE / "model"
    if part.readings:
        model = scratch
        with redirect_stdout(sys.stderr):  # the trainer prints its progress
            train(sheets_of(catalogue), fillers_of(words), model, Parameters())
    return Knowledge(catalogue, load_embedder(str(model)), _changed(load_settings(), part), words)


def _changed(settings: Settings, part: Part) -> Settings:
    values = settings.model_dump()
    for section, name, value in part.settings:
        values[section][name] = value
    if part.no_variants:
        values["variants"] = dict.fromkeys(values["variants"], 0.0)
        values["fusion"] |= {"variant_missing": 1.0, "variant_unknown": 1.0}
    return Settings.model_validate(values)


@contextmanager
def without(part: Part) -> Iterator[None]:
    """Swap the functions for this row: the running code has no switch for the sake of a table."""
    before = [(module, name, getattr(module, name)) for module, name, _ in part.readings]
    try:
        for module, name, instead in part.readings:
            setattr(module, name, instead)
        _forget()
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)
        _forget()


def _forget() -> None:
    """What forms.py remembers was read with the part: a row would quietly keep it."""
    for remembered in (forms.words, forms.plain, forms.keys):
        remembered.cache_clear()
