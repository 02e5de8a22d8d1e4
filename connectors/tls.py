"""The authorities that every TLS client trusts unless it is told others."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def usual_tls() -> ssl.SSLContext:
    """Read once and shared by all clients: reading takes 25 ms. Load no certificate of ours into it."""
    return httpx2.create_ssl_context(trust_env=False)
