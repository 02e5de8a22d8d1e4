"""Our own private key: proves to the provider that it is us who ask (RFC 7523), and opens what is sealed for us."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ClientKey = ECKey | RSAKey
_Given = str | dict[str, str | list[str]]
MIN_RSA_BITS = 2048


class UnusableKey(ValueError):
    """The key cannot be used. Its text says what to do and never what the file holds."""


def read_key(file: Path) -> ClientKey:
    """The PEM (unencrypted PKCS#8 and the like) or JWK of `file`: EC P-256, or RSA of 2048 bits or more.

    Raises `UnusableKey` with one sentence.
    """
    try:
        text = file.read_text("ascii")
    except OSError as error:
        raise UnusableKey(f"{file} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UnusableKey(f"{file} is no PEM file and no JWK") from None
    return key_of(text, str(file))


def key_of(text: str, called: str) -> ClientKey:
    """The same from a text. `called`: how the operator knows it."""
    given: _Given = text
    try:
        if text.lstrip().startswith("{"):
            given = json.loads(text)
        key = _imported(given)
    except (JoseError, ValueError, TypeError, KeyError):
        raise UnusableKey(
            f"{called} holds no private key of EC P-256 or RSA (PEM without a password, or JWK)"
        ) from None
    if not key.is_private:
        raise UnusableKey(f"{called} holds a public key; the private one is needed")
    if isinstance(key, ECKey) and key.curve_name != "P-256":
        raise UnusableKey(f"{called}: the curve is {key.curve_name}; P-256 is needed (ES256)")
    if isinstance(key, RSAKey) and key.raw_value.key_size < MIN_RSA_BITS:
        raise UnusableKey(f"{called}: RSA of {key.raw_value.key_size} bits; {MIN_RSA_BITS} are needed")
    key.ensure_kid()
    return key


def _imported(given: _Given) -> ClientKey:
    try:
        return ECKey.import_key(given)
    except (JoseError, ValueError, TypeError, KeyError):
        return RSAKey.import_key(given)


def own_key(private: EllipticCurvePrivateKey) -> ECKey:
    """A key that was made here."""
    key = ECKey.import_key(private)
    key.ensure_kid()
    return key


def public_key(key: ClientKey) -> ClientKey:
    """The half that the provider knows."""
    return _imported(key.as_dict(private=False))


def public_jwk(key: ClientKey) -> dict[str, object]:
    """What the provider is given when this client is registered there."""
    return dict(key.as_dict(private=False, use="sig"))
