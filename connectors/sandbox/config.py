"""Everything the sandbox has to be told. It reads no environment: bot/cli.py fills this in from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.sandbox.oidc.provider import Client

GRAPH_VERSION = "v26.0"  # of the local Meta's addresses

_NOBODY = Client("", "", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Credentials that the sandbox shares with the app, as a real account would.

    `app_url`: where the app listens. `public_url`: DALIL_PUBLIC_URL, the address the app believes it is called at;
    Twilio's signatures cover it. Webhooks are signed for `public_url` and delivered to `app_url`.
    `twilio_whatsapp_from` has no `whatsapp:` prefix. `redelivery`: seconds to wait before each further attempt at a
    webhook that failed. `pace`: seconds between the steps of a delivery (sent → delivered → read).
    `oidc_client`: us, as the sandbox's identity provider knows us.
    """

    public_url: str
    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    twilio_sms_from: str
    twilio_whatsapp_from: str
    telegram_token: str = field(repr=False)
    telegram_secret: str = field(repr=False)
    whatsapp_phone_number_id: str
    whatsapp_access_token: str = field(repr=False)
    whatsapp_app_secret: str = field(repr=False)
    app_url: str = "http://127.0.0.1:8000"
    oidc_client: Client = _NOBODY
    redelivery: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
    pace: float = 0.05

    def delivery_url(self, public: str) -> str:
        """Where a webhook addressed to `public` is really sent: the app itself when it is under `public_url`."""
        prefix = self.public_url.rstrip("/")
        return self.app_url.rstrip("/") + public.removeprefix(prefix) if public.startswith(prefix) else public
