"""Meta's message request: what a POST to /{phone_number_id}/messages asks for, and what refuses it.

Limits and codes: https://developers.facebook.com/documentation/business-messaging/whatsapp/ (messages,
support/error-codes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from connectors.messages import ReplyLanguage
from connectors.sandbox.phones import Menu, Option
from connectors.templates import load_templates

TEXT, BODY, BUTTON, BUTTON_ID, ROW, ROW_ID, DESCRIPTION = 4096, 1024, 20, 256, 24, 200, 72  # characters
MAX_BUTTONS = 3
MAX_ROWS = 10  # in all sections together
MAX_CALLBACK_DATA = 512
WINDOW_CLOSED = 131047
UNDELIVERABLE = 131026
_APPROVED = load_templates()


class ApiError(Exception):
    """Meta answers this call with an error. `details` are told in `error_data`."""

    def __init__(self, code: int, title: str, details: str = "", status: int = 400) -> None:
        super().__init__(f"(#{code}) {title}")
        self.code, self.title, self.details, self.status = code, title, details, status

    def as_json(self) -> dict[str, Any]:
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {self.title}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "Asandboxsandboxsandbox",
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": error}


class _Text(BaseModel):
    body: Annotated[str, Field(min_length=1, max_length=TEXT)]
    preview_url: bool = False


class _Body(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=BODY)]


class _Reply(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=BUTTON_ID)]
    title: Annotated[str, Field(min_length=1, max_length=BUTTON)]


class _Button(BaseModel):
    type: Literal["reply"]
    reply: _Reply


class _Row(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=ROW_ID)]
    title: Annotated[str, Field(min_length=1, max_length=ROW)]
    description: Annotated[str, Field(max_length=DESCRIPTION)] = ""


class _Section(BaseModel):
    title: Annotated[str, Field(max_length=ROW)] = ""
    rows: Annotated[list[_Row], Field(min_length=1, max_length=MAX_ROWS)]


class _ButtonAction(BaseModel):
    buttons: Annotated[list[_Button], Field(min_length=1, max_length=MAX_BUTTONS)]


class _ListAction(BaseModel):
    button: Annotated[str, Field(min_length=1, max_length=BUTTON)]
    sections: Annotated[list[_Section], Field(min_length=1, max_length=MAX_ROWS)]

    @model_validator(mode="after")
    def _ten_in_all(self) -> _ListAction:
        if sum(len(section.rows) for section in self.sections) > MAX_ROWS:
            raise ValueError("more than 10 rows")
        if len(self.sections) > 1 and not all(section.title for section in self.sections):
            raise ValueError("several sections need titles")
        return self


class _ButtonMessage(BaseModel):
    type: Literal["button"]
    body: _Body
    action: _ButtonAction


class _ListMessage(BaseModel):
    type: Literal["list"]
    body: _Body
    action: _ListAction


class _Parameter(BaseModel):
    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]


class _Component(BaseModel):
    type: Literal["body"]
    parameters: list[_Parameter]


class _Language(BaseModel):
    code: str


class _Template(BaseModel):
    name: str
    language: _Language
    components: list[_Component] = []


class _Request(BaseModel):
    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"] = "individual"
    to: str = ""
    recipient: str = ""
    type: Literal["text", "interactive", "template"]
    text: _Text | None = None
    interactive: Annotated[_ButtonMessage | _ListMessage, Field(discriminator="type")] | None = None
    template: _Template | None = None
    biz_opaque_callback_data: Annotated[str, Field(max_length=MAX_CALLBACK_DATA)] = ""

    @model_validator(mode="after")
    def _has_its_part(self) -> _Request:
        if getattr(self, self.type) is None:
            raise ValueError(f"{self.type} is missing")
        return self


@dataclass(frozen=True, slots=True)
class Order:
    """A POST that Meta accepts. `to`: a phone number with its plus, or a business-scoped user id."""

    to: str
    text: str
    reference: str
    buttons: tuple[Option, ...] = ()
    menu: Menu | None = None
    approved: bool = False  # a template: the window does not matter

    @property
    def by_user_id(self) -> bool:
        return not self.to.startswith("+")


def read_order(body: bytes) -> Order:
    """What the JSON of a POST asks for; raise `ApiError`."""
    try:
        request = _Request.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ApiError(131009, "Parameter value is not valid", f"{where}: {error.errors()[0]['msg']}") from error
    if request.to:  # where both are given, the phone number counts
        to = "+" + request.to.removeprefix("+")
    elif request.recipient:
        to = request.recipient
    else:
        raise ApiError(131008, "Required parameter is missing", "to or recipient")
    if request.template is not None and request.type == "template":
        return Order(to, _filled(request.template), request.biz_opaque_callback_data, approved=True)
    buttons, menu = _choices(request.interactive)
    if request.interactive is not None and request.type == "interactive":
        return Order(to, request.interactive.body.text, request.biz_opaque_callback_data, buttons, menu)
    return Order(to, request.text.body if request.text else "", request.biz_opaque_callback_data)


def _filled(template: _Template) -> str:
    stored = _APPROVED.get(template.name)
    languages: dict[str, ReplyLanguage] = {"ar": "ar", "fr": "fr"}
    if stored is None or template.language.code not in languages:
        raise ApiError(132001, "Template name does not exist in the translation", "not approved in this language", 404)
    values = [parameter.text for component in template.components for parameter in component.parameters]
    if len(values) != stored.variables:
        raise ApiError(132000, "Number of parameters does not match the expected number of params")
    return stored.fill(languages[template.language.code], values)


def _choices(interactive: _ButtonMessage | _ListMessage | None) -> tuple[tuple[Option, ...], Menu | None]:
    """Buttons and menu as the handset shows them; raise `ApiError` where an id or a title is there twice."""
    if isinstance(interactive, _ButtonMessage):
        buttons = tuple(Option(id=one.reply.id, title=one.reply.title) for one in interactive.action.buttons)
        if len({one.title for one in buttons}) < len(buttons):
            raise ApiError(131009, "Parameter value is not valid", "Button titles must be unique")
        _each_once(buttons)
        return buttons, None
    if isinstance(interactive, _ListMessage):
        rows = tuple(
            Option(id=row.id, title=row.title, description=row.description)
            for section in interactive.action.sections
            for row in section.rows
        )
        _each_once(rows)
        return (), Menu(button=interactive.action.button, rows=rows)
    return (), None


def _each_once(options: tuple[Option, ...]) -> None:
    if len({option.id for option in options}) < len(options):
        raise ApiError(131009, "Parameter value is not valid", "Duplicated id")
