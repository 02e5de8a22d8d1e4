"""The closed set of what can go wrong between us and a provider or a government system.

Each class carries the policy as data: `retryable` (the same call may be made again), `alert` (a person must look) and
`code` (stored, counted, shown to operators). `bot/outbox.py` and `actions/case_status.py` act on these and on nothing
else. Messages of these errors name what failed, never a text, number or name of a citizen.
"""

from __future__ import annotations

from typing import ClassVar


class ConnectorError(Exception):
    """Base of the set. `detail` is for operators: an HTTP status or a provider's code, never content."""

    retryable: ClassVar[bool] = False
    alert: ClassVar[bool] = False
    code: ClassVar[str] = "connector_error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)
        self.detail = detail


# ---- incoming ------------------------------------------------------------------------------------------------------


class Forged(ConnectorError):
    """The webhook is unsigned or wrongly signed. Answered 403, leaves no trace but a counter."""

    code = "forged"


class Malformed(ConnectorError):
    """The webhook is genuine or unverifiable, but is not of the provider's form. Answered 400."""

    code = "malformed"


# ---- outgoing ------------------------------------------------------------------------------------------------------


class SendError(ConnectorError):
    """Base of what `send` may raise."""

    code = "send_error"


class Throttled(SendError):
    """The provider asks us to slow down and did not process the call (HTTP 429). `retry_after` in seconds."""

    retryable = True
    code = "throttled"

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unreachable(SendError):
    """No connection was made, so nothing was sent."""

    retryable = True
    code = "unreachable"


class Uncertain(SendError):
    """A timeout or 5xx after the request left: it may have been sent, or not. Reconcile before resending."""

    retryable = True
    code = "uncertain"


class Rejected(SendError):
    """The provider refused this message for good (bad recipient, too long, window closed ...)."""

    code = "rejected"


class OptedOut(SendError):
    """The recipient blocked us or opted out at the provider (Twilio 21610, Telegram 403)."""

    code = "opted_out"


class WindowClosed(SendError):
    """WhatsApp's 24-hour window is closed: only an approved template may be sent (Meta 131047, Twilio 63016)."""

    code = "window_closed"


class Misconfigured(SendError):
    """Our credentials or sender are wrong: nothing will go out until a person mends the settings."""

    retryable = True
    alert = True
    code = "misconfigured"


# ---- government systems --------------------------------------------------------------------------------------------


class GovError(ConnectorError):
    """Base of what a government system's client may raise.

    `nothing_done`: the system itself certainly never got the call, so one that acts may be made again. False: unknown.
    """

    code = "gov_error"

    def __init__(self, detail: str = "", *, nothing_done: bool = False) -> None:
        super().__init__(detail)
        self.nothing_done = nothing_done


class SystemDown(GovError):
    """No connection, or 5xx."""

    retryable = True
    code = "gov_down"


class SystemBusy(SystemDown):
    """Too many calls: it says so (HTTP 429), or we have as many under way as it is allowed to cost."""

    code = "gov_busy"


class SystemPaused(SystemDown):
    """It shows a maintenance page, or failed so often in a row that it is left alone for a while (an open circuit)."""

    code = "gov_paused"


class SystemRefused(SystemDown):
    """It does not let us in: our rights, certificate, key or address are wrong. A person must look, because it will not
    mend itself.
    """

    alert = True
    code = "gov_refused"


class SystemSlow(GovError):
    """No answer within the time budget."""

    retryable = True
    code = "gov_slow"


class SystemGarbled(GovError):
    """An answer that does not follow the contract: never guessed at."""

    alert = True
    code = "gov_garbled"
