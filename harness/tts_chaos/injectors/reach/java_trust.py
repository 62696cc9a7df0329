"""A trust store for Java, which reads neither PEM files nor the environment variables of others.

Format: JKS version 2, as `java.security.KeyStore` of every JDK reads it; numbers are big-endian:

    magic FEEDFEED, version, number of entries
    per trusted certificate: 2, alias, milliseconds, "X.509", length, DER
    SHA-1 over the password in UTF-16, a fixed phrase, and all of the above
"""

from __future__ import annotations

import hashlib
import ssl
import struct

__all__ = ["PASSWORD", "make_trust_store"]

PASSWORD = "changeit"  # noqa: S105 - what Java's own trust store has; it protects nothing
_PHRASE = b"Mighty Aphrodite"
_TRUSTED_CERTIFICATE = 2


def make_trust_store(pem: str) -> bytes:
    """Return a store that trusts the one certificate in `pem`, a text."""
    der = ssl.PEM_cert_to_DER_cert(pem)
    content = b"".join(
        (
            struct.pack(">IIII", 0xFEEDFEED, 2, 1, _TRUSTED_CERTIFICATE),
            _text("tts-chaos"),
            struct.pack(">Q", 0),
            _text("X.509"),
            struct.pack(">I", len(der)),
            der,
        )
    )
    seal = hashlib.sha1(PASSWORD.encode("utf-16-be") + _PHRASE + content, usedforsecurity=False)
    return content + seal.digest()


def _text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()
