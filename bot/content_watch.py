"""What an editor publishes is live without a restart: a loop over the content folder that loads what changed.

New content with mistakes changes nothing: citizens go on getting the old sheets, and the log names every mistake.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Mapping
from pathlib import Path

from bot.metrics import METRICS
from knowledge.answer import Knowledge
from knowledge.loader import ContentError, Remembered, Stamp, load_content, stamps_of

log = logging.getLogger(__name__)

EVERY_S = 0.2  # a look at 150 files takes a millisecond
MISTAKES_LOGGED = 20  # of one attempt; `python -m knowledge.loader` lists them all


class ContentWatch:
    """Looks at the files of `folder` every so often, and gives `knowledge` the new catalogue once they stand still.

    `remembered`: the sheets as `knowledge` has them, by file; only other files are read.
    """

    def __init__(self, folder: Path, knowledge: Knowledge, remembered: Remembered, every_s: float = EVERY_S) -> None:
        self._folder = folder
        self._knowledge = knowledge
        self._remembered = remembered
        self._every_s = every_s
        self._live: Mapping[Path, Stamp] = {file: stamp for file, (stamp, _) in remembered.items()}
        self._stopping = asyncio.Event()
        self.mistakes = 0  # in the files as they are now; while there are any, the sheets before them are live

    async def run(self) -> None:
        """Watch until `stop`."""
        # What is loaded by now stays: the collector need not walk through it again. With 3,000 sheets that held up
        # every citizen for 0.4 s whenever a change was taken in.
        gc.freeze()
        last = self._live
        while not await self._stopped_within(self._every_s):
            try:
                found = await asyncio.to_thread(stamps_of, self._folder)
                if found == last and found != self._live:  # two looks alike: nobody is writing any more
                    self._live = found  # a mistake is told once, until a file changes again
                    await asyncio.to_thread(self._reload)
                last = found
            except OSError as error:
                log.error("content cannot be read, the old sheets stay", extra={"reason": str(error)})
                self._live = {}  # try again even if no file changes: a permission may
                await self._stopped_within(10 * self._every_s)
            except Exception:
                # A mistake of ours. The old sheets still answer, and must go on being watched.
                log.exception("content not reloaded, the old sheets stay")

    def stop(self) -> None:
        self._stopping.set()

    def _reload(self) -> None:
        started = time.perf_counter()
        try:
            catalogue = load_content(self._folder, self._remembered)
        except ContentError as error:
            for mistake in error.mistakes[:MISTAKES_LOGGED]:
                log.error("mistake in the content", extra={"mistake": str(mistake)})
            log.error("content has mistakes, the old sheets stay", extra={"mistakes": len(error.mistakes)})
            self._found(len(error.mistakes))
            return
        self._found(0)
        self._knowledge.reload(catalogue)
        seconds = round(time.perf_counter() - started, 2)
        log.info("content reloaded", extra={"sheets": len(catalogue), "seconds": seconds})

    def _found(self, mistakes: int) -> None:
        self.mistakes = mistakes
        METRICS.content_mistakes.set(mistakes)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True
