"""Twilio's stored Content templates, as far as Dalil needs them: one for each size of menu and language.

A template's name is `quick-reply-<1..3>-<language>` or `list-picker-<1..10>-<language>`; its variables are numbered:
"1" is the body; a quick reply then has a title and an id per button; a list picker has the label of its button, then
an item, an id and a description per row. Approved texts are those of connectors/templates.yaml, by the name
`template-<name>-<language>`, in the languages that WhatsApp knows. The ContentSid is "HX" + md5("dalil:" + name), so it
needs no set-up. Limits: https://www.twilio.com/docs/content/twilio-quick-reply and /twiliolist-picker.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from connectors.sandbox.phones import Menu, Option
from connectors.templates import StoredTemplate, load_templates

LANGUAGES = ("ar", "fr", "ary")
APPROVED_LANGUAGES: tuple[Literal["ar", "fr"], ...] = ("ar", "fr")
MAX_BUTTONS = 3  # of a quick reply that is not an approved template
MAX_ROWS = 10
BODY, BUTTON_TITLE, BUTTON_ID, LIST_BUTTON, ITEM, ITEM_ID, DESCRIPTION = 1024, 20, 256, 20, 24, 200, 72  # characters

ContentType = Literal["quick-reply", "list-picker"]


class VariablesError(ValueError):
    """ContentVariables is not a JSON object of texts that are not empty, one for each variable (Twilio's 21656)."""


class ContentError(ValueError):
    """The filled-in template breaks a limit of WhatsApp (Twilio's 63021)."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its variables put in."""

    body: str
    buttons: tuple[Option, ...] = ()
    menu: Menu | None = None


@dataclass(frozen=True, slots=True)
class Template:
    kind: ContentType
    size: int
    language: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.size}-{self.language}"

    @property
    def sid(self) -> str:
        return content_sid(self.name)

    @property
    def variables(self) -> int:
        return 1 + 2 * self.size if self.kind == "quick-reply" else 2 + 3 * self.size

    def fill(self, variables: str) -> Filled:
        """Put the JSON object `variables` in; raise `VariablesError` or `ContentError`."""
        values = _values(variables, self.variables)
        if self.kind == "quick-reply":
            pairs = zip(values[1::2], values[2::2], strict=True)
            filled = Filled(values[0], buttons=tuple(Option(id=id_, title=title) for title, id_ in pairs))
        else:
            triples = zip(values[2::3], values[3::3], values[4::3], strict=True)
            rows = tuple(Option(id=id_, title=item, description=about) for item, id_, about in triples)
            filled = Filled(values[0], menu=Menu(button=values[1], rows=rows))
        _check(filled)
        return filled

    def as_resource(self, account_sid: str, base_url: str) -> dict[str, Any]:
        """The template as `GET /v1/Content/{sid}` shows it."""
        if self.kind == "quick-reply":
            actions = [
                {"type": "QUICK_REPLY", "title": f"{{{{{2 + 2 * i}}}}}", "id": f"{{{{{3 + 2 * i}}}}}"}
                for i in range(self.size)
            ]
            types: dict[str, Any] = {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}
        else:
            items = [
                {"item": f"{{{{{n}}}}}", "id": f"{{{{{n + 1}}}}}", "description": f"{{{{{n + 2}}}}}"}
                for n in range(3, 3 + 3 * self.size, 3)
            ]
            types = {"twilio/list-picker": {"body": "{{1}}", "button": "{{2}}", "items": items}}
        return _resource(self, types, account_sid, base_url)


@dataclass(frozen=True, slots=True)
class Approved:
    """A text that WhatsApp approved: it may be sent outside the 24-hour window."""

    short_name: str
    language: Literal["ar", "fr"]
    stored: StoredTemplate

    @property
    def name(self) -> str:
        return f"template-{self.short_name}-{self.language}"

    @property
    def sid(self) -> str:
        return content_sid(self.name)

    @property
    def variables(self) -> int:
        return self.stored.variables

    def fill(self, variables: str) -> Filled:
        """Put the JSON object `variables` in; raise `VariablesError`."""
        return Filled(self.stored.fill(self.language, _values(variables, self.variables)))

    def as_resource(self, account_sid: str, base_url: str) -> dict[str, Any]:
        """The template as `GET /v1/Content/{sid}` shows it."""
        return _resource(self, {"twilio/text": {"body": self.stored.texts[self.language]}}, account_sid, base_url)


def _resource(one: Template | Approved, types: dict[str, Any], account_sid: str, base_url: str) -> dict[str, Any]:
    url = f"{base_url}/v1/Content/{one.sid}"
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "friendly_name": one.name,
        "language": "ar" if one.language == "ary" else one.language,  # WhatsApp knows no code for Darija
        "variables": {str(n): str(n) for n in range(1, one.variables + 1)},
        "types": types,
        "url": url,
        "links": {
            "approval_create": f"{url}/ApprovalRequests/whatsapp",
            "approval_fetch": f"{url}/ApprovalRequests",
        },
        "date_created": "2026-01-05T08:00:00Z",
        "date_updated": "2026-01-05T08:00:00Z",
    }


def content_sid(name: str) -> str:
    return "HX" + hashlib.md5(f"dalil:{name}".encode(), usedforsecurity=False).hexdigest()


def all_templates() -> dict[str, Template | Approved]:
    """Every template of the account, by ContentSid."""
    sizes: tuple[tuple[ContentType, int], ...] = (("quick-reply", MAX_BUTTONS), ("list-picker", MAX_ROWS))
    menus = (
        Template(kind, size, language) for kind, most in sizes for size in range(1, most + 1) for language in LANGUAGES
    )
    approved = (
        Approved(name, language, stored) for name, stored in load_templates().items() for language in APPROVED_LANGUAGES
    )
    every: list[Template | Approved] = [*menus, *approved]
    return {template.sid: template for template in every}


def _values(variables: str, count: int) -> list[str]:
    try:
        given = json.loads(variables or "{}")
    except ValueError as error:
        raise VariablesError("not JSON") from error
    if not isinstance(given, dict) or not all(isinstance(value, str) and value.strip() for value in given.values()):
        raise VariablesError("not an object of texts, or one is empty")
    wanted = [str(n) for n in range(1, count + 1)]
    if sorted(given) != sorted(wanted):
        raise VariablesError(f"expected the variables 1 to {count}")
    return [given[name] for name in wanted]


def _check(filled: Filled) -> None:
    rows = filled.menu.rows if filled.menu else ()
    ids = [option.id for option in (*filled.buttons, *rows)]
    too_long = (
        len(filled.body) > BODY
        or any(len(button.title) > BUTTON_TITLE or len(button.id) > BUTTON_ID for button in filled.buttons)
        or (filled.menu is not None and len(filled.menu.button) > LIST_BUTTON)
        or any(len(r.title) > ITEM or len(r.id) > ITEM_ID or len(r.description) > DESCRIPTION for r in rows)
    )
    if too_long or len(set(ids)) != len(ids):
        raise ContentError("a text is too long or an id is there twice")
