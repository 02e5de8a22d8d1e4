"""Figures are kept by commit, and a figure that fell is seen."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from bot.evaluation.record import Line, baseline, changes, read_record, state, write_record

GOOD = {"fr": {"intent": 0.95, "facet": 0.9, "answered wrongly": 0.01, "asked back": 0.2}}


@pytest.fixture
def line() -> Line:
    return Line("aaa", "2026-01-31", "part1", "d1", 100, GOOD, {"p50": 2.0, "p95": 9.0})


def measured(line: Line, **figures: float) -> Line:
    named = {name.replace("_", " "): value for name, value in figures.items()}
    return replace(line, commit="bbb", figures={"fr": {**GOOD["fr"], **named}})


@pytest.mark.parametrize(
    ("figures", "fallen"),
    [
        pytest.param({"intent": 0.92}, ["intent"], id="a share that fell by three points"),
        pytest.param({"intent": 0.93}, [], id="a share that fell by exactly two points is tolerated"),
        pytest.param({"intent": 0.99}, [], id="a share that rose"),
        pytest.param({"answered_wrongly": 0.04}, ["answered wrongly"], id="a mistake made more often"),
        pytest.param({"answered_wrongly": 0.0}, [], id="a mistake made less often"),
        pytest.param({"asked_back": 0.6}, [], id="asking back more often is neither good nor bad"),
        pytest.param({"intent": 0.9, "facet": 0.5}, ["intent", "facet"], id="two shares at once"),
    ],
)
def test_a_figure_that_fell_by_more_than_two_points_is_seen(line, figures, fallen):
    assert fallen == [change.figure for change in changes(line, measured(line, **figures)) if change.fell]


def test_every_difference_is_told_also_a_small_one(line):
    told = {change.figure: (change.before, change.now) for change in changes(line, measured(line, facet=0.91))}

    assert {"facet": (0.9, 0.91)} == told


def test_figures_of_a_set_that_changed_are_not_compared(line):
    with pytest.raises(ValueError, match="part1 has changed since aaa"):
        list(changes(line, replace(measured(line), digest="d2")))


def test_what_is_written_is_read_again_and_a_commit_measured_again_has_one_line_only(tmp_path, line):
    file = tmp_path / "results" / "quality.jsonl"

    write_record([line, replace(line, set="part2")], file)
    write_record([measured(line)], file)
    write_record([measured(line, intent=0.5)], file)

    assert [line, replace(line, set="part2"), measured(line, intent=0.5)] == read_record(file)


def test_a_commit_measured_twice_is_compared_with_the_one_before_it_so_its_drop_stays_seen(line):
    recorded = [line, replace(line, commit="ccc", set="part2"), measured(line, intent=0.5)]

    assert line == baseline(recorded, measured(line, intent=0.5))
    assert measured(line, intent=0.5) == baseline(recorded, replace(line, commit="ddd"))
    assert baseline([], line) is None


def test_a_line_that_is_no_recorded_run_is_named(tmp_path):
    file = tmp_path / "quality.jsonl"
    file.write_text('{"commit": "aaa"}\n', "utf-8")

    with pytest.raises(ValueError, match=r"quality\.jsonl:1: not a recorded run"):
        read_record(file)


def test_the_state_names_the_commit_and_says_whether_files_differ_from_it(tmp_path):
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        argv = [shutil.which("git"), *who, *arguments]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert "unknown-dirty" == state(tmp_path)
    git("init", "--quiet")
    (tmp_path / "a").write_text("1", "utf-8")
    git("add", "a")
    git("commit", "--quiet", "-m", "First")
    commit = git("rev-parse", "--short=12", "HEAD")
    assert commit == state(tmp_path)

    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "quality.jsonl").write_text("", "utf-8")
    assert commit == state(tmp_path), "the record itself is no change"

    (tmp_path / "a").write_text("2", "utf-8")
    assert f"{commit}-dirty" == state(tmp_path)
