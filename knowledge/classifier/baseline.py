"""What ours is compared with: a linear SVM over words and characters as they are written, the usual first choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from knowledge.language.normalise import normalise


def train(texts: Sequence[str], labels: Sequence[str]) -> Callable[[str], str]:
    """Fit on `texts` and their `labels`; what comes back reads the label of a text."""
    words = TfidfVectorizer(
        analyzer="word", ngram_range=(1, 2), tokenizer=str.split, token_pattern=None, sublinear_tf=True
    )
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
    machine = make_pipeline(make_union(words, letters), LinearSVC(C=0.5, random_state=20))
    machine.fit([normalise(text) for text in texts], list(labels))
    return lambda text: str(machine.predict([normalise(text)])[0])
