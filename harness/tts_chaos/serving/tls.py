"""A certificate authority that lives as long as one run, and a certificate for the twin.

Only loopback and the platform's own host names are certified, so that even a leaked key could
impersonate nothing but a twin.
"""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from pathlib import Path

import trustme

from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["CERTIFIED_NAMES", "LocalAuthority"]

CERTIFIED_NAMES = ("localhost", "127.0.0.1", "::1", API_HOST, AUTH_HOST)
"""The platform's names are among them for programs whose host names are redirected to the twin."""


class LocalAuthority:
    """A fresh certificate authority, written to a file that clients can be told to trust.

    The file lies in a directory of its own that only the owner can enter. `close` removes both.
    """

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="tts-chaos, for tests on this machine only")
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

    def close(self) -> None:
        """Remove the file; closing twice does nothing."""
        shutil.rmtree(self._folder, ignore_errors=True)
