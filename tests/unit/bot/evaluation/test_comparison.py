"""Both systems are judged by the same rule, and trained again only when what they learn from changed."""

from __future__ import annotations

import io
import json

import pytest

from bot.evaluation.comparison import BOTH, FACET, INTENT, MISTAKEN, Read, figures, judge
from bot.evaluation.training import DALIL, PEER, Pipeline, _lines, kept


def reads(intent: str | None, facets: list[str] | None = None) -> Read:
    return Read.of(json.dumps({"intent": intent, "facets": facets or [], "confidence": 0.9, "ms": 1.5}))


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(reads("ask_fees"), ("procedure", "fees"), id="the default pipeline names the facet in the intent"),
        pytest.param(reads("ask_fees", ["where", "fees"]), ("procedure", "where"), id="ours names what is asked first"),
        pytest.param(reads("nlu_fallback"), ("out_of_scope", None), id="what the fallback takes is not answered"),
        pytest.param(reads(None), ("out_of_scope", None), id="no intent at all"),
        pytest.param(reads("greet"), ("greet", None), id="any other intent"),
    ],
)
def test_a_reading_is_put_in_the_words_of_the_labels(read, expected):
    assert expected == (read.intent, read.facet)


@pytest.mark.parametrize(
    ("intent", "expected"),
    [
        ("ask_fees", {INTENT: True, FACET: True, BOTH: True}),
        ("ask_where", {INTENT: True, FACET: False, BOTH: False}),
        ("greet", {INTENT: False, FACET: False, BOTH: False}),
    ],
)
def test_a_question_counts_for_intent_and_facet(pair, intent, expected):
    assert expected == judge(pair().wanted, reads(intent))


@pytest.mark.parametrize(("intent", "mistaken"), [("out_of_scope", False), ("greet", False), ("ask_steps", True)])
def test_a_message_out_of_scope_counts_as_mistaken_only_when_read_as_a_question(weather, intent, mistaken):
    assert mistaken == judge(weather().wanted, reads(intent))[MISTAKEN]


def test_figures_stand_by_variety_and_are_empty_where_nothing_was_counted(pair, weather):
    found = figures([(pair().wanted, reads("ask_fees")), (weather().wanted, reads("ask_fees"))])

    assert {"fr": 1.0, "ar": 0.0, "ary": None, "ary-Latn": None} == found[INTENT]
    assert {"fr": None, "ar": 1.0, "ary": None, "ary-Latn": None} == found[MISTAKEN]


@pytest.fixture
def pipeline(tmp_path) -> Pipeline:
    (tmp_path / "nlu_data" / "nlu").mkdir(parents=True)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "config.yml").write_text("pipeline:\n  - name: DIETClassifier\n    epochs: 3\n", "utf-8")
    (tmp_path / "nlu_data" / "entities.yml").write_text("nlu:\n  - regex: d\n    examples: |\n      - \\d\n", "utf-8")
    examples = "# fr\nnlu:\n  - intent: greet\n    examples: |\n      - salut\n      - bonjour\n"
    (tmp_path / "nlu_data" / "nlu" / "greet.yml").write_text(examples, "utf-8")
    return Pipeline("small", tmp_path / "config.yml", ("code",), tmp_path)


def test_only_examples_of_intents_are_counted_and_epochs_come_from_the_config(pipeline):
    assert (2, 3) == (pipeline.count_examples(), pipeline.epochs)


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        pytest.param("nlu_data/nlu/greet.yml", "- salut", "- salam", True, id="another example"),
        pytest.param("nlu_data/nlu/greet.yml", "# fr", "# French", False, id="a comment"),
        pytest.param("config.yml", "epochs: 3", "epochs: 4", True, id="another setting"),
        pytest.param("code/a.py", "1", "2", True, id="other code"),
    ],
)
def test_training_is_needed_again_when_what_is_learnt_changed(pipeline, file, old, new, again):
    before, path = pipeline.digest(), pipeline.root / file
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    assert again == (before != pipeline.digest())


def test_an_archive_without_its_facts_was_interrupted_and_is_not_believed(pipeline, tmp_path):
    (tmp_path / "small.tar.gz").write_bytes(b"half")

    assert kept(pipeline, tmp_path) is None


def test_a_progress_bar_is_read_line_by_line():
    said = io.BytesIO("Start\n\rEpochs:  50%|█| 1/2 [00:03\rEpochs: 100%|█| 2/2 [00:06\n\nEnd".encode())

    assert ["Start", "Epochs:  50%|█| 1/2 [00:03", "Epochs: 100%|█| 2/2 [00:06", "End"] == list(_lines(said))


def test_the_peer_is_the_default_pipeline_and_both_sides_learn_from_the_same_examples():
    assert PEER.root == DALIL.root
    assert PEER.count_examples() == DALIL.count_examples() > 10_000
    assert PEER.epochs is not None
    assert DALIL.epochs is None
