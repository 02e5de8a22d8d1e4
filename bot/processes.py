"""The processes that `dalil run` starts, and Rasa's own command line (also used by `dalil understand`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.settings import PROJECT, Settings
from bot.supervise import Child

# What Rasa may see of our environment: no setting of ours, so no secret (it runs libraries past their end of life).
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")

# A provider gives up on a webhook after seconds, and a citizen waits for his answer: who acknowledges goes first.
AFTER_WEBHOOKS = 5


def children(settings: Settings) -> list[Child]:
    """Everything of a laptop: government and provider sandbox, web, worker, Rasa.

    Web and worker are two processes because Python runs one thread of each at a time: in one, a webhook would be
    acknowledged when the worker lets go.
    """
    ours = {**os.environ, "PYTHONUNBUFFERED": "1", "DALIL_SANDBOX": str(bool(settings.sandbox)).lower()}
    dalil = [sys.executable, "-m", "bot.cli"]
    worker_url = f"http://127.0.0.1:{settings.worker_port}"
    serve = [*dalil, "serve", "--worker-at", worker_url]
    work = [*dalil, "worker", "--port", str(settings.worker_port)]
    started = [
        Child("app", serve, settings.port, "DALIL_PORT", f"{app_url(settings)}/health/live", ours, PROJECT),
        Child(
            "worker",
            work,
            settings.worker_port,
            "DALIL_WORKER_PORT",
            f"{worker_url}/health/live",
            ours,
            PROJECT,
            AFTER_WEBHOOKS,
        ),
        *(rasa(settings, worker_url, number) for number in range(len(settings.rasa_urls))),
    ]
    if settings.sandbox:
        started.insert(
            0,
            Child(
                "sandbox",
                [*dalil, "sandbox"],
                settings.sandbox_port,
                "DALIL_SANDBOX_PORT",
                f"{settings.sandbox_url}/sandbox/health",
                ours,
                PROJECT,
            ),
        )
    return started


def app_url(settings: Settings) -> str:
    """The web process of this machine."""
    return f"http://127.0.0.1:{settings.port}"


def rasa(settings: Settings, actions_at: str = "", number: int = 0) -> Child:
    """Rasa on its private port, with its newest model. Raises FileNotFoundError with what to do.

    `actions_at`: URL of the process that runs the actions, without a path; the web process where none is given.
    `number`: which of several. They share one file of conversations: each conversation is with one of them.
    """
    if not settings.rasa_python.exists():
        raise FileNotFoundError("Rasa's environment is missing. Run `make setup`.")
    model = newest_model(settings)
    port = int(settings.rasa_urls[number].rsplit(":", 1)[1])
    env = rasa_environment() | {
        "DALIL_ACTION_URL": f"{actions_at or app_url(settings)}/internal/rasa/actions",
        "DALIL_ACTION_TOKEN": settings.derived("rasa-actions"),
        "DALIL_TRACKER_DB": str(settings.rasa_tracker),
    }
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    argv = [str(settings.rasa_python), "-m", "bot.nlu.rasa_server", "run", "--enable-api", "-i", "127.0.0.1"]
    argv += ["-p", str(port), "--model", str(model), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    ready = f"http://127.0.0.1:{port}/status"
    name = f"rasa-{number + 1}" if number else "rasa"
    return Child(name, argv, port, "DALIL_RASA_URL", ready, env, PROJECT, AFTER_WEBHOOKS)


def rasa_environment() -> dict[str, str]:
    """What every process of Rasa sees: no setting of ours, and one thread for its numerical libraries."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        # One conversation turn is single-threaded linear algebra on small vectors: more threads only cost memory.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def newest_model(settings: Settings) -> Path:
    """The model archive trained last. Raises FileNotFoundError with what to do."""
    models = sorted(settings.model_dir.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise FileNotFoundError("There is no trained model yet. Run `make train` (about a minute).")
    return models[-1]
