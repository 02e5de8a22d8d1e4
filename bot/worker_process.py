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
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, worker.stop)
    try:
        await worker.run()
    finally:
        await app.close()
