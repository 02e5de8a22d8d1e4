"""`rasa …` whose Twilio client calls a local provider: `rasa_with_local_twilio.py URL run …`, in Rasa's environment.

Rasa's Twilio channel makes `twilio.rest.Client`, which has no setting for the address of its API. The base URL of that
one domain is replaced here, and nothing else: channel, client and Rasa are as they are published.
"""

from __future__ import annotations

import sys

from rasa.__main__ import main
from twilio.rest.api.ApiBase import ApiBase

base_url = sys.argv.pop(1)
original = ApiBase.__init__


def with_local_provider(self: ApiBase, twilio: object) -> None:
    original(self, twilio)
    self.base_url = base_url


ApiBase.__init__ = with_local_provider
main()
