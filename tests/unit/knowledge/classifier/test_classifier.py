"""knowledge/classifier/ in the app's environment: views, the network, storing, the public benchmark."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from knowledge.classifier import benchmark
from knowledge.classifier.ablation import examples, messages
from knowledge.classifier.model import Options, TextClassifier
from knowledge.classifier.network import BUCKETS, Shape, bag, train
from knowledge.classifier.reader import Reader
from knowledge.classifier.views import Message, pairs

ASKS = {
    "price": ["combien coute la carte", "شحال كتسوى لاكارط", "كم ثمن البطاقة", "ch7al f lacarte", "prix de la carte"],
    "place": [
        "où aller pour la carte",
        "فين نمشي للبطاقة",
        "أين أذهب للبطاقة",
        "fin nemchi l lacarte",
        "adresse du bureau",
    ],
    "hello": ["bonjour", "سلام عليكم", "السلام عليكم", "salam", "salut à tous"],
}
TEXTS = [text for texts in ASKS.values() for text in texts]
LABELS = [label for label, texts in ASKS.items() for _ in texts]
SMALL = Shape(width=16, hidden=16, epochs=40, batch=8)


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    return TextClassifier.train(TEXTS, LABELS, Options(network=SMALL))


def views(text: str) -> dict[str, str]:
    return Message.of(text).views({})


def test_the_same_question_in_two_dialects_and_in_the_standard_has_the_same_first_word() -> None:
    first = {views(text)["standard"].split()[0] for text in ("شحال الثمن", "قداش الثمن", "كم الثمن", "ch7al taman")}
    assert first == {"كم"}


def test_pairs_reach_over_the_words_between() -> None:
    assert pairs(["a", "b", "c", "d"], reach=2) == "a_b a_c b_c b_d c_d"


@pytest.mark.parametrize("text", ["", "؟؟", "😀", "combien", "x" * 5000, "\ud800"])
def test_any_text_has_a_bag_of_rows_of_the_table(text: str) -> None:
    rows = bag(views(text))
    assert len(rows) >= 1
    assert 0 <= rows.min() <= rows.max() < BUCKETS


def test_the_network_learns_its_examples_and_its_stored_steps_cost_nothing_visible() -> None:
    bags = [bag(views(text)) for text in TEXTS]
    names = sorted(set(LABELS))
    wanted = np.array([names.index(label) for label in LABELS])
    network = train(bags, wanted, np.ones(len(names), np.float32), SMALL, seed=1)
    found = [int(network.scores(views(text)).argmax()) for text in TEXTS]
    assert found == wanted.tolist()
    assert network.table.dtype == np.int8


def test_training_again_gives_the_same_network(classifier: TextClassifier) -> None:
    again = TextClassifier.train(TEXTS, LABELS, Options(network=SMALL))
    assert again.network is not None
    assert classifier.network is not None
    assert np.array_equal(again.network.table, classifier.network.table)


def test_both_models_vote_and_the_mean_decides(classifier: TextClassifier) -> None:
    votes = classifier.votes("شحال الثمن ديال البطاقة")
    assert len(votes) == 2
    assert np.allclose(classifier.probabilities(["شحال الثمن ديال البطاقة"])[0], np.mean(votes, axis=0))


def test_a_stored_classifier_still_votes_with_both_models(classifier: TextClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    loaded = TextClassifier.load(tmp_path)
    assert np.allclose(loaded.votes("fin nemchi"), classifier.votes("fin nemchi"), atol=5e-3)


@pytest.mark.parametrize("text", [*TEXTS, "", "a", "ab abc a a", "combien  combien ؟", "inconnu"])
def test_a_message_has_the_features_that_scikit_learn_gives_it(classifier: TextClassifier, text: str) -> None:
    seen = Message.of(text).views(classifier._known)
    by_scikit = [
        vectorizer.transform([seen[block["view"]]]).toarray()[0]
        for block, vectorizer in zip(classifier.blocks, classifier.vectorizers, strict=True)
    ]
    columns, values = classifier._features(seen)
    ours = np.zeros(len(classifier.weights), np.float32)
    ours[columns] = values
    assert np.allclose(np.concatenate(by_scikit), ours, atol=1e-6)
    assert len(set(columns.tolist())) == len(columns)


@pytest.mark.parametrize(("analyzer", "ngrams"), [("word", (1, 1)), ("word", (1, 2)), ("char_wb", (2, 5))])
def test_a_text_is_divided_as_by_scikit_learn_and_in_its_order(analyzer: str, ngrams: tuple[int, int]) -> None:
    analyse = TfidfVectorizer(
        analyzer=analyzer, ngram_range=ngrams, token_pattern=r"\S+", lowercase=False
    ).build_analyzer()
    texts = [*TEXTS, "", "a bc def ghij klmno a bc", "فين فين"]
    vocabulary = {gram: place for place, gram in enumerate(sorted({gram for text in TEXTS for gram in analyse(text)}))}
    reader = Reader(analyzer, ngrams, vocabulary, first=100)
    expected = [[100 + vocabulary[gram] for gram in analyse(text) if gram in vocabulary] for text in texts]
    assert expected == [list(reader.columns(text)) for text in texts]


def test_an_analyzer_that_no_block_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no reader for char"):
        Reader("char", (1, 2), {}, 0)


def test_no_texts_have_no_probabilities(classifier: TextClassifier) -> None:
    assert classifier.probabilities([]).shape == (0, 3)


def write(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def test_the_benchmark_prints_one_row_a_test_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "\n".join(f'"{label}","{text}"' for label, text in zip(LABELS, TEXTS, strict=True))
    train_file = write(tmp_path, "train.csv", f"label,text\n{rows}\n")
    test_file = write(
        tmp_path, "test.csv", 'label,text\n"price","combien coute la carte"\n"place","combien coute la carte"\n'
    )
    monkeypatch.setattr(benchmark, "OPTIONS", Options(network=SMALL))
    assert benchmark.main([str(train_file), str(test_file)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("| test.csv | 2 | 0.5000 | 0.3333 |")
    assert benchmark.main(["--compare", str(train_file), str(test_file)]) == 0
    compared = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines()[2:]]
    assert compared == ["test.csv, linear SVM", "test.csv"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("text\nx\n", "the first line must name the columns", id="no label column"),
        pytest.param("label,text\na,\n", ":2: a row needs a label and a text", id="an empty text"),
        pytest.param("label,text\n", "no rows", id="nothing but the first line"),
    ],
)
def test_the_benchmark_says_what_is_wrong_with_a_file(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "bad.csv", content)
    assert benchmark.main([str(file), str(file)]) == 2
    assert message in capsys.readouterr().err


def test_the_benchmark_needs_a_training_and_a_test_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["train.csv"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_ablation_reads_every_training_example_and_labels_a_double_question_twice(tmp_path: Path) -> None:
    folder = tmp_path / "nlu" / "fr"
    folder.mkdir(parents=True)
    write(folder, "a.yml", "nlu:\n  # fr\n  - intent: ask_fees\n    examples: |\n      - combien\n      - quel prix\n")
    assert examples(tmp_path / "nlu") == (["combien", "quel prix"], ["ask_fees", "ask_fees"])
    row = '{"text": "prix et lieu", "variety": "fr", "intent": "procedure", "facets": ["fees", "where"]}\n'
    (labelled,) = messages([write(tmp_path, "dev.jsonl", row)])
    assert labelled.right == {"ask_fees", "ask_where"}
