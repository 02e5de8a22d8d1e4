"""A certificate authority for one test, and a TLS server that lets in only whom it signed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files. `stranger` is signed by nobody but itself."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    stranger: Path
    stranger_key: Path


def certificates(folder: Path) -> Certificates:
    ca_key, ca = _signed("Test authority", None)
    made = {"authority": (ca_key, ca)}
    made |= {name: _signed(name, (ca_key, ca)) for name in ("server", "client")}
    made["stranger"] = _signed("stranger", None)
    for name, (key, certificate) in made.items():
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    pairs = [folder / f"{name}.{end}" for name in ("server", "client", "stranger") for end in ("pem", "key")]
    return Certificates(folder / "authority.pem", *pairs)


Signer = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _signed(name: str, by: Signer | None) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[1].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((by[0] if by else key).public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, by is None, by is None, False, False), critical=True
        )
    )
    return key, builder.sign(by[0] if by else key, hashes.SHA256())


@asynccontextmanager
async def tls_server(own: Certificates, body: str) -> AsyncIterator[str]:
    """A server on loopback that answers `body` to everyone with a certificate of our authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=own.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(own.server, own.server_key)
    payload = body.encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(payload)}\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + payload)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"https://127.0.0.1:{port}"
