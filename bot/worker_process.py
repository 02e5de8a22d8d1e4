"""`dalil worker`: the worker without the web."""

from __future__ import annotations

import asyncio
import signal

from prometheus_client import start_http_server

from bot.bootstrap import build_app
from bot.metrics import METRICS
from bot.settings import Settings


async def work(settings: Settings, metrics: tuple[str, int] | None = None) -> None:
    """Work until SIGINT or SIGTERM, then finish what is in hand. `metrics`: host and port to show them at."""
    app = build_app(settings)
    worker = app.worker()

    def stop() -> None:
        worker.stop()
        app.content_watch.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        if metrics is not None:
            start_http_server(metrics[1], metrics[0], METRICS.without_stored())
        await asyncio.gather(worker.run(), app.content_watch.run())
    finally:
        await app.close()
