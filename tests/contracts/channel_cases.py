"""What each channel makes of what its provider sends: cases as data, run by test_channels.py."""

from __future__ import annotations

from tests.contracts.channel_cases_telegram import TELEGRAM_CASES
from tests.contracts.channel_cases_twilio import TWILIO_CASES
from tests.contracts.channel_cases_webchat import WEBCHAT_CASES
from tests.contracts.channel_cases_whatsapp import WHATSAPP_CASES

CASES = TWILIO_CASES + TELEGRAM_CASES + WHATSAPP_CASES + WEBCHAT_CASES
