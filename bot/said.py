"""What a message says, before anyone answers it: the choice that it picks, and how Rasa gets to read it."""

from __future__ import annotations

from actions import payloads
from actions.contract import Context
from connectors.messages import IncomingMessage, MessageKind
from knowledge.language.normalise import ascii_digits

MAX_TEXT = 1_600  # longer than any question; what follows cannot change what it asks


def can_be_read(message: IncomingMessage, text: str) -> bool:
    """Letters or digits, or a tapped button. A photo's caption counts, an emoji alone does not."""
    return message.kind is MessageKind.CHOICE or any(character.isalnum() for character in text)


def choice_of(message: IncomingMessage, text: str, context: Context) -> str | None:
    """The payload that this message picks: a tapped button, or a number from the last list."""
    if message.choice is not None:
        return message.choice if payloads.parse(message.choice) is not None else None
    digits = ascii_digits(text).strip(" .)-(")
    if digits.isdecimal() and len(digits) <= 2 and 1 <= int(digits) <= len(context.choices):
        return context.choices[int(digits) - 1]
    return None


def for_rasa(text: str, choice: str) -> str:
    """A choice as Rasa gets it: its forced intent."""
    match payloads.parse(choice):
        case payloads.Ask(facet=facet):
            return f"/ask_{facet}"
        case payloads.Intend(intent=intent):
            return f"/{intent}"
        case payloads.Speak():
            return "/language"
        case payloads.Pick():
            return "/complaint"
        case payloads.FollowComplaints():
            return "/status"
        case payloads.Book():
            return "/ask_where"
    return text_for_rasa(text)


def text_for_rasa(text: str) -> str:
    """A citizen's text without leading slashes: Rasa would read `/restart` as a command."""
    return text.lstrip("/ \t\n") or "?"


def as_said(message: IncomingMessage, text: str) -> str:
    """What tells this message from others: two stickers are alike, a sticker and its words are not."""
    return text if message.kind is MessageKind.TEXT else f"{message.kind} {message.choice} {text}"
