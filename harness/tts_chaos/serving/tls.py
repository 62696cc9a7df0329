"""A certificate authority that lives as long as one run, and a certificate for the twin.

Only loopback and the platform's own host names are certified, so that even a leaked key could
impersonate nothing but a twin.
"""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["CERTIFIED_NAMES", "WRONG_NAME", "LocalAuthority"]

CERTIFIED_NAMES = ("localhost", "127.0.0.1", "::1", API_HOST, AUTH_HOST)
"""The platform's names are among them for programs whose host names are redirected to the twin."""

WRONG_NAME = "shop.example.org"
"""Whom a certificate for a wrong name is for; a name that nobody can own."""


class LocalAuthority:
    """A fresh certificate authority, written to a file that clients can be told to trust.

    The file lies in a directory of its own that only the owner can enter. `close` removes both.
    """

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="tts-chaos, for tests on this machine only")
        self._faulty: dict[str, ssl.SSLContext] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="tts-chaos-ca-"))
        self.ca_file = self._folder / "ca.pem"
        descriptor = os.open(self.ca_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._authority.cert_pem.bytes())

    def server_context(self) -> ssl.SSLContext:
        """Return a TLS context for a server that presents a certificate for `CERTIFIED_NAMES`."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(*CERTIFIED_NAMES).configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def leaf_files(self) -> tuple[Path, Path]:
        """Return a certificate chain for `CERTIFIED_NAMES` and its key, as PEM files."""
        leaf = self._authority.issue_cert(*CERTIFIED_NAMES)
        certificate, key = self._folder / "leaf.pem", self._folder / "leaf-key.pem"
        certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        key.touch(mode=0o600)
        key.write_bytes(leaf.private_key_pem.bytes())
        return certificate, key

    def faulty_context(self, kind: str) -> ssl.SSLContext:
        """Return a TLS context that a client should refuse.

        Args:
            kind: `certificate_expired`, `certificate_not_yet_valid`, `certificate_self_signed`,
                `certificate_wrong_name` or `tls_too_old`; `certificate_stranger` is signed by
                itself and for somebody else.

        Raises:
            KeyError: If it is another.
        """
        if kind not in self._faulty:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.set_alpn_protocols(["http/1.1"])
            _SPOILERS[kind](self._authority, context)
            self._faulty[kind] = context
        return self._faulty[kind]

    def close(self) -> None:
        """Remove the file; closing twice does nothing."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _expired(authority: trustme.CA, context: ssl.SSLContext) -> None:
    now = datetime.now(UTC)
    begin, end = now - timedelta(days=90), now - timedelta(days=1)
    authority.issue_cert(*CERTIFIED_NAMES, not_before=begin, not_after=end).configure_cert(context)


def _not_yet_valid(authority: trustme.CA, context: ssl.SSLContext) -> None:
    now = datetime.now(UTC)
    begin, end = now + timedelta(days=1), now + timedelta(days=90)
    authority.issue_cert(*CERTIFIED_NAMES, not_before=begin, not_after=end).configure_cert(context)


def _wrong_name(authority: trustme.CA, context: ssl.SSLContext) -> None:
    authority.issue_cert(WRONG_NAME).configure_cert(context)


def _too_old(authority: trustme.CA, context: ssl.SSLContext) -> None:
    authority.issue_cert(*CERTIFIED_NAMES).configure_cert(context)
    # Today's OpenSSL offers these versions at its lowest level of security only.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def _self_signed(_authority: trustme.CA, context: ssl.SSLContext) -> None:
    _sign_itself(context, [name for name in CERTIFIED_NAMES if name[0].isalpha()])


def _stranger(_authority: trustme.CA, context: ssl.SSLContext) -> None:
    _sign_itself(context, [WRONG_NAME])


def _sign_itself(context: ssl.SSLContext, names: list[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(text) for text in names])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    trustme.LeafCert(private, certificate.public_bytes(encoding), []).configure_cert(context)


_SPOILERS: dict[str, Callable[[trustme.CA, ssl.SSLContext], None]] = {
    "certificate_expired": _expired,
    "certificate_not_yet_valid": _not_yet_valid,
    "certificate_self_signed": _self_signed,
    "certificate_stranger": _stranger,
    "certificate_wrong_name": _wrong_name,
    "tls_too_old": _too_old,
}
