"""Trains plain Rasa for the comparison, once: again only when examples, rules, domain or configuration change."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from bot.processes import rasa_environment
from bot.settings import PROJECT, Settings
from tests.bench.load.systems import PEER, PEER_MODEL

EXAMPLES = (PROJECT / "nlu_data" / "nlu", PROJECT / "nlu_data" / "entities.yml")


def trained(say: Callable[[str], object]) -> Path:
    """The model's archive. Raises RuntimeError when Rasa could not train it."""
    mark = PEER_MODEL.with_name("inputs.sha256")
    digest = _digest()
    if PEER_MODEL.exists() and mark.exists() and mark.read_text() == digest:
        return PEER_MODEL
    say("Training Rasa's default pipeline on our examples: about five minutes on an idle core, once …")
    PEER_MODEL.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(Settings().rasa_python), "-m", "rasa", "train", "--domain", str(PEER / "domain.yml")]
    argv += ["--config", str(PEER / "config.yml"), "--out", str(PEER_MODEL.parent), "--fixed-model-name", "peer"]
    argv += ["--data", *map(str, EXAMPLES), str(PEER / "rules.yml")]
    log = PEER_MODEL.with_name("training.log")
    with log.open("wb") as output:
        status = subprocess.run(argv, cwd=PROJECT, env=rasa_environment(), stdout=output, stderr=output, check=False)
    if status.returncode != 0 or not PEER_MODEL.exists():
        raise RuntimeError(f"Rasa could not train the peer; its log is {log}")
    mark.write_text(digest)
    return PEER_MODEL


def _digest() -> str:
    found = sha256()
    folders = (*EXAMPLES, PEER)
    files = [path for folder in folders for path in ([folder] if folder.is_file() else sorted(folder.rglob("*.yml")))]
    for path in files:
        found.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
