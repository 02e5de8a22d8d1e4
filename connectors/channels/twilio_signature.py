"""A form as Twilio signs it, and the signature: https://www.twilio.com/docs/usage/security#validating-requests.

What `twilio.request_validator` does, in a small part of its time: whoever floods us with forged webhooks makes us
compute this. The tests compare the two on random forms.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from urllib.parse import unquote_to_bytes, urlparse

from twilio.request_validator import (  # type: ignore[import-untyped]
    HMAC_SHA1,
    HMAC_SHA256,
    add_port,
    get_signature_algorithm,
    remove_port,
)

from connectors.errors import Forged, Malformed
from connectors.text import storable

MAX_FIELDS = 500  # Twilio sends a few dozen

_DIGESTS = {HMAC_SHA1: "sha1", HMAC_SHA256: "sha256"}
_BASE64 = {"sha1": re.compile(r"[A-Za-z0-9+/]{27}="), "sha256": re.compile(r"[A-Za-z0-9+/]{43}=")}


class Form:
    """A form as it came: empty fields, leading spaces, line ends and repeated names are kept, or signatures break."""

    def __init__(self, body: bytes) -> None:
        if body.count(b"&") >= MAX_FIELDS:
            raise Malformed(f"more than {MAX_FIELDS} fields")
        try:
            self._fields = [_field(one) for one in body.decode().replace("+", " ").split("&") if one]
        except UnicodeDecodeError:
            raise Malformed("not UTF-8") from None

    @cached_property
    def _first(self) -> dict[str, str]:
        return dict(reversed(self._fields))

    def signed(self) -> str:
        """Names and values as the signature covers them: in order, and each value of a name once."""
        return "".join([name + value for name, value in sorted(set(self._fields))])

    def one(self, name: str) -> str:
        """The first value of `name` as we can store it, or "" where there is none."""
        return storable(self._first.get(name, ""))

    def needed(self, name: str) -> str:
        """The first value of `name`; `Malformed` where there is none."""
        if value := self.one(name):
            return value
        raise Malformed(f"no {name}")


def _field(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if "%" in text:  # few names and values have something to decode
        return unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()
    return name, value


@lru_cache(maxsize=1)
def read_form(body: bytes) -> Form:
    """The form in `body`; the last one is kept, because a webhook is read to be verified and then to be parsed."""
    return Form(body)


class Signatures:
    """What one account's tokens (or shared keys) sign. Raises `Forged`."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._keys = tuple(token.encode() for token in tokens)

    def screen(self, headers: Mapping[str, str]) -> None:
        """Whether there is a signature, and of its algorithm's form."""
        if not (given := headers.get("x-twilio-signature", "")):
            raise Forged("no signature")
        if not _BASE64[_digest(headers)].fullmatch(given):
            raise Forged("no signature of that algorithm")

    def check(self, url: str, signed: str, headers: Mapping[str, str]) -> None:
        """`signed`: what the signature covers after the URL, with or without its port: Twilio does both."""
        given = headers.get("x-twilio-signature", "").encode("utf-8", "surrogateescape")
        digest = _digest(headers)
        origin_end = url.find("/", url.find("//") + 2)
        origin, rest = (url, "") if origin_end < 0 else (url[:origin_end], url[origin_end:])
        rest += signed
        for start in _origins(origin):
            text = (start + rest).encode()
            for key in self._keys:
                if hmac.compare_digest(given, b64encode(hmac.digest(key, text, digest))):
                    return
        raise Forged("wrong signature")


def _digest(headers: Mapping[str, str]) -> str:
    """Of the signature; `Forged` for an algorithm that Twilio does not have."""
    settings = headers.get("x-twilio-webhooks-signature-settings")
    algorithm: str = get_signature_algorithm(settings).upper() if settings else HMAC_SHA1
    if algorithm not in _DIGESTS:
        raise Forged("unknown algorithm")
    return _DIGESTS[algorithm]


@lru_cache(maxsize=8)  # our own public address: there is one
def _origins(origin: str) -> tuple[str, ...]:
    """Scheme, host and port of a URL, without and with the port."""
    parsed = urlparse(origin)
    return tuple(dict.fromkeys((remove_port(parsed), add_port(parsed))))


def matches_hash(body: bytes, given: str) -> bool:
    """Whether `given`, from the signed URL, is the hash of a JSON body."""
    return hmac.compare_digest(sha256(body).hexdigest().encode(), given.encode("utf-8", "surrogateescape"))
