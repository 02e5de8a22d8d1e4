"""What goes out: requests of the unmodified official clients and of our own, as a provider on 127.0.0.1 gets them."""

from __future__ import annotations

import base64
import json

import pytest

from connectors.channels.twilio import Twilio, TwilioConfig
from connectors.errors import Misconfigured
from connectors.messages import Button, Template
from tests.contracts.channel_senders import (
    ACCEPTED,
    BUTTONS,
    CITIZEN,
    CREATED,
    DELIVERED,
    MENU,
    META,
    SMS,
    TELEGRAM,
    TEXT,
    TWILIO,
    WHATSAPP,
    WHATSAPP_META,
    send,
    whatsapp,
)
from tests.contracts.channel_subjects import ACCESS_TOKEN, ACCOUNT_SID, AUTH_TOKEN, BOT_TOKEN, PUBLIC_URL
from tests.contracts.provider_server import Provider


class TestTwilio:
    async def test_an_sms_leaves_from_where_the_question_arrived(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        assert await send(TWILIO, url) == "SM00000000000000000000000000000042"
        (asked,) = provider.asked
        assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        assert asked.only() == {
            "To": CITIZEN,
            "From": "+15005550006",
            "Body": TEXT,
            "StatusCallback": "https://dalil.example/channels/twilio/status",
        }

    async def test_a_whatsapp_text_has_the_prefix_on_both_addresses(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP))
        sent = provider.asked[0].only()
        assert (sent["To"], sent["From"]) == (f"whatsapp:{CITIZEN}", "whatsapp:+15005550006")

    async def test_the_first_message_leaves_from_the_configured_sender(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP.model_copy(update={"namespace": ""})))
        assert provider.asked[0].only()["From"] == "whatsapp:+15005550002"

    async def test_without_any_sender_it_says_what_is_missing(self) -> None:
        channel = Twilio(TwilioConfig(account_sid=ACCOUNT_SID, auth_tokens=(AUTH_TOKEN,), public_url=PUBLIC_URL))
        with pytest.raises(Misconfigured, match="no sender for sms"):
            await channel.send(TWILIO.message(to=SMS.model_copy(update={"namespace": ""})))
        await channel.close()

    async def test_buttons_go_out_as_a_quick_reply_template(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, buttons=BUTTONS))
        sent = provider.asked[0].only()
        assert "Body" not in sent
        assert sent["ContentSid"] == "HXq2fr"
        assert json.loads(sent["ContentVariables"]) == {
            "1": TEXT,
            "2": "Documents",
            "3": "a:x:documents",
            "4": "Frais",
            "5": "a:x:fees",
        }

    async def test_an_apostrophe_is_escaped_in_a_templates_variables(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, text="L'été", buttons=BUTTONS[:1]))
        variables = provider.asked[0].only()["ContentVariables"]
        assert "'" not in variables
        assert json.loads(variables)["1"] == "L'été"

    async def test_a_menu_goes_out_as_a_list_picker_and_darija_uses_the_arabic_one(
        self, provider: Provider, url: str
    ) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, menu=MENU, language="ary"))
        sent = provider.asked[0].only()
        assert sent["ContentSid"] == "HXl2ar"
        assert list(json.loads(sent["ContentVariables"]).values()) == [
            TEXT, "Voir les choix", "Où", "a:x:where", "Où aller", "Quand", "b", "·",
        ]  # fmt: skip

    async def test_a_template_that_nobody_made_is_a_misconfiguration(self, url: str) -> None:
        buttons = tuple(Button(id=str(number), title="Oui") for number in range(4))
        with pytest.raises(Misconfigured, match="quick-reply-4-fr"):
            await send(TWILIO, url, TWILIO.message(to=WHATSAPP, buttons=buttons))

    async def test_an_approved_text_goes_out_by_its_sid_and_darija_uses_the_arabic_one(
        self, provider: Provider, url: str
    ) -> None:
        provider.answer = CREATED
        template = Template(name="status_changed", variables=("PA-***217", "Votre dossier est en cours de traitement."))
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, language="ary", template=template))
        sent = provider.asked[0].only()
        assert "Body" not in sent
        assert (sent["ContentSid"], sent["ContentVariables"]) == (
            "HXtstatus_changed",
            '{"1": "PA-***217", "2": "Votre dossier est en cours de traitement."}',
        )

    async def test_an_approved_text_without_variables_names_none(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(to=WHATSAPP, language="ar", template=Template(name="reply_waiting")))
        assert "ContentVariables" not in provider.asked[0].only()

    async def test_an_sms_needs_no_approved_text(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url, TWILIO.message(template=Template(name="reply_waiting")))
        assert provider.asked[0].only()["Body"] == TEXT

    async def test_an_approved_text_that_nobody_stored_is_a_misconfiguration(self, url: str) -> None:
        with pytest.raises(Misconfigured, match="template-reply_waiting-fr"):
            await send(TWILIO, url, TWILIO.message(to=WHATSAPP, template=Template(name="reply_waiting")))

    async def test_it_signs_in_with_the_first_token(self, provider: Provider, url: str) -> None:
        provider.answer = CREATED
        await send(TWILIO, url)
        expected = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        assert provider.asked[0].headers["authorization"] == f"Basic {expected}"


class TestTelegram:
    async def test_a_text_goes_out_plain(self, provider: Provider, url: str) -> None:
        provider.answer = DELIVERED
        assert await send(TELEGRAM, url, TELEGRAM.message(text="*a* _b_ <c>")) == "7000000001:77"
        (asked,) = provider.asked
        sent = asked.only()
        assert asked.path == f"/bot{BOT_TOKEN}/sendMessage"
        assert (sent["chat_id"], sent["text"]) == ("7000000001", "*a* _b_ <c>")
        assert "parse_mode" not in sent

    async def test_two_short_buttons_share_a_line(self, provider: Provider, url: str) -> None:
        provider.answer = DELIVERED
        long = Button(id="a:x:processing_time", title="Combien de temps cela prend")
        await send(TELEGRAM, url, TELEGRAM.message(buttons=(*BUTTONS, long)))
        assert json.loads(provider.asked[0].only()["reply_markup"]) == {
            "inline_keyboard": [
                [
                    {"text": "Documents", "callback_data": "a:x:documents"},
                    {"text": "Frais", "callback_data": "a:x:fees"},
                ],
                [{"text": "Combien de temps cela prend", "callback_data": "a:x:processing_time"}],
            ]
        }

    async def test_a_menu_is_one_button_to_a_line(self, provider: Provider, url: str) -> None:
        provider.answer = DELIVERED
        await send(TELEGRAM, url, TELEGRAM.message(menu=MENU))
        assert json.loads(provider.asked[0].only()["reply_markup"]) == {
            "inline_keyboard": [
                [{"text": "Où", "callback_data": "a:x:where"}],
                [{"text": "Quand", "callback_data": "b"}],
            ]
        }


class TestWhatsApp:
    @staticmethod
    async def asked(provider: Provider, url: str, **fields: object) -> dict[str, object]:
        provider.answer = ACCEPTED
        await send(WHATSAPP_META, url, WHATSAPP_META.message(**fields))
        return provider.asked[0].json()

    async def test_a_text_leaves_from_where_the_question_arrived(self, provider: Provider, url: str) -> None:
        provider.answer = ACCEPTED
        assert await send(WHATSAPP_META, url) == "wamid.SENT0042"
        (asked,) = provider.asked
        assert asked.path == "/v26.0/106540352242922/messages"
        assert asked.headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
        assert asked.json() == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "212600000001",
            "type": "text",
            "text": {"preview_url": False, "body": TEXT},
        }

    async def test_the_first_message_leaves_from_the_configured_number(self, provider: Provider, url: str) -> None:
        await self.asked(provider, url, to=META.model_copy(update={"namespace": ""}))
        assert provider.asked[0].path == "/v26.0/106540352242900/messages"

    async def test_a_user_id_goes_into_a_field_of_its_own(self, provider: Provider, url: str) -> None:
        sent = await self.asked(provider, url, to=META.model_copy(update={"external_id": "MA.13491208655302741918"}))
        assert sent["recipient"] == "MA.13491208655302741918"
        assert "to" not in sent

    async def test_our_reference_goes_along(self, provider: Provider, url: str) -> None:
        provider.answer = ACCEPTED
        channel = whatsapp(url)
        await channel.send(WHATSAPP_META.message(), "outbox-17")
        await channel.close()
        assert provider.asked[0].json()["biz_opaque_callback_data"] == "outbox-17"

    async def test_buttons_are_reply_buttons(self, provider: Provider, url: str) -> None:
        sent = await self.asked(provider, url, buttons=BUTTONS)
        assert sent["interactive"] == {
            "type": "button",
            "body": {"text": TEXT},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "a:x:documents", "title": "Documents"}},
                    {"type": "reply", "reply": {"id": "a:x:fees", "title": "Frais"}},
                ]
            },
        }

    async def test_a_menu_is_a_list_and_an_empty_description_is_left_out(self, provider: Provider, url: str) -> None:
        sent = await self.asked(provider, url, menu=MENU)
        assert sent["interactive"] == {
            "type": "list",
            "body": {"text": TEXT},
            "action": {
                "button": "Voir les choix",
                "sections": [
                    {
                        "rows": [
                            {"id": "a:x:where", "title": "Où", "description": "Où aller"},
                            {"id": "b", "title": "Quand"},
                        ]
                    }
                ],
            },
        }

    async def test_a_template_has_metas_name_and_language_and_darija_is_arabic(
        self, provider: Provider, url: str
    ) -> None:
        template = Template(name="status_changed", variables=("PA-***217", "Votre dossier est en cours de traitement."))
        sent = await self.asked(provider, url, language="ary", template=template)
        assert (sent["type"], sent["template"]) == (
            "template",
            {
                "name": "dalil_status_v2",
                "language": {"code": "ar"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "text": "PA-***217"},
                            {"type": "text", "text": "Votre dossier est en cours de traitement."},
                        ],
                    }
                ],
            },
        )

    async def test_a_template_without_another_name_keeps_ours(self, provider: Provider, url: str) -> None:
        sent = await self.asked(provider, url, template=Template(name="reply_waiting"))
        assert sent["template"] == {"name": "reply_waiting", "language": {"code": "fr"}}
