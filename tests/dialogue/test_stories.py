"""`rasa test core` on test_stories.yml, with the trained model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_rasa_leads_every_story_as_it_is_written(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "rasa", "test", "core", "--fail-on-prediction-errors"),
        *("--stories", "tests/dialogue/test_stories.yml"),
        *("--model", "models/dalil.tar.gz"),
        *("--out", str(tmp_path)),
    ]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore"}
    environment.update(DALIL_ACTION_URL="http://127.0.0.1:9/", DALIL_ACTION_TOKEN="none")
    environment.update(DALIL_TRACKER_DB=str(tmp_path / "tracker.db"))
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "rasa.core.test  - \tAccuracy:         1.000" in done.stderr
