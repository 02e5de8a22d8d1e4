"""`dalil worker`: the worker without the web."""

from __future__ import annotations

import asyncio
import signal

from bot.bootstrap import build_app
from bot.settings import Settings


async def work(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM, then finish what is in hand."""
    app = build_app(settings)
    worker = app.worker()

    def stop() -> None:
        worker.stop()
        app.content_watch.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await asyncio.gather(worker.run(), app.content_watch.run())
    finally:
        await app.close()
