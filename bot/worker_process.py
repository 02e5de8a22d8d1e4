"""`dalil worker`: the worker without the web."""

from __future__ import annotations

import asyncio
import signal
import socket

from bot.bootstrap import App, build_app
from bot.settings import Settings
from bot.web.private import PrivateServer


async def work(settings: Settings, listening: socket.socket | None = None) -> None:
    """Work until SIGINT or SIGTERM, then finish what is in hand. `listening`: for the actions and the figures."""
    app = build_app(settings)
    server = PrivateServer(app, listening) if listening is not None else None
    try:
        if server is None:
            await _work(app)
        else:
            serving = asyncio.create_task(server.run_until_told())
            try:
                await _work(app)
            finally:
                server.should_exit = True  # not before the last turn has had its action's answer
                await serving
    finally:
        await app.close()


async def _work(app: App) -> None:
    worker = app.worker()

    def stop() -> None:
        worker.stop()
        app.content_watch.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(worker.run(), app.content_watch.run())
