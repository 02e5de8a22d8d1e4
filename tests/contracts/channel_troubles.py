"""What each provider can answer beside yes, and the member of the closed set that it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import Misconfigured, OptedOut, Rejected, SendError, Throttled, Uncertain, WindowClosed
from tests.contracts.channel_senders import CITIZEN, TELEGRAM, TEXT, TWILIO, WHATSAPP_META, Sender
from tests.contracts.provider_server import CLOSE, Answer, as_json


@dataclass(frozen=True)
class Trouble:
    sender: Sender
    sentence: str
    answer: Answer
    error: type[SendError]
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.sender}: {self.sentence}"


def refused(code: int, status: int = 400) -> Answer:
    """As Twilio words it: with the citizen's number in the message."""
    message = f"The message to {CITIZEN} was refused"
    return Answer(status, as_json(code=code, message=message, more_info="https://www.twilio.com", status=status))


def no(code: int, description: str, **parameters: object) -> Answer:
    return Answer(code, as_json(ok=False, error_code=code, description=description, parameters=parameters))


def graph(code: int, status: int = 400) -> Answer:
    """As Meta words it; the number is here to see that it is not told."""
    error = {"message": f"(#{code}) refused for {CITIZEN}", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return Answer(status, as_json(error={**error, "error_data": {"messaging_product": "whatsapp", "details": TEXT}}))


SLOW = Answer(200, delay=30)
REDIRECT = Answer(302, headers={"location": "http://127.0.0.1:1/elsewhere"})

TROUBLES = (
    Trouble(TWILIO, "429 is throttled", refused(20429, 429), Throttled),
    Trouble(
        TWILIO, "429 with Retry-After says when", Answer(429, headers={"retry-after": "7"}), Throttled, retry_after=7.0
    ),
    Trouble(TWILIO, "a full queue is throttled", refused(21611), Throttled),
    Trouble(TWILIO, "WhatsApp asking to slow down is throttled", refused(63018), Throttled),
    Trouble(TWILIO, "a citizen who sent STOP has opted out", refused(21610), OptedOut),
    Trouble(TWILIO, "a closed 24-hour window is told so", refused(63016), WindowClosed),
    Trouble(TWILIO, "an invalid number is a rejection", refused(21211), Rejected),
    Trouble(TWILIO, "a landline is a rejection", refused(21614), Rejected),
    Trouble(TWILIO, "a wrong token is a misconfiguration", refused(20003, 401), Misconfigured),
    Trouble(TWILIO, "401 without a code is a misconfiguration", Answer(401, "no"), Misconfigured),
    Trouble(TWILIO, "somebody else's sender is a misconfiguration", refused(21606), Misconfigured),
    Trouble(TWILIO, "an unknown code is a rejection", refused(99999), Rejected),
    Trouble(
        TWILIO,
        "an error in the RFC 9457 form is read too",
        Answer(400, as_json(type="https://twilio.com", title="Opted out", status=400, code=21610)),
        OptedOut,
    ),
    Trouble(TWILIO, "500 is uncertain", refused(20500, 500), Uncertain),
    Trouble(TWILIO, "503 with a page is uncertain", Answer(503, "<html>"), Uncertain),
    Trouble(TWILIO, "201 without JSON is uncertain", Answer(201, "<html>"), Uncertain),
    Trouble(TWILIO, "201 without a SID is uncertain", Answer(201, "{}"), Uncertain),
    Trouble(TWILIO, "201 with a list is uncertain", Answer(201, "[]"), Uncertain),
    Trouble(TWILIO, "an answer that never comes is uncertain", SLOW, Uncertain),
    Trouble(TWILIO, "a connection closed without an answer is uncertain", Answer(CLOSE), Uncertain),
    Trouble(TWILIO, "a redirect is not followed", REDIRECT, Rejected),
    Trouble(TELEGRAM, "429 says when", no(429, "Too Many Requests", retry_after=14), Throttled, retry_after=14.0),
    Trouble(TELEGRAM, "429 without a time is throttled", Answer(429, "<html>"), Throttled),
    Trouble(TELEGRAM, "a citizen who blocked the bot has opted out", no(403, "bot was blocked by the user"), OptedOut),
    Trouble(TELEGRAM, "an unknown chat is a rejection", no(400, "Bad Request: chat not found"), Rejected),
    Trouble(TELEGRAM, "a chat that moved is a rejection", no(400, "moved", migrate_to_chat_id=-100), Rejected),
    Trouble(TELEGRAM, "a wrong token is a misconfiguration", no(401, "Unauthorized"), Misconfigured),
    Trouble(TELEGRAM, "a malformed token is a misconfiguration", no(404, "Not Found"), Misconfigured),
    Trouble(TELEGRAM, "500 is uncertain", no(500, "Internal Server Error"), Uncertain),
    Trouble(TELEGRAM, "502 with a page is uncertain", Answer(502, "<html>"), Uncertain),
    Trouble(TELEGRAM, "200 without JSON is uncertain", Answer(200, "<html>"), Uncertain),
    Trouble(TELEGRAM, "200 without a message is uncertain", Answer(200, as_json(ok=True, result={})), Uncertain),
    Trouble(TELEGRAM, "200 without a result is uncertain", Answer(200, as_json(ok=True)), Uncertain),
    Trouble(TELEGRAM, "an answer that never comes is uncertain", SLOW, Uncertain),
    Trouble(TELEGRAM, "a connection closed without an answer is uncertain", Answer(CLOSE), Uncertain),
    Trouble(TELEGRAM, "a redirect is not followed", REDIRECT, Uncertain),
    Trouble(WHATSAPP_META, "429 is throttled", graph(130429, 429), Throttled),
    Trouble(WHATSAPP_META, "too fast is throttled", graph(130429), Throttled),
    Trouble(WHATSAPP_META, "too many to one person is throttled", graph(131056), Throttled),
    Trouble(WHATSAPP_META, "too many complaints are throttled", graph(131048), Throttled),
    Trouble(WHATSAPP_META, "too many calls are throttled", graph(4), Throttled),
    Trouble(WHATSAPP_META, "too many calls of the account are throttled", graph(80007), Throttled),
    Trouble(WHATSAPP_META, "a closed 24-hour window is told so", graph(131047), WindowClosed),
    Trouble(WHATSAPP_META, "who wants no more has opted out", graph(131050), OptedOut),
    Trouble(WHATSAPP_META, "somebody without WhatsApp is a rejection", graph(131026), Rejected),
    Trouble(WHATSAPP_META, "an unsupported type is a rejection", graph(131051), Rejected),
    Trouble(WHATSAPP_META, "a user id that cannot be written to is a rejection", graph(131062), Rejected),
    Trouble(WHATSAPP_META, "an expired token is a misconfiguration", graph(190, 401), Misconfigured),
    Trouble(WHATSAPP_META, "a token that is not accepted is a misconfiguration", graph(0, 401), Misconfigured),
    Trouble(WHATSAPP_META, "a missing permission is a misconfiguration", graph(10, 403), Misconfigured),
    Trouble(WHATSAPP_META, "any missing permission is a misconfiguration", graph(294), Misconfigured),
    Trouble(WHATSAPP_META, "a blocked account is a misconfiguration", graph(368), Misconfigured),
    Trouble(WHATSAPP_META, "a locked account is a misconfiguration", graph(131031), Misconfigured),
    Trouble(WHATSAPP_META, "a template that is not there is a misconfiguration", graph(132001, 404), Misconfigured),
    Trouble(WHATSAPP_META, "401 without a code is a misconfiguration", Answer(401, "no"), Misconfigured),
    Trouble(WHATSAPP_META, "an unknown code is a rejection", graph(139999), Rejected),
    Trouble(WHATSAPP_META, "an error that Meta does not name is uncertain", graph(131000), Uncertain),
    Trouble(WHATSAPP_META, "500 is uncertain", graph(131016, 500), Uncertain),
    Trouble(WHATSAPP_META, "503 with a page is uncertain", Answer(503, "<html>"), Uncertain),
    Trouble(WHATSAPP_META, "200 without JSON is uncertain", Answer(200, "<html>"), Uncertain),
    Trouble(WHATSAPP_META, "200 without a message id is uncertain", Answer(200, as_json(messages=[])), Uncertain),
    Trouble(WHATSAPP_META, "an answer that never comes is uncertain", SLOW, Uncertain),
    Trouble(WHATSAPP_META, "a connection closed without an answer is uncertain", Answer(CLOSE), Uncertain),
    Trouble(WHATSAPP_META, "a redirect is not followed", REDIRECT, Rejected),
)
