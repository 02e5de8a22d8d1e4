"""Train the shipped embedding model from the project's own content: `python -m knowledge.train_embedding`.

A StaticEmbedding (one vector per word piece, averaged) over a tokenizer that is trained here on the same text. Two
texts of one procedure, in any two languages or scripts, are drawn together; those of all others in the batch are pushed
apart, and neighbours (first application, renewal, child) always share a batch. Seeded and on one thread, so that the
same content gives the same model; nothing is downloaded. Skipped when nothing that goes into it has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge import forms
from knowledge.dense import phrases_of
from knowledge.faq import FaqEntry
from knowledge.language import normalise
from knowledge.loader import Catalogue, load_content
from knowledge.settings import Words, load_words

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

_HERE = Path(__file__).parent
_FINGERPRINT = "fingerprint.json"
_UNKNOWN = "[UNK]"
_LETTERS_TO_CHANGE = 4

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What decides the model besides the content. A change here trains anew."""

    recipe: int = 2  # raise it when a change of the code below changes the result
    vocabulary: int = 5000  # word pieces, at most
    dimensions: int = 128
    rounds: int = 4000  # batches
    batch: int = 128  # procedures in a batch, at most
    learning_rate: float = 0.003
    framed: float = 0.6  # share of anchors that get words around them that name nothing ("combien", "شحال")
    misspelt: float = 0.3  # share of anchors that get one wrong letter
    split: float = 0.1  # share of words cut in two, so that pieces of words never seen mean something
    seed: int = 7


def train(catalogue: Catalogue, fillers: tuple[str, ...], folder: Path, parameters: Parameters) -> bool:
    """Train into `folder` unless its fingerprint says that it holds the model of this content and these parameters.

    Args:
        fillers: words that name no procedure, in all varieties.

    Returns:
        Whether a model was trained.
    """
    if is_current(catalogue, fillers, folder, parameters):
        return False
    texts = _texts(catalogue)
    inputs = _fingerprint([texts, fillers, asdict(parameters)])
    pairs = _pairs(catalogue, texts, fillers, parameters)
    _fit(pairs, min(parameters.batch, len(catalogue)), folder, parameters)
    described = {"inputs": inputs, "sheets": len(catalogue), "parameters": asdict(parameters)}
    (folder / _FINGERPRINT).write_text(json.dumps(described, indent=1) + "\n", "utf-8")
    return True


def is_current(catalogue: Catalogue, fillers: tuple[str, ...], folder: Path, parameters: Parameters) -> bool:
    """Whether `folder` holds the model of this content and these parameters. Needs no training library."""
    file = folder / _FINGERPRINT
    wanted = _fingerprint([_texts(catalogue), fillers, asdict(parameters)])
    return file.is_file() and json.loads(file.read_text("utf-8"))["inputs"] == wanted


def sheets_of(catalogue: Catalogue) -> Catalogue:
    """What is trained on: without the questions that are no procedure, whose vectors follow from the same words."""
    return Catalogue.of(tuple(sheet for sheet in catalogue if not isinstance(sheet, FaqEntry)))


def fillers_of(words: Words) -> tuple[str, ...]:
    """Words that name no procedure, in all varieties."""
    return tuple(sorted({word for text in (*words.facets, *words.empty) for word in normalise.tokens(text)}))


def _texts(catalogue: Catalogue) -> dict[str, list[str]]:
    return {p.id: [forms.plain(text) for text in phrases_of(p)] for p in catalogue}


def _fingerprint(inputs: object) -> str:
    return hashlib.sha256(json.dumps(inputs, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _pairs(
    catalogue: Catalogue, texts: dict[str, list[str]], fillers: tuple[str, ...], parameters: Parameters
) -> list[Pair]:
    """(anchor, positive) pairs in batch order: each procedure once a batch, neighbours together."""
    chance = random.Random(parameters.seed)  # noqa: S311 - reproducible shuffling, no secret
    size = min(parameters.batch, len(catalogue))
    pairs = []
    for _ in range(parameters.rounds):
        for procedure_id in _batch(catalogue, size, chance):
            anchor, positive = chance.sample(texts[procedure_id], 2)
            pairs.append((_disturbed(anchor, fillers, parameters, chance), positive))
    return pairs


def _batch(catalogue: Catalogue, size: int, chance: random.Random) -> list[str]:
    order = list(catalogue)
    chance.shuffle(order)
    chosen: dict[str, None] = {}
    for procedure in order:
        neighbours = (other for other in procedure.related if catalogue.get(other) is not None)
        chosen.update(dict.fromkeys([procedure.id, *neighbours]))
    return list(chosen)[:size]


def _disturbed(text: str, fillers: tuple[str, ...], parameters: Parameters, chance: random.Random) -> str:
    """A phrase as a hurried citizen sends it: with a facet's words around it, with one wrong letter."""
    words = text.split()
    if chance.random() < parameters.framed:
        before, after = chance.randint(0, 3), chance.randint(0, 2)
        words = [*chance.choices(fillers, k=before), *words, *chance.choices(fillers, k=after)]
    if chance.random() < parameters.misspelt:
        position = chance.randrange(len(words))
        words[position] = _misspelt(words[position], chance)
    return " ".join(part for word in words for part in _split(word, parameters, chance))


def _split(word: str, parameters: Parameters, chance: random.Random) -> tuple[str, ...]:
    """The tokenizer does not mark where words begin: half a word gives the same pieces as inside the word."""
    if len(word) < _LETTERS_TO_CHANGE or chance.random() >= parameters.split:
        return (word,)
    at = chance.randrange(2, len(word) - 1)
    return word[:at], word[at:]


def _misspelt(word: str, chance: random.Random) -> str:
    if len(word) < _LETTERS_TO_CHANGE:
        return word
    at = chance.randrange(1, len(word) - 1)
    return chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )


def _tokenizer(texts: list[str], parameters: Parameters) -> Tokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=parameters.vocabulary, min_frequency=2, special_tokens=[_UNKNOWN], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _model(texts: list[str], parameters: Parameters) -> SentenceTransformer:
    import numpy as np
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = _tokenizer(texts, parameters)
    # Nearly zero, so that a piece that training never meets says nothing instead of something at random.
    shape = (tokenizer.get_vocab_size(), parameters.dimensions)
    weights = np.random.default_rng(parameters.seed).normal(0, 0.01, shape).astype(np.float32)
    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu")


def _fit(pairs: list[Pair], batch: int, folder: Path, parameters: Parameters) -> None:
    import torch
    from datasets import Dataset  # type: ignore[import-untyped]
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    torch.set_num_threads(1)  # sums in one order: the same model on every machine
    model = _model(sorted({text for pair in pairs for text in pair}), parameters)
    with tempfile.TemporaryDirectory() as scratch:
        trainer = SentenceTransformerTrainer(
            model=model,
            args=SentenceTransformerTrainingArguments(
                output_dir=scratch,
                num_train_epochs=1,
                per_device_train_batch_size=batch,
                learning_rate=parameters.learning_rate,
                lr_scheduler_type="linear",
                batch_sampler=_in_order,
                seed=parameters.seed,
                save_strategy="no",
                logging_steps=max(1, parameters.rounds // 10),
                report_to="none",
                use_cpu=True,
            ),
            train_dataset=Dataset.from_dict({"anchor": [a for a, _ in pairs], "positive": [p for _, p in pairs]}),
            loss=MultipleNegativesRankingLoss(model),
        )
        trainer.train()
    _save(model, folder)


def _in_order(dataset: Any, batch_size: int, drop_last: bool, **_: Any) -> Any:  # noqa: ANN401 - the library's protocol
    """The batches as `_pairs` made them: shuffling would put one procedure against itself."""
    from sentence_transformers.base.sampler import DefaultBatchSampler

    return DefaultBatchSampler(range(len(dataset)), batch_size=batch_size, drop_last=drop_last)


def _save(model: SentenceTransformer, folder: Path) -> None:
    """Only what is needed to load it; without the model card, which names the training machine's versions."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save(str(folder), create_model_card=False)


def main(arguments: list[str]) -> int:
    """Train the shipped model if its inputs changed; with --check only say so (exit 1: it is stale)."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.train_embedding", description=main.__doc__)
    parser.add_argument("content", nargs="?", type=Path, default=_HERE / "content")
    parser.add_argument("folder", nargs="?", type=Path, default=_HERE / "model")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    fillers = fillers_of(load_words())
    catalogue, started = sheets_of(load_content(given.content)), time.monotonic()
    if given.check:
        current = is_current(catalogue, fillers, given.folder, Parameters())
        sys.stdout.write(f"embedding model is {'up to date' if current else 'older than the content: `make train`'}\n")
        return 0 if current else 1
    if train(catalogue, fillers, given.folder, Parameters()):
        sys.stdout.write(f"embedding model trained in {time.monotonic() - started:.0f} s: {given.folder}\n")
    else:
        sys.stdout.write("embedding model is up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
