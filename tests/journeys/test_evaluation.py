"""`dalil evaluate` on a set of five messages, and a training of Rasa's default pipeline on a handful of examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.evaluation.comparison import read_all
from bot.evaluation.training import PEER, Pipeline, archive_of, kept, train
from bot.settings import Settings
from tests.system import System

FEES = {"intent": "procedure", "facet": "fees", "facets": ["fees"], "procedures": ["ma.passeport_biometrique_majeur"]}
GREETING = {"intent": "greet", "facet": None, "facets": [], "procedures": []}
MESSAGES = [
    {"id": "t1", "text": "combien coute le passeport", "variety": "fr", "country": "ma", **FEES},
    {"id": "t2", "text": "شحال كيسوى الباسبور", "variety": "ary", "country": "ma", **FEES},
    {"id": "t3", "text": "bonjour", "variety": "fr", "country": "ma", **GREETING},
    {"id": "t4", "text": "السلام عليكم", "variety": "ar", "country": "ma", **GREETING},
    # Labelled wrongly on purpose: there is something to list.
    {"id": "t5", "text": "combien coute le passeport biometrique", "variety": "fr", "country": "ma", **GREETING},
]


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "small.jsonl").write_text("".join(json.dumps(line) + "\n" for line in MESSAGES), "utf-8")
    return folder


def test_evaluate_prints_the_figures_of_a_file_and_lists_its_errors(dalil: System, sets: Path) -> None:
    done = dalil.dalil("evaluate", str(sets / "small.jsonl"), "--errors")

    assert 0 == done.returncode, done.stderr
    assert "t5  greet/- → procedure/fees  combien coute le passeport biometrique" in done.stdout
    assert "fr: 1\n" in done.stdout
    assert "0.667" in done.stdout, "two of three French intents"


def test_evaluate_of_a_folder_writes_report_and_record_and_fails_when_a_figure_fell(
    dalil: System, sets: Path, tmp_path: Path
) -> None:
    results = tmp_path / "quality.jsonl"
    command = ("evaluate", str(sets), "--peer", "none", "--results", str(results), "--record")

    first = dalil.dalil(*command)

    assert 0 == first.returncode, first.stdout + first.stderr
    assert "small, 5 messages" in first.stdout
    assert "t5" in (dalil.var_dir / "evaluation" / "report.html").read_text("utf-8")
    assert (dalil.var_dir / "evaluation" / "small-figures.png").stat().st_size > 1000
    line = json.loads(results.read_text("utf-8"))
    assert ("small", 5, 0.6667) == (line["set"], line["messages"], line["figures"]["fr"]["intent"])
    assert line["ms"]["p50"] > 0

    # The same figures, once recorded as better at an earlier commit.
    line["commit"], line["figures"]["fr"]["intent"] = "an-earlier-commit", 0.7
    results.write_text(json.dumps(line) + "\n", "utf-8")
    fallen, looked_at = dalil.dalil(*command), dalil.dalil(*command, "--no-check")

    assert (1, 0) == (fallen.returncode, looked_at.returncode)
    assert "Fell by more than two points: small fr intent 0.700 → 0.667" in fallen.stdout


def test_evaluate_names_a_folder_without_sets(dalil: System, tmp_path: Path) -> None:
    done = dalil.dalil("evaluate", str(tmp_path))

    assert 1 == done.returncode
    assert "no sets (*.jsonl)" in done.stderr


def test_the_default_pipeline_is_trained_once_and_reads_messages(tmp_path: Path) -> None:
    """Rasa's real training, in seconds: its default pipeline on twelve examples."""
    nlu = tmp_path / "nlu_data" / "nlu"
    nlu.mkdir(parents=True)
    fees = [f"combien coute {what}" for what in ("le passeport", "la carte", "un extrait", "le permis", "ça", "tout")]
    greetings = ["bonjour", "salut", "bonsoir", "bonjour à vous", "salut tout le monde", "bonsoir monsieur"]
    blocks = [
        f"  - intent: {intent}\n    examples: |\n" + "".join(f"      - {text}\n" for text in texts)
        for intent, texts in (("ask_fees", fees), ("greet", greetings))
    ]
    (nlu / "small.yml").write_text('version: "3.1"\nnlu:\n' + "".join(blocks), "utf-8")
    (tmp_path / "nlu_data" / "entities.yml").write_text(
        "nlu:\n  - regex: d\n    examples: |\n      - \\d{9}\n", "utf-8"
    )
    config = tmp_path / "config.yml"
    config.write_text(PEER.config.read_text("utf-8").replace(f"epochs: {PEER.epochs}", "epochs: 30"), "utf-8")
    pipeline, folder, said = Pipeline("small", config, root=tmp_path), tmp_path / "peer", []

    trained = train(pipeline, Settings(), folder, said.append)

    assert trained == kept(pipeline, folder)
    assert (12, 30, pipeline.digest()) == (trained.examples, trained.epochs, trained.digest)
    assert "Training small on 12 examples: 30 epochs, about 2 minutes" in said[0]
    assert "  epoch 30 of 30" == said[-1]
    read = read_all(Settings(), archive_of(pipeline, folder), ["combien coute la carte", "bonjour"])
    assert [("procedure", "fees"), ("greet", None)] == [(one.intent, one.facet) for one in read]
    assert all(one.ms > 0 for one in read)
