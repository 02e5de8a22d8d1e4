"""The page and the plots show what was measured, and need nothing from outside."""

from __future__ import annotations

import re
import sys

import pytest

from bot.evaluation.comparison import COMPARED, Side
from bot.evaluation.measure import LabelledSet
from bot.evaluation.plots import NoMatplotlib, need_matplotlib, write_plots
from bot.evaluation.record import Change
from bot.evaluation.report import Run, SetReport, describe, write_page
from bot.evaluation.score import VARIETIES
from bot.evaluation.training import Trained


@pytest.fixture
def run(pair, weather) -> Run:
    pairs = (
        pair(),
        pair({"id": "q2", "text": "<b>combien</b>"}, {"facet": "where", "confidence": 0.4}),
        weather(got={"intent": "procedure", "facet": "overview", "outcome": "answered"}),
    )
    fallen = Change("fr", "facet", 0.9, 0.5, 1)
    shown = SetReport(LabelledSet("part9", (), "d"), pairs, "abc123", (fallen,))
    figures = {name: dict.fromkeys(VARIETIES, 0.875) for name in COMPARED}
    peer = Side("rasa-default", figures, 20.5, 31.5, Trained("d", 13604, 10, 900.4, 2000.0, 200.0), stale=True)
    return Run("def456", "2026-01-31", [shown], [Side("dalil", figures, 2.5, 9.5, None), peer])


def test_the_page_shows_figures_confusions_errors_drops_and_the_comparison(run, tmp_path):
    write_page(run, tmp_path / "evaluation" / "report.html")

    page = (tmp_path / "evaluation" / "report.html").read_text("utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "part9: fr facet, 0.900 → 0.500" in text, "the drop"
    assert "1 procedure/fees procedure/where q2" in text, "the worst confusions"
    assert "fr: 1 of 2" in text, "the error list"
    assert "procedure/fees → procedure/where" in text
    assert "0.9 to 1.0 2 0.950 0.500" in text, "the calibration"
    assert "rasa-default 20.5 31.5 900 10 13604, not the present ones 200.0" in text
    assert "dalil 2.5 9.5 not trained in this run" in text


def test_the_page_is_whole_by_itself_and_fit_for_a_phone(run, tmp_path):
    write_page(run, tmp_path / "report.html")

    page = (tmp_path / "report.html").read_text("utf-8")
    assert [] == re.findall(r"https?://|<script|<link|<img|url\(", page)
    assert '<meta name="viewport" content="width=device-width' in page


def test_messages_stand_in_their_own_direction_and_are_never_markup(run, tmp_path):
    write_page(run, tmp_path / "report.html")

    page = (tmp_path / "report.html").read_text("utf-8")
    assert 'dir="auto">كيف الجو<' in page
    assert "&lt;b&gt;combien&lt;/b&gt;" in page
    assert "<b>combien" not in page


def test_there_is_a_plot_of_figures_calibration_language_and_of_each_variety(run, tmp_path):
    written = write_plots(run, tmp_path)

    expected = {f"part9-{variety}-{what}.png" for variety in VARIETIES for what in ("intent", "facet")}
    expected |= {"part9-figures.png", "part9-calibration.png", "part9-language.png"}
    assert expected == {file.name for file in written}
    assert {b"\x89PNG"} == {file.read_bytes()[:4] for file in written}


def test_without_the_development_tools_nobody_waits_for_figures_that_cannot_be_drawn(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(NoMatplotlib, match=r"requirements/setup\.sh dev"):
        need_matplotlib()


def test_a_change_is_told_in_one_line(run):
    assert ["fr facet 0.900 → 0.500"] == [describe(change) for _, change in run.fell]
