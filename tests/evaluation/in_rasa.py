"""Runs in Rasa's environment: texts in, what a trained archive reads in them out, with the time each took.

    .venv-rasa/bin/python tests/evaluation/in_rasa.py models/dalil.tar.gz <texts.jsonl >readings.jsonl

In: one JSON string a line. Out: {"intent", "confidence", "facets", "ms"} a line; `ms` is Rasa's own work on one message
in one process, without HTTP. The first messages are read twice, so that nobody pays for what loads late.
"""

import asyncio
import json
import sys
import time

from rasa.core.agent import Agent

WARM_UP = 20


async def main(archive: str) -> None:
    # Rasa writes to standard output while it loads: what we hand back must stand there alone.
    handed_back, sys.stdout = sys.stdout, sys.stderr
    agent = Agent.load(archive)
    texts = [json.loads(line) for line in sys.stdin if line.strip()]
    for text in texts[:WARM_UP]:
        await agent.parse_message(text)
    for text in texts:
        started = time.perf_counter()
        parsed = await agent.parse_message(text)
        ms = (time.perf_counter() - started) * 1000
        reading = {
            "intent": parsed["intent"].get("name"),
            "confidence": parsed["intent"].get("confidence", 0.0),
            "facets": [facet["name"] for facet in parsed.get("facets", [])],
            "ms": round(ms, 3),
        }
        handed_back.write(json.dumps(reading) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
