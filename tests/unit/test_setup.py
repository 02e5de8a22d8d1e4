"""What set-up says when it cannot go on: one clear sentence, and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.settings import PROJECT

BASH = shutil.which("bash") or "/bin/bash"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A copy of what set-up needs, with nothing installed."""
    (tmp_path / "requirements").mkdir()
    for name in ("setup.sh", "app.txt", "dev.txt", "rasa.txt"):
        shutil.copy(PROJECT / "requirements" / name, tmp_path / "requirements" / name)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "bin").mkdir()
    return tmp_path


def setup(bare: Path, part: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run set-up on a machine that has no pyenv and no uv."""
    clean = {"PATH": f"{bare / 'bin'}:/usr/bin:/bin", "HOME": str(bare), "PYENV_ROOT": str(bare / "none"), **env}
    return _run(bare, clean, part)


def _run(folder: Path, env: dict[str, str], *parts: str) -> subprocess.CompletedProcess[str]:
    argv = [BASH, "requirements/setup.sh", *parts]
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


def program(bare: Path, name: str, script: str) -> None:
    path = bare / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("rasa", "Rasa needs Python 3.10, and none was found"),
        ("app", "Dalil's app needs Python 3.11, 3.12 or 3.13, and none was found"),
    ],
)
def test_a_missing_python_is_named_with_how_to_get_it(bare: Path, part: str, sentence: str) -> None:
    for version in ("3.10", "3.11", "3.12", "3.13"):
        program(bare, f"python{version}", "exit 1")  # hides one that the system may have

    done = setup(bare, part)

    assert 1 == done.returncode
    assert sentence in done.stderr
    assert "then run the same command again" in done.stderr


def test_too_little_disk_is_named_with_how_much_is_needed(bare: Path) -> None:
    program(bare, "python3.10", "echo 3.10")
    program(bare, "df", "printf 'Filesystem 1M-blocks Used Available Use%% Mounted\\nx 100 90 10 90%% /\\n'")

    done = setup(bare, "rasa")

    assert 1 == done.returncode
    assert "Rasa's environment needs about 4000 MB of disk, and only 10 MB are free here" in done.stderr


def test_an_installation_that_broke_off_leaves_no_stamp_and_says_what_to_do(bare: Path) -> None:
    program(
        bare,
        "python3.10",
        f'[ "$1" = -m ] && mkdir -p "$3/bin" && cp {bare / "bin" / "pip"} "$3/bin/python"; echo 3.10',
    )
    program(bare, "pip", 'case "$*" in *install*) echo "no route to the index" >&2; exit 1 ;; esac')

    done = setup(bare, "rasa")

    assert 1 == done.returncode
    assert "no route to the index" in done.stderr
    assert "run the same command again: what is there is kept" in done.stderr
    assert not list(bare.glob(".venv-rasa/.dalil*"))


def test_what_is_installed_is_not_installed_again(bare: Path) -> None:
    done = _run(PROJECT, dict(os.environ), "app", "rasa")

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_a_part_that_does_not_exist_is_refused(bare: Path) -> None:
    done = setup(bare, "everything")

    assert "knows app, dev, rasa and browser, not 'everything'" in done.stderr
