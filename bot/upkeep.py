"""`dalil rotate-keys`, `dalil forget` and `dalil export-person`: keys replaced; one person deleted, or shown."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.command import fail, settings_or_exit, stores_or_exit


def rotate_keys() -> None:
    """Seal every address and provider's message id with the newest of DALIL_ADDRESS_KEYS. Dalil may run meanwhile."""
    from rich.progress import Progress

    from bot.store.rotation import Rotated

    settings = settings_or_exit()
    with stores_or_exit(settings) as stores, Progress() as progress:
        task = progress.add_task("Sealing again", total=stores.rotation.total())
        done = Rotated()
        for batch in stores.rotation.rotate():
            done += batch
            progress.update(task, advance=batch.seen)
    typer.echo(f"{done.seen} looked at, {done.changed} changed, {done.unreadable} that no key opens.")
    if done.unreadable:
        fail("Put the key that sealed those back into DALIL_ADDRESS_KEYS and run this again. Remove no key until then.")
    if done.changed:
        typer.echo("Run this again once every process has the new key: when it changes nothing, old keys may go.")
    else:
        typer.echo("Everything is sealed with the newest key: the others may be taken out of DALIL_ADDRESS_KEYS.")


def forget(
    address: Annotated[
        str,
        typer.Argument(help="A phone number (+212…), another address as its provider writes it, or a conversation."),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete one person with everything that is kept of him, on every channel. There is no way back."""
    from bot.store.rasa_tracker import forget_conversations

    settings = settings_or_exit()
    with stores_or_exit(settings) as stores:
        people = stores.erasure.found(address) or stores.erasure.found(_as_providers_write(address))
        if not people:
            fail("Nobody is known by this address. A phone number is written with its country: +2126…")
        if not yes:
            typer.confirm(f"{len(people)} found. Delete everything that is kept of them?", abort=True)
        gone = stores.erasure.erase(people, time.time())
        forget_conversations(settings.rasa_tracker, gone.conversations)
    typer.echo(f"{gone.people} deleted.")
    if gone.waiting:
        typer.echo(f"{gone.waiting} will be deleted by a worker once the message in hand is answered.")


def export_person(
    channel: Annotated[
        str, typer.Argument(help="twilio, whatsapp, telegram or webchat; sms or whatsapp for either provider.")
    ],
    address: Annotated[
        str, typer.Argument(help="A phone number (+212…), another address as its provider writes it, a conversation.")
    ],
) -> None:
    """Everything that is kept of one person, as JSON on standard output: for him alone. Nobody else's is in it."""
    from bot.ports import StoreUnavailable
    from bot.store.rasa_tracker import events_of

    settings = settings_or_exit()
    with stores_or_exit(settings) as stores:
        export = stores.export
        for written in dict.fromkeys((address, _as_providers_write(address))):
            if reached := export.reached_by(stores.erasure.found(written), channel.lower(), written):
                break
        else:
            fail(f"Nobody is known by this address on {channel}. A phone number is written with its country: +2126…")
        try:
            persons = [
                kept | {"rasa_events": events_of(settings.rasa_tracker, [str(c["id"]) for c in kept["conversations"]])}
                for kept in map(export.of, reached)
            ]
        except StoreUnavailable as error:
            fail(str(error))
    made = datetime.now(UTC).isoformat(timespec="seconds")
    document = {"exported_at": made, "retention_days": settings.retention_days, "persons": persons}
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _as_providers_write(number: str) -> str:
    """A phone number as people copy it, `00212 6 12-34` or `(+212) 6…`, without what providers leave out."""
    if re.search(r"[^0-9+\s().-]", number):
        return number
    return re.sub(r"^00", "+", re.sub(r"[^0-9+]", "", number))
