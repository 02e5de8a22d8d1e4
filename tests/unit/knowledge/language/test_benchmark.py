"""knowledge/language/benchmark.py: how often, and how fast, the language of a message is recognised."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from knowledge.language.benchmark import main, microseconds, read_messages, recognised

MESSAGES = [("combien coûte le passeport", "fr"), ("شحال كتسوى لاكارط", "ary"), ("merci beaucoup", "ar")]


def test_messages_of_an_evaluation_file_come_with_their_variety(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps({"text": t, "variety": v}) for t, v in MESSAGES), encoding="utf-8")
    assert read_messages(path) == MESSAGES


def test_sentences_of_sib200_are_in_the_language_of_their_folder(tmp_path: Path) -> None:
    path = tmp_path / "ary_Arab" / "dev.tsv"
    path.parent.mkdir()
    path.write_text('index_id\tcategory\ttext\n5\ttravel\tشوف "الرحلات"\n', encoding="utf-8")
    assert read_messages(path) == [('شوف "الرحلات"', "ary")]


@pytest.mark.parametrize("name", ["notes.md", "eng_Latn/dev.tsv"])
def test_another_file_is_refused_with_what_to_give(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("text\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"give a \.jsonl file"):
        read_messages(path)


def test_what_was_recognised_is_counted_by_language() -> None:
    assert recognised(MESSAGES) == Counter({("fr", "fr"): 1, ("ary", "ary"): 1, ("ar", "fr"): 1})


def test_every_message_is_timed() -> None:
    times = microseconds(MESSAGES)
    assert len(times) == len(MESSAGES)
    assert all(0 < time < 1e6 for time in times)


def test_the_report_names_the_file_the_rates_and_the_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps({"text": t, "variety": v}) for t, v in MESSAGES), encoding="utf-8")
    main([str(path)])
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{path}: 3 messages, µs: ")
    assert lines == ["  ar       0.000 of 1; 1 taken for fr", "  ary      1.000 of 1", "  fr       1.000 of 1"]
