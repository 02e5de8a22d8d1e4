"""What identifies a citizen, sealed before it is stored, and looked up without being opened.

Sealing is Fernet (AES-128-CBC with HMAC-SHA256; https://github.com/fernet/spec) under a list of keys: the first seals,
all open, so that a key can be replaced while the service runs (docs/operations.md). Sealing twice gives two different
texts, so a sealed address cannot be searched for: rows are found by a keyed hash beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.privacy import keyed_hash


class SealedElsewhere(Exception):
    """Stored under a key that is not among `DALIL_ADDRESS_KEYS` any more. The row is whole, but nobody can read it."""


class Vault:
    """Seals, opens and looks up. `keys`: Fernet keys (32 bytes, base64url), newest first. Thread-safe."""

    def __init__(self, keys: Sequence[str], lookup_key: bytes) -> None:
        """Raises ValueError when a key is not a Fernet key."""
        self._newest = Fernet(keys[0])
        self._all = MultiFernet([self._newest, *(Fernet(key) for key in keys[1:])])
        self._lookup_key = lookup_key

    def seal(self, text: str) -> str:
        """About 100 characters for a phone number, 10 µs."""
        return self._newest.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed. Raises `SealedElsewhere`."""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealedElsewhere("sealed under a key that DALIL_ADDRESS_KEYS does not name") from None

    def is_current(self, sealed: str) -> bool:
        """Whether the newest key sealed it."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def lookup(self, purpose: str, *parts: str) -> str:
        """A keyed hash, 64 hex characters: the same parts always give the same one, and nobody can go back."""
        return keyed_hash(self._lookup_key, purpose, *parts)
